"""JPEG quality of a photo, from the lattice that its DCT coefficients lie on and from the file's own tables."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_before import Before, before
from upzeroir_plugin.estimate.jpeg_lattice import JITTERS, PHASES, Phase, histogram, luma_of, placed, scores
from upzeroir_plugin.estimate.jpeg_tables import LUMA_TABLES, table_quality
from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float32]
Table = NDArray[np.int_]

TILE, TILES = 72, 96
KNOWABLE = LUMA_TABLES[:97]
"""Above quality 97 nearly all steps are 1, which every 8-bit picture fits."""
ENOUGH, SLACK = 20.0, 4.0
"""Log-likelihood at which a compression is as likely as not, and its scale: ours, above what chance gives to the best
of 64 grids and 100 qualities, below the least of compressed photos of 256 px."""
WEBP = ((0, 6.5, 13.6, 25, 32, 44, 60, 84, 127), (98, 91, 83, 71, 62, 50, 35, 22, 8))
"""Index of a WebP's quantiser, and the JPEG quality that wins most where it is told in its place (ours: 6 photos of
val, by 0.6 dB at WebP's quality 5 to 1.4 dB at 75; 10 either way costs at most 0.1 dB)."""
UNSURE = 4.0
"""σ of that quality."""


class _Last(NamedTuple):
    """The last compression: quality and its σ, presence, phase of the blocks, luma table."""

    quality: float
    std: float
    present: float
    phase: Phase
    table: Table


def estimate_jpeg(photo: Photo) -> Findings:
    """Reading of jpeg.quality (IJG, 1–100; `present` towards 0 when no compression shows), of the coarsest compression.

    A lossy WebP counts as the JPEG that it is most like.

    Evidence: `scores`, the log-likelihood of each quality 1–97 against "not compressed"; `grid`, (x, y) phase of the
    blocks; `file_quality`, of the file's own tables or None; `before`, quality and probability of a coarser compression
    than the last. The file's tables tell of the last one, unless the pixels, which may have been edited since, deny it.
    """
    luma = luma_of(spread(photo.pixels, TILE, TILES))
    places = placed(luma)
    last, found = _seen(luma, places, photo.evidence.crop_offset)
    file_quality = None
    if photo.evidence.jpeg_tables:
        table = np.maximum(np.reshape(photo.evidence.jpeg_tables[0], (8, 8)), 1)
        file_quality = table_quality(table)
        home = _phase(photo.evidence.crop_offset)
        told = float(_best(histogram(luma, home)[None], table[None])[0, 0])
        if told > -ENOUGH:
            last = _Last(file_quality, 0.5, 1.0, home, table)
    if photo.evidence.webp_quantiser is not None:
        last, first = _webp(photo.evidence.webp_quantiser, before(luma, places, None))
    else:
        first = before(luma, places, (last.phase, last.table, last.quality) if last.present > 0.5 else None)
    sure = first.present
    evidence: dict[str, Any] = {
        "scores": [round(float(score), 1) for score in found],
        "grid": list(first.phase if sure > 0.5 else last.phase),
        "file_quality": file_quality,
        "before": [first.quality, round(sure, 3)],
    }
    quality = sure * first.quality + (1 - sure) * last.quality
    std = math.hypot(sure + (1 - sure) * last.std, sure * (1 - sure) * (last.quality - first.quality))
    present = sure + (1 - sure) * last.present
    return Findings((Reading("jpeg.quality", quality, std, present),), evidence)


def _webp(quantiser: float, first: Before) -> tuple[_Last, Before]:
    """A WebP as the compression that it is like, and a JPEG before it that was coarser."""
    quality = float(np.interp(quantiser, *WEBP))
    last = _Last(quality, UNSURE, 1.0, (0, 0), KNOWABLE[min(round(quality), len(KNOWABLE)) - 1])
    return last, first if first.quality < quality - UNSURE else first._replace(present=0.0)


def _seen(luma: Array, places: Array, offset: tuple[int, int]) -> tuple[_Last, Array]:
    """The compression that the pixels show, and the scores of each quality 1–97."""
    phase, found = _scored(luma, places, offset)
    turned = False
    if found.max() < ENOUGH:  # a photo turned by a quarter after compression: the tables are not symmetric
        other = luma.swapaxes(1, 2)
        across, scored = _scored(other, placed(other), offset[::-1])
        if scored.max() > ENOUGH:
            phase, found, turned = across[::-1], scored, True
    quality, std = _posterior(found)
    table = KNOWABLE[round(quality) - 1]
    present = logistic((float(found.max()) - ENOUGH) / SLACK)
    return _Last(quality, std, present, phase, table.T if turned else table), found


def _scored(luma: Array, places: Array, offset: tuple[int, int]) -> tuple[Phase, Array]:
    """Phase (x, y) of the blocks, the one that the file's corner gives or the best, and each quality's score there."""
    best = _best(places, KNOWABLE).max(1)
    phase = _phase(offset)
    if best[PHASES.index(phase)] < best.max():
        phase = PHASES[int(np.argmax(best))]
    return phase, _best(histogram(luma, phase)[None], KNOWABLE)[0]


def _best(histograms: Array, tables: Table) -> Array:
    """Scores (n, tables) under the likelier jitter."""
    best: Array = np.max([scores(histograms, tables, jitter) for jitter in JITTERS], 0)
    return best


def _phase(offset: tuple[int, int]) -> Phase:
    return -offset[0] % 8, -offset[1] % 8


def _posterior(found: Array) -> tuple[float, float]:
    """Mean and σ of the quality under the scores; at least 0.5, for tables that round to the same steps."""
    weight = np.exp(np.maximum(found - found.max(), -700) / 2)
    weight /= weight.sum()
    quality = np.arange(1, len(found) + 1)
    mean = float(weight @ quality)
    return mean, math.sqrt(0.25 + float(weight @ (quality - mean) ** 2))
