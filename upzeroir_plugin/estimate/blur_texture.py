"""Where texture is sharper than a blur would leave it: frequencies that the blur would have put out still shine.

Edges need a step; hair, grass and cloth have none, yet show focus best. Blur of the camera puts the same frequencies
out everywhere, so a photo where a few places keep them has depth of field, or moved in part, and is to stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
Single = NDArray[np.float32]

SIDE = 32
"""px of the squares looked at."""
LOWEST, HIGHEST = 0.04, 0.48
OUT, FROM, COARSE = 0.006, 0.15, 0.1
"""Power that the blur leaves of a frequency that counts as put out; cycles per px from which it may; and up to which
frequencies tell how much there is to see."""
LEAK = np.array([1, 4, 1]) / 6
"""Power spectrum of the Hann window."""
FEWEST = 8
KEPT = 0.3
"""Share of the put-out frequencies that are looked at after JPEG: those that it treats best."""
FAINT = 0.25
"""Share of a sharp scene's power (falling as 1/f²) that a square must keep in the put-out band to be sharp."""
COMMON = 0.25
"""Share of the squares that show no more than the noise that all have, whatever was measured elsewhere."""
LEAST = 1e-12
"""Variance that is taken for noise in a photo without any."""
LOUD, ERRORS = 0.5, 4.0
"""Share of the noise's power, and its standard errors, that this must stand out by."""


@dataclass(frozen=True, slots=True)
class Texture:
    """M squares with enough texture to show: `place` (M, 2) their middles, row and column in px of the photo, and
    whether they are `sharp` (M,).
    """

    place: Single
    sharp: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share of the sharp ones; a few squares alone say little."""
        return float(self.sharp.sum() / (len(self.sharp) + FEWEST))


def look(luma: Single, corners: Single, noise: Array, tones: Array, steps: Array, kernel: Array) -> Texture:
    """The squares of tiles (N, h, w) that begin at `corners` (N, 2), against the blur `kernel` (k, k).

    `noise`: variance at each of the `tones`, ascending; `steps` (8, 8) of JPEG, all in the range [0, 1].
    """
    rows, columns = luma.shape[1] // SIDE, luma.shape[2] // SIDE
    cut = luma[:, : rows * SIDE, : columns * SIDE].reshape(len(luma), rows, SIDE, columns, SIDE)
    cut = cut.swapaxes(2, 3).reshape(-1, SIDE, SIDE)
    out, left, lost = _bands(kernel, steps)
    mean = cut.mean((1, 2))
    window = np.outer(np.hanning(SIDE + 1)[:SIDE], np.hanning(SIDE + 1)[:SIDE]).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    power = np.square(np.abs(np.fft.rfft2((cut - mean[:, None, None]) * window)))
    high, low = power[:, out].mean(1), power[:, left].mean(1)
    hiss = np.interp(mean, tones, noise) + lost + LEAST
    if len(hiss):
        hiss *= max(1.0, float(np.quantile(high / hiss, COMMON)))
    error = ERRORS * hiss / np.sqrt(out.sum())
    expected = _fall(out) / _fall(left) * low
    telling = expected > 1.5 * error + LOUD * hiss
    sharp = (high - hiss - error > FAINT * expected) & (high > (1 + LOUD) * hiss)
    middle = SIDE * (np.indices((rows, columns)).reshape(2, -1).T + 0.5)
    place = (corners[:, None] + middle).reshape(-1, 2).astype(np.float32)
    return Texture(place[telling], sharp[telling])


def _bands(kernel: Array, steps: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Masks of the frequencies that the blur puts out and that it leaves, and what JPEG loses in the first."""
    power = np.square(np.abs(np.fft.rfft2(kernel, s=(4 * SIDE, 4 * SIDE))))[::4, ::4]
    power = ndimage.convolve1d(
        ndimage.convolve1d(power, LEAK, axis=0, mode="wrap"), LEAK, axis=1, mode="mirror"
    )
    radius = _radius()
    used = (radius > LOWEST) & (radius < HIGHEST)
    out, left = used & (power < OUT) & (radius > FROM), used & (radius < COARSE)
    if out.sum() < FEWEST:
        out = used & (power <= np.sort(power[used])[FEWEST])
    down, across = np.indices(out.shape)
    coefficient = np.minimum(down, SIDE - down) * 16 / SIDE, across * 16 / SIDE
    lost = np.square(ndimage.map_coordinates(steps, coefficient, order=1, mode="nearest")) / 12
    out &= lost <= np.quantile(lost[out], KEPT)
    return out, left, float(lost[out].mean())


def _radius() -> Array:
    radius: Array = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    return radius


def _fall(band: NDArray[np.bool_]) -> float:
    return float((_radius()[band] ** -2.0).mean())
