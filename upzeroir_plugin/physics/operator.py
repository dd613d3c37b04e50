"""What every operator of the image-formation model has: name, group, neutral state, a map of pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from upzeroir_plugin.parameters import BY_NAME
from upzeroir_plugin.physics.fields import Fields

Theta = Mapping[str, float | Tensor]
"""Parameter values by name, in the table's units. A 0-d tensor instead of a number lets gradients flow."""


def scalar(theta: Theta, name: str, like: Tensor) -> Tensor:
    """θ's value of that name as a 0-d tensor with the type and device of `like`; gradients pass."""
    return torch.as_tensor(theta[name], dtype=like.dtype, device=like.device)


def is_at_neutral(theta: Theta, name: str) -> bool:
    """Whether a value is exactly the table's neutral one. A tensor that asks for a gradient never is."""
    value = theta[name]
    if isinstance(value, Tensor) and value.requires_grad:
        return False
    return float(value) == BY_NAME[name].neutral


class Operator(ABC):
    """One step of y = H(x; θ), from picture to picture of the same shape (B, 3, H, W), encoded values.

    `switches` are the parameters that turn it off when all are neutral; `linear` says that it is linear in x.
    """

    name: ClassVar[str]
    group: ClassVar[str]
    switches: ClassVar[tuple[str, ...]]
    linear: ClassVar[bool] = False

    def is_neutral(self, theta: Theta) -> bool:
        """Whether it changes nothing, so that it can be left out."""
        return all(is_at_neutral(theta, name) for name in self.switches)

    @abstractmethod
    def __call__(self, x: Tensor, theta: Theta, fields: Fields, /) -> Tensor:
        """Apply it."""


class PointOperator(Operator):
    """An operator that acts on each value by itself and can be undone."""

    @abstractmethod
    def invert(self, y: Tensor, theta: Theta, fields: Fields, /) -> tuple[Tensor, Tensor]:
        """Undo it: (z, gain), both (B, 3, H, W); gain = |dz/dy| ≥ 0 carries σ through (delta rule)."""
