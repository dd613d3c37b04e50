"""Edges of a photo's tiles, and the profiles across them: what blur is read from.

A blurred step shows the blur's own shape (the slanted-edge method of ISO 12233, here on whatever edges a photo has).
A profile is averaged along its edge, which quiets noise without touching the width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]

REACH, ALONG = 6, 2
"""px that a profile reaches to both sides across the edge, and px that it is averaged over to both sides along it."""
SCALE = 1.0
"""σ in px of the gradient that finds edges."""
DIRECTIONS = 8
PER_DIRECTION = 500
CLEAR, LEAST = 4.0, 0.5 / 255
"""Gradient that makes an edge: over that of the noise, and per px."""
HALVING = np.array([1, 3, 3, 1], np.float32) / 8
HALVING_VARIANCE = 0.75
"""px², what the halving adds to the width of an edge, in px before the halving."""
HALVING_SIZE = 0.91
"""px: correlation length of white noise after the halving."""


@dataclass(frozen=True, slots=True)
class Edges:
    """N edges.

    `profile` (N, 13) luma across the edge from dark to bright, 1 px apart; `direction` across the edge in degrees,
    0–180, counter-clockwise; `tile`, `row` and `column`: where, in px of the picture searched.
    """

    profile: Array
    direction: Array
    tile: NDArray[np.intp]
    row: NDArray[np.intp]
    column: NDArray[np.intp]


def find(luma: Array, noise: float) -> Edges | None:
    """The strongest edges, up to `PER_DIRECTION` in each of 8 directions, of tiles (N, h, w); `noise`: σ of a pixel.

    None where a side is too short for one profile.
    """
    border = REACH + ALONG
    if min(luma.shape[1:]) < 2 * border + 3:
        return None
    across = _derivative(luma, 2)
    down = _derivative(luma, 1)
    power = across * across + down * down
    floor = max(CLEAR**2 * noise**2 / (8 * np.pi * SCALE**4), LEAST**2)
    tile, row, column = np.nonzero(_ridges(across, down, power, border) & (_inner(power, border) > floor))
    row, column = row + border, column + border
    strength: Array = np.sqrt(power[tile, row, column])
    x, y = across[tile, row, column] / strength, down[tile, row, column] / strength
    direction: Array = np.degrees(np.arctan2(-y, x)) % 180
    chosen = _strongest(strength, octant(direction))
    tile, row, column = tile[chosen], row[chosen], column[chosen]
    profile = _profiles(luma, tile, row, column, x[chosen], y[chosen])
    return Edges(profile, direction[chosen], tile, row, column)


def octant(direction: NDArray[np.floating]) -> NDArray[np.intp]:
    """Which of the eight directions, 22.5° apart from 0° on, is next to a direction in degrees."""
    number: NDArray[np.intp] = np.round(direction * DIRECTIONS / 180).astype(np.intp) % DIRECTIONS
    return number


def halved(luma: Array) -> Array:
    """Tiles (N, h, w) at half the size."""
    soft = luma
    for axis in (1, 2):
        soft = ndimage.convolve1d(soft, HALVING, axis=axis, mode="reflect", origin=-1)
    height, width = (n // 2 * 2 for n in luma.shape[1:])
    return np.ascontiguousarray(soft[:, :height:2, :width:2])


def _derivative(luma: Array, axis: int) -> Array:
    soft = ndimage.gaussian_filter1d(luma, SCALE, 3 - axis, truncate=3)
    slope: Array = ndimage.gaussian_filter1d(soft, SCALE, axis, order=1, truncate=3)
    return slope


def _inner(power: Array, border: int, down: int = 0, across: int = 0) -> Array:
    """`power` without its border, moved by (down, across)."""
    height, width = power.shape[1:]
    return power[:, border + down : height - border + down, border + across : width - border + across]


def _ridges(across: Array, down: Array, power: Array, border: int) -> NDArray[np.bool_]:
    """Where the gradient is greatest along its own direction (to 45°), inside the border."""
    here = _inner(power, border)
    dx, dy = np.abs(_inner(across, border)), np.abs(_inner(down, border))
    level, upright = dy < 0.4142 * dx, dx < 0.4142 * dy
    falling = _inner(across, border) * _inner(down, border) > 0
    ridge = np.zeros(here.shape, bool)
    for mask, step in (
        (level, (0, 1)),
        (upright, (1, 0)),
        (~level & ~upright & falling, (1, 1)),
        (~level & ~upright & ~falling, (1, -1)),
    ):
        after, before = _inner(power, border, *step), _inner(power, border, -step[0], -step[1])
        ridge |= mask & (here >= after) & (here > before)
    return ridge


def _strongest(strength: Array, direction: NDArray[np.intp]) -> NDArray[np.intp]:
    """Indices of the `PER_DIRECTION` strongest of each direction."""
    chosen = []
    for which in range(DIRECTIONS):
        these = np.flatnonzero(direction == which)
        if len(these) > PER_DIRECTION:
            these = these[np.argpartition(-strength[these], PER_DIRECTION)[:PER_DIRECTION]]
        chosen.append(these)
    return np.concatenate(chosen)


def _profiles(
    luma: Array,
    tile: NDArray[np.intp],
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
) -> Array:
    """(N, 2 REACH + 1) along the unit vectors (x, y), averaged over 2 ALONG + 1 px across them; by cubic splines."""
    height = luma.shape[1]
    spline = ndimage.spline_filter1d(luma, 3, axis=1, output=np.float32)
    spline = ndimage.spline_filter1d(spline, 3, axis=2, output=np.float32).reshape(-1, luma.shape[2])
    along = np.arange(-ALONG, ALONG + 1)
    out = np.arange(-REACH, REACH + 1)[:, None]
    x, y = x[:, None, None], y[:, None, None]
    rows = (tile * height + row)[:, None, None] + out * y + along * x
    columns = column[:, None, None] + out * x - along * y
    sampled = ndimage.map_coordinates(spline, [rows, columns], order=3, prefilter=False, output=np.float32)
    profile: Array = sampled.mean(-1)
    return profile
