"""Blur of a photo: softness, missed focus or motion, from the profiles of its edges, and where it is to be undone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from upzeroir_plugin.estimate import edge_widths, edges, sharpest
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float64]
Single = NDArray[np.float32]

WHOLE, TILE, TILES = 1_300_000, 192, 32
"""Pixels up to which a photo is searched whole; side and number of the tiles of a larger one."""
LEVELS = 3
SHARP = 0.4
"""px: width of the edges of a sharp photo (pixel, sampling and our own interpolation)."""
WORTH, DOUBT = 0.9, 0.08
"""px: width at which blur is as likely as not worth undoing, and the estimator's own error of its logarithm."""
COARSE = 0.6
"""How much wider than `WORTH`, by its logarithm, a photo of the worst JPEG quality must be: its edges are no longer
the camera's, and what compression took does not come back."""


@dataclass(frozen=True, slots=True)
class Level:
    """The edges of one size of the picture that are steps, with their evidence; `halvings` of the picture."""

    halvings: int
    found: edges.Edges
    logs: Single


def estimate_blur(photo: Photo, noise: Findings, jpeg: Findings) -> tuple[Findings, Single | None]:
    """Readings of blur.sigma, .focus, .length and .angle, and the map of where blur is to be undone (None: everywhere).

    `noise` and `jpeg` are what their estimators found on the photo.
    """
    levels = _levels(_luma(photo), *_noise(noise))
    blur = sharpest.combined((level.halvings, sharpest.pooled(level.logs)) for level in levels)
    worth = special.ndtr((sharpest.LOGS - _least(jpeg)) / DOUBT)
    sigma, error = _softness(blur * worth)
    present = float(blur @ worth)
    readings = (
        Reading("blur.sigma", sigma, error, present),
        Reading("blur.focus", 0.0, 5.0, 0.0),
        Reading("blur.length", 0.0, 20.0, 0.0),
        Reading("blur.angle", 0.0, 60.0, 0.0),
    )
    found: dict[str, Any] = {
        "width": float(np.exp(blur @ sharpest.LOGS)),
        "edges": [len(level.logs) for level in levels],
    }
    return Findings(readings, found), None


def _luma(photo: Photo) -> Single:
    """The mean of the channels, as tiles (N, h, w)."""
    height, width = photo.pixels.shape[:2]
    tiles = photo.pixels[None] if height * width <= WHOLE else spread(photo.pixels, TILE, TILES)
    luma: Single = np.ascontiguousarray(tiles @ np.full(3, 1 / 3, np.float32))
    return luma


def _noise(noise: Findings) -> tuple[float, float]:
    """σ of the noise of luma in [0, 1], rounding included, and its correlation length in px."""
    said = {reading.name: reading.value for reading in noise.readings}
    channel = (noise.evidence.get("sigma", 0.0) / 255) ** 2
    luma = channel / (1 + 2 * said.get("noise.chroma", 1.0) ** 2)
    rounding = noise.evidence.get("rounding", 0.0) / 255**2 / 3
    return math.sqrt(luma + rounding), said.get("noise.size", 0.0)


def _least(jpeg: Findings) -> float:
    """Logarithm of the width from which blur is worth undoing."""
    loss = sum(r.present * (1 - r.value / 100) for r in jpeg.readings if r.name == "jpeg.quality")
    return math.log(WORTH) + COARSE * min(max(loss, 0.0), 1.0)


def _levels(luma: Single, noise: float, size: float) -> list[Level]:
    levels = []
    for level in range(LEVELS):
        found = edges.find(luma, noise)
        if found is None:
            break
        widths = edge_widths.measure(found.profile, edge_widths.profile_noise(noise, size))
        if widths.kept.any():
            logs = sharpest.evidence(widths.likelihood[widths.kept], level)
            levels.append(Level(level, found.only(widths.kept), logs))
        luma = edges.halved(luma)
        noise *= edge_widths.averaging(size, edges.HALVING) ** 2
        size = math.hypot(size / 2, edges.HALVING_SIZE)
    return levels


def _softness(weight: Array) -> tuple[float, float]:
    """σ of the Gaussian to be undone and its error, from the weights of all widths."""
    weight = (weight + 1e-12) / (weight + 1e-12).sum()
    sigma = np.minimum(np.sqrt(np.maximum(np.exp(2 * sharpest.LOGS) - SHARP**2, 0)), 5)
    mean = float(weight @ sigma)
    return mean, math.hypot(math.sqrt(float(weight @ (sigma - mean) ** 2)), DOUBT * mean)
