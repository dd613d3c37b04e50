"""Colour cast by statistics: three guesses at the illuminant that must agree before anything is touched. And toning,
which is none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.view import LUMA

Array = NDArray[np.float32]

ALIKE = 3.0
"""Degrees within which the guesses must lie (ours)."""
CAST, SOFT = 14.0, 1.5
"""Angle from grey, in degrees of encoded RGB, at which a cast is as likely as not meant to go. Warm evenings and blue
hours lie below: of train/'s photos nine in ten of those whose guesses agree."""
MIRED_PER_LOG, TINT_PER_LOG = 215.0, 570.0
"""Derivatives at neutral of temperature in ln(red/blue) and of tint in ln(green) of encoded gains, from
`physics.colour.gains` (a test compares)."""

ONE_HUE, UNSURE = 2.0 / 255, 0.2 / 255
"""How far colours lie from a curve of luma where a picture is as likely black-and-white and toned as not. Ours, in
small views: toned photos of val at JPEG 95 and 60 0.8 as a rule, up to 2.4; 98 of 100 photos in colour above 1.9."""
CURVE = 3
"""Degree of that curve: shades may have another colour than lights."""


def toned(view: Array) -> float:
    """Probability that a small view (h, w, 3) is black-and-white, as it is or toned (sepia, selenium, two inks).

    Ours: then each brightness has one colour, and what would be a cast in a colour photo is meant.
    """
    flat = view.reshape(-1, 3).astype(np.float64)
    bright = flat @ LUMA
    colour = flat[:, [0, 2]] - bright[:, None]
    powers = bright[:, None] ** np.arange(CURVE + 1)
    curve, *_ = np.linalg.lstsq(powers, colour, rcond=None)
    away = math.sqrt(float(np.square(colour - powers @ curve).mean()))
    return logistic((ONE_HUE - away) / UNSURE)


def estimate_colour(view: Array) -> Findings:
    """Readings of colour.temperature and .tint from a small view (h, w, 3).

    Shades of grey (p = 6, Finlayson and Trezzi 2004), grey edge (van de Weijer 2007) and near-grey pixels. Evidence:
    `guesses`, encoded RGB of norm 1; `spread` and `angle` in degrees.
    """
    inside = view[(view.max(2) < 0.98) & (view.min(2) > 0.02)]
    if len(inside) < 64:
        return Findings((), {"guesses": []})
    guesses = np.stack([_shades(inside), _edges(view), _near_grey(inside)])
    mean = guesses.mean(0)
    mean /= np.linalg.norm(mean)
    spread = max(_angle(g, mean) for g in guesses)
    angle = _angle(mean, np.full(3, 3**-0.5))
    present = logistic((angle - CAST) / SOFT) * logistic((ALIKE - spread) / 0.7)
    logs = np.log(np.maximum(mean, 1e-3))
    logs -= logs.mean()
    readings = (
        Reading("colour.temperature", _bounded(MIRED_PER_LOG * float(logs[0] - logs[2]), 250), 25.0, present),
        Reading("colour.tint", _bounded(TINT_PER_LOG * float(logs[1]), 150), 20.0, present),
    )
    return Findings(
        readings,
        {"guesses": [[round(float(v), 4) for v in g] for g in guesses], "spread": spread, "angle": angle},
    )


def _shades(pixels: Array) -> NDArray[np.float64]:
    return _unit((pixels.astype(np.float64) ** 6).mean(0) ** (1 / 6))


def _edges(view: Array) -> NDArray[np.float64]:
    down, across = np.abs(np.diff(view, axis=0)), np.abs(np.diff(view, axis=1))
    parts = [part.reshape(-1, 3).astype(np.float64) ** 6 for part in (down, across)]
    return _unit(np.concatenate(parts).mean(0) ** (1 / 6))


def _near_grey(pixels: Array) -> NDArray[np.float64]:
    """Mean of the tenth of the pixels that is nearest to grey."""
    saturation = 1 - pixels.min(1) / pixels.max(1)
    return _unit(pixels[saturation <= np.quantile(saturation, 0.1)].mean(0).astype(np.float64))


def _unit(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return rgb / max(float(np.linalg.norm(rgb)), 1e-9)


def _angle(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return math.degrees(math.acos(min(1.0, float(a @ b))))


def _bounded(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
