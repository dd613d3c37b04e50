"""Shapes beside θ: where the veil is deep, where light is missing, where blur may be undone, how a camera shook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Maps:
    """Spatial shapes that scale with θ; None means uniform. All float32, at any (small) size, stretched on use.

    `depth`: (h, w), mean 1: t = exp(−haze.depth · depth). `illumination`: (h, w) in EV, mean 0: stops by which a
    place is darker than the photo's average (positive = darker). `blur`: (h, w) in [0, 1], where the blur is to be
    undone (bokeh and panning stay).

    `path`: (k, k), k odd, sum 1, no map but a picture in px of the photo: the way on which a shaken camera drew a
    point, around its centre of mass; `blur.shake` says how large it is. None: a Gaussian.
    """

    depth: NDArray[np.float32] | None = None
    illumination: NDArray[np.float32] | None = None
    blur: NDArray[np.float32] | None = None
    path: NDArray[np.float32] | None = None
