"""Enlargement in the photo's history: detail above 1/scale of the Nyquist frequency is missing."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from upzeroir_plugin.physics import blur
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import Operator, Theta, scalar


def kernel(scale: Tensor) -> Tensor:
    """What a bicubic reduction by `scale` and enlargement back does on average: (k, k) float64, sum 1.

    Keys' cubic (1981, eq. 4, a = −1/2) stretched by the scale, once each way; at scale 1 the unit impulse.
    """
    scale = scale.to("cpu", torch.float64)
    half = math.ceil(2 * float(scale.detach())) - 1
    line = _cubic(torch.arange(-half, half + 1, dtype=torch.float64) / scale)
    line = line / line.sum()
    margin = line.new_zeros(2 * half)
    padded = torch.cat([margin, line, margin])[None, None, None]
    twice = blur.convolve_inside(padded, line[None]).flatten()
    return torch.outer(twice, twice)


def _cubic(place: Tensor) -> Tensor:
    s = place.abs()
    near = (1.5 * s - 2.5) * s**2 + 1
    far = ((-0.5 * s + 2.5) * s - 4) * s + 2
    return torch.where(s < 1, near, torch.where(s < 2, far, 0))


class Sampling(Operator):
    """Reduced and enlarged back on average over pixel phases: shift-invariant, so that windows agree."""

    name = "sampling"
    group = "jpeg"
    switches = ("sampling.scale",)
    linear = True

    def __call__(self, x: Tensor, theta: Theta, _fields: Fields, /) -> Tensor:
        """Take the detail away."""
        return blur.convolve(x, kernel(scalar(theta, "sampling.scale", x)))
