"""Grain coarser than the 8×8 blocks can tell from texture: the same reading at half the size, where it is fine.

Ours. An enlarged noisy photo, a scanned film or a camera's own smoothing has grain of 1.5 to 3 px, which leaves little
in the blocks' high band. Photos look alike at all sizes, so that what is no noise at one is none at the other either.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.blur_widths import averaging
from upzeroir_plugin.estimate.noise_blocks import HIGH, MIDDLE
from upzeroir_plugin.estimate.noise_clipped import Measured
from upzeroir_plugin.estimate.noise_grain import RATIOS, alive, gains_at, noise_part
from upzeroir_plugin.estimate.noise_hidden import Hidden
from upzeroir_plugin.estimate.noise_levels import Levels
from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading

Array = NDArray[np.float64]
PAIR = np.full(2, 0.5)
WORTH, SOFT = 2.05, 0.15
"""σ in 1/255 at which noise is as likely as not worth removing, and the scale of that decision: from about 1.7 on it
acts. Weaker grain, a scan's or a film's, is not seen, and a clean photo comes out as it went in (of 24 clean Kodak
scans 22 do; 12 with 1.3)."""
SIZE_PER_HALF, SIZE_LESS = 2.38, 0.57
"""Grain's size in px by what is read at half the size (ours: 6 photos of val, 2, 2.5 and 3 px are read as 1.08, 1.29
and 1.5 there)."""
FAINT = 1.3
"""How many times as strong as fine noise coarse grain must be: of 402 sound photos three are read as having 2.0 to
2.5/255 of it."""
FROM, SURE = 0.78, 0.02
"""Size at half the size from which grain is coarse, and the scale of that decision: finer grain is read whole."""
LESS, CLEAR = 0.8, 0.06
"""How many times σ at half the size must be what the whole photo's noise leaves there, and the scale, of logarithms:
behind JPEG it is far less."""
LEAST = float(RATIOS[0])
"""The ratio that a black-and-white photo is told."""
GREY = 0.5
"""Ratio of chroma's σ to luma's below which the rest of luma's is taken for texture: grey grain is left in colours."""


def worth(sigma: float) -> float:
    """Presence, 0 to 1, of noise of σ in 1/255."""
    return logistic((sigma - WORTH) / SOFT)


def measured(
    binned: Levels, families: Array, size: float, compressed: float, quality: float, unseen: Hidden
) -> tuple[Measured, tuple[float, float]]:
    """Variance of the bins of the photo at half its size, and the ratio of chroma's noise to luma's, with their errors.

    Chroma tells the variance, in its middle band, since it hardly sees texture: what the high band keeps of coarse
    grain depends too much on its size. The ratio is that of the high bands, which lose as much in both; the upper
    quartile, since texture adds to luma only. Where JPEG has killed chroma, luma tells, and of a black-and-white photo,
    in the same band (ours, 10 photos of val in grain of 4, 12 and 24, 1.5 to 3 px: 3.4 to 3.7, 10 to 11, 20 to 22 as a
    rule; of 101 without grain one is read as having any).
    """
    if binned.grey:
        variance, error = _middle(families[0], size, binned.freedom)
        return Measured(binned.means, variance / 3, error / 3, binned.ends), (LEAST, 0.1 * LEAST)
    high = np.maximum(families[..., HIGH], 1e-6)
    square = float(np.quantile(high[1] / high[0], 0.75))
    dead = compressed * (1 - alive(square, quality))
    square = max(square, GREY**2)
    chroma = _middle(families[1], size, binned.freedom)
    luma = noise_part(families[0], size, binned.freedom)
    times = (1 / square + 2) / 3
    colour = unseen.believed(1)
    grey = (1 + 2 * colour) / 3
    variance, error = ((1 - dead) * times * c + dead * grey * y for c, y in zip(chroma, luma, strict=True))
    ratio = math.sqrt(square + dead * (colour - square))
    return Measured(binned.means, np.maximum(variance, 0), error, binned.ends), (ratio, 0.1 * ratio)


def _middle(energy: Array, size: float, freedom: Array) -> tuple[Array, Array]:
    """Variance of noise and its σ, for energies (n, band) in levels², by the middle band."""
    value = energy[:, MIDDLE] / gains_at(size)[MIDDLE]
    return value, value * np.sqrt(2 / freedom) + 0.02


def joined(fine: Findings, coarse: Findings, grey: bool) -> Findings:
    """The readings at the photo's size and those at half of it as one, each by how likely the grain is of its kind.

    `grey`: of a black-and-white photo, whose σ is heard no less behind JPEG.
    """
    there, size = coarse.evidence["sigma"], coarse.reading("noise.size").value
    left = fine.evidence["sigma"] * _kept(fine.reading("noise.size").value)
    beyond = math.log(max(there, 1e-3) / max(left, 1e-3) / LESS)
    share = logistic((size - FROM) / SURE) * (1.0 if grey else logistic(beyond / CLEAR))
    if share < 0.01:
        return fine
    coarse = _at_full_size(coarse)
    pairs = zip(fine.readings, coarse.readings, strict=True)
    readings = tuple(_mixed(a, b, share) for a, b in pairs)
    return Findings(readings, (coarse if share > 0.5 else fine).evidence)


def _kept(size: float) -> float:
    """What averaging 2 × 2 pixels leaves of the σ of noise of a correlation length in px."""
    return averaging(size, PAIR) ** 2


def _at_full_size(found: Findings) -> Findings:
    """Readings taken at half the size, as they are of the photo."""
    whole = SIZE_PER_HALF * found.reading("noise.size").value - SIZE_LESS
    times = 1 / _kept(whole)
    sigma = times * found.evidence["sigma"]
    present = worth(sigma / FAINT)
    lines = {
        "noise.shot": (times**2, 0.0),
        "noise.read": (times, 0.0),
        "noise.file": (times, 0.0),
        "noise.size": (SIZE_PER_HALF, -SIZE_LESS),
    }
    readings = []
    for r in found.readings:
        factor, offset = lines.get(r.name, (1.0, 0.0))
        readings.append(Reading(r.name, factor * r.value + offset, factor * r.std, present))
    bins = [
        {**b, "variance": times**2 * b["variance"], "fit": times**2 * b["fit"]}
        for b in found.evidence["bins"]
    ]
    return Findings(tuple(readings), {**found.evidence, "bins": bins, "sigma": sigma})


def _mixed(a: Reading, b: Reading, share: float) -> Reading:
    """Mean and spread of two readings of which the second is right with the probability `share`."""
    value = a.value + share * (b.value - a.value)
    apart = share * (1 - share) * (b.value - a.value) ** 2
    variance = (1 - share) * a.std**2 + share * b.std**2 + apart
    return Reading(a.name, value, math.sqrt(variance), a.present + share * (b.present - a.present))
