"""Weights of a narrower network in a wider one that gives the same answers: training goes on from what was learned."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior.unet import DenoiserUNet

NEXT = "Start from the weights that ship, or from narrower ones of the same depth."


def widened(weights: Mapping[str, Tensor], net: DenoiserUNet) -> dict[str, Tensor]:
    """`weights` of a `DenoiserUNet` as narrow as `net` or narrower, in the shapes of `net`, float32.

    The channels that it had read nothing of the new ones, which keep the values that `net` was made with, so that they
    have something to learn from (ours, after Chen et al. 2016, Net2Net, who copy channels). Raises UnreadableError
    for weights that are wider, or of another depth.
    """
    made = net.state_dict()
    if set(made) != set(weights):
        raise UnreadableError("The weights to start from are those of another network.", NEXT)
    return {name: _put(name, weights[name].float(), value) for name, value in made.items()}


def _put(name: str, old: Tensor, new: Tensor) -> Tensor:
    if any(a > b for a, b in zip(old.shape, new.shape, strict=True)):
        raise UnreadableError("The weights to start from are wider than the network.", NEXT)
    if old.shape == new.shape:
        return old
    if new.dim() == 1:
        bias = torch.zeros_like(new)
        bias[: len(old)] = old
        return bias
    outputs = 1 if name.startswith("up.") else 0  # a transposed convolution has its outputs second
    out = new.clone().movedim(outputs, 0)
    kept = old.movedim(outputs, 0)
    rows, columns = kept.shape[:2]
    out[:rows] = 0
    out[:rows, :columns] = kept
    return out.movedim(0, outputs)
