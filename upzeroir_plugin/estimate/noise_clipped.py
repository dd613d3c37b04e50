"""The noise curve of a photo whose noise was cut off at black and white, and how strong the noise was then.

A camera cuts off, then demosaics; who makes a copy smaller averages what was cut off long ago. The remaining noise then
falls off, and tones are pulled inwards, much farther from black and white than the noise that is left would reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate import noise_curve
from upzeroir_plugin.estimate.odds import logistic

Array = NDArray[np.float64]
Sizes = NDArray[np.intp]

TIMES = np.array([1, 1.4, 2, 2.8, 4])
"""Candidates for how many times stronger the noise was when it was cut off."""
PLAIN, GRAINY = 0.88, 0.5
"""Prior odds that it was as strong as now, for white noise and for noise with grain (filtered, hence once stronger)."""
GRAIN, GRAIN_SCALE = (0.35, 0.95), 0.06
"""Correlation lengths in px that filters for smaller copies leave (0.65 to 0.85), and how sharply that ends.

Larger grain comes of noise reduction, after which the noise of the dark and of the light says little of clipping.
"""
FILTERED, WIDTH = 2.2, 0.5
"""A filter that gives noise of a correlation length s takes at least s √π of it away; copies made smaller take more.
The prior's median is that times 1.25, with this standard deviation of its logarithm (ours)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Bins of a photo's noise: `means` list of (n, 3) channel means in [0, 1]; `variance` and its `error` (B,).

    `ends`: how near to black and to white the means of its blocks come, in [0, 1].
    """

    means: list[Array]
    variance: Array
    error: Array
    ends: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """A noise curve, what it says of each bin (before clipping), the measured variance before clipping, the weights."""

    curve: noise_curve.Curve
    fitted: Array
    variance: Array
    weight: Array


def fit(measured: Measured, clipped: tuple[bool, bool], lossy: float, times: float) -> Fit:
    """The curve through the bins, corrected for what clipping took of noise that was `times` as strong.

    What clipping has left is first judged by each bin's own variance, so that a curve that is too low to begin with
    cannot confirm itself; then twice by the curve, which knows more than one bin.
    """
    means, variance = np.concatenate(measured.means), measured.variance
    sizes = np.array([len(bin_means) for bin_means in measured.means])
    relative = np.hypot(measured.error, 0.02 * variance + 0.02)
    own = variance
    for _ in range(12):
        flat = np.repeat(own, sizes)[:, None]
        left = _left(means, flat, sizes, clipped, times)
        own = 0.5 * own + 0.5 * variance / left
    features = _features(_true(means, flat, clipped, times), sizes)
    curve = noise_curve.fit(features, variance / left, relative / left**2, lossy)
    for _ in range(2):
        true = _true(means, curve.variance(means), clipped, times)
        left = _left(means, curve.variance(true), sizes, clipped, times)
        features = _features(true, sizes)
        curve = noise_curve.fit(features, variance / left, relative / left**2, lossy)
    weight = np.square((features @ curve.terms + 0.05) * left**2 / relative)
    return Fit(curve, features @ curve.terms, variance / left, weight / weight.max())


def times_of(
    measured: Measured, clipped: tuple[bool, bool], lossy: float, size: float
) -> tuple[float, float]:
    """How many times stronger the noise was when it was cut off, at least 1, and the σ of that.

    Each candidate's curve is fitted to narrow bins of brightness and judged by what it leaves of them (Student, so that
    a bin of texture counts for little); the odds before that come from the grain `size` in px.
    After a compression (`lossy`), which takes noise away in the dark, too, the fall tells nothing.
    """
    misfit = np.array([_misfit(measured, clipped, lossy, times) for times in TIMES])
    weight = _prior(size) * np.exp(-(misfit - misfit.min()) / 2)
    weight /= weight.sum()
    mean = float(weight @ np.log(TIMES))
    spread = float(weight @ np.square(np.log(TIMES) - mean)) ** 0.5
    times = float(np.exp(mean))
    error = times * float(np.hypot(spread, 0.1))
    times = max(1.0, min(times, _most(measured, fit(measured, clipped, lossy, times).curve)))
    return 1 + (1 - lossy) * (times - 1), error


def _most(measured: Measured, curve: noise_curve.Curve) -> float:
    """The most that the means of blocks allow: cut off at σ, noise keeps them σ/√(2π) from black and from white.

    A camera's curve calms the noise of the light, too, but does not keep light from white.
    """
    ends = np.array(measured.ends)
    variance = curve.variance(np.clip([ends[0], 1 - ends[1]], 0, 1))
    sigma = np.sqrt(np.maximum(variance, 1e-3)) / 255
    return float((ends / sigma).min() * (2 * np.pi) ** 0.5)


def _prior(size: float) -> Array:
    grainy = logistic((size - GRAIN[0]) / GRAIN_SCALE) * logistic((GRAIN[1] - size) / GRAIN_SCALE)
    plain = PLAIN + grainy * (GRAINY - PLAIN)
    rest = np.exp(-np.square((np.log(TIMES[1:]) - np.log(max(FILTERED * size, 1.25))) / WIDTH) / 2)
    return np.array([plain, *((1 - plain) * rest / rest.sum())])


def _misfit(measured: Measured, clipped: tuple[bool, bool], lossy: float, times: float) -> float:
    found = fit(measured, clipped, lossy, times)
    left = measured.variance / np.maximum(found.variance, 1e-9)
    expected = found.fitted * left
    share = measured.error / np.maximum(measured.variance, 1e-6)
    error = np.hypot(share * expected, 0.03 * expected + 0.02)
    return float(4 * np.log1p(np.square((measured.variance - expected) / error / 2.5)).sum())


def _true(means: Array, variance: Array, clipped: tuple[bool, bool], times: float) -> Array:
    """Means (N, 3) before clipping, of noise of that variance, (N, 3) or (N, 1)."""
    return noise_curve.unclip(means, times * np.sqrt(variance) / 255, clipped)[0]


def _features(true: Array, sizes: Sizes) -> Array:
    return _mean(noise_curve.basis(true).mean(1), sizes)


def _left(means: Array, before: Array, sizes: Sizes, clipped: tuple[bool, bool], times: float) -> Array:
    """Share of the variance `before` clipping, (N, 3) or (N, 1), that it left the bins."""
    _, share = noise_curve.unclip(means, times * np.sqrt(before) / 255, clipped)
    total = _mean(np.broadcast_to(before, means.shape).mean(1), sizes)
    kept = _mean((share * before).mean(1), sizes)
    return np.maximum(np.where(total > 0, kept / np.maximum(total, 1e-9), 1.0), 0.05)


def _mean(values: Array, sizes: Sizes) -> Array:
    """Mean over each bin of values (N, …) of bins of those sizes, one after the other."""
    starts = np.cumsum(sizes) - sizes
    total: Array = np.add.reduceat(values, starts)
    return total / sizes.reshape(-1, *[1] * (values.ndim - 1))
