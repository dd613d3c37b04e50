"""Whether a photo was enlarged: interpolation leaves a period in how much its pixels differ from their neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float64]
Single = NDArray[np.float32]

SIDE, LEAST = 1024, 96
"""Of the photo's middle at most so many rows and columns are looked at; smaller ones tell nothing."""
SMOOTH = 9
"""Columns over which the course of the differences, which is the scene's, is taken out."""
BLOCKS, LEAK = 8, 4
"""JPEG has periods of its own at multiples of one in so many px; how far each reaches, in steps of the spectrum."""
SECOND, FIRST = 0.19, 0.3
"""Cycles per px below which second and first differences have periods of the scene; an enlargement by 1.25 to 5 times
lies above. Second differences tell all but a doubling, whose two phases look alike to them."""
FREQUENCIES = np.linspace(SECOND, 0.5, 4 * SIDE)
"""Cycles per px that are looked at."""
PEAK, FIRST_PEAK, SCALE = 4.1, 3.4, 0.35
"""Logarithm of power over its median at which a photo is as likely enlarged as not, in second differences and in first
ones; and the scale of the decision. Ours, 45 photos of train/ at 300 to 900 px, blurred by 1 to 3.5 px, with noise or
without: at most 3.6 in second differences, 2.4 in first ones, 3.9 after JPEG (4.4 at quality 40). Enlarged by 1.25 to
1.5 times with Lanczos's kernel a half has 4.9 and more, with the cubic 6.6; by 2 times 4.5 and 5.6."""
DOUBT = 0.05
"""Standard error of the scale, relative."""
DETAIL, FALL = -1.3, 0.2
"""Logarithm of the power of slopes between what the greater and the smaller of two enlargements pass, over that of
slopes below both, at which one is as likely as the other, and the scale of the decision (ours: 24 photos)."""


def estimate_scale(photo: Photo, jpeg: Findings) -> Reading:
    """Reading of sampling.scale (Gallagher 2005, second differences; ours: first ones too, and both axes must agree).

    `jpeg` is what its estimator found: compressed photos are judged without the periods that blocks have, which hides
    a doubling among others. The green channel is read, whose places in a sensor's mosaic favour no row or column. A
    photo that was made smaller has such periods too: only one that looks soft may be asked about.
    """
    height, width = photo.pixels.shape[:2]
    if min(height, width) < LEAST:
        return Reading("sampling.scale", 1.0, DOUBT, 0.0)
    top, left = max(0, (height - SIDE) // 2), max(0, (width - SIDE) // 2)
    green = photo.pixels[top : top + SIDE, left : left + SIDE, 1]
    blocks = jpeg.reading("jpeg.quality").present
    second, first = (_both(green, order) for order in (2, 1))
    beyond = np.maximum(second - PEAK, np.where(FREQUENCIES > FIRST, first, 0) - FIRST_PEAK)
    period = BLOCKS * FREQUENCIES
    around = np.abs(period - np.round(period)) < BLOCKS * LEAK / min(green.shape)
    compressed = np.where(around, 0, second) - PEAK
    beyond = (1 - blocks) * beyond + blocks * compressed
    best = int(np.argmax(beyond))
    scale, std = _scale(green, float(FREQUENCIES[best]))
    return Reading("sampling.scale", scale, std, logistic(float(beyond[best]) / SCALE))


def _scale(green: Single, frequency: float) -> tuple[float, float]:
    """Enlargement and its standard error, from the frequency in cycles per px.

    Periods do not tell an enlargement by s from one by s / (s - 1): the greater one has little detail above what it
    passes.
    """
    less, more = 1 / (1 - frequency), min(1 / frequency, 4.0)
    bands = (1.05 * 0.5 / more, 0.95 * 0.5 / less), (0.6 * 0.5 / more, 0.95 * 0.5 / more)
    between, below = _slopes(green, bands)
    greater = logistic((DETAIL - math.log(between / below)) / FALL)
    best, other = (more, less) if greater > 0.5 else (less, more)
    wrong = min(greater, 1 - greater)
    return best, math.hypot(DOUBT * best, math.sqrt(wrong) * (best - other))


def _slopes(green: Single, bands: Sequence[tuple[float, float]]) -> list[float]:
    """Mean power of slopes along rows and columns in each band, from and to cycles per px."""
    total = [1e-12] * len(bands)
    for part in (green, green.T):
        frequency = np.fft.rfftfreq(part.shape[1])
        windowed = (part - part.mean()) * np.hanning(part.shape[1])
        power = np.square(frequency) * np.square(np.abs(np.fft.rfft(windowed, axis=1))).mean(0)
        for place, (low, high) in enumerate(bands):
            inside = (frequency > low) & (frequency < high)
            total[place] += float(power[inside].mean()) if inside.any() else 0.0
    return total


def _both(green: Single, order: int) -> Array:
    """Logarithm of the power that rows and columns have at least near each of `FREQUENCIES`, over its median."""
    across, down = (_highest(_power(part, order)) for part in (green, green.T))
    power: Array = np.log(np.maximum(np.minimum(across, down), 1e-9))
    return power


def _power(green: Single, order: int) -> Array:
    """Power at 0 to 0.5 cycles per px of the mean size of differences along rows, over its median."""
    size = np.abs(np.diff(green, order, axis=1))
    course = np.log(np.minimum(size, np.quantile(size, 0.98)).mean(0, dtype=np.float64) + 1e-4)
    course -= np.convolve(np.pad(course, SMOOTH // 2, mode="edge"), np.full(SMOOTH, 1 / SMOOTH), "valid")
    power = np.abs(np.fft.rfft(course * np.hanning(len(course)))) ** 2
    made: Array = power / max(float(np.median(power[round(2 * SECOND * len(power)) :])), 1e-12)
    return made


def _highest(power: Array) -> Array:
    """The highest of `power`, spread evenly over 0 to 0.5, within a step of each of `FREQUENCIES`: rows and columns of
    any length on one scale.
    """
    place = np.rint(2 * FREQUENCIES * (len(power) - 1)).astype(int)
    around: Array = np.max([power[np.clip(place + step, 0, len(power) - 1)] for step in (-1, 0, 1)], axis=0)
    return around
