"""Noise stronger in colour than in brightness, or weaker, made white for the denoiser, which knows white noise best.

Ours. The stronger part of the picture is squeezed about grey until its noise is as strong as the other's; the answer is
spread again. One call then sees each part at its own signal-to-noise ratio. Told θ, 20 crops of val in noise of 16/255:
as it is, and so, 31.5 and 36.6 dB at a ratio of 3, 34.0 and 36.2 at 2, 35.4 and 35.8 at 1.5, 33.5 and 34.2 at 0.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import noise

UNSURE = 1.13
"""How many times a ratio may be misread. By so much less is squeezed: a little that was wrongly squeezed costs more
than it wins (grain of 1.5 px read as .9: .15 dB), and much of it saturated colours (12 crops of val, σ 8 and 16, ratio
3: 39.8 and 36.3 dB with the ratio's power of 0.5, 40.0 and 36.6 with 0.8 and 1; drawn scenes 36.8 and 32.9, 36.7 and
33.0, 36.6 and 32.9)."""
COMPRESSED = 0.5
"""Power of the squeezing behind JPEG, which takes much of colour's noise and adds its own to both (12 crops of val at a
ratio of 3, quality 90 without subsampling: 32.7 dB as it is, 35.3 whole, 35.4 so; with it, 34.3, 34.3 and 34.7)."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """By what brightness and colour are squeezed about mid-grey, and a channel's σ of noise after it over before it."""

    luma: float = 1.0
    chroma: float = 1.0
    share: float = 1.0

    @property
    def spread(self) -> float:
        """By what an error that is alike in all channels grows when the answer is spread again, root mean square."""
        return math.sqrt((self.luma**-2 + 2 * self.chroma**-2) / 3)

    def squeezed(self, z: Tensor) -> Tensor:
        """Z (B, 3, H, W) as the denoiser shall see it."""
        return z if self == WHITE else _scaled(z, self.luma, self.chroma)

    def spread_again(self, z: Tensor) -> Tensor:
        """Undo `squeezed`."""
        return z if self == WHITE else _scaled(z, 1 / self.luma, 1 / self.chroma)


WHITE = Whitening()


def whitening(theta: ParameterVector) -> Whitening:
    """What makes θ's noise white.

    Grey noise is left: the denoiser has seen it in training, and brightness without its own contrast it has not (12
    crops in noise of 20: at a ratio of .05 32.8 dB as it is, 32.7 with a half, 32.5 with a third of the contrast).
    """
    ratio = theta["noise.chroma"]
    if noise.is_neutral(theta.values()):
        return WHITE
    power = COMPRESSED if theta["jpeg.quality"] < 100 else 1.0
    weaker, stronger = min(ratio * UNSURE, 1.0), max(ratio / UNSURE, 1.0)
    luma, chroma = max(weaker, 1 - weaker) ** power, stronger**-power
    if luma == chroma:
        return WHITE
    share = math.sqrt((luma**2 + 2 * (ratio * chroma) ** 2) / (1 + 2 * ratio**2))
    return Whitening(luma, chroma, share)


def loudest(theta: ParameterVector) -> float:
    """σ of brightness over a channel's where θ's noise is weaker in colour than in brightness, else 1.

    Ours. While blur is undone noise is not made white: the first steps, at 50/255, would see little of a squeezed
    picture. They are told of brightness's own noise, since what no step is told of stays, and is sharpened (10 crops of
    val, blur .8 px, grey noise of 6 and 25: told a channel's 32.2 and 26.2 dB, so 33.9 and 28.9; blur 1.2, a ratio of
    .6, noise 2 and 25: squeezed 35.3 and 29.3, so 35.5 and 29.5). Behind JPEG blur is undone without its noise, and a
    channel's is told (grey noise of 4 and 12, quality 90: 32.9 and 30.9 dB; with brightness's 32.7 and 30.3).
    """
    ratio = theta["noise.chroma"]
    return math.sqrt(3 / (1 + 2 * ratio**2)) if ratio < 1 and theta["jpeg.quality"] == 100 else 1.0


def _scaled(z: Tensor, luma: float, chroma: float) -> Tensor:
    """Z (B, 3, H, W), its brightness scaled about mid-grey and its colour about grey."""
    grey = z.mean(1, keepdim=True)
    scaled: Tensor = chroma * (z - grey) + luma * (grey - 0.5) + 0.5
    return scaled
