"""Pictures of a photo that stay between runs, so that a changed value costs only what depends on it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from torch import Tensor

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import names_in
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.plan import Plan
from upzeroir_plugin.solver.whitening import whitening

Pictures = tuple[Tensor, ...]
LIMIT = 1 << 30
CLEANING = (*names_in("noise"), "jpeg.quality")


class Kept:
    """Pictures of one photo by what they depend on, at most `limit` bytes; the least recently used go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit, self.size = limit, 0
        self._pictures: OrderedDict[Hashable, Pictures] = OrderedDict()

    def get(self, key: Hashable) -> Pictures | None:
        """What was kept under the key."""
        found = self._pictures.get(key)
        if found is not None:
            self._pictures.move_to_end(key)
        return found

    def put(self, key: Hashable, *pictures: Tensor) -> None:
        """Keep them, unless they alone are more than the limit. Nobody may write into them any more."""
        size = _bytes(pictures)
        if size > self.limit or key in self._pictures:
            return
        self._pictures[key] = pictures
        self.size += size
        while self.size > self.limit:
            self.size -= _bytes(self._pictures.popitem(last=False)[1])

    def made(self, key: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """The one picture under the key, made and kept if it is not there."""
        found = self.get(key)
        if found is None:
            found = (make(),)
            self.put(key, *found)
        return found[0]


def cleaning(plan: Plan, prior: Prior) -> Hashable:
    """What ŷ depends on beside the window: noise, JPEG, flips, and the denoiser's weights and arithmetic."""
    return (
        prior.sha256,
        prior.dtype,
        plan.flips_before,
        plan.exposure,
        plan.denoise,
        plan.blotches,
        plan.shown,
        whitening(plan.theta),
        tuple(plan.theta[n] for n in CLEANING),
    )


def restoring(plan: Plan, prior: Prior) -> Hashable:
    """What x̂0 depends on beside the window: all of θ and the Plan."""
    what = (plan.denoise, plan.points, plan.refine, plan.flips_after, plan.blur_calls, plan.blur_sigma)
    return cleaning(plan, prior), what, tuple(plan.theta.values().items()), _digest(plan.maps)


def clean_key(box: Box, plan: Plan, prior: Prior) -> Hashable:
    """Key of a window's ŷ and its error."""
    return "clean", box, cleaning(plan, prior)


def full_key(box: Box, plan: Plan, prior: Prior) -> Hashable:
    """Key of a window's x̂0."""
    return "full", box, restoring(plan, prior)


def _digest(maps: Maps) -> str:
    whole = hashlib.sha256()
    for name in Maps.__slots__:
        grid = getattr(maps, name)
        whole.update(name.encode() + (b"" if grid is None else np.ascontiguousarray(grid).tobytes()))
    return whole.hexdigest()


def _bytes(pictures: Pictures) -> int:
    return sum(p.numel() * p.element_size() for p in pictures)
