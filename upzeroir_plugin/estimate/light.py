"""Exposure by statistics: the white point first, the mid-tones second (ours)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.view import luma

Array = NDArray[np.float32]

WHITE = 0.999
"""Quantile of the brightest channel that counts as the white point: above it lie lamps and glints."""
WANTED_WHITE, WANTED_MEAN = 0.85, 0.45
"""Medians of the white point and of mean luma over the photos of train/ are 0.98 and 0.45; scenes shot in poor light
have few highlights, so their white point is put lower."""
DARK, SOFT = 0.42, 0.05
"""White point below which a photo is as likely as not too dark: of train/'s photos 99 % lie above 0.55."""
EV_ERROR, MIDTONES_ERROR = 0.8, 0.25
"""How well such statistics can know what a scene should look like: standard deviation on simulated dark photos."""


def estimate_light(view: Array) -> Findings:
    """Readings of light.ev and light.midtones from a small view (h, w, 3) of the photo without its veil.

    Evidence: `histogram`, 64 bins of luma, and `target`, the histogram that the reading would give.
    """
    white = float(np.quantile(view.max(2), WHITE))
    present = logistic((DARK - white) / SOFT)
    midtones = _midtones(view, white)
    ev = _stops(white, midtones)
    evidence = {"histogram": histogram(view), "target": histogram(lifted(view, ev, midtones)), "white": white}
    readings = (
        Reading("light.ev", min(max(ev, -3.0), 6.0), EV_ERROR, present),
        Reading("light.midtones", midtones, MIDTONES_ERROR, present),
    )
    return Findings(readings, evidence)


def lifted(view: Array, ev: float, midtones: float) -> Array:
    """What undoing the darkening makes of encoded values: encode(2^ev · decode(v^(1/midtones))), up to 1."""
    light = decode(np.clip(view, 0, 1) ** np.float32(1 / midtones)) * 2.0**ev
    return encode(np.clip(light, 0, 1)).astype(np.float32)


def spread(brightness: NDArray[np.float64], ev: float, midtones: float) -> NDArray[np.float64]:
    """By how much `lifted` spreads tones apart at encoded values `brightness` (n,): its slope, over two levels."""
    ends = [lifted((brightness + step).astype(np.float32), ev, midtones) for step in (-1 / 255, 1 / 255)]
    slope: NDArray[np.float64] = (ends[1] - ends[0]).astype(np.float64) * (255 / 2)
    return slope


def decode(v: NDArray[np.floating]) -> NDArray[np.floating]:
    """Linear light of encoded values (sRGB)."""
    return np.where(v > 0.04045, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4, v / 12.92)


def encode(light: NDArray[np.floating]) -> NDArray[np.floating]:
    """Encoded values of linear light (sRGB)."""
    return np.where(light > 0.0031308, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * light)


def histogram(view: Array) -> list[float]:
    """Shares of 64 bins of luma from 0 to 1."""
    counts, _ = np.histogram(np.clip(luma(view), 0, 1), 64, (0, 1))
    return [round(float(c), 5) for c in counts / max(counts.sum(), 1)]


def _stops(white: float, midtones: float) -> float:
    """Stops that take the white point to `WANTED_WHITE`, once the mid-tone power is undone."""
    now = float(decode(np.array(max(white, 1e-3) ** (1 / midtones))))
    return math.log2(float(decode(np.array(WANTED_WHITE))) / max(now, 1e-5))


def _midtones(view: Array, white: float) -> float:
    """The power that gives mean luma `WANTED_MEAN` with the white point in place, by bisection; 0.6 to 1.8."""
    low, high = 0.6, 1.8
    for _ in range(12):
        middle = math.sqrt(low * high)
        mean = float(luma(lifted(view, _stops(white, middle), middle)).mean())
        low, high = (middle, high) if mean < WANTED_MEAN else (low, middle)
    return math.sqrt(low * high)
