"""JPEG quality of a photo, from the lattice that its DCT coefficients lie on and from the file's own tables.

After decoding, each coefficient of an 8×8 block is a multiple of its quantisation step, but for the rounding of the
pixels. A step's likelihood is that of a comb of Gaussians against a smooth density (Fan and de Queiroz, IEEE TIP 2003,
look for the same lattice); summed over the coefficients, for each of the IJG's tables, it is the quality's score.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_tables import BASIS, LUMA_TABLES, table_quality
from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float32]

Y = np.array([0.299, 0.587, 0.114], np.float32)
JITTERS = (0.36, 0.9)
"""σ of a decoded coefficient around its multiple, in levels: the rounding of Y and RGB, ((1 + 0.447)/12)^½; or that
and a finer compression or an edit on top."""
OUTLIERS = 0.05
"""Share of coefficients that may lie anywhere."""
DEAD = 1.5
"""Coefficients below this are zeros under every step, and say nothing."""
BIN, BINS = 0.125, 2048
STEPS = 255
TILE, TILES, SEARCHED = 72, 96, 24
KNOWABLE = LUMA_TABLES[:97]
"""Above quality 97 nearly all steps are 1, which every 8-bit picture fits."""
FREQUENCIES = sorted(((v, u) for v in range(8) for u in range(8) if v + u), key=lambda at: (sum(at), at))
ROWS, COLUMNS = np.array(FREQUENCIES).T
TRANSFORM = np.stack([np.outer(BASIS[v], BASIS[u]).ravel() for v, u in FREQUENCIES])
FEW = 20
"""How many of the lowest frequencies look for the grid."""
ENOUGH, SLACK = 20.0, 4.0
"""Log-likelihood at which a compression is as likely as not, and its scale: ours, above what chance gives to the best
of 64 grids and 100 qualities, below the least of compressed photos of 256 px."""


def estimate_jpeg(photo: Photo) -> Findings:
    """Reading of jpeg.quality (IJG, 1–100; `present` towards 0 when no compression shows).

    Evidence: `scores`, the log-likelihood of each quality 1–97 against "not compressed"; `grid`, (x, y) phase of the
    blocks; `coefficients`, how many could speak; `file_quality`, of the file's own tables or None. The tables decide,
    unless the pixels, which may have been edited since, deny them.
    """
    luma = _luma(spread(photo.pixels, TILE, TILES))
    grid, histogram, scores = _seen(luma, photo.evidence.crop_offset)
    if scores.max() < ENOUGH:  # a photo turned by a quarter after compression: the tables are not symmetric
        turned = _seen(luma.swapaxes(1, 2), photo.evidence.crop_offset[::-1])
        if turned[2].max() > ENOUGH:
            grid, histogram, scores = turned[0][::-1], *turned[1:]
    quality, std = _posterior(scores)
    present = logistic((float(scores.max()) - ENOUGH) / SLACK)
    evidence: dict[str, Any] = {
        "scores": [round(float(score), 1) for score in scores],
        "grid": list(grid),
        "coefficients": int(histogram.sum()),
        "file_quality": None,
    }
    if photo.evidence.jpeg_tables:
        table = np.maximum(np.reshape(photo.evidence.jpeg_tables[0], (8, 8)), 1)
        evidence["file_quality"] = table_quality(table)
        home = _histogram(luma, _phase(photo.evidence.crop_offset), len(FREQUENCIES))
        told = float(_scores(home[None], table[None])[0, 0])
        quality, std, present = _with_file(table_quality(table), told, (quality, std, present))
    return Findings((Reading("jpeg.quality", quality, std, present),), evidence)


def _seen(luma: Array, offset: tuple[int, int]) -> tuple[tuple[int, int], Array, Array]:
    """Phase (x, y) of the blocks, histogram of the coefficients there, and the score of each quality 1–97."""
    grid = _grid(luma, offset)
    histogram = _histogram(luma, grid, len(FREQUENCIES))
    return grid, histogram, _scores(histogram[None], KNOWABLE)[0]


def _with_file(quality: float, told: float, pixels: tuple[float, float, float]) -> tuple[float, float, float]:
    """Quality, its σ and presence, from the file's table, its score `told` and the finding of the pixels alone."""
    denied = logistic(-(told + ENOUGH) / SLACK)
    coarser = pixels[2] if pixels[0] < quality - 3 else 0.0
    weight = max(denied, coarser)
    mixed = weight * pixels[0] + (1 - weight) * quality
    std = math.hypot(weight * pixels[1] + (1 - weight) * 0.5, weight * (1 - weight) * (quality - pixels[0]))
    return mixed, std, weight * pixels[2] + (1 - weight)


def _grid(luma: Array, offset: tuple[int, int]) -> tuple[int, int]:
    """Phase (x, y) of the blocks: the one that the file's corner gives if it fits, else the best of all 64."""
    home = _phase(offset)
    some = luma[:: -(-len(luma) // SEARCHED)]
    phases = [home, *((x, y) for y in range(8) for x in range(8))]
    scores = _scores(np.stack([_histogram(some, at, FEW) for at in phases]), KNOWABLE).max(1)
    return phases[int(np.argmax(scores))]


def _phase(offset: tuple[int, int]) -> tuple[int, int]:
    return -offset[0] % 8, -offset[1] % 8


def _histogram(luma: Array, grid: tuple[int, int], few: int) -> Array:
    """(few, BINS): how often each size of each of the lowest `few` frequencies occurs, the zeros left out."""
    size = np.abs(_blocks(luma, grid).reshape(-1, 64) @ TRANSFORM[:few].T)
    speaks = size > DEAD
    place = np.broadcast_to(BINS * np.arange(few), size.shape)[speaks]
    number = np.minimum((size[speaks] / BIN).astype(np.intp), BINS - 1)
    counts: Array = np.bincount(place + number, minlength=few * BINS).reshape(few, BINS).astype(np.float32)
    return counts


def _scores(histograms: Array, tables: NDArray[np.int_]) -> Array:
    """Log-likelihood (n, tables) against a smooth density, from histograms (n, few, BINS) and tables (t, 8, 8).

    Steps of 16 bits count as `STEPS`: what they leave is zero, or beyond the histogram.
    """
    few = histograms.shape[1]
    steps = np.minimum(tables[:, ROWS[:few], COLUMNS[:few]], STEPS) - 1
    found = []
    for jitter in JITTERS:
        of_steps = histograms.reshape(-1, BINS) @ _likelihood(jitter)
        found.append(of_steps.reshape(-1, few, STEPS)[:, np.arange(few), steps].sum(-1))
    best: Array = np.maximum(*found)
    return best


def _luma(pixels: Array) -> Array:
    """Y in levels, NaN where a channel is black or white: clipping moves coefficients off the lattice."""
    inside = (pixels.min(-1) > 0.5 / 255) & (pixels.max(-1) < 254.5 / 255)
    luma: Array = np.where(inside, pixels @ (255 * Y) - 128, np.float32(np.nan))
    return luma


def _blocks(luma: Array, grid: tuple[int, int]) -> Array:
    """The 8×8 blocks (N, 8, 8) of the tiles at that phase of the grid, apart from those with clipped pixels."""
    x, y = grid
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


def _posterior(scores: Array) -> tuple[float, float]:
    """Mean and σ of the quality under the scores; at least 0.5, for tables that round to the same steps."""
    weight = np.exp(np.maximum(scores - scores.max(), -700) / 2)
    weight /= weight.sum()
    quality = np.arange(1, len(scores) + 1)
    mean = float(weight @ quality)
    return mean, math.sqrt(0.25 + float(weight @ (quality - mean) ** 2))
