"""The Plan: everything about a restoration that is decided before the first pixel is restored."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import BY_NAME, GROUPS, MODIFIERS, Amounts, ParameterVector
from upzeroir_plugin.physics import noise
from upzeroir_plugin.physics.blur import kernel, softness
from upzeroir_plugin.physics.jpeg import equivalent_sigma
from upzeroir_plugin.physics.noise import sigma_map
from upzeroir_plugin.solver.told import fine_noise, second_differences

LEAST_SIGMA = 0.8 / 255
"""Below this noise cannot be seen and is left alone (ours: on clean photos the estimators read up to that)."""
LEAST_QUALITY = 96
"""JPEG at this quality or better is left alone."""
LEAST_GAIN = 4 / 255
"""Amplified error above which a second call cleans up after the lift (ours)."""
LEAST_CHANGE = 0.75 / 255
"""Light, haze and cast that would move no tone by more than this are left alone."""
TONES = 33
BLUR_CALLS, SMALL_BLUR_CALLS, THOROUGH_BLUR_CALLS = 5, 8, 12
"""Of deblurring, in `fast`, for small photos, in `thorough` (ours, val, blind, five kinds of blur: 30.25, 30.41, 30.42
dB; 24 calls win under some blurs what they lose under others)."""
BLUR_START = 50 / 255
"""Noise that deblurring tells the prior of at first (the same photos: eight calls from 30/255 30.07 dB, five from 50
30.25)."""
MOST_BLUR_SIGMA = 50 / 255
"""Noise in the domain where blur is undone above which it is left: told the true blur (8 crops of val, noise 35 and 60,
or lifted by 3 stops) deblurring wins nothing at 40/255, and loses 0.8 dB at 57 and 1.5 at 65. Pinned blur is undone.
"""
FLIPS = 8
MARGIN = 3.0
"""Factor by which noise may be more than its second differences say."""
SMALL = 1 << 19
"""Pixels up to which flips are averaged even in `fast`: such photos are done at once anyway (ten crops of val in noise
of 15, 25, 50: one 37.91 / 35.51 / 32.41 dB, four 38.23 / 35.93 / 33.02, eight 38.28 / 36.00 / 33.14)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """θ of what is to be undone, and how: no statistic of the photo is taken after this.

    `theta` holds only groups that act, so that neutral ones are skipped bit-exactly. `flips`: orientations averaged
    in the first call, or by halves before and after the lift. `refine`: a call after the lift for what it amplified.
    `blur_calls`: steps of the deblurring. `blur_sigma`: noise level in the domain where blur is undone, and `sigma` in
    the photo, both once noise is white (whitening.py). `context`: px a window must reach beyond. `exposure`: what
    encoded values are multiplied by for the first call, so that the prior sees a dark photo as bright as the photos
    that it knows; the noise model is linear in that, and θ's light has no part in it. `shown`: noise that the photo
    has, where the user told of noise (told.py). `blotches`: σ of those that are taken out before anything else
    (blotches.py); `theta` knows nothing of them.
    """

    theta: ParameterVector
    maps: Maps
    size: tuple[int, int]
    denoise: bool
    points: bool
    refine: bool
    blur_calls: int
    blur_sigma: float
    sigma: float
    flips: int
    exposure: float
    restarts: int
    context: int
    shown: tuple[float, ...] = ()
    blotches: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.cleans or self.points or self.blur_calls)

    @property
    def cleans(self) -> bool:
        """Whether noise of any kind or JPEG's error is taken out."""
        return self.denoise or self.blotches > 0

    @property
    def flips_after(self) -> int:
        """Of the flips, those of the call after the lift that sees the noise once more (refinement.py): half, and at
        least one; none where blur was undone, since no noise is left there.
        """
        return max(self.flips // 2, 1) if self.refine and not self.blur_calls else 0

    @property
    def flips_before(self) -> int:
        """Of the flips, those of the first call."""
        return max(self.flips - self.flips_after, 1)

    @property
    def first_calls(self) -> int:
        """Network calls for each window before the lift."""
        return self.flips_before * self.denoise

    @property
    def after_calls(self) -> int:
        """Network calls for each window after the lift, but for those of the deblurring."""
        return self.flips_after if self.flips_after else int(self.refine)

    @property
    def calls(self) -> int:
        """Network calls for each window."""
        return self.first_calls + self.blur_calls + self.after_calls


def active(theta: ParameterVector, amounts: Amounts, peak: float) -> ParameterVector:
    """θ with the groups set to neutral that are switched off or whose effect nobody would see.

    `peak`: the greatest noise σ over the photo's tones. Pinned values act however small they are.
    """
    off = {group for group in GROUPS if amounts[group] == 0}
    if peak < LEAST_SIGMA and not pinned(theta, "noise"):
        off.add("noise")
    if theta["jpeg.quality"] >= LEAST_QUALITY and not pinned(theta, "jpeg"):
        off.add("jpeg")
    if softness(theta.values()) < 0.35 and not pinned(theta, "blur"):
        off.add("blur")
    return neutralised(theta, off).with_values({"sampling.scale": 1.0})


def pinned(theta: ParameterVector, group: str) -> bool:
    """Whether the user has set any parameter of a group."""
    return any(BY_NAME[name].group == group for name in theta.pins())


def neutralised(theta: ParameterVector, groups: set[str]) -> ParameterVector:
    """θ with every switch of these groups at neutral (the colour of a veil that is not there stays)."""
    keep = {*MODIFIERS, "sampling.scale"}
    names = [p for p in BY_NAME.values() if p.group in groups and p.name not in keep]
    return theta.with_values({p.name: p.neutral for p in names})


def noise_peak(theta: ParameterVector) -> float:
    """Greatest noise σ over the mid-tones (0.1 to 0.9), without the file's own rounding; [0, 1] units."""
    tones = torch.linspace(0.1, 0.9, TONES).view(1, 1, 1, TONES).expand(1, 3, 1, TONES)
    total = sigma_map(tones.contiguous(), theta.values()) ** 2 - (1 / 255) ** 2 / 12
    return float(total.clamp_min(0).max().sqrt())


def sigma_of(
    y: Tensor, theta: ParameterVector, there: bool = False, share: float = 1.0
) -> tuple[Tensor, Tensor]:
    """(σ, loss) for the first call: noise and JPEG error of y (B, 3, H, W) as maps (B, 1, H, W).

    `there`: y is the photo itself, so that no more noise is meant than there can be (`most_noise`). `share` of the
    noise is meant, and all of JPEG's error.
    """
    variance = torch.zeros_like(y[:, :1])
    values = theta.values()
    if not noise.is_neutral(values):
        variance = sigma_map(y, values) ** 2
        if there:
            variance = torch.minimum(variance, most_noise(y, values["noise.size"]) ** 2)
        variance = share**2 * variance
    quality = values["jpeg.quality"]
    if quality < 100:
        variance = variance + equivalent_sigma(quality) ** 2
    return variance.sqrt(), torch.full_like(variance, 1 - quality / 100)


def most_noise(y: Tensor, size: float) -> Tensor:
    """σ that noise of a correlation length can have at each place of a photo y, (B, 1, H, W), generously.

    Ours: a clipped sky or a flat drawing holds no noise whatever θ says of its brightness, and a denoiser told of noise
    that is not there makes things up. Grain has less of the second differences that are looked at, which `size` allows
    for.
    """
    return MARGIN * fine_noise(size) * second_differences(y) + 0.3 / 255


def hurried(size: tuple[int, int], careful: bool) -> bool:
    """Whether a photo of `size` (W, H) is so large that speed counts more than hundredths of a decibel, which it never
    does in a `careful` effort.
    """
    return not (careful or _small(size))


def flips_of(size: tuple[int, int], thorough: bool) -> int:
    """How many orientations the first call is averaged over, for a photo of `size` (W, H)."""
    return 1 if hurried(size, thorough) else FLIPS


def blur_calls_of(size: tuple[int, int], thorough: bool) -> int:
    """In how many calls blur is undone, for a photo of `size` (W, H)."""
    if thorough:
        return THOROUGH_BLUR_CALLS
    return SMALL_BLUR_CALLS if _small(size) else BLUR_CALLS


def _small(size: tuple[int, int]) -> bool:
    return size[0] * size[1] <= SMALL


def point_spread(theta: ParameterVector, maps: Maps) -> Tensor:
    """`blur.kernel` of θ along the camera's path."""
    return kernel(theta.values(), None if maps.path is None else torch.from_numpy(maps.path))


def blur_reach(theta: ParameterVector, maps: Maps) -> int:
    """Radius of θ's point spread function in px."""
    return int(point_spread(theta, maps).shape[0] // 2)


def deblurring_reach(theta: ParameterVector, maps: Maps) -> int:
    """How far in px undoing θ's blur looks, beside its prior.

    Ours, eight photos of val: a softness of 1.6 px was off by 1.5 levels at most with two radii, 1.0 with three, and
    0.8 with five or more, which is the rounding of bfloat16; a motion of 30 px by 4.6 with 57 px, 1.5 with 114.
    """
    moved = theta["blur.length"] + 2 * theta["blur.shake"]
    return 3 * blur_reach(theta, maps) + 2 * math.ceil(moved)
