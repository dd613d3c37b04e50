"""The noise curve fitted to measured variances: shot, read and file noise by non-negative least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import ndtr

Array = NDArray[np.float64]

MODELS = ((2,), (0, 1), (0, 1, 2))
"""Which of shot, read and file noise each candidate has: weighed by the Bayesian information criterion."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Variances in the table's units: shot (1e−4), read² (1e−6), file² (1/255²), with their standard errors."""

    terms: Array
    errors: Array

    def variance(self, v: Array) -> Array:
        """Noise variance in levels² at encoded values v of any shape, without the rounding."""
        return basis(v) @ self.terms


def basis(v: Array) -> Array:
    """(…, 3): variance in levels² at encoded v of one unit of shot, read² and file² (delta rule through sRGB)."""
    v = np.clip(v, 0, 1)
    light = np.where(v > 0.04045, ((v + 0.055) / 1.055) ** 2.4, v / 12.92)
    slope = np.where(v > 0.04045, 2.4 / 1.055 * ((v + 0.055) / 1.055) ** 1.4, 1 / 12.92)
    gain = 255**2 / slope**2
    return np.stack([1e-4 * light * gain, 1e-6 * gain, np.ones_like(gain)], -1)


def fit(features: Array, variance: Array, error: Array, lossy: float = 0.0) -> Curve:
    """The curve through bins: `features` (n, 3) mean of `basis`, `variance` (n,) and its σ `error` (n,) in levels².

    `lossy`: probability of a JPEG compression, which takes noise away as texture adds to it.
    """
    fits, criteria = [], []
    for model in MODELS:
        terms, covariance, misfit = _fit(features[:, model], variance, error, lossy)
        full, spread = np.zeros(3), np.zeros((3, 3))
        full[list(model)] = terms
        spread[np.ix_(model, model)] = covariance
        fits.append((full, spread))
        criteria.append(misfit + len(model) * np.log(max(len(variance), 2)))
    weight = np.exp(-(np.array(criteria) - min(criteria)) / 2)
    weight /= weight.sum()
    terms = sum(w * full for w, (full, _) in zip(weight, fits, strict=True))
    second = sum(
        w * (np.diag(spread) + (full - terms) ** 2) for w, (full, spread) in zip(weight, fits, strict=True)
    )
    return Curve(np.asarray(terms), np.sqrt(np.asarray(second)))


def _fit(features: Array, variance: Array, error: Array, lossy: float) -> tuple[Array, Array, float]:
    """Terms, covariance and robust misfit of one model. Bins far above the curve (texture) lose weight; after a JPEG
    compression those far below it too.
    """
    above, below = 2 + 2 * lossy, 4 - 2 * lossy
    scale = 1 / error
    for _ in range(6):
        terms, _ = nnls(features * scale[:, None], variance * scale)
        residual = (variance - features @ terms) / error
        pull = np.where(residual > 0, residual / above, residual / below)
        scale = 1 / error / np.sqrt(1 + pull**2)
    misfit = float((4 * np.log1p(pull**2)).sum())
    normal = (features * scale[:, None]).T @ (features * scale[:, None])
    size = np.sqrt(np.maximum(np.diag(normal), 1e-12))
    covariance = np.linalg.inv(normal / np.outer(size, size) + 1e-6 * np.eye(len(size))) / np.outer(
        size, size
    )
    return terms, covariance, misfit


_T = np.linspace(-4, 8, 481)
_DENSITY = np.exp(-(_T**2) / 2) / np.sqrt(2 * np.pi)
_MEAN = _T * ndtr(_T) + _DENSITY
_LEFT = np.maximum((_T**2 + 1) * ndtr(_T) + _T * _DENSITY - _MEAN**2, 0)


def unclip(mean: Array, sigma: Array, clipped: tuple[bool, bool]) -> tuple[Array, Array]:
    """True means, and the share of the variance that clipping at 0 and 1 has left, for Gaussian noise.

    `mean` (as measured, in [0, 1]) and `sigma` (before clipping) of the same shape. The two ends are taken as
    independent.
    """
    safe = np.maximum(sigma, 1e-6)
    true, left = mean.copy(), np.ones_like(mean)
    for end, sign in zip(clipped, (1, -1), strict=True):
        if end:
            depth = (mean if sign > 0 else 1 - mean) / safe
            t = np.where(depth < 8, np.interp(depth, _MEAN, _T), depth)
            true = true + sign * np.maximum(t - depth, -4) * safe
            left = left * np.interp(depth, _MEAN, _LEFT)
    return true, left
