"""The tone curve between encoded values v (the file) and linear light l, and the mid-tone power."""

from __future__ import annotations

import torch
from torch import Tensor

KNEE = 0.04045
"""Below it the sRGB curve is straight (IEC 61966-2-1)."""

TOE = 0.02
"""Ours: below this value (5/255) the mid-tone power is the straight line to zero, so that neither it nor its
inverse has an infinite slope at black; from exponent 0.7 on that is within two levels of the pure power."""


def decode(v: Tensor) -> Tensor:
    """Linear light of encoded values, any shape; 0–1 to 0–1 (sRGB, IEC 61966-2-1).

    Above 1 the power law goes on, below 0 the straight part: monotonic everywhere, inverse of `encode`.
    """
    power = ((v.clamp_min(KNEE) + 0.055) / 1.055) ** 2.4
    return torch.where(v > KNEE, power, v / 12.92)


def encode(light: Tensor) -> Tensor:
    """Encoded values of linear light, any shape; inverse of `decode`."""
    power = 1.055 * light.clamp_min(KNEE / 12.92) ** (1 / 2.4) - 0.055
    return torch.where(light > KNEE / 12.92, power, light * 12.92)


def slope(v: Tensor) -> Tensor:
    """dl/dv of `decode` at encoded values; positive, at least 1/12.92."""
    power = (2.4 / 1.055) * ((v.clamp_min(KNEE) + 0.055) / 1.055) ** 1.4
    return torch.where(v > KNEE, power, 1 / 12.92)


def midtones(u: Tensor, exponent: Tensor) -> Tensor:
    """Raise u to `exponent`, with a straight toe below `TOE` that also carries values below 0."""
    return torch.where(u > TOE, u.clamp_min(TOE) ** exponent, u * TOE ** (exponent - 1))


def midtones_inverse(y: Tensor, exponent: Tensor) -> Tensor:
    """Inverse of `midtones`."""
    toe = TOE**exponent
    power = torch.maximum(y, toe) ** (1 / exponent)
    return torch.where(y > toe, power, y * TOE ** (1 - exponent))


def midtones_slope(u: Tensor, exponent: Tensor) -> Tensor:
    """Derivative of `midtones` at u; positive."""
    power = exponent * u.clamp_min(TOE) ** (exponent - 1)
    return torch.where(u > TOE, power, TOE ** (exponent - 1))
