"""What cutting noise off at black and white does to a picture's tones: their mean moves inwards."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from upzeroir_plugin.physics import noise
from upzeroir_plugin.physics.operator import Theta

NAMES = (*noise.AMOUNTS, "noise.clipped")
STEPS = 2040
"""Tones tabled: eighths of an 8-bit level."""


def acts(theta: Theta) -> bool:
    """Whether there is noise that was cut off when it was stronger than it is now."""
    return float(theta["noise.clipped"]) > 1 and not noise.is_neutral(theta)


def seen(x: Tensor, theta: Theta) -> Tensor:
    """What a file shows on average of encoded values x, any shape: E[clip(x + noise)]. Differentiable, rising.

    Ours: the noise was cut off when it was `noise.clipped` times as strong as it is now, and averaged after that, as a
    camera's demosaicking or a smaller copy does; it is the cut that moves the mean.
    """
    inside = x.clamp(0, 1)
    return _looked_up(inside, _tables(*_key(theta))[0].to(x)) + (x - inside)


def expected(x: Tensor, theta: Theta) -> Tensor:
    """`seen` where it `acts`, else x itself: the rest of the shift is the denoiser's, which makes it good."""
    return seen(x, theta) if acts(theta) else x


def moved_back(clean: Tensor, theta: Theta) -> Tensor:
    """A denoiser's answer, encoded, any shape, less what the cut has moved beyond what the denoiser makes good; [0, 1].

    Ours: a prior trained on clipped pictures takes back the shift of noise as strong as it is told (on val: nothing is
    gained by doing it again); of noise that was cut off when it was stronger, the rest is left to do. No error is
    amplified much, since a scene has no values beyond black and white.
    """
    return _looked_up(clean.clamp(0, 1), _tables(*_key(theta))[1].to(clean))


def _looked_up(x: Tensor, table: Tensor) -> Tensor:
    place = x * STEPS
    low = place.detach().to(torch.int32).clamp_(0, STEPS - 1)
    share = place - low
    low = low.long()
    return torch.lerp(table[low], table[low + 1], share)


def _key(theta: Theta) -> tuple[float, ...]:
    return tuple(float(theta[name]) for name in NAMES)


@lru_cache(maxsize=16)
def _tables(*values: float) -> tuple[Tensor, Tensor]:
    """`seen` and `moved_back` at `STEPS` + 1 tones (float64).

    All noise is taken as Gaussian in file values, as the curve measures it. Sensor noise drawn in linear light would
    also move the mid-tones through the tone curve, but which noise is the sensor's is known too little for that.
    """
    tones = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64)
    theta = dict(zip(NAMES, values, strict=True))
    sigma = noise.drawn_variance(tones, theta).sqrt().clamp_min(1e-9)
    known, mean = (
        torch.cummax(_clipped_mean(tones, n * sigma), 0).values for n in (1.0, theta["noise.clipped"])
    )
    high = torch.searchsorted(mean, known).clamp(1, STEPS)
    below, above = mean[high - 1], mean[high]
    share = ((known - below) / (above - below).clamp_min(1e-9)).clamp(0, 1)
    return mean, (high - 1 + share) / STEPS


def _clipped_mean(v: Tensor, sigma: Tensor) -> Tensor:
    """E[clip(v + σ n, 0, 1)], n standard normal."""
    low, high = -v / sigma, (1 - v) / sigma
    normal = torch.special.ndtr
    density_low, density_high = (torch.exp(-t.square() / 2) / (2 * torch.pi) ** 0.5 for t in (low, high))
    mean: Tensor = v * (normal(high) - normal(low)) + sigma * (density_low - density_high) + 1 - normal(high)
    return mean
