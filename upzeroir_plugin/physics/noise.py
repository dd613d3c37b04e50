"""Sensor and file noise: its variance at each brightness, and pictures of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from upzeroir_plugin.physics import blur, tone
from upzeroir_plugin.physics.box import box_mean
from upzeroir_plugin.physics.operator import Theta, is_at_neutral, scalar

LSB = 1 / 255
AMOUNTS = ("noise.shot", "noise.read", "noise.file")
BLOTCH = 6.0
"""Correlation length of blotches in px (ours: cameras' are of 3 to 10)."""
NEIGHBOURS = 5
"""Side of the square whose mean brightness `sigma_map` takes, so that noise does not choose its own σ."""

STEPS = 2040
"""Brightness steps, eighths of an 8-bit level, that `sigma_map` looks up: four times as fast (measured)."""


def variance(v: Tensor, theta: Theta) -> Tensor:
    """Noise variance at encoded values v, any shape, in file values squared ([0, 1] units).

    (dv/dl)²·(shot·l + read²) + file² + LSB²/12 with l = decode(v): Poisson–Gaussian (Foi et al. 2008, eq. 4)
    carried through the tone curve by the delta rule, file noise, and the rounding to 8 bits. Blotches are apart.
    """
    return drawn_variance(v, theta) + LSB**2 / 12


def sigma_map(y: Tensor, theta: Theta) -> Tensor:
    """σ at each pixel of a noisy picture y (B, 3, H, W), root mean square over channels: (B, 1, H, W) > 0.

    The brightness is the mean of `NEIGHBOURS`² pixels (fewer at the border). JPEG's error is not in it:
    `jpeg.equivalent_sigma`.
    """
    mean = box_mean(y, NEIGHBOURS)
    levels = torch.linspace(0, 1, STEPS + 1, dtype=y.dtype, device=y.device)
    table = variance(levels, theta)
    found = table[(mean.clamp(0, 1) * STEPS).round().long()]
    return found.mean(1, keepdim=True).sqrt()


def is_neutral(theta: Theta) -> bool:
    """Whether there is no noise but blotches and the rounding."""
    return all(is_at_neutral(theta, name) for name in AMOUNTS)


def blotchy(theta: Theta) -> bool:
    """Whether there are blotches."""
    return not is_at_neutral(theta, "noise.blotches")


def sample(v: Tensor, theta: Theta, generator: torch.Generator | None = None) -> Tensor:
    """Noise to be added to encoded values v (B, 3, H, W): `variance` without the rounding, in every channel.

    `noise.size` is the distance in px at which its autocorrelation exp(−(d/size)²) falls to 1/e (white
    noise under a Gaussian of σ = size/2); the variance stays. `noise.chroma` is the standard deviation
    along each of the two chroma axes over that along (1, 1, 1)/√3, orthonormal axes: 0 makes the noise grey,
    and each channel's variance stays the same whatever the ratio. Blotches have no luma, and a size of their own.
    """
    size = None if is_at_neutral(theta, "noise.size") else scalar(theta, "noise.size", v)
    grain = _grain(v, size, generator)
    grain = coloured(grain, scalar(theta, "noise.chroma", v))
    made = grain * drawn_variance(v, theta).clamp_min(1e-24).sqrt()
    if not blotchy(theta):
        return made
    spots = _grain(v, v.new_tensor(BLOTCH), generator)
    strength = scalar(theta, "noise.blotches", v) / 255
    return made + math.sqrt(1.5) * strength * (spots - spots.mean(1, keepdim=True))


def drawn_variance(v: Tensor, theta: Theta) -> Tensor:
    """`variance` without the rounding."""
    light = tone.decode(v).clamp_min(0)
    shot = scalar(theta, "noise.shot", v) * 1e-4
    read = scalar(theta, "noise.read", v) * 1e-3
    file = scalar(theta, "noise.file", v) / 255
    return (shot * light + read**2) / tone.slope(v) ** 2 + file**2


def _grain(v: Tensor, size: Tensor | None, generator: torch.Generator | None) -> Tensor:
    """Noise of variance 1 in v's shape, of a correlation length from edge to edge, or white."""
    spread = None if size is None else _filter(size)
    margin = 0 if spread is None else spread.shape[0] - 1
    shape = (*v.shape[:2], v.shape[2] + margin, v.shape[3] + margin)
    white = torch.randn(shape, generator=generator, device=v.device, dtype=v.dtype)
    return white if spread is None else blur.convolve_inside(white, spread)


def _filter(size: Tensor) -> Tensor:
    """(k, k), unit energy: the root of the spectrum that the autocorrelation has on the pixel lattice."""
    half = math.ceil(2 * float(size.detach())) + 4
    place = torch.fft.fftfreq(2 * half + 1, 1 / (2 * half + 1), dtype=size.dtype, device=size.device)
    spectrum = torch.fft.fft(torch.exp(-((place / size) ** 2))).real.clamp_min(1e-12)
    line = torch.fft.fftshift(torch.fft.ifft(spectrum.sqrt()).real)
    return torch.outer(line, line)


def coloured(grain: Tensor, ratio: Tensor) -> Tensor:
    """Independent channels of variance 1 (B, 3, H, W) mixed to a chroma-over-luma ratio, variance 1 each."""
    grey = grain.mean(1, keepdim=True)
    luma = torch.sqrt(3 / (1 + 2 * ratio**2))
    return luma * (grey + ratio * (grain - grey))
