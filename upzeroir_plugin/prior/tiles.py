"""Cutting a photo into overlapping windows, and joining the results with weights that sum to one everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of work: `window` is computed, `core` (inside it) is what the tile answers for. Boxes (x, y, w, h)."""

    core: Box
    window: Box


def tiles(
    area: Box,
    size: tuple[int, int],
    core: int,
    context: int,
    multiple: int,
    centre: tuple[float, float] | None = None,
) -> list[Tile]:
    """Tiles that cover `area` of a photo of `size` (W, H), nearest to `centre` (px) first.

    Windows are as large as that of a square core of side `core` at most, and of a form that makes the least work of
    their overlaps. They reach `context` px beyond their core where the photo goes on, and begin on multiples of
    `multiple`, counted from the photo's corner, so that a region is cut on the same lattice as the whole photo.
    """
    x, y, w, h = area
    columns, rows = _counts(w, h, core, context)
    found = []
    for top, bottom in _spans(y, h, rows, multiple):
        for left, right in _spans(x, w, columns, multiple):
            box = left, top, right - left, bottom - top
            found.append(Tile(box, widened(box, size, context, multiple)))
    cx, cy = centre or (x + w / 2, y + h / 2)
    found.sort(key=lambda t: (t.core[0] + t.core[2] / 2 - cx) ** 2 + (t.core[1] + t.core[3] / 2 - cy) ** 2)
    return found


def _counts(width: int, height: int, core: int, context: int) -> tuple[int, int]:
    """(columns, rows) of the cheapest cut: at most twice as many, and at most twice as few, as square cores need."""
    square, beyond = (core + 2 * context) ** 2, 2 * context
    squares = -(-width // core), -(-height // core)

    def cost(counts: tuple[int, int]) -> int:
        return (width + beyond * counts[0]) * (height + beyond * counts[1])

    def fits(counts: tuple[int, int]) -> bool:
        return (-(-width // counts[0]) + beyond) * (-(-height // counts[1]) + beyond) <= square

    columns, rows = (range(-(-count // 2), 2 * count + 1) for count in squares)
    return min(filter(fits, product(columns, rows)), key=cost)


def _spans(start: int, length: int, count: int, multiple: int) -> list[tuple[int, int]]:
    """Split [start, start + length) evenly into `count` pieces, or fewer, cut on the photo's lattice."""
    cuts = [start + round(i * length / count / multiple) * multiple for i in range(1, count)]
    cuts = [c - c % multiple for c in cuts]
    edges = [start, *cuts, start + length]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def widened(box: Box, size: tuple[int, int], context: int, multiple: int) -> Box:
    """A box with at least `context` px around it, on multiples of `multiple`, within a photo of `size` (W, H)."""
    x, y, w, h = box
    left, right = _reach(x, x + w, size[0], context, multiple)
    top, bottom = _reach(y, y + h, size[1], context, multiple)
    return left, top, right - left, bottom - top


def _reach(low: int, high: int, limit: int, context: int, multiple: int) -> tuple[int, int]:
    first = max(0, low - context)
    return first - first % multiple, min(limit, high + context + -(high + context) % multiple)


def weights(tile: Tile, area: Box, ramp: int) -> NDArray[np.float32]:
    """Blend weights (h, w, 1) over the core grown by `ramp` px towards neighbours; the sum over all tiles is one.

    Linear ramps of 2·`ramp` px centred on each cut, none at the border of `area`. The grown box is `grown(tile, …)`.
    """
    x, y, w, h = tile.core
    across = _ramps(x, w, area[0], area[2], ramp)
    down = _ramps(y, h, area[1], area[3], ramp)
    product: NDArray[np.float32] = down[:, None, None] * across[None, :, None]
    return product


def grown(tile: Tile, area: Box, ramp: int) -> Box:
    """The core grown by `ramp` px on every side where `area` goes on."""
    x, y, w, h = tile.core
    left, top = (ramp if x > area[0] else 0), (ramp if y > area[1] else 0)
    right = ramp if x + w < area[0] + area[2] else 0
    bottom = ramp if y + h < area[1] + area[3] else 0
    return x - left, y - top, w + left + right, h + top + bottom


def _ramps(start: int, length: int, low: int, extent: int, ramp: int) -> NDArray[np.float32]:
    slope = (np.arange(2 * ramp, dtype=np.float32) + 0.5) / (2 * ramp)
    before, after = start > low, start + length < low + extent
    out = np.ones(length + ramp * (before + after), np.float32)
    if before:
        out[: 2 * ramp] *= slope
    if after:
        out[-2 * ramp :] *= slope[::-1]
    return out
