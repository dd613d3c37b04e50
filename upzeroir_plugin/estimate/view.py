"""A small copy of a photo: its tones and colours, hardly any noise or detail, at a cost that does not grow with it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

SIDE = 128
SAMPLES = 8
"""Of each block of the photo at most this many rows and columns are averaged."""
FEWEST = 12
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def small_view(pixels: Array, side: int = SIDE) -> Array:
    """(h, w, 3) of a photo (H, W, 3): square blocks averaged so that the long side is `side` at most (2·side − 1 for
    photos that small). A rest narrower than a block, right and bottom, is left out; values stay in [0, 1].
    """
    step = max(1, max(pixels.shape[:2]) // side)
    rows, columns = (max(1, n // step) for n in pixels.shape[:2])
    tall, wide = (min(step, n) for n in pixels.shape[:2])
    offsets = [np.unique(np.linspace(0, n - 1, min(n, SAMPLES)).astype(int)) for n in (tall, wide)]
    total = np.zeros((rows, columns, 3), np.float32)
    for top in offsets[0]:
        for left in offsets[1]:
            total += pixels[top::step, left::step][:rows, :columns]
    view: Array = (total / math.prod(map(len, offsets))).astype(np.float32)
    return view


def luma(view: Array) -> Array:
    """Y of (…, 3), in [0, 1]."""
    y: Array = view @ LUMA
    return y


def block_means(view: Array, side: int) -> Array:
    """Means over `side` × `side` pixels of a view (h, w, C), a rest left out; one without a whole block as it is."""
    height, width = (n // side * side for n in view.shape[:2])
    if not height * width:
        return view
    cut = view[:height, :width].reshape(height // side, side, width // side, side, -1)
    means: Array = cut.mean((1, 3))
    return means


def contrast(view: Array) -> float:
    """How far the tones of a view (h, w, 3) reach from darkest to brightest, over their mean: 0 for a bare wall.

    Of means over 4 × 4 px, which noise hardly moves; the outer hundredths are left out. A view of less than `FEWEST` px
    shows nothing.
    """
    if min(view.shape[:2]) < FEWEST and view.shape[0] * view.shape[1] < FEWEST**2:
        return 0.0
    y = luma(block_means(view, 4))
    low, middle, high = (float(v) for v in (np.quantile(y, 0.01), y.mean(), np.quantile(y, 0.99)))
    return (high - low) / max(middle, 1e-3)
