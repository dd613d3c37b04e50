"""From a picked spot to parameters: the cast that makes it grey, the colour of the veil. Standard library only."""

from __future__ import annotations

import math

from upzeroir_plugin.parameters import parameter

D65_MIRED = 1e6 / 6504
D65_UV = (0.19783, 0.31221)
TINT_UNIT = 3000
ENCODING = 2.2
RGB_FROM_XYZ = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
Colour = tuple[float, float, float]


class NotGrey(ValueError):
    """The spot is too dark, clipped, or too colourful to be grey under any light."""


def cast_of(red: float, green: float, blue: float) -> dict[str, float]:
    """The cast under which a grey surface has this colour (encoded, 0–1): colour.temperature and colour.tint.

    The inverse of physics/colour.py: two ratios of the channels, two unknowns. For a temperature, tint follows from
    one ratio; the temperature that fits the other is found by bisection. Raises NotGrey.
    """
    if min(red, green, blue) < 0.02 or max(red, green, blue) > 0.995:
        raise NotGrey
    wanted = (ENCODING * math.log(red / green), ENCODING * math.log(blue / green))
    across = _ratios(_across())

    def miss(temperature: float) -> tuple[float, float]:
        along = _ratios(_along(temperature))
        # least squares for tint over both ratios, and what of the ratios' difference is left
        left = (wanted[0] - along[0], wanted[1] - along[1])
        tint = (left[0] * across[0] + left[1] * across[1]) / (across[0] ** 2 + across[1] ** 2)
        return left[0] * across[1] - left[1] * across[0], tint

    row = parameter("colour.temperature")
    low, high = row.low, row.high
    at_low, at_high = miss(low)[0], miss(high)[0]
    if at_low * at_high > 0:
        raise NotGrey
    for _ in range(60):
        middle = (low + high) / 2
        if miss(middle)[0] * at_low > 0:
            low = middle
        else:
            high = middle
    tint = miss((low + high) / 2)[1] * TINT_UNIT
    limit = parameter("colour.tint").high
    if abs(tint) > limit:
        raise NotGrey
    return {"colour.temperature": round((low + high) / 2, 1), "colour.tint": round(tint, 1)}


def airlight_of(red: float, green: float, blue: float) -> dict[str, float]:
    """The veil's colour (encoded, 0–1) as parameters."""
    return {"haze.red": red, "haze.green": green, "haze.blue": blue}


def gains(temperature: float, tint: float) -> Colour:
    """What a cast multiplies encoded red, green and blue by, but for a common factor."""
    along, across = _along(temperature), _across()
    r, g, b = (math.exp((a + tint / TINT_UNIT * c) / ENCODING) for a, c in zip(along, across, strict=True))
    return r, g, b


def _ratios(logs: Colour) -> tuple[float, float]:
    return logs[0] - logs[1], logs[2] - logs[1]


def _along(temperature: float) -> Colour:
    """log(linear RGB) of white under that cast, over that of D65."""
    u0, v0 = _locus(D65_MIRED)
    side = -1 if temperature < 0 else 1
    u, v = _locus(D65_MIRED + side * temperature)
    there = _linear_rgb(D65_UV[0] + u - u0, D65_UV[1] + v - v0)
    here = _linear_rgb(*D65_UV)
    r, g, b = (side * (math.log(a) - math.log(c)) for a, c in zip(there, here, strict=True))
    return r, g, b


def _across() -> Colour:
    step = 1e-3
    (u0, v0), (u1, v1) = _locus(D65_MIRED - 1), _locus(D65_MIRED + 1)
    length = math.hypot(u1 - u0, v1 - v0)
    normal = (-(v1 - v0) / length, (u1 - u0) / length)
    low, high = (_linear_rgb(D65_UV[0] + s * normal[0], D65_UV[1] + s * normal[1]) for s in (-step, step))
    r, g, b = ((math.log(y) - math.log(x)) / (2 * step) for x, y in zip(low, high, strict=True))
    return r, g, b


def _locus(mired: float) -> tuple[float, float]:
    """CIE 1960 (u, v) of a black body (Krystek 1985)."""
    k = 1e6 / mired
    u = (0.860117757 + 1.54118254e-4 * k + 1.28641212e-7 * k**2) / (
        1 + 8.42420235e-4 * k + 7.08145163e-7 * k**2
    )
    v = (0.317398726 + 4.22806245e-5 * k + 4.20481691e-8 * k**2) / (
        1 - 2.89741816e-5 * k + 1.61456053e-7 * k**2
    )
    return u, v


def _linear_rgb(u: float, v: float) -> Colour:
    x, z = 3 * u / (2 * v), (4 - u - 10 * v) / (2 * v)
    r, g, b = (m[0] * x + m[1] + m[2] * z for m in RGB_FROM_XYZ)
    return r, g, b
