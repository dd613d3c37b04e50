"""A coarser JPEG compression before the last one: a picture that was saved again, cropped or not.

Ours. On the last one's own blocks twice rounded coefficients take only some of its multiples, which ones is known
exactly (Lukáš and Fridrich 2003 tell double compression by the same gaps). On blocks that a crop has moved, the last
compression is an error on top, up to some levels a coefficient; there the first one's lattice is looked for with wide
teeth, and believed as far as it stands out from what all other places of the blocks give.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from upzeroir_plugin.estimate.jpeg_lattice import (
    BIN,
    BINS,
    FEW,
    FREQUENCIES,
    JITTERS,
    OUTLIERS,
    PHASES,
    Phase,
    chance,
    scores,
)
from upzeroir_plugin.estimate.jpeg_tables import LUMA_TABLES
from upzeroir_plugin.estimate.odds import logistic

Array = NDArray[np.float32]
Table = NDArray[np.int_]

TEETH = (1.0, 1.6, 2.5, 4.0)
"""σ of the teeth on moved blocks, in levels: what a later compression at quality 97 to 75 leaves."""
CLOSE = 5
"""How much coarser a compression must have been to matter, in quality."""
COARSEST, FINEST = 10, 92
"""Coarsest quality that is looked for (the steps below leave so few coefficients that chance makes a lattice of them),
and the finest behind edits that are no compression."""
PLAIN, SLOPE = 2.0, 0.15
"""How far (times a robust σ, times log-likelihood per coefficient) moved blocks stand out at even odds, and its scale:
of 42 photos of train/, as they are, halved, and compressed at 65 to 92, at most 0.9; 500 px compressed at 20 to 50,
moved, and compressed again at 75, 1.7 and more, then at 92, 18 and more."""
SPOKEN, LEAST = 500, 200
"""Coefficients below which little is believed, and nothing: a photo of saturated colours has few sound blocks."""


class Last(NamedTuple):
    """The last compression: `quality`, `phase` of its blocks, their `histogram` (few, BINS) and luma table (8, 8)."""

    quality: float
    phase: Phase
    counts: Array
    table: Table


class Before(NamedTuple):
    """The first compression: `quality`, `phase` of its blocks, and how sure it is that there was one."""

    quality: float
    phase: Phase
    present: float


def before(places: Array, last: Last | None) -> Before:
    """What there was before `last`, or where there was no compression; `places`: what `placed` returns."""
    if last is None:
        return _moved(places, None, FINEST)
    top = round(last.quality) - CLOSE
    if top < COARSEST:
        return Before(last.quality, last.phase, 0.0)
    return max(_same(last, top), _moved(places, last.phase, top), key=lambda found: found.present)


def _same(last: Last, top: int) -> Before:
    """On the last compression's blocks."""
    size = (np.arange(BINS) + 0.5) * BIN
    tables = LUMA_TABLES[COARSEST - 1 : top]
    total = np.zeros(len(tables))
    for (v, u), found in zip(FREQUENCIES[:FEW], last.counts, strict=False):
        step = int(last.table[v, u])
        counts = np.bincount(np.round(size / step).astype(np.intp), found).astype(np.float64)
        if counts[1:].any():
            firsts = tables[:, v, u].tolist()
            gains = {first: _gain(counts, first, step) for first in set(firsts)}
            total += [gains[first] for first in firsts]
    best = int(np.argmax(total))
    return Before(float(best + COARSEST), last.phase, chance(float(total[best])))


def _gain(counts: NDArray[np.float64], first: int, last: int) -> float:
    """Log-likelihood of the `counts` of 0, 1, 2 … times `last` after steps of `first`, against none before.

    Zeros say nothing. The others are taken to fall off geometrically within a step of `first`: where the lattices
    run side by side, one tooth for each multiple, the gaps that must come later would speak for nearly any `first`.
    """
    if first <= last:
        return 0.0
    number = np.arange(1, len(counts))
    tooth = first * np.arange(int(last * len(counts) / first) + 2)
    below = ndtr(((np.arange(len(counts)) + 0.5)[:, None] * last - tooth) / JITTERS[0]).sum(1)
    share = (1 - OUTLIERS) * first / last * np.diff(below) + OUTLIERS
    half = max(round(first / last / 2), 1)
    fall = max(1 - counts[1:].sum() / (counts[1:] @ number), 0.1) ** np.arange(2 * half, -1, -1)
    around, weight = (np.convolve(values, fall)[half:-half] for values in (share, np.ones(len(share))))
    return float(counts[1:] @ np.log(share / np.maximum(around / weight, 1)))


def _moved(histograms: Array, phase: Phase | None, top: int) -> Before:
    """On other blocks than the last compression's, or on any where there was none."""
    kinds, mirrored = _places(phase)
    spoken = float(histograms.sum()) / len(PHASES)
    best = Before(100.0, (0, 0), 0.0)
    most = 0.0 if spoken > LEAST else math.inf
    for jitter in TEETH:
        found = scores(histograms, LUMA_TABLES[COARSEST - 1 : top], jitter)
        alone = (mirrored == np.arange(len(PHASES)))[:, None]
        above = np.where(alone, np.inf, found - found[mirrored])
        above[kinds == 0] = -np.inf
        for kind in set(kinds.tolist()) - {0}:
            own = kinds == kind
            above[own] = np.minimum(above[own], found[own] - np.median(found[own], 0))
        rest = found[kinds == 3]
        spread = 1.4826 * np.median(np.abs(rest - np.median(rest, 0)), 0) + 10
        at, index = np.unravel_index(int(np.argmax(above)), above.shape)
        gain = float(above[at, index])
        if gain > most:
            most = gain
            plain = gain / float(spread[index]) * gain / (spoken + SPOKEN)
            best = Before(float(index + COARSEST), PHASES[int(at)], logistic((plain - PLAIN) / SLOPE))
    return best


def _places(phase: Phase | None) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """For each phase its kind, and the phase that mirrors it about the last compression's.

    Those in the last one's own rows or columns see half of its lattice: kinds 1 and 2, each judged beside its like;
    kind 0 is its own. The mirror image of a picture without a first compression would look the same.
    """
    home = np.array(phase or (0, 0))
    moved = (np.array(PHASES) - home) % 8
    kinds = np.where(moved[:, 0] == 0, 1, np.where(moved[:, 1] == 0, 2, 3))
    kinds[moved.sum(1) == 0] = 0
    back = (home - moved) % 8
    return (kinds if phase else np.full(len(PHASES), 3)), back[:, 1] * 8 + back[:, 0]
