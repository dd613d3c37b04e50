"""Where a colour cast moves D65: along the black-body locus and across it. Standard library only.

Said once for three kinds of arithmetic: `physics/colour.py` in torch, `estimate/undo.py` in numpy, the panel in plain
numbers.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

D65_MIRED = 1e6 / 6504
D65_UV = (0.19783, 0.31221)
TINT_UNIT = 3000
"""colour.tint counts 3000ths of Duv, as raw developers do."""
ENCODING = 2.2
"""A gain g of linear light is g^(1/2.2) on encoded values: the mean power of the sRGB curve."""
LUMINANCE = (0.2126, 0.7152, 0.0722)
RGB_FROM_XYZ = (
    (3.2406, -1.5372, -0.4986),
    (-0.9689, 1.8758, 0.0415),
    (0.0557, -0.2040, 1.0570),
)
Rgb = tuple[float, float, float]


def locus(mired: Any) -> tuple[Any, Any]:
    """CIE 1960 (u, v) of a black body, 1000–15 000 K (Krystek 1985); numbers or tensors."""
    kelvin = 1e6 / mired
    u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return u, v


def linear_rgb(u: float, v: float) -> Rgb:
    """Linear sRGB of luminance 1 at CIE 1960 (u, v)."""
    x, z = 3 * u / (2 * v), (4 - u - 10 * v) / (2 * v)
    r, g, b = (m[0] * x + m[1] + m[2] * z for m in RGB_FROM_XYZ)
    return r, g, b


def along(temperature: float) -> Rgb:
    """log(linear RGB) of white under a cast of so many mired, over that of D65; see `physics.colour.gains`."""
    u0, v0 = locus(D65_MIRED)
    side = -1 if temperature < 0 else 1
    u, v = locus(D65_MIRED + side * temperature)
    there, here = linear_rgb(D65_UV[0] + u - u0, D65_UV[1] + v - v0), linear_rgb(*D65_UV)
    r, g, b = (side * (math.log(a) - math.log(c)) for a, c in zip(there, here, strict=True))
    return r, g, b


@cache
def across() -> Rgb:
    """Derivative of log(linear RGB) in Duv at D65, across the locus towards green."""
    step = 1e-3
    (u0, v0), (u1, v1) = locus(D65_MIRED - 1), locus(D65_MIRED + 1)
    length = math.hypot(u1 - u0, v1 - v0)
    normal = (-(v1 - v0) / length, (u1 - u0) / length)
    low, high = (linear_rgb(D65_UV[0] + s * normal[0], D65_UV[1] + s * normal[1]) for s in (-step, step))
    r, g, b = ((math.log(y) - math.log(x)) / (2 * step) for x, y in zip(low, high, strict=True))
    return r, g, b
