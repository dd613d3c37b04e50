"""The prior's answer to a window, averaged over flips and turns, and what its input may hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.plan import Plan, sigma_of
from upzeroir_plugin.solver.told import made_up
from upzeroir_plugin.solver.whitening import Whitening, whitening

Hook = Callable[[], None]
Turn = tuple[bool, bool, bool]
TURNS: tuple[Turn, ...] = tuple(
    (a, b, c) for c in (False, True) for b in (False, True) for a in (False, True)
)
OUTSIDE = 0.1
"""How far beyond black and white the input of a call after the lift may be."""
NOISE_REACH, SQUARE = 3.0, 4
"""Times σ that noise is taken to reach beyond black and white, and the side in px of the squares whose means are looked
at (`within`); windows begin on multiples of it."""


class Enough(Exception):
    """Raised by a hook from some moment on: the user keeps what there is, and the network is called no more."""


@dataclass(frozen=True)
class Window:
    """What a window is restored from: its pixels (1, 3, h, w), its `box` (x, y, w, h), how, and by what.

    `hook` is called between network blocks, and may raise to cancel, or `Enough` to go on with what there is.
    """

    y: Tensor
    box: Box
    plan: Plan
    prior: Prior
    hook: Hook

    @cached_property
    def white(self) -> Whitening:
        """What makes its noise white."""
        return whitening(self.plan.theta)

    @cached_property
    def sigma_and_loss(self) -> tuple[Tensor, Tensor]:
        """σ of its noise once that is white, and what JPEG lost, maps (1, 1, h, w): both calls are told of them."""
        return sigma_of(self.y, self.plan.theta, there=True, share=self.white.share)

    @cached_property
    def with_told(self) -> Tensor:
        """Its pixels, with noise made up as far as σ says more than they show (told.py)."""
        theta, shown = self.plan.theta, self.plan.shown
        return made_up(
            self.y, self.sigma_and_loss[0] / self.white.share, shown, self.box, theta["noise.chroma"]
        )

    def answered(self, z: Tensor, sigma: Tensor, turns: tuple[Turn, ...]) -> tuple[Tensor, int]:
        """`averaged` of z (1, 3, h, w), whose noise is of the photo's colour; σ is what it has once that is white."""
        squeezed = self.white.squeezed(z)
        made, calls = averaged(self.prior, squeezed, sigma, self.sigma_and_loss[1], turns, self.hook)
        return self.white.spread_again(made), calls


def averaged(
    prior: Prior, z: Tensor, sigma: Tensor, loss: Tensor | None, turns: tuple[Turn, ...], hook: Hook
) -> tuple[Tensor, int]:
    """Mean of D over `turns`, flips and turns of z (self-ensemble), on the prior's own lattice.

    And over how many: fewer when the hook raised `Enough`; over none, the mean is z itself.
    """
    height, width = z.shape[-2:]
    z, beyond = within(z, sigma)
    z, sigma = on_lattice(z, prior), on_lattice(sigma, prior)
    loss = None if loss is None else on_lattice(loss, prior)
    total = torch.zeros_like(z)
    done = 0
    with suppress(Enough):
        for turn in turns:
            out = prior.denoise(
                turned(z, turn), turned(sigma, turn), None if loss is None else turned(loss, turn), hook
            )
            total += turned_back(out, turn)
            done += 1
    return (total / done if done else z)[..., :height, :width] + beyond, done


def within(z: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Z (1, 3, h, w) as far as noise of σ can take black and white, and what lies beyond that.

    Ours: nothing is brighter than white in what the prior was trained on. A moon over a dark scene that was brightened
    for it, or a float file's highlights, made it paint coloured lattices a hundred pixels wide around them. Single
    pixels may be brighter by noise, squares of them hardly.
    """
    least, most = torch.aminmax(z)
    if least >= -OUTSIDE and most <= 1:
        return z, z.new_zeros(())
    reach = NOISE_REACH * sigma
    inside = torch.minimum(torch.maximum(z, -reach - OUTSIDE), 1 + reach)
    high = F.avg_pool2d(inside - (1 + reach / SQUARE), SQUARE, ceil_mode=True)
    if bool((high > 0).any()):
        high = F.max_pool2d(high.clamp_min(0), 3, 1, 1)
        high = F.interpolate(high, scale_factor=float(SQUARE))[..., : z.shape[-2], : z.shape[-1]]
        inside = inside - torch.minimum(high, (inside - 1).clamp_min(0))
    return inside, z - inside


def on_lattice(x: Tensor, prior: Prior) -> Tensor:
    """X (1, C, H, W) padded to multiples of the prior's step, so that a flip does not shift its lattice."""
    pad = (0, -x.shape[-1] % prior.multiple, 0, -x.shape[-2] % prior.multiple)
    return F.pad(x, pad, mode="replicate") if any(pad) else x


def turned(x: Tensor, turn: Turn) -> Tensor:
    """X (1, C, H, W) flipped across and down, then its axes swapped, as `turn` says."""
    across, down, swap = turn
    dims = [d for d, on in ((-1, across), (-2, down)) if on]
    x = x.flip(dims) if dims else x
    return x.transpose(-1, -2).contiguous() if swap else x.contiguous()


def turned_back(x: Tensor, turn: Turn) -> Tensor:
    """Undo `turned`."""
    across, down, swap = turn
    x = x.transpose(-1, -2) if swap else x
    dims = [d for d, on in ((-1, across), (-2, down)) if on]
    return x.flip(dims) if dims else x
