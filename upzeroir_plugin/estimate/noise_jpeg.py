"""Noise that a JPEG compression came after: what its quantisation of Y has left, undone band by band.

Noise below half a step is gone, noise near it is overstated; the expected energy of a quantised Gaussian says by how
much, as long as anything is left. Chroma is subsampled or quantised away, so that Y speaks for all channels
(`noise_hidden`: as far as nothing else is known of it).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from upzeroir_plugin.estimate.jpeg_tables import LUMA, steps_at
from upzeroir_plugin.estimate.noise_blocks import AXES, BANDS, HIGH, LOW, MIDDLE, Y
from upzeroir_plugin.estimate.noise_grain import TEXTURE, Parts, gains_at

Array = NDArray[np.float64]

SHARE = float(np.square(AXES[Y]).sum())
"""Variance of Y over that of each of three independent channels."""
ROUNDING = (1 + SHARE) / 12
"""Variance, in levels², that rounding Y and then the channels adds to a decoded coefficient."""
SIGMAS = np.geomspace(0.2, 120, 90)
FLAT, ROUGH = 0.7, 2.4
"""Low over middle energy in the flattest blocks: of white noise (they were chosen for little of it), of texture."""

DOUBT = 0.6
"""Error of what is taken away as texture, in shares of it (as in `noise_grain`)."""


def noise_part(energy: Array, freedom: Array, quality: float, size: float) -> tuple[Array, Array]:
    """Variance of a channel's noise and its σ, in levels², from mean energies (n, band) of Y on the file's grid.

    `size`: correlation length in px, which says how noise spreads over the bands.
    """
    kept, gain = _kept(quality), gains_at(size)
    energy = np.maximum(energy - ROUNDING, 0)
    low, middle, high = (
        np.square(np.interp(energy[:, band], kept[:, band], SIGMAS, left=0)) for band in (LOW, MIDDLE, HIGH)
    )
    ratio = gain[MIDDLE] / gain[HIGH]
    fine = np.maximum(middle - ratio * high, 0) / (max(TEXTURE, 1.5 * ratio) - ratio) / gain[HIGH]
    even = middle / gain[MIDDLE]
    rough = np.maximum(low / gain[LOW] - FLAT * even, 0) / (ROUGH - FLAT)
    survival = np.interp(np.sqrt(np.maximum(middle, 1e-4)), SIGMAS, kept[:, HIGH] / SIGMAS**2)
    trust = survival**2 / (survival**2 + 0.1)
    value = trust * (high / gain[HIGH] - fine) + (1 - trust) * (even - rough)
    value = np.maximum(value, 0) / SHARE
    texture = DOUBT * (trust * fine + (1 - trust) * rough) / SHARE
    gone = np.square(np.interp(0.02, kept[:, MIDDLE] / SIGMAS**2, SIGMAS)) / SHARE
    doubt = 0.15 + 0.35 * (1 - trust)
    chance = 2 * value / np.sqrt(freedom)
    return value, np.sqrt(chance**2 + texture**2 + (doubt * value) ** 2 + (0.5 * gone) ** 2 + 0.02**2)


def mixed(compressed: float, luma: Parts, told: Parts, times: float = 1.0) -> Parts:
    """Luma's variance and its σ: as they are of no compression, `times` what Y has `told` (as `noise_part`) of one.

    Of independent noise luma has a channel's variance, of grey noise three times Y's.
    """
    value, error = (
        (1 - compressed) * raw + compressed * times * y for raw, y in zip(luma, told, strict=True)
    )
    return value, error


def quantised(table: NDArray[np.int_]) -> Array:
    """(σ, 8, 8): mean energy that Gaussian coefficients of `SIGMAS` have after quantisation by `table` (8, 8)."""
    steps, place = np.unique(table.astype(float), return_inverse=True)
    number = np.arange(0.5, 20.5)
    # Σ (n q)² P(n) = q² Σ (2 n + 1) P(|x| > (n + ½) q), by parts.
    tail = 2 * ndtr(-number * steps[:, None, None] / SIGMAS[:, None])
    energies = steps[:, None] ** 2 * (tail * 2 * number).sum(-1)
    energies = np.where(4 * steps[:, None] < SIGMAS, SIGMAS**2 + steps[:, None] ** 2 / 12, energies)
    found: Array = energies.T[:, place.reshape(8, 8)]
    return found


def _kept(quality: float) -> Array:
    """(σ, band): what is left of Y's coefficients at this quality."""
    energies = quantised(steps_at(LUMA, quality))
    return np.stack([energies[:, band].mean(1) for band in BANDS], -1)
