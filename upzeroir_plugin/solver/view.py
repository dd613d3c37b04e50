"""What a user sees while an area is being restored: the area at preview size, with the amounts applied."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.photo.image import Pixels
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.annealed import to_pixels, to_tensor
from upzeroir_plugin.solver.kept import Kept
from upzeroir_plugin.solver.plan import Plan
from upzeroir_plugin.solver.pointwise import Curves
from upzeroir_plugin.solver.window import Restored, finish, small

SIDE = 1024
Picture = NDArray[np.uint8]


class View:
    """Previews of `area` (x, y, w, h), long side at most SIDE; `scale`: preview px per photo px.

    `weight` (h, w) of the area: how far what was made counts, as in the result; None: everywhere.
    """

    def __init__(
        self,
        source: Pixels,
        area: Box,
        plan: Plan,
        amounts: Amounts,
        strength: float,
        kept: Kept,
        weight: Pixels | None = None,
    ) -> None:
        self.area, self.plan, self.amounts, self.strength = area, plan, amounts, strength
        self.source = kept.made(("small", area), lambda: small(to_tensor(source), SIDE))
        height, width = self.source.shape[-2:]
        self.scale = width / area[2]
        self.weight = None if weight is None else small(to_tensor(weight[..., None]), SIDE)
        x, y = round(area[0] * self.scale), round(area[1] * self.scale)
        whole = (
            max(round(plan.size[0] * self.scale), x + width),
            max(round(plan.size[1] * self.scale), y + height),
        )
        self.points = Curves(plan.theta, fields(plan.maps, whole, (x, y, width, height)))

    def draft(self, clean: Tensor | None = None) -> Picture:
        """Everything undone that needs no network; on `clean`, ŷ of the area at preview size, if there is one."""
        base = self.source if clean is None else clean
        full = self.points.undo(base) if self.plan.points else base
        return self._shown(Restored(base, full, 0))

    def shown(self, present: Restored) -> Picture:
        """The area's pictures (1, 3, h, w) as they are now."""
        return self._shown(Restored(small(present.clean, SIDE), small(present.full, SIDE), 0))

    def pasted(self, picture: Picture, made: Pixels, box: Box) -> Picture:
        """A copy of a preview with the finished pixels `made` of `box` in it."""
        x, y = round((box[0] - self.area[0]) * self.scale), round((box[1] - self.area[1]) * self.scale)
        little = small(to_tensor(made), max(1, math.ceil(max(box[2:]) * self.scale)))
        copy = picture.copy()
        part = copy[y : y + little.shape[-2], x : x + little.shape[-1]]
        height, width = part.shape[:2]
        part[:] = eight_bit(to_pixels(self._masked(little[..., :height, :width], x, y)))
        return copy

    def _masked(self, made: Tensor, x: int = 0, y: int = 0) -> Tensor:
        """What was made at (x, y) of the preview, as far as it counts there."""
        if self.weight is None:
            return made
        height, width = made.shape[-2:]
        source, weight = (p[..., y : y + height, x : x + width] for p in (self.source, self.weight))
        return source + weight * (made - source)

    def _shown(self, little: Restored) -> Picture:
        made = finish(self.source, little, self.plan, self.points, self.amounts, self.strength)
        return eight_bit(to_pixels(self._masked(made)))


def eight_bit(pixels: Pixels) -> Picture:
    """Encoded values in [0, 1] as uint8, clipped."""
    return (np.nan_to_num(pixels).clip(0, 1) * 255 + 0.5).astype(np.uint8)
