"""From a picked spot to parameters: the cast that makes it grey, the colour of the veil. Standard library only."""

from __future__ import annotations

import math

from upzeroir_plugin.parameters import parameter
from upzeroir_plugin.white import ENCODING, TINT_UNIT, Rgb, across, along


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
    tinted = _ratios(across())

    def miss(temperature: float) -> tuple[float, float]:
        warmed = _ratios(along(temperature))
        # least squares for tint over both ratios, and what of the ratios' difference is left
        left = (wanted[0] - warmed[0], wanted[1] - warmed[1])
        tint = (left[0] * tinted[0] + left[1] * tinted[1]) / (tinted[0] ** 2 + tinted[1] ** 2)
        return left[0] * tinted[1] - left[1] * tinted[0], tint

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


def _ratios(logs: Rgb) -> tuple[float, float]:
    return logs[0] - logs[1], logs[2] - logs[1]
