"""The point-wise inverse of `physics/` on a small view, in numpy: the estimators look at what a θ would make of a photo
before torch is loaded. A test holds it to `physics.model.invert_pointwise`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.light import lifted

Array = NDArray[np.float32]

FLOOR = 0.1
"""Least transmission divided by, as in `physics.haze`."""
AIRLIGHT = ("haze.red", "haze.green", "haze.blue")
D65_MIRED = 1e6 / 6504
D65_UV = (0.19783, 0.31221)
RGB_FROM_XYZ = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


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
    side = -1 if temperature < 0 else 1
    here, there = _locus(D65_MIRED), _locus(D65_MIRED + side * temperature)
    warm = np.log(_linear_rgb(D65_UV[0] + there[0] - here[0], D65_UV[1] + there[1] - here[1]))
    along = side * (warm - np.log(_linear_rgb(*D65_UV)))
    linear = np.exp(along + tint / 3000 * _across())
    gain: NDArray[np.float64] = (linear / (linear @ LUMINANCE)) ** (1 / 2.2)
    return gain


def _locus(mired: float) -> tuple[float, float]:
    kelvin = 1e6 / mired
    u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return u, v


def _linear_rgb(u: float, v: float) -> NDArray[np.float64]:
    rgb: NDArray[np.float64] = RGB_FROM_XYZ @ np.array([3 * u / (2 * v), 1, (4 - u - 10 * v) / (2 * v)])
    return rgb


def _across() -> NDArray[np.float64]:
    (u0, v0), (u1, v1) = _locus(D65_MIRED - 1), _locus(D65_MIRED + 1)
    length, step = math.hypot(u1 - u0, v1 - v0), 1e-3
    normal = (-(v1 - v0) / length, (u1 - u0) / length)
    ends = [np.log(_linear_rgb(D65_UV[0] + s * normal[0], D65_UV[1] + s * normal[1])) for s in (-step, step)]
    slope: NDArray[np.float64] = (ends[1] - ends[0]) / (2 * step)
    return slope
