"""The generalised Gaussian: its shape and scale from samples, two ways, and the divergence between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma
from torch import Tensor

from upzeroir_plugin.parameters import LATENT

LEAST_SHAPE, MOST_SHAPE = LATENT["latent.shape"].low, LATENT["latent.shape"].high
LEAST_SCALE = 1e-6
ENTRIES = 512


@dataclass(frozen=True, slots=True)
class GenNormal:
    """p(x) = α / (2σΓ(1/α)) · exp(−(|x − μ|/σ)^α), with μ known: `shape` α, `scale` σ, 0-d tensors or numbers.

    α = 2 is the Gaussian (σ = √2 standard deviations), α = 1 the Laplacian, α → ∞ the uniform distribution.
    """

    shape: Tensor
    scale: Tensor

    @property
    def deviation(self) -> Tensor:
        """Standard deviation, σ·√(Γ(3/α)/Γ(1/α))."""
        return self.scale * torch.exp(0.5 * (torch.lgamma(3 / self.shape) - torch.lgamma(1 / self.shape)))

    def sample(self, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draws around 0: a sign times the α-th root of a Gamma variate (Nardon and Pianca 2009)."""
        seed = int(torch.randint(1 << 31, (1,), generator=generator))
        rng = np.random.default_rng(seed)
        shape, scale = float(self.shape), float(self.scale)
        drawn = scale * rng.gamma(1 / shape, size=size) ** (1 / shape) * rng.choice((-1.0, 1.0), size=size)
        return torch.from_numpy(drawn.astype(np.float32))


def of(shape: float, scale: float) -> GenNormal:
    """From plain numbers, within what can be told apart."""
    return GenNormal(
        torch.tensor(min(max(shape, LEAST_SHAPE), MOST_SHAPE)), torch.tensor(max(scale, LEAST_SCALE))
    )


def scale_of(shape: Tensor, mean: Tensor) -> Tensor:
    """The scale σ = E|x|·Γ(1/α)/Γ(2/α) that gives shape α the mean size E|x|."""
    return (mean * torch.exp(torch.lgamma(1 / shape) - torch.lgamma(2 / shape))).clamp_min(LEAST_SCALE)


def by_moments(x: Tensor, told: float | None = None) -> GenNormal:
    """Shape, unless it is `told`, and scale of x (any shape, centred) by moments (Mallat 1989); differentiable in x.

    E x² / (E|x|)² = Γ(1/α)Γ(3/α)/Γ(2/α)² falls with α alone: α is read from a table of it, linear between entries in
    the logarithms, so that gradients pass; then σ = E|x|·Γ(1/α)/Γ(2/α).
    """
    mean = x.abs().mean().clamp_min(LEAST_SCALE)
    if told is not None:
        known = of(told, 1.0).shape
        return GenNormal(known, scale_of(known, mean))
    ratio = (x.square().mean() / mean**2).clamp_min(1e-6).log()
    shape = _interpolated(ratio, *_table(x))
    return GenNormal(shape, scale_of(shape, mean))


def by_likelihood(x: Tensor) -> GenNormal:
    """Shape and scale of x (any shape, centred) of greatest likelihood (Varanasi and Aazhang 1989); not differentiable.

    For a given α the best σ is (α·E|x|^α)^(1/α); what is left is one equation in α, which is solved by bracketing.
    """
    size: NDArray[np.float64] = np.abs(x.detach().double().numpy().ravel())
    unit = max(float(size.mean()), LEAST_SCALE)
    size = np.maximum(size / unit, 1e-9)
    logs = np.log(size)

    def slope(shape: float) -> float:
        power = size**shape
        total = float(power.mean())
        weighted = float((power * logs).mean()) / total
        return float(1 + digamma(1 / shape) / shape - weighted + np.log(shape * total) / shape)

    low, high = slope(LEAST_SHAPE), slope(MOST_SHAPE)
    if low * high > 0:
        shape = LEAST_SHAPE if abs(low) < abs(high) else MOST_SHAPE
    else:
        shape = float(brentq(slope, LEAST_SHAPE, MOST_SHAPE, xtol=1e-4))
    return of(shape, unit * (shape * float((size**shape).mean())) ** (1 / shape))


def divergence(p: GenNormal, q: GenNormal) -> Tensor:
    """KL(p‖q) of two generalised Gaussians around the same centre, in nats a sample (Do and Vetterli 2002, eq. 20)."""
    lead = torch.log(p.shape * q.scale / (q.shape * p.scale)) + torch.lgamma(1 / q.shape)
    cross = (q.shape * (p.scale / q.scale).log()).exp()
    moment = torch.exp(torch.lgamma((q.shape + 1) / p.shape) - torch.lgamma(1 / p.shape))
    return lead - torch.lgamma(1 / p.shape) + cross * moment - 1 / p.shape


def _table(like: Tensor) -> tuple[Tensor, Tensor]:
    """(log ratio rising, log α) for `by_moments`."""
    shape = torch.logspace(np.log10(MOST_SHAPE), np.log10(LEAST_SHAPE), ENTRIES, dtype=torch.float64)
    ratio = torch.lgamma(1 / shape) + torch.lgamma(3 / shape) - 2 * torch.lgamma(2 / shape)
    return ratio.to(like), shape.log().to(like)


def _interpolated(value: Tensor, grid: Tensor, logs: Tensor) -> Tensor:
    place = torch.searchsorted(grid, value.detach()).clamp(1, len(grid) - 1)
    low, high = grid[place - 1], grid[place]
    share = ((value - low) / (high - low)).clamp(0, 1)
    return torch.exp(logs[place - 1] + share * (logs[place] - logs[place - 1]))
