"""The blur of a photo from the likelihoods of its edges' widths: that of its sharpest edges.

Scenes hold soft edges of their own (shadows, round things, what is out of focus), so the blur of the camera is the
lower end of the widths: each width is the blur's times an exponential excess, apart from a few outliers. Each size of
the picture (levels, halved each time) gives a posterior of its own; what one size may see of a blur is `_seen`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from upzeroir_plugin.estimate.blur_edges import HALVING_VARIANCE
from upzeroir_plugin.estimate.blur_widths import WIDTHS

Array = NDArray[np.float64]
Single = NDArray[np.float32]

LOGS = np.linspace(np.log(0.3), np.log(12), 91)
"""Logarithms of the blurs considered, σ in px of the full size, the photo's own sharpness included."""
EXCESS = np.array([0.1, 0.2, 0.35, 0.6, 1.0])
"""Mean excess of the logarithm of an edge's width over that of the blur."""
OUTLIERS = 0.06
VOICE = 6.0
"""How many edges say as much as one independent edge: neighbours lie on the same contour."""
NARROWED = 0.05
"""Neighbours enter the window and make edges of width x px seem narrower by 0.05 x^1.5 in the logarithm."""
STRAYS = 0.3, 0.7
"""Share of the levels that find only edges softer than the blur, and by how much (logarithm, mean)."""
FALSE = 1e-3
"""Share of the levels that find anything."""


@dataclass(frozen=True, slots=True)
class Level:
    """N edges that are steps, of the photo halved `halvings` times.

    `direction` (N,) across the edge, in degrees; `place` (N, 2) row and column in px of the photo; `logs` (N, blurs,
    excesses) logarithm of the likelihood.
    """

    halvings: int
    direction: NDArray[np.floating]
    place: NDArray[np.floating]
    logs: Single

    def only(self, chosen: NDArray[np.bool_]) -> Level:
        """Those of the mask `chosen` (N,)."""
        return Level(self.halvings, self.direction[chosen], self.place[chosen], self.logs[chosen])


def evidence(likelihood: Single, halvings: int) -> Single:
    """(N, blurs, excesses) logarithm of the likelihood of the widths of N edges, from `blur_widths`."""
    table = _table(halvings)
    logs: Single = np.log(likelihood @ table.reshape(len(WIDTHS), -1)) / np.float32(VOICE)
    shaped: Single = logs.reshape(-1, len(LOGS), len(EXCESS))
    return shaped


def told(levels: Iterable[Level]) -> Array:
    """(blurs,) logarithm of the likelihood of each blur, by the edges of all levels."""
    total = np.zeros(len(LOGS))
    for level in levels:
        if len(level.logs):
            total = total + np.log(_seen(level.halvings) @ _pooled(level.logs))
    return total


def mean_width(told: Array) -> float:
    """σ in px that logarithms of likelihoods (blurs,) mean: exp of the mean of `LOGS`."""
    chance = np.exp(told - told.max())
    return float(np.exp(chance @ LOGS / chance.sum()))


def _pooled(logs: Single) -> Array:
    """(blurs,) probability of the blur that one level sees."""
    total = logs.sum(0, dtype=np.float64)
    chance = np.exp(total - total.max()).sum(1)
    shares: Array = chance / chance.sum()
    return shares


@cache
def _table(level: int) -> Single:
    """(widths, blurs, excesses): probability of each width."""
    middle = np.sqrt(WIDTHS[1:] * WIDTHS[:-1])
    added = HALVING_VARIANCE * sum(4.0**n for n in range(level))
    full = 4.0**level * np.concatenate([[0], middle, [1e9]]) ** 2 - added
    ends = np.log(np.maximum(full, 1e-9)) / 2
    over = np.maximum(ends[:, None, None] - LOGS[:, None], 0)
    below = 1 - np.exp(-over / EXCESS)
    spread = np.diff(below, axis=0)
    table: Single = ((1 - OUTLIERS) * spread + OUTLIERS / len(WIDTHS)).astype(np.float32)
    return table


@cache
def _seen(level: int) -> Array:
    """(blurs, blurs): probability that a level sees the second where the blur is the first."""
    width = np.exp(LOGS) / 2.0**level
    shift = NARROWED * np.minimum(width, 3) ** 1.5
    doubt = 0.06 + 0.1 * np.maximum(width - 1.2, 0)
    middle = (LOGS - shift)[:, None]
    ends = np.concatenate([[-np.inf], (LOGS[1:] + LOGS[:-1]) / 2, [np.inf]])
    core = np.diff(special.ndtr((ends - middle) / doubt[:, None]), axis=1)
    stray = np.diff(1 - np.exp(-np.maximum(ends - middle, 0) / STRAYS[1]), axis=1)
    share = STRAYS[0]
    chance: Array = (1 - share - FALSE) * core + share * stray + FALSE / len(LOGS)
    return chance
