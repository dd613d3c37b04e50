"""How well the DCT coefficients of a photo lie on the lattice of a JPEG's quantisation steps.

After decoding, each coefficient of an 8×8 block is a multiple of its quantisation step, but for the rounding of the
pixels. A step's likelihood is that of a comb of Gaussians against a smooth density (Fan and de Queiroz, IEEE TIP 2003,
look for the same lattice); summed over the coefficients, for each of the IJG's tables, it is the quality's score.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_tables import BASIS
from upzeroir_plugin.estimate.odds import logistic

Array = NDArray[np.float32]
Phase = tuple[int, int]

Y = np.array([0.299, 0.587, 0.114], np.float32)
JITTERS = (0.36, 0.9)
"""σ of a decoded coefficient around its multiple, in levels: the rounding of Y and RGB, ((1 + 0.447)/12)^½; or that
and a finer compression or an edit on top."""
OUTLIERS = 0.05
"""Share of coefficients that may lie anywhere."""
DEAD = 1.5
"""Coefficients below this are zeros under every step, and say nothing."""
ENOUGH, SLACK = 20.0, 4.0
"""Log-likelihood at which a compression is as likely as not, and its scale: ours, above what chance gives to the best
of 64 grids and 100 qualities, below the least of compressed photos of 256 px."""
BIN, BINS = 0.125, 2048
STEPS = 255
FREQUENCIES = sorted(((v, u) for v in range(8) for u in range(8) if v + u), key=lambda at: (sum(at), at))
ROWS, COLUMNS = np.array(FREQUENCIES).T
TRANSFORM = np.stack([np.outer(BASIS[v], BASIS[u]).ravel() for v, u in FREQUENCIES])
FEW, SEARCHED = 20, 24
"""How many of the lowest frequencies and of the tiles look for the blocks' place."""
PHASES: list[Phase] = [(x, y) for y in range(8) for x in range(8)]
"""Where, (x, y), blocks can begin."""


def luma_of(pixels: Array) -> Array:
    """Y of pixels (…, 3) in levels about 0, NaN where a channel is black or white: clipping leaves the lattice."""
    inside = (pixels.min(-1) > 0.5 / 255) & (pixels.max(-1) < 254.5 / 255)
    luma: Array = np.where(inside, pixels @ (255 * Y) - 128, np.float32(np.nan))
    return luma


def histogram(luma: Array, phase: Phase, few: int = len(FREQUENCIES)) -> Array:
    """(few, BINS): how often each size of each of the lowest `few` frequencies occurs in tiles (n, h, w).

    Sizes below `DEAD` are left out.
    """
    size = np.abs(_blocks(luma, phase).reshape(-1, 64) @ TRANSFORM[:few].T)
    speaks = size > DEAD
    place = np.broadcast_to(BINS * np.arange(few), size.shape)[speaks]
    number = np.minimum((size[speaks] / BIN).astype(np.intp), BINS - 1)
    counts: Array = np.bincount(place + number, minlength=few * BINS).reshape(few, BINS).astype(np.float32)
    return counts


def placed(luma: Array) -> Array:
    """`histogram`s (64, FEW, BINS) of some of the tiles (n, h, w) for blocks at each of `PHASES`."""
    some = luma[:: -(-len(luma) // SEARCHED)]
    return np.stack([histogram(some, phase, FEW) for phase in PHASES])


def scores(histograms: Array, tables: NDArray[np.int_], jitter: float) -> Array:
    """Log-likelihood (n, tables) against a smooth density, from histograms (n, few, BINS) and tables (t, 8, 8).

    Steps of 16 bits count as `STEPS`: what they leave is zero, or beyond the histogram.
    """
    few = histograms.shape[1]
    steps = np.minimum(tables[:, ROWS[:few], COLUMNS[:few]], STEPS) - 1
    of_steps = histograms.reshape(-1, BINS) @ _likelihood(jitter)
    found: Array = of_steps.reshape(-1, few, STEPS)[:, np.arange(few), steps].sum(-1)
    return found


def chance(score: float) -> float:
    """Probability of a compression whose log-likelihood against none is `score`."""
    return logistic((score - ENOUGH) / SLACK)


def _blocks(luma: Array, phase: Phase) -> Array:
    """The 8×8 blocks (N, 8, 8) of the tiles at that phase of the grid, apart from those with clipped pixels."""
    x, y = phase
    height, width = max(luma.shape[1] - y, 0) // 8, max(luma.shape[2] - x, 0) // 8
    cut = luma[:, y : y + 8 * height, x : x + 8 * width]
    blocks = cut.reshape(len(luma), height, 8, width, 8).swapaxes(2, 3).reshape(-1, 8, 8)
    inside: Array = blocks[np.isfinite(blocks.sum((1, 2)))]
    return inside


@cache
def _likelihood(jitter: float) -> Array:
    """(BINS, STEPS): logarithm of the comb's density over the smooth one at each size of a coefficient."""
    size = (np.arange(BINS) + 0.5) * BIN
    step = np.arange(1, STEPS + 1)
    off = np.abs(size[:, None] - step * np.round(size[:, None] / step))
    tooth = sum(np.exp(-(((off + n * step) / jitter) ** 2) / 2) for n in (-1, 0, 1))
    tooth = np.where(step > jitter, tooth * step / (jitter * math.sqrt(2 * math.pi)), 1)
    first = np.round(size[:, None] / step) == 0
    tooth = np.where(first, np.exp(-((size[:, None] / jitter) ** 2) / 2), tooth)
    table: Array = np.log((1 - OUTLIERS) * tooth + OUTLIERS).astype(np.float32)
    return table
