"""The point spread function that leads from a picture of edges to a photo: least squares without negative values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from upzeroir_plugin.estimate.blur_path_edges import Single, back, slopes, transform

TURNS = 150
SMALL = 15
"""Side of a path up to which its fit is by a matrix (ours: 2 to 5 times as fast as by transforms, slower at 25)."""
RIDGE = 0.01
"""Weight of the squares of the values beside the mean square of the gradients."""
FAINT, STRAY = 0.05, 0.1
"""Share of the greatest value below which a value is none; share of the whole below which a part of its own is none."""


def fitted(edges: Single, y: Single, side: int, inside: Single, chosen: NDArray[np.bool_]) -> Single:
    """Argmin ‖k ∗ ∇edges − ∇y‖² + ridge, k ≥ 0, of sum 1 and shape (side, side), without dust.

    `inside`: the weight of each pixel; `chosen`: pixels whose edges count. By accelerated gradient steps (Beck and
    Teboulle 2009) on the correlations alone, which takes no longer for a larger photo.
    """
    both: list[NDArray[np.complexfloating]] = []
    own = np.zeros((edges.shape[0], edges.shape[1] // 2 + 1), np.float32)
    for slope, seen in zip(slopes(edges), slopes(y), strict=True):
        there = transform(slope * inside * chosen)
        both.append(np.conj(there) * transform(seen * inside))
        own += np.square(np.abs(there))
    half, reach = side // 2, side - 1
    wanted = np.roll(back(sum(both[1:], both[0]), y.shape), (half, half), (0, 1))[:side, :side]
    alike = np.roll(back(own, y.shape), (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    power = max(float(alike[reach, reach]), 1e-12)
    return _dusted(_nonnegative(alike / power, wanted / power))


def _nonnegative(alike: Single, wanted: Single) -> Single:
    """Argmin ½ k·(alike ∗ k) + ½ ridge k·k − k·wanted over k ≥ 0."""
    side = wanted.shape[0]
    moved = _through(alike, side)
    k = np.random.default_rng(0).random((side, side), dtype=np.float32)
    for _ in range(12):
        k = moved(k)
        steepest = float(np.sqrt(np.square(k).sum()))
        k /= max(steepest, 1e-12)
    k = np.full((side, side), 1 / side**2, np.float32)
    ahead, pace = k, 1.0
    for _ in range(TURNS):
        new = np.maximum(ahead - (moved(ahead) - wanted) / (1.05 * steepest), 0)
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead, k, pace = new + (pace - 1) / faster * (new - k), new, faster
    return k


def _through(alike: Single, side: int) -> Callable[[Single], Single]:
    """Alike ∗ k + ridge k of a k (side, side): as a matrix while that is small, else by Fourier transforms."""
    if side <= SMALL:
        place = np.indices((side, side)).reshape(2, -1)
        down, across = place[:, :, None] - place[:, None] + side - 1
        matrix = alike[down, across] + np.float32(RIDGE) * np.eye(side**2, dtype=np.float32)
        return lambda k: (matrix @ k.ravel()).reshape(side, side)
    size = fft.next_fast_len(3 * side, True)
    through = fft.rfft2(alike, s=(size, size))

    def moved(k: Single) -> Single:
        full: Single = fft.irfft2(fft.rfft2(k, s=(size, size)) * through, s=(size, size))
        return full[side - 1 : 2 * side - 1, side - 1 : 2 * side - 1] + RIDGE * k

    return moved


def _dusted(k: Single) -> Single:
    """K of sum 1 without faint values and small parts that stand alone."""
    k = np.where(k < FAINT * k.max(), 0, k)
    parts, count = ndimage.label(k > 0, np.ones((3, 3)))
    if count > 1:
        shares = ndimage.sum(k, parts, range(1, count + 1))
        k = np.where(np.isin(parts, 1 + np.flatnonzero(shares < STRAY * k.sum())), 0, k)
    whole: Single = k / max(k.sum(), 1e-12)
    return whole
