"""Small tiles spread evenly over a photo, so that cost does not grow with its size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def spread(pixels: Array, side: int, count: int) -> Array:
    """At most about `count` tiles (N, h, w, C) of a photo (H, W, C), on an even lattice, at multiples of 8 px.

    h and w are `side`, or the photo's own where it is smaller. A photo with less than `count` tiles is covered
    whole, apart from a rest below 8 px at the right and the bottom.
    """
    height, width = pixels.shape[:2]
    return np.stack([pixels[y : y + side, x : x + side] for y, x in corners(height, width, side, count)])


def corners(height: int, width: int, side: int, count: int) -> list[tuple[int, int]]:
    """(y, x) of the tiles of `spread`, in their order."""
    tall, wide = min(side, height), min(side, width)
    rows, columns = _numbers(height / tall, width / wide, count)
    return [(y, x) for y in _starts(height - tall, rows) for x in _starts(width - wide, columns)]


def _numbers(down: float, across: float, count: int) -> tuple[int, int]:
    """Rows and columns of tiles: all that fit, or `count` of them in the photo's own proportions."""
    thin = min(1.0, count / max(down * across, 1e-9)) ** 0.5
    rows = max(1, min(int(down), round(down * thin), count))
    return rows, max(1, min(int(across), count // rows))


def _starts(room: int, number: int) -> list[int]:
    if number == 1:
        return [room // 2 // 8 * 8]
    return [int(start) // 8 * 8 for start in np.linspace(0, room, number)]
