"""How wide each edge is: the likelihood of every width, from the edge's profile against blurred steps.

Least squares of the profile against c + A·Φ((t − t₀)/σ) under a Gaussian window, for a lattice of σ and t₀. The whole
likelihood is kept, not its peak: under noise a sharp edge says "below 1 px", and a peak alone would read 1 px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from upzeroir_plugin.estimate.blur_edges import ALONG, REACH

Array = NDArray[np.float32]

WIDTHS = np.geomspace(0.25, 3.6, 56)
"""px: σ of a blurred step."""
PLACE = np.arange(-REACH, REACH + 1)
WINDOW = np.exp(-((PLACE / 3.0) ** 2) / 2)
SHIFTS = np.linspace(-0.6, 0.6, 7)
ROUGH = 0.04
"""Share of an edge's height by which it may miss the blurred step, beyond noise; others are lines and texture."""
SLACK = 0.02
"""Share of an edge's height that no blurred step explains: floor of the error, so that no edge speaks too surely."""
LOUD, HIGH = 6.0, 6 / 255
"""Least height of an edge, over the noise of its profile, and in the photo's range."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Of N edges: `likelihood` (N, widths), greatest 1; `height` (N,); `kept`: which are steps and say something."""

    likelihood: Array
    height: Array
    kept: NDArray[np.bool_]


def measure(profile: Array, noise: float) -> Widths:
    """The widths of edges with `profile` (N, 13), whose samples have the noise σ `noise`."""
    steps, power = _steps()
    weight = WINDOW / WINDOW.sum()
    centred = profile - (profile @ weight)[:, None]
    product = (centred @ steps.reshape(-1, len(PLACE)).T).reshape(len(profile), *power.shape)
    explained = np.square(np.maximum(product, 0)) / power
    each = explained.max(-1)
    best = each.max(-1)
    at = np.unravel_index(explained.reshape(-1, power.size).argmax(-1), power.shape)
    height = product[(np.arange(len(profile)), *at)] / power[at]
    left = np.maximum((np.square(centred) @ WINDOW) - best, 0) / WINDOW.sum()
    rough = np.sqrt(np.maximum(left - noise**2, 0))
    kept = (
        (height > max(LOUD * noise, HIGH))
        & (rough < ROUGH * height)
        & (left < (ROUGH * height + 2 * noise) ** 2)
    )
    error = np.maximum(left, noise**2) + (SLACK * height) ** 2
    likelihood = np.exp((each - best[:, None]) / (2 * error[:, None]))
    return Widths(likelihood.astype(np.float32), height, kept)


def profile_noise(noise: float, size: float) -> float:
    """σ of a profile's samples, from a pixel's σ and the noise's correlation length in px."""
    return noise * averaging(size, np.full(2 * ALONG + 1, 1 / (2 * ALONG + 1)))


def averaging(size: float, weights: NDArray[np.floating]) -> float:
    """Factor on the σ of noise of autocorrelation exp(−(d/size)²) under a filter along one axis."""
    lag = np.subtract.outer(np.arange(len(weights)), np.arange(len(weights)))
    return float(np.sqrt(weights @ np.exp(-np.square(lag / max(size, 1e-3))) @ weights))


def _steps() -> tuple[Array, Array]:
    """Windowed steps without mean (widths, shifts, 13), and their power (widths, shifts)."""
    steps = special.ndtr((PLACE - SHIFTS[:, None]) / WIDTHS[:, None, None])
    steps = steps - (steps @ (WINDOW / WINDOW.sum()))[..., None]
    return (steps * WINDOW).astype(np.float32), (np.square(steps) @ WINDOW).astype(np.float32)
