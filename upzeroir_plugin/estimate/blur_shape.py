"""Which shape the blur has: none or Gaussian, the disc of a missed focus, or a straight motion.

Edges tell the width in each of eight directions: a motion widens them by cos² of the angle to it. The zeros of the
spectrum tell a disc and a motion from a Gaussian of the same width. Both make a posterior over all blurs of a lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.blur_edges import DIRECTIONS, octant
from upzeroir_plugin.estimate.blur_sharpest import LOGS, Level, told
from upzeroir_plugin.estimate.blur_spectrum import Spectrum

Array = NDArray[np.float64]

SHARP = 0.4
"""px: width of the edges of a sharp photo (pixel, sampling and our own interpolation)."""
OWN = np.array([0.35, 0.5, 0.7, 1.0, 1.4])
"""px: widths that a photo's edges may have beside the disc or the motion."""
RADII = np.geomspace(0.8, 15, 50)
LENGTHS = np.geomspace(2, 40, 32)
ANGLES = np.arange(0, 180, 7.5)
PRIOR = {"gaussian": 0.05, "disc": 0.01, "motion": 0.01}
"""Share of the photos that are blurred this way; the others are sharp."""
SPREAD = 0.35
"""Of the logarithm of the width of sharp photos, around 0.5 px."""
CHANCE = 20.0
"""How far below the best, in logarithms, edges may put a shape that the spectrum is still asked about."""
COMMON = 0.5
"""Share of the directions' evidence that is independent: they come from the same edges and levels."""
VOICES = 150.0
"""How many independent frequencies the spectrum is worth (ours: its misfit is −0.25 to −0.6 under a true motion of
photos kept back, and above −0.09 in all of 402 sharp ones; flowers and leaves have edges that deny a motion)."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The posterior over all blurs; the probabilities of all three sum to 1.

    `gaussian` (blurs,) over `LOGS`, sharpness included; `disc` (radii,); `motion` (lengths, angles).
    """

    gaussian: Array
    disc: Array
    motion: Array


def sharp_or_soft() -> Array:
    """(blurs,) prior over the widths `LOGS` of photos that are sharp or blurred by a Gaussian."""
    sharp = np.exp(-(((LOGS - np.log(0.5)) / SPREAD) ** 2) / 2)
    soft = PRIOR["gaussian"]
    prior: Array = (1 - sum(PRIOR.values())) * sharp / sharp.sum() + soft / len(LOGS)
    return prior


def shapes(levels: Sequence[Level], spectrum: Spectrum | None) -> Shapes:
    """The shapes' posterior, from the photo's edges and its spectrum."""
    directions = np.stack(
        [told(level.only(octant(level.direction) == n) for level in levels) for n in range(DIRECTIONS)]
    )
    wide = np.exp(LOGS)
    lengths, angles = (part.ravel() for part in np.broadcast_arrays(LENGTHS[:, None], ANGLES))
    edges = (
        _edges(directions, np.broadcast_to(wide, (DIRECTIONS, len(wide)))[..., None]),
        _edges(directions, np.hypot(OWN, RADII[:, None] / 2) + np.zeros((DIRECTIONS, 1, 1))),
        _edges(directions, motion_width(lengths, angles, OWN)),
    )
    floor = max(float(part.max()) for part in edges) - CHANCE
    soft = np.sqrt(np.maximum(wide**2 - SHARP**2, 0))
    asked = [part.max(-1) > floor for part in edges]
    says = [np.where(mask, 0.0, -np.inf) for mask in asked]
    if spectrum is not None:
        says[0][asked[0]] -= VOICES / 2 * spectrum.gaussian(soft[asked[0]])
        says[1][asked[1]] -= VOICES / 2 * spectrum.disc(RADII[asked[1]])
        says[2][asked[2]] -= VOICES / 2 * spectrum.motion(lengths[asked[2]], angles[asked[2]])
    scores = [part + said[:, None] for part, said in zip(edges, says, strict=True)]
    top = max(float(score.max()) for score in scores)
    priors = sharp_or_soft()[:, None], PRIOR["disc"] / scores[1].size, PRIOR["motion"] / scores[2].size
    chances = [np.exp(score - top) * prior for score, prior in zip(scores, priors, strict=True)]
    disc, beside_disc = _told_from_softness(chances[1], RADII / 2)
    motion, beside_motion = _told_from_softness(chances[2], lengths / 12**0.5)
    gaussian: Array = chances[0][:, 0] + beside_disc + beside_motion
    total = float(gaussian.sum() + disc.sum() + motion.sum())
    return Shapes(gaussian / total, disc / total, motion.reshape(len(LENGTHS), -1) / total)


def _told_from_softness(chance: Array, width: Array) -> tuple[Array, Array]:
    """Chances (n, own widths) of shapes of `width` (n,): of these (n,), and (blurs,) where softness is wider than they.

    Beside a softness of 1.4 px a disc or motion of 1 px is none; taken for one, the softness would be left.
    """
    softer = width[:, None] < OWN
    place = np.searchsorted(LOGS, np.log(np.hypot(width[:, None], OWN)))
    soft = np.zeros(len(LOGS))
    np.add.at(soft, place[softer], chance[softer])
    alone: Array = np.where(softer, 0, chance).sum(-1)
    return alone, soft


def motion_width(length: Array, angle: Array, own: Array) -> Array:
    """(8, n, m): σ in px of the edges of each direction under motions (n,), with `own` widths (m,) beside."""
    across = np.arange(DIRECTIONS) * 180 / DIRECTIONS
    share = np.cos(np.radians(across[:, None] - angle)) ** 2
    width: Array = np.sqrt((length**2 / 12 * share)[..., None] + own**2)
    return width


def _edges(directions: Array, width: Array) -> Array:
    """(n, m): logarithm of the likelihood of widths (8, n, m), one for each direction."""
    place = np.clip((np.log(width) - LOGS[0]) / (LOGS[1] - LOGS[0]), 0, len(LOGS) - 1.001)
    low = place.astype(int)
    share = place - low
    which = np.arange(DIRECTIONS)[:, None, None]
    log = (1 - share) * directions[which, low] + share * directions[which, low + 1]
    summed: Array = COMMON * log.sum(0)
    return summed
