"""Whether what is taken for noise repeats itself, as weave, print's dots and engraved lines do and no noise does.

Ours: patterns of 3 to 12 px all over a picture were read as noise of 40/255 and more, and wiped out.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.estimate.view import luma

Array = NDArray[np.float32]

TILE, TILES = 64, 64
CALM = 0.25
"""Share of the tiles, the calmest, that are listened to, as noise itself is read in the calmest places."""
SMOOTH = 4.0
"""Deviation of the Gaussian whose smooth part is no pattern, px."""
NEAR, FAR = 5, 24
"""Distances, px, at which a pattern repeats itself and coarse grain does no more."""
AGAIN, SHARP = 0.55, 0.02
"""Correlation there at which it is as likely a pattern as noise, and its scale. Ours: white noise, grain of 2 and 3 px
and rows on photos of val, JPEG 40 to none, 0.10 to 0.38; weave, dots and lines 0.64 to 1."""


def repeats(pixels: Array) -> float:
    """Probability that the finest detail of the calm places of a photo (H, W, 3) is a pattern."""
    tiles = luma(spread(pixels, TILE, TILES))
    if tiles.shape[1:] != (TILE, TILE):
        return 0.0
    window, overlap = _window()
    fine = (tiles - ndimage.gaussian_filter(tiles, (0, SMOOTH, SMOOTH))) * window
    fine -= window * (fine.sum((1, 2), keepdims=True) / window.sum())
    alike = _correlation(fine) / overlap
    energy = alike[:, 0, 0]
    calm = np.argsort(energy, kind="stable")[: max(1, int(CALM * len(energy)))]
    again = alike[calm][:, _apart()].max(1) / np.maximum(energy[calm], 1e-12)
    return logistic((float(np.median(again)) - AGAIN) / SHARP)


@cache
def _window() -> tuple[Array, Array]:
    """Weights (TILE, TILE) that fall to the tile's border, and their own correlation."""
    side = np.hanning(TILE + 2)[1:-1]
    window = np.outer(side, side).astype(np.float32)
    return window, np.maximum(_correlation(window[None])[0], 1e-3)


@cache
def _apart() -> NDArray[np.bool_]:
    """Which shifts (2·TILE, 2·TILE) are neither too near nor too far."""
    shift = np.minimum(np.arange(2 * TILE), 2 * TILE - np.arange(2 * TILE))
    distance = np.hypot(shift[:, None], shift)
    apart: NDArray[np.bool_] = (distance >= NEAR) & (distance <= FAR)
    return apart


def _correlation(tiles: Array) -> Array:
    """Products of tiles (N, TILE, TILE) with themselves, summed, by shift (N, 2·TILE, 2·TILE)."""
    size = (2 * TILE, 2 * TILE)
    spectrum = np.abs(fft.rfft2(tiles, size)) ** 2
    summed: Array = fft.irfft2(spectrum, size)
    return summed
