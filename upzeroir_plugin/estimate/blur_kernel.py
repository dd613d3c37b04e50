"""A picture of a blur's point spread function, for people to look at; `physics/` has the exact one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FINE = 4
"""Drawn so many times larger."""


def kernel_picture(
    sigma: float,
    focus: float,
    length: float,
    angle: float,
    shake: float = 0.0,
    path: NDArray[np.float32] | None = None,
) -> NDArray[np.float64]:
    """(k, k), k odd, sum 1: a Gaussian of σ `sigma`, a disc of radius `focus`, a line, and a camera's path, convolved.

    In px and degrees; `path` (n, n) is drawn so large that its root mean square distance from the middle is `shake`.
    """
    if path is not None and shake > 0:
        rest = kernel_picture(sigma, focus, length, angle)
        way = _sized(path, shake)
        size = rest.shape[0] + way.shape[0] - 1
        both = np.fft.irfft2(np.fft.rfft2(rest, (size, size)) * np.fft.rfft2(way, (size, size)), (size, size))
        whole: NDArray[np.float64] = both.clip(0) / both.clip(0).sum()
        return whole
    half = math.ceil(3 * sigma + focus + length / 2)
    place = (np.arange(FINE * (2 * half + 1)) + 0.5) / FINE - half - 0.5
    y, x = place[:, None], place
    drawn = _dot(np.hypot(x, y), max(focus, 0.5 / FINE))
    if length > 0:
        turn = math.radians(angle)
        along, beside = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        line = _dot(np.abs(beside), 0.5 / FINE) * _dot(np.abs(along), length / 2)
        wide = np.fft.rfft2(np.fft.ifftshift(drawn)) * np.fft.rfft2(np.fft.ifftshift(line))
        drawn = np.fft.fftshift(np.fft.irfft2(wide, s=drawn.shape)).clip(0)
    drawn = ndimage.gaussian_filter(drawn, FINE * sigma, truncate=3, mode="constant")
    size = 2 * half + 1
    picture: NDArray[np.float64] = drawn.reshape(size, FINE, size, FINE).sum((1, 3))
    picture /= picture.sum()
    return picture


def _sized(path: NDArray[np.float32], shake: float) -> NDArray[np.float64]:
    """The path drawn so large, of odd size."""
    half = path.shape[0] // 2
    square = np.square(np.arange(path.shape[0]) - half)
    times = shake / max(math.sqrt(float((path * (square[:, None] + square)).sum())), 1e-6)
    reach = math.ceil(times * half)
    place = np.arange(-reach, reach + 1) / times + half
    drawn = ndimage.map_coordinates(
        path, np.meshgrid(place, place, indexing="ij"), order=1, output=np.float64
    )
    if not drawn.sum() > 0:  # smaller than a pixel
        return np.ones((1, 1))
    sized: NDArray[np.float64] = drawn / drawn.sum()
    return sized


def _dot(distance: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """1 up to `reach`, 0 beyond, with an edge of one fine pixel."""
    inside: NDArray[np.float64] = np.clip((reach - distance) * FINE + 0.5, 0, 1)
    return inside
