"""JPEG quality of a photo, from the lattice that its DCT coefficients lie on and from the file's own tables."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_before import Last, before
from upzeroir_plugin.estimate.jpeg_lattice import (
    ENOUGH,
    JITTERS,
    PHASES,
    Phase,
    chance,
    histogram,
    luma_of,
    placed,
    scores,
)
from upzeroir_plugin.estimate.jpeg_tables import LUMA_TABLES, table_quality
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float32]
Table = NDArray[np.int_]

TILE, TILES = 72, 96
KNOWABLE = LUMA_TABLES[:97]
"""Above quality 97 nearly all steps are 1, which every 8-bit picture fits."""
TURNED = KNOWABLE.transpose(0, 2, 1)
"""Those of a photo turned by a quarter after compression: they are not symmetric."""
WEBP = ((0, 6.5, 13.6, 25, 32, 44, 60, 84, 127), (98, 91, 83, 71, 62, 50, 35, 22, 8))
"""Index of a WebP's quantiser, and the JPEG quality that wins most where it is told in its place (ours: 6 photos of
val, by 0.6 dB at WebP's quality 5 to 1.4 dB at 75; 10 either way costs at most 0.1 dB)."""
UNSURE = 4.0
"""σ of that quality."""


class _Quality(NamedTuple):
    """A quality, its σ, and how sure it is that there was a compression."""

    value: float
    std: float
    present: float


def estimate_jpeg(photo: Photo) -> Findings:
    """Reading of jpeg.quality (IJG, 1–100; `present` towards 0 when no compression shows), of the coarsest compression.

    A lossy WebP counts as the JPEG that it is most like.

    Evidence: `scores`, the log-likelihood of each quality 1–97 against "not compressed"; `grid`, (x, y) phase of the
    blocks; `file_quality`, of the file's own tables or None; `before`, quality and probability of a coarser compression
    than the last. The file's tables tell of the last one, unless the pixels, which may have been edited since, deny it.
    """
    luma = luma_of(spread(photo.pixels, TILE, TILES))
    places, home = placed(luma), _home(photo.evidence.crop_offset)
    last, quality, found = _seen(luma, places, home)
    file_quality = None
    if photo.evidence.jpeg_tables:
        table = np.maximum(np.reshape(photo.evidence.jpeg_tables[0], (8, 8)), 1)
        file_quality = table_quality(table)
        counts = last.counts if last.phase == home else histogram(luma, home)
        denied = chance(-float(_best(counts[None], table[None])[0, 0]))
        quality = _mixed(denied, quality, _Quality(file_quality, 0.5, 1.0))
        if denied < 0.5:
            last = Last(file_quality, home, counts, table)
    if photo.evidence.webp_quantiser is not None:
        quality = _Quality(float(np.interp(photo.evidence.webp_quantiser, *WEBP)), UNSURE, 1.0)
        last, first = last._replace(phase=(0, 0)), before(places, None)
        if first.quality >= quality.value - UNSURE:
            first = first._replace(present=0.0)
    else:
        first = before(places, last if quality.present > 0.5 else None)
    evidence: dict[str, Any] = {
        "scores": [round(float(score), 1) for score in found],
        "grid": list(first.phase if first.present > 0.5 else last.phase),
        "file_quality": file_quality,
        "before": [first.quality, round(first.present, 3)],
    }
    quality = _mixed(first.present, _Quality(first.quality, 1.0, 1.0), quality)
    return Findings((Reading("jpeg.quality", *quality),), evidence)


def _mixed(share: float, one: _Quality, other: _Quality) -> _Quality:
    """`share` of the one, the rest of the other; how far they are apart adds to σ."""
    value, std, present = (share * a + (1 - share) * b for a, b in zip(one, other, strict=True))
    return _Quality(value, math.hypot(std, share * (1 - share) * (one.value - other.value)), present)


def _seen(luma: Array, places: Array, home: Phase) -> tuple[Last, _Quality, Array]:
    """The compression that the pixels show, what is known of its quality, and the scores of each quality 1–97."""
    tables = KNOWABLE
    phase, counts, found = _scored(luma, places, home, tables)
    if found.max() < ENOUGH:
        turned = _scored(luma, places, home, TURNED)
        if turned[2].max() > ENOUGH:
            tables, (phase, counts, found) = TURNED, turned
    value, std = _posterior(found)
    last = Last(value, phase, counts, tables[round(value) - 1])
    return last, _Quality(value, std, chance(float(found.max()))), found


def _scored(luma: Array, places: Array, home: Phase, tables: Table) -> tuple[Phase, Array, Array]:
    """Phase (x, y) of the blocks, `home` or one that fits better, their histogram, and each table's score there."""
    best = _best(places, tables).max(1)
    phase = home if best[PHASES.index(home)] == best.max() else PHASES[int(np.argmax(best))]
    counts = histogram(luma, phase)
    return phase, counts, _best(counts[None], tables)[0]


def _best(histograms: Array, tables: Table) -> Array:
    """Scores (n, tables) under the likelier jitter."""
    best: Array = np.max([scores(histograms, tables, jitter) for jitter in JITTERS], 0)
    return best


def _home(offset: tuple[int, int]) -> Phase:
    """Where the file's own blocks begin."""
    return -offset[0] % 8, -offset[1] % 8


def _posterior(found: Array) -> tuple[float, float]:
    """Mean and σ of the quality under the scores; at least 0.5, for tables that round to the same steps."""
    weight = np.exp(np.maximum(found - found.max(), -700) / 2)
    weight /= weight.sum()
    quality = np.arange(1, len(found) + 1)
    mean = float(weight @ quality)
    return mean, math.sqrt(0.25 + float(weight @ (quality - mean) ** 2))
