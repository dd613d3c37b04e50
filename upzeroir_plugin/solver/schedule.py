"""Which noise levels a diffusion trajectory goes through."""

from __future__ import annotations

from typing import Any, Literal

import torch

from upzeroir_plugin.errors import UsageError, extra_hint
from upzeroir_plugin.prior.levels import levels_of, sigma_of, timestep_of

Spacing = Literal["logarithm", "ddim", "karras"]
RHO = 7.0


def spaced(first: float, last: float, count: int, spacing: Spacing) -> list[float]:
    """`count` noise levels falling from `first` to `last`, both > 0 and counted as in z = z0 + σn.

    "logarithm": even in ln σ (ours: as many steps for each halving of the noise). "ddim": even in the timestep of
    DDPM's training schedule (Song et al. 2021), as diffusers' DDIMScheduler has it. "karras": even in σ^(1/7) (Karras
    et al. 2022, equation 5), as diffusers' DPM-Solver with `use_karras_sigmas`. Raises UsageError without diffusers.
    """
    if spacing == "ddim":
        return _even_in_time(first, last, count)
    shares = [i / (count - 1) for i in range(count)]
    if spacing == "karras":
        high, low = first ** (1 / RHO), last ** (1 / RHO)
        return [(high + share * (low - high)) ** RHO for share in shares]
    return [first * (last / first) ** share for share in shares]


def _even_in_time(first: float, last: float, count: int) -> list[float]:
    try:
        from diffusers import DDIMScheduler
    except ImportError as error:
        raise UsageError(
            "DDIM's schedule needs diffusers.", f"Take another schedule. {extra_hint('latent')}"
        ) from error
    scheduler: Any = DDIMScheduler()  # type: ignore[no-untyped-call]
    table = levels_of(scheduler.alphas_cumprod)
    begin, end = timestep_of(torch.tensor([first, last]), table)
    found = sigma_of(torch.linspace(float(begin), float(end), count), table)
    return [first, *map(float, found[1:-1]), last]
