"""Where in the photo the blur is to be undone: where edges are at least nearly as wide as the blur makes them.

What is sharper than that (a sharp subject before a panned background, lettering put on later) would only ring.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from upzeroir_plugin.estimate.blur_edges import octant
from upzeroir_plugin.estimate.blur_sharpest import LOGS, Level, mean_width, told
from upzeroir_plugin.estimate.blur_texture import Texture

Array = NDArray[np.float64]
Single = NDArray[np.float32]

CELLS = 16
"""Along the longer side."""
PATCHES, ENOUGH = 8, 20
"""Of the readings that a user is shown: along the longer side; edges that a patch must have."""
NEARLY, MUCH = 0.75, 0.4
"""Share of the blur's width from which a place counts as blurred by it, and below which as much sharper."""
ALIKE = 0.9
"""Prior: most places of a blurred photo are blurred."""
SEEN = 0.8
"""Share of the greatest width that a direction must have under a motion to tell anything about it."""
SMOOTH = 0.7
"""Cells: σ over which neighbours share their evidence."""
SHARP = 4.0
"""Logarithm of the odds that a square of sharp texture takes from its place."""
WHOLE = 0.9
"""Least value of a map that is worth having."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a photo: its middle, in [0, 1], and what its edges say, as `blur_sharpest.told` has it."""

    x: float
    y: float
    told: Array


def blur_map(levels: Sequence[Level], texture: Texture, size: tuple[int, int], width: Array) -> Single | None:
    """(h, w) in [0, 1], 1 where blur of `width` is to be undone; None: everywhere.

    `width` (8,): σ in px of the edges of each direction; `size` (width, height) of the photo.
    """
    telling = [level.only(width[octant(level.direction)] >= SEEN * width.max()) for level in levels]
    shape = _shape(size, CELLS)
    odds = np.zeros(shape)
    for cell, here in _cells(telling, size, shape):
        odds[cell] = _odds(told(here), float(width.max()))
    row, column = (texture.place * np.array(shape) / np.array([size[1], size[0]])).astype(int).T
    np.add.at(odds, (row, column), np.where(texture.sharp, -SHARP, 0))
    chance = _chance(ndimage.gaussian_filter(odds, SMOOTH, mode="nearest"))
    place: Single = np.clip((chance - 0.2) / 0.6, 0, 1).astype(np.float32)
    return None if place.min() > WHOLE else place


def _chance(odds: Array) -> Array:
    """Probability that a place is blurred, from the logarithm of its likelihood ratio."""
    chance: Array = 1 / (1 + np.exp(-odds) * (1 - ALIKE) / ALIKE)
    return chance


def parts(levels: Sequence[Level], size: tuple[int, int]) -> list[Part]:
    """The parts of a photo of `size` (width, height) that have enough edges to tell something."""
    shape = _shape(size, PATCHES)
    return [
        Part((column + 0.5) / shape[1], (row + 0.5) / shape[0], told(here))
        for (row, column), here in _cells(levels, size, shape)
        if sum(len(level.logs) for level in here) >= ENOUGH
    ]


def sharper(parts: Sequence[Part], width: float) -> float:
    """Logarithm of the best odds of any of the parts that it is much sharper than blur of `width` (σ in px)."""
    much, nearly = np.log(MUCH * width) > LOGS, np.log(NEARLY * width) <= LOGS
    if not much.any() or not nearly.any():
        return -math.inf
    return max((float(part.told[much].max() - part.told[nearly].max()) for part in parts), default=-math.inf)


def patches(parts: Sequence[Part]) -> list[dict[str, float]]:
    """What each part tells: its middle, `x` and `y` in [0, 1], and `width`, σ in px of the sharpest edges there."""
    return [
        {"x": round(part.x, 3), "y": round(part.y, 3), "width": round(mean_width(part.told), 2)}
        for part in parts
    ]


def _shape(size: tuple[int, int], along: int) -> tuple[int, int]:
    """Rows and columns of nearly square cells, `along` on the longer side."""
    step = max(size) / along
    return max(1, round(size[1] / step)), max(1, round(size[0] / step))


def _cells(
    levels: Sequence[Level], size: tuple[int, int], shape: tuple[int, int]
) -> Iterator[tuple[tuple[int, int], list[Level]]]:
    """Each cell (row, column) that holds edges, with them."""
    scale = np.array([shape[0] / size[1], shape[1] / size[0]])
    cells = [(level.place * scale).astype(int) @ np.array([shape[1], 1]) for level in levels]
    for cell in np.unique(np.concatenate([np.zeros(0, int), *cells])):
        here = [level.only(which == cell) for level, which in zip(levels, cells, strict=True)]
        yield divmod(int(cell), shape[1]), here


def _odds(told: Array, width: float) -> float:
    """Logarithm of the odds that a place is as blurred as `width`, nearly."""
    nearly = np.log(NEARLY * width)
    chance = np.exp(told - told.max())
    blurred = chance[nearly <= LOGS].mean() if nearly <= LOGS[-1] else 1.0
    return (
        float(np.log(blurred + 1e-9) - np.log(chance[nearly > LOGS].mean() + 1e-9))
        if nearly > LOGS[0]
        else 0.0
    )
