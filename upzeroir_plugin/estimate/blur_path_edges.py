"""The picture of few edges that explains a blurred photo best: least squares with an L0 norm on its gradients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Single = NDArray[np.float32]
Complex = NDArray[np.complexfloating]

STEPS, LAST = 12, 1e3
"""Half-quadratic steps, and the weight of the split at the last."""
LOOKED, FLAT, USEFUL = 5, 0.05, 0.4
"""Side of the squares in px, and constant and least value of the measure of useful gradients."""
THREADS = 2


def closed(y: Single, beyond: int) -> Single:
    """Y (h, w) with at least `beyond` rows and columns more, that lead from its ends to its beginnings as on a ring."""
    for axis in (0, 1):
        length = y.shape[axis]
        gap = fft.next_fast_len(length + beyond, True) - length
        near = np.minimum(np.arange(gap), length - 1)
        share: Single = ((1 - np.cos(np.pi * (np.arange(gap) + 0.5) / gap)) / 2).astype(np.float32)
        share = share[:, None] if axis == 0 else share
        last, first = np.take(y, length - 1 - near, axis), np.take(y, near[::-1], axis)
        y = np.concatenate([y, last + share * (first - last)], axis)
    return y


def transform(x: Single) -> Complex:
    """Real two-dimensional Fourier transform."""
    found: Complex = fft.rfft2(x, workers=THREADS)
    return found


def back(spectrum: Complex, shape: tuple[int, ...]) -> Single:
    """Inverse of `transform`."""
    found: Single = fft.irfft2(spectrum, s=shape, workers=THREADS).astype(np.float32, copy=False)
    return found


def slopes(x: Single) -> tuple[Single, Single]:
    """Differences to the next column and to the next row, round the ends."""
    return np.roll(x, -1, 1) - x, np.roll(x, -1, 0) - x


def centred(spread: Single, shape: tuple[int, ...]) -> Single:
    """`spread` (k, k), k odd, in a picture of that shape, its middle at the first pixel."""
    wide = np.zeros(shape, np.float32)
    wide[: spread.shape[0], : spread.shape[1]] = spread
    return np.roll(wide, (-(spread.shape[0] // 2), -(spread.shape[1] // 2)), (0, 1))


def edges(y: Single, spectrum: Complex, spread: Single, weight: float, steps: int = STEPS) -> Single:
    """Argmin ‖spread ∗ x − y‖² + weight·‖∇x‖₀ for a `closed` y in [0, 1] (Xu, Zheng and Jia 2013; Pan et al. 2014).

    `spectrum`: the `transform` of y. `steps`: half-quadratic ones, up to the same weight.
    """
    through = transform(centred(spread, y.shape))
    seen: Complex
    power, seen, flat = np.square(np.abs(through)), np.conj(through) * spectrum, _steepness(y.shape)
    x, beta = y, 2 * weight
    factor = (LAST / beta) ** (1 / (steps - 1))
    for _ in range(steps):
        across, down = slopes(x)
        keep = across**2 + down**2 >= weight / beta
        across, down = across * keep, down * keep
        turned = np.roll(across, 1, 1) - across + np.roll(down, 1, 0) - down
        wanted: Complex = seen + np.float32(beta) * transform(turned)
        wanted /= power + np.float32(beta) * flat
        x = back(wanted, y.shape)
        beta *= factor
    return x


@lru_cache(8)
def _steepness(shape: tuple[int, ...]) -> Single:
    """Squared transfer functions of both `slopes`, summed."""
    impulse = centred(np.ones((1, 1), np.float32), shape)
    down, across = (np.square(np.abs(transform(slope))) for slope in slopes(impulse))
    whole: Single = down + across
    return whole


def useful(y: Single) -> NDArray[np.bool_]:
    """Where gradients of y go the same way, so that they tell of a blur: no fine texture (Xu and Jia 2010, eq. 2)."""
    across, down = slopes(y)
    mean = np.hypot(*(ndimage.uniform_filter(slope, LOOKED) for slope in (across, down)))
    whole = ndimage.uniform_filter(np.hypot(across, down), LOOKED)
    told: NDArray[np.bool_] = mean > USEFUL * (whole + (FLAT / LOOKED**2 + 0.02))
    return told
