"""Whether a picture is a drawing: a screenshot, a chart, a page. Its tones are meant, however dark or pale it is."""

from __future__ import annotations

import math

import numpy as np

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.estimate.view import Array

TILE, TILES = 72, 96
SMALL = 4.5 / 255
"""A step of up to four levels is what noise and shading make."""
BLACK = 0.5 / 255
"""Clipped places are flat in every photo."""
MIXED, SHARP, LEAST = 3.2, 0.12, 0.01
"""Flat places for each place with small steps at which a picture is as likely a drawing as a photo, the scale of its
logarithm, and steps that every picture may have. Ours: less than 2.3 in nearly all of 690 photos, hazy, dark and clean
ones; 4 to 85 in screenshots, half of them full of photos."""


def drawn(pixels: Array, jpeg: Findings) -> float:
    """Probability that pixels (H, W, 3) are a drawing: exactly flat, or a step, and little in between.

    `jpeg` is what `estimate_jpeg` found: compression makes skies flat, so that nothing can be told behind it.
    """
    tiles = spread(pixels, TILE, TILES)
    if min(tiles.shape[1:3]) < 2:
        return 0.0
    here = tiles[:, :-1, :-1]
    step = np.maximum(np.abs(tiles[:, 1:, :-1] - here), np.abs(tiles[:, :-1, 1:] - here)).max(-1)
    inside = (here.max(-1) > BLACK) & (here.min(-1) < 1 - BLACK)
    flat, small = (float((inside & there).mean()) for there in (step == 0, (step > 0) & (step < SMALL)))
    if not flat:
        return 0.0
    compressed = max((reading.present for reading in jpeg.readings), default=0.0)
    return (1 - compressed) * logistic(math.log(flat / (small + LEAST) / MIXED) / SHARP)
