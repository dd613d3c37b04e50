"""Whether noise is as strong in colour as in brightness where JPEG has taken colour's fine part: phones smooth colour.

Ours. Subsampling leaves no chroma in the blocks' high band, whatever the noise; but at half the size independent noise
would have left so much that its absence tells (20 photos of val, noise of 6 to 20 behind quality 60 to 97).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_tables import CHROMA, steps_at
from upzeroir_plugin.estimate.noise_blocks import BANDS, GREEN, LOW, MIDDLE, RED_BLUE
from upzeroir_plugin.estimate.noise_jpeg import SHARE, SIGMAS, noise_part, quantised
from upzeroir_plugin.estimate.noise_levels import Levels
from upzeroir_plugin.estimate.odds import logistic

Array = NDArray[np.float64]

CB, CR = 0.388, 0.432
"""Variance of Cb and of Cr over that of each of three independent channels."""
FROM_CB, FROM_CR = 1.29, 1.159
"""Mean variance along the two chroma axes over that of Cb and of Cr."""
COARSER = 10
"""How much worse than luma's the quality of chroma is taken to be: encoders have tables of their own, and too little
noise is taken out if colour is blamed for what the file has done."""
USUAL = 0.6
"""What is left of independent noise over what is expected of it: a decoder smooths chroma (ours: .5 to 1.3)."""
ENOUGH, SURE = 8.0, 0.3
"""Energy expected, in levels², at which its absence tells as likely as not, and the scale, of logarithms."""


class Hidden(NamedTuple):
    """What is known of the noise of chroma: its variance over luma's, and how surely that is known, 0 to 1."""

    colour: float = 1.0
    told: float = 0.0

    def believed(self, lost: float) -> float:
        """That ratio as far as it is known of the share `lost` of chroma, else that of independent channels."""
        return 1 - lost * self.told * (1 - self.colour)


UNKNOWN = Hidden()


def luma_of(colour: float) -> float:
    """Variance along luma over what Y tells of independent noise, if chroma's is `colour` times that along luma."""
    return 3 * SHARE / (1 + (3 * SHARE - 1) * colour)  # Y takes a third of luma's


def hidden(fine: Levels, halved: Levels, quality: float) -> Hidden:
    """Chroma's noise by what JPEG of a quality has left of it at half the photo's size, beside Y's at its own."""
    variance, _ = noise_part(fine.average, fine.freedom, quality, 0.0)
    here, there = ([float(means.mean()) for means in part.means] for part in (halved, fine))
    quarter = np.maximum(np.interp(here, there, variance), 1e-6) / 4
    kept = quantised(steps_at(CHROMA, quality - COARSER))[:, BANDS[LOW] | BANDS[MIDDLE]].mean(1)
    weights = BANDS.sum((1, 2))[[LOW, MIDDLE]]
    found = halved.energy[:, [RED_BLUE, GREEN]].mean(1)[:, [LOW, MIDDLE]] @ weights / weights.sum()
    parts = ((FROM_CB, CB), (FROM_CR, CR))
    expected = sum(to * np.interp(np.sqrt(share * quarter), SIGMAS, kept) for to, share in parts)
    energy = float(np.mean(expected))
    left = min(float(found.sum()) / USUAL / max(float(np.sum(expected)), 1e-6), 1.0)
    colour = left / (3 * SHARE - (3 * SHARE - 1) * left)  # so that colour · luma_of(colour) is left
    return Hidden(colour, logistic(math.log(max(energy, 1e-6) / ENOUGH) / SURE))
