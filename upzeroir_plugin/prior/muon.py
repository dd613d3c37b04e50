"""The optimiser of convolutions: momentum, made orthogonal (Muon; Jordan et al. 2024)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from upzeroir_plugin.prior.embedded import fast_bfloat16

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration, which brings all singular values between 0.7 and 1.2 (Jordan et al. 2024)."""
LEAST = 32
"""Channels in and out from which a convolution is a matrix worth making orthogonal; not a first or last layer's."""


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """The nearest matrix (m, n) whose singular values are all about 1, by Newton-Schulz iteration; 0 stays 0."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix) / (matrix.norm() + 1e-7)
    if fast_bfloat16(matrix.device):  # singular values end between 0.7 and 1.2 anyway
        x = x.bfloat16()
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    found: Tensor = (x.T if tall else x).to(matrix)
    return found


class Muon(torch.optim.Optimizer):
    """Steps along the orthogonalised momentum of each weight, seen as a matrix (outputs, inputs · kernel).

    A step's root mean square is 0.2 of the rate whatever the shape (Liu et al. 2025), so that rates are Adam's.
    """

    def __init__(self, weights: Iterable[Tensor], rate: float, memory: float = 0.95) -> None:
        super().__init__(list(weights), {"lr": rate, "memory": memory})

    @torch.no_grad()
    def step(self, _closure: Any = None) -> None:  # type: ignore[override]
        """One step for every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group["lr"], group["memory"])

    def _move(self, weight: Tensor, gradient: Tensor, rate: float, memory: float) -> None:
        state = self.state[weight]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(weight)
        mean = state["mean"]
        mean.lerp_(gradient, 1 - memory)
        ahead = torch.lerp(gradient, mean, memory).flatten(1)
        size = 0.2 * math.sqrt(max(ahead.shape))
        weight.sub_(orthogonal(ahead).reshape(weight.shape), alpha=rate * size)


def parts(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The weights of `net` that are for Muon (its inner convolutions), and the rest."""
    inner = [p for p in net.parameters() if p.dim() == 4 and min(p.shape[:2]) >= LEAST]
    chosen = {id(p) for p in inner}
    return inner, [p for p in net.parameters() if id(p) not in chosen]
