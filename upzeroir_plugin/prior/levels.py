"""Noise levels of a diffusion schedule: from its timesteps to σ as in z = z0 + σn, and back."""

from __future__ import annotations

import torch
from torch import Tensor


def levels_of(cumulative: Tensor) -> Tensor:
    """Ln σ of each timestep (T,), rising, from a scheduler's ᾱ: σ = √((1 − ᾱ)/ᾱ)."""
    kept = cumulative.double().clamp(1e-8, 1 - 1e-12)
    return (0.5 * ((1 - kept) / kept).log()).float()


def timestep_of(sigma: Tensor, table: Tensor) -> Tensor:
    """Timesteps (fractional, linear in ln σ) of noise levels of any shape, held within the table."""
    wanted = sigma.log().clamp(float(table[0]), float(table[-1]))
    place = torch.searchsorted(table, wanted.contiguous()).clamp(1, len(table) - 1)
    low, high = table[place - 1], table[place]
    return place - 1 + (wanted - low) / (high - low)


def sigma_of(time: Tensor, table: Tensor) -> Tensor:
    """Noise levels of timesteps in [0, T − 1], fractional ones too: the inverse of `timestep_of`."""
    below = time.floor().long().clamp_max(len(table) - 2)
    return torch.lerp(table[below], table[below + 1], time - below).exp()
