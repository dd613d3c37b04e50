"""Colour blotches: chroma's noise that is coarser than luma's, heard at a quarter of the photo's size.

Ours. A mosaic's interpolation and a camera's smoothing leave colour's noise in spots of 3 to 10 px, of which fine
blocks see nothing. Averaged over 4 × 4 px they are all but white, and louder in colour than anything that photos hold
there: texture is louder in luma, and uneven.
"""

from __future__ import annotations

import math

import numpy as np

from upzeroir_plugin.estimate.blur_widths import averaging
from upzeroir_plugin.estimate.noise_blocks import GREEN, LOW, LUMA, MIDDLE, RED_BLUE, Blocks
from upzeroir_plugin.estimate.noise_levels import MEDIAN
from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading

NAME = "noise.blotches"
FOUR = np.full(4, 0.25)
CALMEST, LEAST = 0.06, 16
"""Share of the blocks, by what luma holds, that is looked at, and the least number: chroma itself has no say in it."""
BLACK, WHITE = 1, 254
"""Means of blocks, in levels, beyond which noise is cut off."""
KEPT = 0.9
"""σ at a quarter of the size over that of the photo's blotches (ours, val: 0.85 for 4 px, 0.95 for 6, 0.75 for 8)."""
UNSURE = 1.4
"""How many times the fine noise's variance may be what is expected there."""
LOUDER, SURE = 1.25, 0.05
"""Chroma's σ over luma's at which blotches are as likely as not, and the scale, of logarithms (ours: in 201 sound
photos of train/ 1.02 at most; blotches of 6.5/255 have 1.4 to 6, of 4/255 1.2 to 4)."""
FLOOR, EVEN = 0.1, 0.45
"""Quantile of the blocks' energy of chroma that is looked at, and how far, in logarithms, the median of noise lies
above it."""
UNEVEN, PLAIN = 0.58, 0.02
"""That distance where blotches are as likely as not, and the scale (ours: in 402 sound photos of train/ with 1.2 levels
of chroma there 0.65 in one, else 0.86 or more; in textured photos with blotches of 8/255 0.38 to 0.52)."""
CALM = 0.3
"""σ in levels below which luma may not be compared."""
WORTH, SOFT = 1.9, 0.15
"""σ in 1/255 at which blotches are as likely as not worth removing, and the scale of that decision."""


def read(quarter: Blocks, fine: Findings) -> tuple[Reading, float]:
    """Reading of noise.blotches and the odds that there are any, 0 to 1, from blocks of the photo at a quarter of its
    size and what was found of its fine noise, whose rest there is taken off.
    """
    luma, chroma, above = _energies(quarter)
    luma_left, chroma_left = _left(fine)
    spots, luma = max(chroma - UNSURE * chroma_left, 0.0), max(luma - luma_left, CALM**2)
    sigma = math.sqrt(spots / 1.5) / KEPT
    heard = spots / max(chroma, 1e-6)
    louder = logistic((math.log(max(spots, 1e-6) / luma) / 2 - math.log(LOUDER)) / SURE)
    there = heard * (1 - (1 - louder) * (1 - logistic((UNEVEN - above) / PLAIN)))
    return Reading(NAME, min(sigma, 30.0), 0.15 * sigma + 0.3, there * worth(sigma)), there


def _energies(blocks: Blocks) -> tuple[float, float, float]:
    """Middle energy of luma, and along each axis of chroma, of the calmest blocks; and how uneven that of chroma is.

    No more of chroma than noise has by the least of all blocks. Nothing, and very, where blocks are too few.
    """
    inside = (blocks.mean.min(1) > BLACK) & (blocks.mean.max(1) < WHITE)
    energy = blocks.energy[inside].astype(np.float64)
    count = int(max(CALMEST * len(energy), LEAST * blocks.overlap))
    if len(energy) < count:
        return 0.0, 0.0, math.inf
    middle = energy[:, [RED_BLUE, GREEN], MIDDLE].mean(1)
    low, half = np.maximum(np.quantile(middle, [FLOOR, 0.5]), 1e-6)
    held = 3 * energy[:, LUMA, LOW] + energy[:, LUMA, MIDDLE]
    calmest = np.argpartition(held, count - 1)[:count]
    luma, chroma = np.median(energy[calmest, LUMA, MIDDLE]), np.median(middle[calmest])
    chroma = min(chroma, low * math.exp(EVEN))
    return float(luma / MEDIAN[MIDDLE]), float(chroma / MEDIAN[MIDDLE]), math.log(half / low)


def worth(sigma: float) -> float:
    """Presence, 0 to 1, of blotches of σ in 1/255 that are there."""
    return logistic((sigma - WORTH) / SOFT)


def _left(fine: Findings) -> tuple[float, float]:
    """Variance, in levels, that the fine noise has at a quarter of the size: in luma, and along each axis of chroma."""
    ratio, size = fine.reading("noise.chroma").value, fine.reading("noise.size").value
    left = averaging(size, FOUR) ** 4 * fine.evidence["sigma"] ** 2
    luma = 3 * left / (1 + 2 * ratio**2)
    return luma, ratio**2 * luma
