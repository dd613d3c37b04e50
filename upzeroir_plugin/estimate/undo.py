"""The point-wise inverse of `physics/` on a small view, in numpy: the estimators look at what a θ would make of a photo
before torch is loaded. A test holds it to `physics.model.invert_pointwise`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.light import lifted
from upzeroir_plugin.white import ENCODING, LUMINANCE, TINT_UNIT, across, along

Array = NDArray[np.float32]

FLOOR = 0.1
"""Least transmission divided by, as in `physics.haze`."""
AIRLIGHT = ("haze.red", "haze.green", "haze.blue")


def undone(view: Array, theta: Mapping[str, float], depth: Array | None = None) -> Array:
    """A view (h, w, 3) without cast, darkening and veil, clipped to [0, 1]; `depth` (h, w) of mean 1."""
    x = view
    if theta["colour.temperature"] or theta["colour.tint"]:
        gain = np.asarray(gains(theta["colour.temperature"], theta["colour.tint"]), np.float32)
        x = np.divide(x, gain, dtype=np.float32)
    if theta["light.ev"] or theta["light.midtones"] != 1:
        x = lifted(x, theta["light.ev"], theta["light.midtones"])
    if theta["haze.depth"]:
        veil = np.array([theta[name] for name in AIRLIGHT], np.float32)
        shape = np.float32(1) if depth is None else depth[..., None]
        through = np.maximum(np.exp(-np.float32(theta["haze.depth"]) * shape), FLOOR)
        x = veil + np.divide(x - veil, through, dtype=np.float32)
    inside: Array = np.clip(x, 0, 1)
    return inside


def gains(temperature: float, tint: float) -> NDArray[np.float64]:
    """What a cast multiplies encoded red, green and blue by (3,); see `physics.colour.gains`."""
    linear = np.exp(np.array(along(temperature)) + tint / TINT_UNIT * np.array(across()))
    gain: NDArray[np.float64] = (linear / (linear @ np.array(LUMINANCE))) ** (1 / ENCODING)
    return gain
