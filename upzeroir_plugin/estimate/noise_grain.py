"""Correlation length and colour of noise, and what is noise and what texture in a bin's energies.

White noise has equal energies in the middle and the high band, noise of a correlation length a ratio R(size) above 1,
texture one of about `TEXTURE`. Two bands and two unknowns give the noise of each bin, once the size is known.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_tables import BASIS
from upzeroir_plugin.estimate.noise_blocks import BANDS, HIGH, LOW, MIDDLE
from upzeroir_plugin.estimate.odds import logistic

Array = NDArray[np.float64]
Parts = tuple[Array, Array]
"""Variance of each bin and its σ."""

TEXTURE = 3.2
"""Middle over high energy of texture: median over the flattest blocks of clean photos of train/ (2 to 5)."""
BIAS = 0.03
"""What texture adds to the logarithm of that ratio in bins that pass for noise: on photos of train/, white σ 5–30."""
COARSE = 100.0
"""Energy, in levels², from which coarse grain is told from soft texture (ours: val; sound photos stay below it)."""
FAINT = 0.15
"""Middle energy of one family over the other's, below which it says little."""
LOUDER = 1.5
"""Energy of chroma over luma's, above which noise is stronger in colour (ours: at a ratio of σ of 1.5, 2.2)."""
SIZES = np.linspace(0, 1.6, 65)
"""px; beyond, the high band holds nothing of the noise."""
RATIOS = np.geomspace(0.03, 4, 240)


@cache
def gains() -> Array:
    """(sizes, band): energy of noise of unit variance and autocorrelation exp(−(d/size)²), by size and band."""
    return np.array([[plane[band].mean() for band in BANDS] for plane in _planes()])


@cache
def _planes() -> list[Array]:
    lag = np.subtract.outer(np.arange(8), np.arange(8)).astype(float)
    found = []
    for size in SIZES:
        correlation = np.exp(-np.square(lag / max(size, 1e-3)))
        spectrum = np.einsum("ui,ij,uj->u", BASIS, correlation, BASIS)
        found.append(np.outer(spectrum, spectrum))
    return found


@cache
def _unevenness() -> Array:
    """(sizes,): scatter of the high band's energy over that of white noise: its frequencies no longer count alike."""
    high = [plane[BANDS[HIGH]] for plane in _planes()]
    return np.array([(part.size * np.square(part).sum()) ** 0.5 / part.sum() for part in high])


def gains_at(size: float) -> Array:
    """(band,): the row of `gains` at a size between the tabled ones."""
    return np.array([np.interp(size, SIZES, column) for column in gains().T])


def size_of(energy: Array, scatter: Array, freedom: Array) -> tuple[float, float]:
    """Correlation length in px and its σ, from energies (family, n, band), their scatter (n,) and freedom (n,).

    Chroma says little beside much louder luma: grey noise may lie on softened colours. Energies speak as far as they
    look like noise of the grain that they tell: evenly spread blocks, no excess at low frequencies, well above the
    rounding. With little evidence the size is that of white noise.
    """
    safe = np.maximum(energy, 1e-9)
    low, middle, high = safe[..., LOW], safe[..., MIDDLE], safe[..., HIGH]
    ratio = middle / high
    table = gains()
    logs = np.log(table[:, MIDDLE] / table[:, HIGH])
    own = np.interp(np.log(ratio), logs, SIZES)
    strong = middle**2 / (middle**2 + COARSE**2)
    uneven = 1 + strong * (np.interp(own, SIZES, _unevenness()) - 1)
    falling = 1 + strong * (np.interp(own, SIZES, table[:, LOW] / table[:, MIDDLE]) - 1)
    even = 1 / (1 + (np.maximum(scatter / uneven - 1, 0) / 0.4) ** 4)
    slope = 1 / (1 + (low / middle / falling / 2.5) ** 4)
    calm = np.quantile(middle, 0.25, axis=1, keepdims=True)
    faint = calm / calm.max()
    loud = high**2 / (high**2 + 1) * faint**2 / (faint**2 + FAINT**2)
    weight = freedom * even * slope * loud
    log_ratio = np.log(np.clip(ratio, 0.5, 20))
    total = weight.sum() + 200.0
    mean = float((weight * log_ratio).sum() / total)
    spread = float((weight * (log_ratio - mean) ** 2).sum() / total)
    voices = float(weight.sum() ** 2 / max((weight**2).sum(), 1e-9)) + 1
    error = (spread / voices + 4 / total) ** 0.5
    sure = max(mean - BIAS - error / 2, 0.0)
    least, size, most = np.interp([sure - error, sure, sure + error], logs, SIZES)
    return float(size), float(max((most - least) / 2, 0.05))


def noise_part(energy: Array, size: float, freedom: Array) -> tuple[Array, Array]:
    """Variance of the noise and its σ, for energies (n, band) in levels² of bins with texture, given the grain size."""
    _, middle, high = gains_at(size)
    ratio = middle / high
    kappa = max(TEXTURE, 1.5 * ratio)
    excess = energy[:, MIDDLE] - ratio * energy[:, HIGH]
    value = (energy[:, HIGH] - excess / (kappa - ratio)) / high
    chance = 2 * energy[:, HIGH] / high / np.sqrt(freedom)
    texture = 0.6 * np.maximum(excess, 0) / (kappa - ratio) / high
    return value, np.hypot(np.hypot(chance, texture), 0.02)


def alive(share: float, quality: float) -> float:
    """0 to 1: whether JPEG of a quality has left chroma's high frequencies, which have `share` of luma's energy there:
    subsampling or coarse steps kill them, but not where they are the louder ones.
    """
    return logistic((share - 0.35) / 0.08) * max(
        logistic((quality - 85) / 3), logistic((share - LOUDER) / 0.1)
    )


def chroma_ratio(luma: Parts, chroma: Parts) -> tuple[float, float, float]:
    """σ of chroma over σ of luma, its error, and the probability that the channels are plainly independent (1).

    From the bins' variances with errors; no chroma at all is the least ratio. Robust: a bin whose texture fooled us
    counts for little (Student, four degrees of freedom). The prior has half its mass near 1, so that bins that say
    little mean independent channels.
    """
    square = np.square(RATIOS)[:, None]
    heard = np.maximum(chroma[0], square[0] * luma[0])
    misfit = np.square(heard - square * luma[0]) / (chroma[1] ** 2 + (square * luma[1]) ** 2 + 1e-6)
    log_likelihood = -2.5 * np.log1p(misfit / 4).sum(1)
    log_ratio = np.log(RATIOS)
    likelihood = np.exp(log_likelihood - log_likelihood.max())
    near, far = (np.exp(-np.square(log_ratio / width) / 2) / width for width in (0.06, 1.2))
    weight = likelihood * (near + far)
    independent = float((likelihood * near).sum() / weight.sum())
    weight /= weight.sum()
    mean = float(weight @ RATIOS)
    return mean, float(weight @ np.square(RATIOS - mean)) ** 0.5, independent
