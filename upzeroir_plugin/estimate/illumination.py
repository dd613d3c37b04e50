"""Where light is missing: the map that `light.local` follows, for back-light and deep shade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.light import decode
from upzeroir_plugin.estimate.refine import edge_aware

Array = NDArray[np.float32]

DEEPEST = 3.0
"""Stops from the mean that the map goes to either side."""
FLOOR = 1e-3
"""Linear light below which shade is not told from black."""
COARSE = 8
"""The brightest channel is taken over blocks of so many pixels of the view."""


def illumination(view: Array) -> Array:
    """Stops by which each place of a view (h, w, 3) is darker than the view's average; (h, w), mean 0.

    The brightest channel, smoothed and bent to the view's edges (in the manner of LIME, Guo 2017), in stops. How much
    of it is to be undone is a matter of taste: the estimate leaves `light.local` at 0, the map is there for the user.
    """
    height, width = view.shape[:2]
    brightest = view.max(2)
    rows, columns = (max(1, n // COARSE) for n in (height, width))
    blocks = brightest[: rows * min(COARSE, height), : columns * min(COARSE, width)]
    coarse = blocks.reshape(rows, -1, columns, blocks.shape[1] // columns).mean((1, 3))
    stops = -np.log2(np.maximum(decode(edge_aware(coarse.astype(np.float32), view)), FLOOR))
    centred = np.clip(stops - stops.mean(), -DEEPEST, DEEPEST)
    even: Array = (centred - centred.mean()).astype(np.float32)
    return even
