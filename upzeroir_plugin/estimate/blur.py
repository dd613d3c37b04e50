"""Blur of a photo: softness, missed focus or motion, from the profiles of its edges, and where it is to be undone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from upzeroir_plugin.estimate import blur_edges, blur_shape, blur_sharpest, blur_spectrum, blur_widths
from upzeroir_plugin.estimate.fuse import FROM
from upzeroir_plugin.estimate.jpeg_tables import LUMA_TABLES
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float64]
Single = NDArray[np.float32]

WHOLE, TILE, TILES = 1_300_000, 192, 32
"""Pixels up to which a photo is searched whole; side and number of the tiles of a larger one."""
LEVELS = 3
WORTH, DOUBT = 0.9, 0.08
"""px: width at which blur is as likely as not worth undoing, and the estimator's own error of its logarithm."""
COARSE = 0.6
"""How much wider than `WORTH`, by its logarithm, a photo of the worst JPEG quality must be: its edges are no longer
the camera's, and what compression took does not come back."""


@dataclass(frozen=True, slots=True)
class Level:
    """The edges of one size of the picture that are steps, with their evidence; `halvings` of the picture."""

    halvings: int
    found: blur_edges.Edges
    logs: Single


def estimate_blur(photo: Photo, noise: Findings, jpeg: Findings) -> tuple[Findings, Single | None]:
    """Readings of blur.sigma, .focus, .length and .angle, and the map of where blur is to be undone (None: everywhere).

    `noise` and `jpeg` are what their estimators found on the photo. At most one of softness, focus and motion is present
    to more than a half: where the shape is not clear, it is the Gaussian of the same width.
    """
    luma, (sigma, size) = _luma(photo), _noise(noise)
    levels = _levels(luma, sigma, size)
    least = _least(jpeg)
    directions = np.stack([_told(levels, direction) for direction in range(blur_edges.DIRECTIONS)])
    found = blur_shape.shapes(directions, blur_spectrum.measure(luma, sigma, _steps(jpeg)))
    softness = _softness(_told(levels), least)
    focus = _focus(found.disc, least)
    motion = _motion(found.motion, least)
    softness = replace(softness, present=softness.present * float(found.gaussian.sum()))
    readings = _apart(softness, focus, motion)
    said: dict[str, Any] = {
        "edges": [len(level.logs) for level in levels],
        "shapes": {name: float(getattr(found, name).sum()) for name in ("gaussian", "disc", "motion")},
    }
    return Findings(readings, said), None


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


def _steps(jpeg: Findings) -> Array:
    """(8, 8) quantisation steps of luma in [0, 1], as far as the photo is compressed at all."""
    steps = np.zeros((8, 8))
    for reading in jpeg.readings:
        if reading.name == "jpeg.quality":
            table = LUMA_TABLES[int(np.clip(round(reading.value), 1, 100)) - 1]
            steps = reading.present * table / 255
    return steps


def _least(jpeg: Findings) -> float:
    """Logarithm of the width from which blur is worth undoing."""
    loss = sum(r.present * (1 - r.value / 100) for r in jpeg.readings if r.name == "jpeg.quality")
    return math.log(WORTH) + COARSE * min(max(loss, 0.0), 1.0)


def _levels(luma: Single, noise: float, size: float) -> list[Level]:
    levels = []
    for level in range(LEVELS):
        found = blur_edges.find(luma, noise)
        if found is None:
            break
        widths = blur_widths.measure(found.profile, blur_widths.profile_noise(noise, size))
        if widths.kept.any():
            logs = blur_sharpest.evidence(widths.likelihood[widths.kept], level)
            levels.append(Level(level, found.only(widths.kept), logs))
        luma = blur_edges.halved(luma)
        noise *= blur_widths.averaging(size, blur_edges.HALVING) ** 2
        size = math.hypot(size / 2, blur_edges.HALVING_SIZE)
    return levels


def _told(levels: list[Level], direction: int | None = None) -> Array:
    """(blurs,) logarithm of the likelihood of each blur, by all edges or those of one direction."""
    seen = []
    for level in levels:
        logs = (
            level.logs
            if direction is None
            else level.logs[blur_edges.octant(level.found.direction) == direction]
        )
        if len(logs):
            seen.append((level.halvings, blur_sharpest.pooled(logs)))
    return blur_sharpest.told(seen)


def _worth(width: Array, least: float) -> Array:
    """Probability that blur of that width is worth undoing."""
    chance: Array = special.ndtr((np.log(width) - least) / DOUBT)
    return chance


def _softness(told: Array, least: float) -> Reading:
    """Reading of blur.sigma as if no other blur existed."""
    chance = np.exp(told - told.max()) * blur_shape.sharp_or_soft()
    width = np.exp(blur_sharpest.LOGS)
    worth = _worth(width, least)
    sigma = np.minimum(np.sqrt(np.maximum(width**2 - blur_shape.SHARP**2, 0)), 5)
    return _reading("blur.sigma", sigma, chance / chance.sum(), worth, DOUBT)


def _focus(chance: Array, least: float) -> Reading:
    width = np.hypot(blur_shape.RADII / 2, blur_shape.SHARP)
    return _reading("blur.focus", blur_shape.RADII, chance, _worth(width, least), DOUBT / 2)


def _motion(chance: Array, least: float) -> tuple[Reading, Reading]:
    """Readings of blur.length and blur.angle."""
    width = np.hypot(blur_shape.LENGTHS / 12**0.5, blur_shape.SHARP)
    length = _reading("blur.length", blur_shape.LENGTHS, chance.sum(1), _worth(width, least), DOUBT / 2)
    turn = (_worth(width, least) @ chance) @ np.exp(2j * np.radians(blur_shape.ANGLES))
    sure = min(abs(turn) / max(length.present, 1e-12), 1 - 1e-6)
    angle = math.degrees(np.angle(turn)) / 2 % 180
    spread = math.degrees(math.sqrt(-2 * math.log(max(sure, 1e-6)))) / 2
    return length, Reading("blur.angle", angle, math.hypot(spread, 3), length.present)


def _reading(name: str, value: Array, chance: Array, worth: Array, doubt: float) -> Reading:
    """Mean of values under their probabilities and their worth, with its error; `doubt` is the method's, relative."""
    weight = chance * worth
    present = float(weight.sum())
    weight = (weight + 1e-12) / (weight + 1e-12).sum()
    mean = float(weight @ value)
    return Reading(
        name, mean, math.hypot(math.sqrt(float(weight @ (value - mean) ** 2)), doubt * mean), present
    )


def _apart(softness: Reading, focus: Reading, motion: tuple[Reading, Reading]) -> tuple[Reading, ...]:
    """The readings with their presences told apart: two shapes as likely as each other undo half of the blur each."""
    length, angle = motion
    total = softness.present + focus.present + length.present + 1e-12
    softness, focus, length = (
        replace(r, present=r.present * (r.present / total) ** 0.5) for r in (softness, focus, length)
    )
    return softness, focus, length, replace(angle, present=float(length.present > FROM))
