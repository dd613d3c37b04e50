"""Haze by statistics: the black point first. A veil leaves no pixel dark; what it adds to black is A·(1 − t)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.view import luma

Array = NDArray[np.float32]

BLACK = 0.01
"""Quantile of luma that counts as the black point."""
USUAL_BLACK = 0.05
"""What it is on clear photos: of train/ the quartiles are 0.05, 0.09 and 0.16 with skies and mist among them."""
VEILED, SOFT = 0.27, 0.02
"""Black point at which a photo is as likely as not hazy: nine in ten of train/'s photos lie below 0.29."""
BRIGHTEST = 0.05
"""Share of the photo, its brightest part, whose colour is taken for the airlight's."""
SAMPLED = 512
"""Rows and columns of the photo's own pixels that are looked at: means of many, as views hold, hide ink on paper."""
BELOW, FEW, FEWER = 0.6, 0.0045, 0.0005
"""A pixel with less than that part of the light that the veil alone would give it contradicts the veil; the share of
such pixels at which it is denied, and the scale of that. Ours: at most 0.003 of 60 photos behind veils, even and
uneven, with noise of up to 15/255; 0.03 and more of pages, 0.007 and 0.014 of two photos wrongly called hazy."""


def estimate_haze(view: Array) -> Findings:
    """Readings of haze.depth and the airlight from a small view (h, w, 3), for a uniform veil.

    t = (A − black)/(A − usual black), from y = x·t + A·(1 − t) at the black point (dark-object subtraction, Chavez
    1988). Evidence: `black` and `airlight`.
    """
    y = luma(view)
    black = float(np.quantile(y, BLACK))
    bright = view[y >= np.quantile(y, 1 - BRIGHTEST)]
    colour = np.median(bright, axis=0) if len(bright) else np.full(3, 0.9, np.float32)
    level = max(float(luma(colour)), black + 0.1)
    t = min(max((level - black) / (level - USUAL_BLACK), 0.05), 1.0)
    room = (level - black) / 0.25
    present = logistic((black - VEILED) / SOFT) * min(1.0, max(room, 0.0))
    error = 0.25 * max(-math.log(t), 0.2)
    airlight = np.clip(colour, 0, 1)
    readings = (
        Reading("haze.depth", -math.log(t), error, present),
        *(
            Reading(f"haze.{name}", float(value), 0.08, present)
            for name, value in zip(("red", "green", "blue"), airlight, strict=True)
        ),
    )
    return Findings(readings, {"black": black, "airlight": [round(float(v), 3) for v in airlight]})


def denied(pixels: Array, depth: Array, readings: tuple[Reading, ...]) -> float:
    """Probability that photo (H, W, 3) is not behind the veil of `readings`, shaped as `depth` (h, w) of mean 1.

    Ours: a veil adds A·(1 − t) to every pixel. Too many pixels that are darker than that deny it.
    """
    told = {reading.name: reading.value for reading in readings}
    step = max(1, max(pixels.shape[:2]) // SAMPLED)
    y = pixels[::step, ::step].max(-1)
    size = (y.shape[1], y.shape[0])
    shape = np.asarray(Image.fromarray(depth).resize(size, Image.Resampling.BILINEAR))
    air = min(told["haze.red"], told["haze.green"], told["haze.blue"])
    veil = air * (1 - np.exp(-np.float32(told["haze.depth"]) * shape))
    return logistic((float((y < BELOW * veil).mean()) - FEW) / FEWER)
