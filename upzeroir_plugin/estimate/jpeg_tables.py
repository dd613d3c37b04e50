"""The standard JPEG quantisation tables and the block DCT, in numpy (ITU-T T.81; scaling as in IJG's libjpeg)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# T.81, tables K.1 and K.2, in rows.
LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
CHROMA = np.full((8, 8), 99)
CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def scaled(base: NDArray[np.int_], quality: int) -> NDArray[np.int_]:
    """`base` at IJG quality 1–100: steps 1–255."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((base * scale + 50) // 100, 1, 255)


def steps_at(base: NDArray[np.int_], quality: float) -> NDArray[np.int_]:
    """`scaled` at the nearest whole quality."""
    return scaled(base, int(np.clip(round(quality), 1, 100)))


LUMA_TABLES = np.stack([scaled(LUMA, quality) for quality in range(1, 101)])
"""(100, 8, 8): the luma steps of quality 1 to 100."""


def table_quality(luma: NDArray[np.int_]) -> float:
    """The IJG quality (1–100) whose luma table is nearest to `luma` (8, 8), by the mean logarithm of the ratio."""
    distance = np.abs(np.log(LUMA_TABLES / luma)).mean((1, 2))
    return float(np.argmin(distance) + 1)


def _basis() -> Array:
    place = np.arange(8)
    basis = 0.5 * np.cos(np.pi / 8 * np.outer(place, place + 0.5))
    basis[0] /= np.sqrt(2)
    single: Array = basis.astype(np.float32)
    return single


BASIS = _basis()
"""Orthonormal DCT-II of 8 values: (frequency, place)."""
