"""What is undone and put back pixel by pixel: haze, light and cast, exactly, or by curves for previews."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import forward, invert_pointwise

LOW, HIGH, POINTS = -0.25, 1.75, 1 << 14


class Pointwise:
    """The point-wise part of the model for one θ over `place`; pictures (1, 3, h, w), encoded."""

    def __init__(self, theta: ParameterVector, place: Fields) -> None:
        self.values, self.place = theta.values(), place

    def undo(self, y: Tensor) -> Tensor:
        """Cast, light and haze of θ undone."""
        return invert_pointwise(y, self.values, self.place)[0]

    def redo(self, x: Tensor, left: dict[str, float]) -> Tensor:
        """What `left`, a θ with nothing but haze, light and cast, does to the scene."""
        return forward(x, left, self.place, jpeg=False)


class Curves(Pointwise):
    """The same by one curve a channel, where nothing depends on the place: within half a level, at a tenth of the time.

    For previews: a slider's effect is to be seen at once.
    """

    def undo(self, y: Tensor) -> Tensor:
        """As above."""
        return self._curved(y, super().undo)

    def redo(self, x: Tensor, left: dict[str, float]) -> Tensor:
        """As above."""
        return self._curved(x, lambda tones: super(Curves, self).redo(tones, left))

    def _curved(self, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        if self.place.depth is not None or self.place.illumination is not None:
            return function(x)
        tones = torch.linspace(LOW, HIGH, POINTS).expand(1, 3, 1, POINTS)
        table = function(tones)[0, :, 0]
        if table is tones or torch.equal(table, tones[0, :, 0]):
            return x
        index = ((x - LOW) * ((POINTS - 1) / (HIGH - LOW)) + 0.5).clamp_(0, POINTS - 1).to(torch.int32)
        parts = [table[c].index_select(0, index[:, c].flatten()).view_as(x[:, c]) for c in range(3)]
        return torch.stack(parts, 1)
