"""Noise measured in bins of brightness, on the flattest blocks of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.noise_blocks import BANDS, GREEN, HIGH, LOW, LUMA, RED_BLUE, Blocks, Y

Array = NDArray[np.float64]

BINS, PER_BIN = 14, 250
NARROW = 80
"""Blocks in a bin that only has to show how noise falls off towards black and white."""
TYPICAL = 1.25
"""Mean over median energy that noise may have after quantisation; texture has more."""
ENDS = 0.003
"""Share of the blocks that may lie nearer to black or white than the photo's ends."""
FLATTEST, LEAST, MOST = 0.04, 12, 250


@dataclass(frozen=True, slots=True)
class Levels:
    """B bins, from dark to bright. Energies are in levels squared (1/255)², medians corrected to means.

    `means` list of (n, 3) channel means of the blocks chosen, in [0, 1]; `energy` (B, axis, band); `freedom` (B,)
    degrees of freedom of a high-band energy; `average` (B, band) mean
    energies of Y, limited by their medians; `scatter` (B,) standard deviation of the logarithm of the blocks' high
    luma energy over that of white noise; `ends` how near to black and to white the channels' means come; `grey` whether
    the photo is black-and-white.
    """

    means: list[Array]
    energy: Array
    freedom: Array
    scatter: Array
    average: Array
    ends: tuple[float, float]
    grey: bool


def levels(blocks: Blocks, least: int = PER_BIN) -> Levels:
    """The flattest blocks of each of up to `BINS` equally full bins of brightness, of `least` blocks, summed up."""
    brightness = blocks.mean.mean(1)
    count = int(np.clip(len(brightness) / blocks.overlap // least, 1, BINS))
    groups = [group for group in np.array_split(np.argsort(brightness, kind="stable"), count) if len(group)]
    roughness = blocks.energy[:, [LUMA, RED_BLUE, GREEN], LOW].sum(1)
    means, energy, freedom, scatter, average = [], [], [], [], []
    for group in groups:
        number = int(np.clip(FLATTEST * len(group), min(LEAST * blocks.overlap, len(group)), MOST))
        flat = group[np.argsort(roughness[group], kind="stable")[:number]]
        chosen = blocks.energy[flat].astype(np.float64)
        means.append(blocks.mean[flat].astype(np.float64) / 255)
        energy.append(np.median(chosen, 0) / MEDIAN)
        freedom.append(number * BANDS[HIGH].sum() / blocks.overlap)
        scatter.append(_scatter(chosen[:, LUMA, HIGH]))
        average.append(np.minimum(chosen[:, Y].mean(0), TYPICAL * np.median(chosen[:, Y], 0) / MEDIAN))
    shape = (len(groups), 4, 3)
    black, white = np.quantile(blocks.mean, [ENDS, 1 - ENDS]) / 255
    return Levels(
        means,
        np.reshape(energy, shape),
        np.array(freedom),
        np.array(scatter),
        np.array(average),
        (float(black), float(1 - white)),
        blocks.grey,
    )


def _scatter(energies: Array) -> float:
    low, high = np.quantile(np.log(energies + 1e-3), [0.16, 0.84])
    return float((high - low) / 2 / (2 / BANDS[HIGH].sum()) ** 0.5)


MEDIAN = (1 - 2 / (9 * BANDS.sum((1, 2)))) ** 3
"""Median over mean of a χ² variable of the bands' degrees of freedom (Wilson and Hilferty 1931)."""
