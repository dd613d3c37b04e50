"""Noise that the user told of: more than the photo shows.

A denoiser that is told of more noise than there is takes what noise there is for texture, and removes *less* (measured:
at three times the true σ half as much as at the true one). A slider must not do that. So what is missing is made up:
noise is added up to what was told, which is the picture that the denoiser knows, and more told is always more removed.
An estimate needs neither: it is only done for pinned values, and what is found in a photo is restored as before.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.box import box_mean
from upzeroir_plugin.physics.noise import AMOUNTS, coloured, variance
from upzeroir_plugin.prior.tiles import Box

AROUND = 15
"""Side in px of the square over which noise and brightness are taken."""
LEVELS = 16
"""Steps of brightness at which the photo's own noise is looked up."""
PLACES, PATCH = 12, 48
"""The photo is looked at in 12 × 12 patches of 48 px: enough to find flat ones at most levels."""
ENOUGH = 8
"""Places that a level must have to be believed; else its neighbour stands for it."""
OPEN = 0.96
"""The middle share of the tones: near black and white noise is clipped away."""
FLAT = 0.2
"""Share of the places at a brightness that hold little but noise; in the others texture adds to it."""
BEARABLE = 1.3
"""Times its own noise that a photo may be told of before noise is made up (removal peaks at 1.3 to 1.7)."""


def second_differences(y: Tensor) -> Tensor:
    """σ of white noise in y (B, 3, H, W) around each place, (B, 1, H, W), over squares of `AROUND` px.

    Second differences both ways (Immerkær 1996): smooth shading has none, texture adds to them.
    """
    return box_mean(curvature(functional.pad(y, (1, 1, 1, 1), mode="replicate")), AROUND).sqrt()


def curvature(x: Tensor, every: int = 1) -> Tensor:
    """Squared second differences of x (B, 3, H, W) inside its border, (B, 1, H − 2, W − 2) or of `every` n-th row and
    column of these, over 36 so that white noise has its variance there.
    """
    down = x[..., 2::every, :] + x[..., :-2:every, :] - 2 * x[..., 1:-1:every, :]
    second = down[..., 2::every] + down[..., :-2:every] - 2 * down[..., 1:-1:every]
    return second.square().mean(1, keepdim=True) / 36


def _brightness(y: Tensor) -> Tensor:
    return box_mean(y.mean(1, keepdim=True), AROUND)


def fine_noise(size: float) -> float:
    """How many times larger noise of that correlation length may be than its second differences say."""
    return 1 + (size / 0.7) ** 2


def patches(pixels: NDArray[np.float32]) -> Tensor:
    """Patches of a photo (H, W, 3), evenly over it: (B, 3, h, w), h and w at most `PATCH`."""
    rows, columns = (np.linspace(0, max(n - PATCH, 0), PLACES).astype(int) for n in pixels.shape[:2])
    found = np.stack(
        [pixels[y : y + PATCH, x : x + PATCH] for y in sorted(set(rows)) for x in sorted(set(columns))]
    )
    return torch.from_numpy(found).permute(0, 3, 1, 2)


def shown(pixels: NDArray[np.float32], theta: ParameterVector) -> tuple[float, ...]:
    """σ of the noise that a photo (H, W, 3) shows at each of `LEVELS` brightnesses.

    Empty unless the user pinned an amount of noise, and for a photo that was a JPEG: compression takes noise away in
    flat places only, so that nothing can be read there of the others.
    """
    if not any(name in theta.pins() for name in AMOUNTS) or theta["jpeg.quality"] < 100:
        return ()
    some = patches(pixels)
    noise = second_differences(some)[..., ::AROUND, ::AROUND].flatten()
    light = _brightness(some)[..., ::AROUND, ::AROUND].flatten()
    levels = (light.clamp(0, 1) * (LEVELS - 1)).round().long()
    levels[(light - 0.5).abs() > OPEN / 2] = -1
    found = {}
    for level in range(LEVELS):
        here = noise[levels == level]
        if len(here) >= ENOUGH:
            found[level] = float(here.quantile(FLAT)) * fine_noise(theta["noise.size"])
    if not found:
        return ()
    return tuple(found[min(found, key=lambda known: abs(known - level))] for level in range(LEVELS))


def cut_off(theta: ParameterVector, there: tuple[float, ...]) -> ParameterVector:
    """θ with `noise.clipped` for the noise that is `there`: what is made up on top of it was never cut off.

    What the user pinned of `noise.clipped` is for the noise that there is, too.
    """
    if not there:
        return theta
    told = variance(torch.linspace(0, 1, LEVELS), theta.values()).sqrt()
    share = float((torch.tensor(there) / told)[1:-1].median().clamp(max=1))
    return theta.with_values({"noise.clipped": max(1.0, theta["noise.clipped"] * share)})


def made_up(y: Tensor, sigma: Tensor, there: tuple[float, ...], box: Box, ratio: float = 1.0) -> Tensor:
    """Y (1, 3, h, w) of window `box` with noise added where σ (1, 1, h, w) says more than is `there`; else y itself.

    The noise is the same for a place whatever the window, so that tiles and regions agree; its colour is as many times
    stronger than its brightness as `ratio` says.
    """
    if not there:
        return y
    place = _brightness(y).clamp(0, 1) * (LEVELS - 1)
    low = place.floor().clamp(max=LEVELS - 2).long()
    curve = torch.tensor(there, dtype=y.dtype)
    own = curve[low] + (place - low) * (curve[low + 1] - curve[low])
    missing = (sigma.square() - (BEARABLE * own).square()).clamp_min(0).sqrt()
    if not bool((missing > 0).any()):
        return y
    return y + missing * coloured(grain(box), torch.tensor(ratio))


def grain(box: Box) -> Tensor:
    """White Gaussian noise of variance 1 for the places of a window (x, y, w, h): (1, 3, h, w).

    Each value is the hash of its place (the finaliser of MurmurHash3, Appleby 2011) as a quantile.
    """
    x, y, w, h = box
    across = torch.arange(x, x + w, dtype=torch.int64)
    down = torch.arange(y, y + h, dtype=torch.int64)[:, None]
    channel = torch.arange(3, dtype=torch.int64)[:, None, None]
    k = (across * 0x9E3779B1 + down * 0x85EBCA77 + (channel + 1) * 0xC2B2AE3D) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        k.bitwise_xor_(k >> shift).mul_(factor).bitwise_and_(0xFFFFFFFF)
    share = k.to(torch.float64).add_(0.5).div_(2**32)
    made: Tensor = share.mul_(2).sub_(1).erfinv_().mul_(math.sqrt(2)).to(torch.float32)
    return made[None]
