"""Haze: the scene fades into the airlight with distance (Koschmieder 1924)."""

from __future__ import annotations

import torch
from torch import Tensor

from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import PointOperator, Theta, scalar

FLOOR = 0.1
"""Least transmission that the inverse divides by (He, Sun and Tang 2009, t0)."""


def airlight(theta: Theta, like: Tensor) -> Tensor:
    """The colour of the veil, (3, 1, 1), encoded values."""
    colour = [scalar(theta, f"haze.{name}", like) for name in ("red", "green", "blue")]
    return torch.stack(colour)[:, None, None]


def transmission(theta: Theta, fields: Fields, like: Tensor) -> Tensor:
    """Return t = exp(−haze.depth · depth map), (1, 1, H, W), or (1, 1, 1, 1) if uniform; in (0, 1]."""
    shape = like.new_ones(1, 1, 1, 1) if fields.depth is None else fields.depth.to(like)
    return torch.exp(-scalar(theta, "haze.depth", like) * shape)


class Haze(PointOperator):
    """y = x·t + A·(1 − t), on encoded values."""

    name = "haze"
    group = "haze"
    switches = ("haze.depth",)

    def __call__(self, x: Tensor, theta: Theta, fields: Fields, /) -> Tensor:
        """Draw the veil over x."""
        veil = airlight(theta, x)
        return veil + (x - veil) * transmission(theta, fields, x)

    def invert(self, y: Tensor, theta: Theta, fields: Fields, /) -> tuple[Tensor, Tensor]:
        """Undo it: z = A + (y − A)/max(t, FLOOR) (He 2009, eq. 16); below FLOOR part of the veil stays."""
        veil = airlight(theta, y)
        gain = 1 / transmission(theta, fields, y).clamp_min(FLOOR)
        return veil + (y - veil) * gain, gain.expand_as(y)
