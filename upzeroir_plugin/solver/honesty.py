"""What a result does not explain, what it changed, what the prior made up: maps for the user to judge by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from upzeroir_plugin.parameters import BY_NAME, Amounts, ParameterVector
from upzeroir_plugin.photo.image import Pixels
from upzeroir_plugin.physics.fields import Fields, fields
from upzeroir_plugin.physics.model import expected, forward, invert_pointwise
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box, tiles
from upzeroir_plugin.solver.annealed import to_tensor
from upzeroir_plugin.solver.canvas import inside
from upzeroir_plugin.solver.plan import Plan, blur_reach, neutralised, sigma_of
from upzeroir_plugin.solver.whitening import whitening
from upzeroir_plugin.solver.window import remaining, small

SIDE = 1024
CORE = 768
DRAWS = 4
LEAST_SIGMA = 1 / 255
"""σ below which a residual is not counted in units of σ: half a level of rounding on both sides."""
TONES = (
    "haze.depth", "haze.green", "light.ev", "light.midtones", "colour.temperature", "colour.tint",
)  # fmt: skip
"""What tones depend on; the channels of the airlight err together, so that one stands for them."""
WIDEST = 4.0
"""Residuals are shown up to this many σ."""
INVENTED = "How far a guess decides what is seen, of detail or of tones: trust bright places least."


@dataclass(frozen=True, slots=True)
class Subject:
    """A result: the photo's and its own pixels (h, w, 3) in `area`, and what made the one from the other.

    `weight` (h, w) in [0, 1]: 1 = restored, or None for everywhere. In both the picture is mirrored over a frame.
    """

    before: Pixels
    after: Pixels
    area: Box
    plan: Plan
    amounts: Amounts
    strength: float
    weight: Pixels | None = None

    def part(self, box: Box) -> tuple[Tensor, Tensor, Fields]:
        """y, the scene as it would be at full amounts, and the maps, in a window (x, y, w, h) of the area."""
        x, y, w, h = box
        place = fields(self.plan.maps, self.plan.size, (x + self.area[0], y + self.area[1], w, h))
        before, after = (to_tensor(inside(p, box)) for p in (self.before, self.after))
        full = before + (after - before) / self.strength if self.strength else before
        if self.plan.points:
            full = invert_pointwise(full, remaining(self.plan.theta, self.amounts), place)[0]
        return before, full, place


@dataclass(frozen=True, slots=True)
class HonestyMap:
    """Values (h, w), long side ≤ SIDE, from `low` to `high` in `unit`; `scale`: map px per photo px."""

    values: Pixels
    low: float
    high: float
    unit: str
    scale: float
    label: str


def honesty(kind: str, subject: Subject, prior: Prior, hook: Callable[[], None], seed: int = 0) -> HonestyMap:
    """The map of that kind: residual, change or invented. `hook` is called between network blocks and may raise."""
    if kind == "change":
        return change(subject)
    if kind == "residual":
        return residual(subject, hook)
    return invented(subject, prior, hook, seed)


def change(subject: Subject) -> HonestyMap:
    """|x̂ − y|, mean of the channels."""
    values = np.abs(subject.after - subject.before).mean(2)
    if subject.weight is not None:
        values = np.where(subject.weight > 0, values, 0)
    return _made(values, "of full scale", "How much each place was changed.", high=1 / 255)


def residual(subject: Subject, hook: Callable[[], None]) -> HonestyMap:
    """(y − H(x̂))/σ, mean of the channels; 0 where the photo is clipped, and outside the mask.

    Averaged over n × n px it is multiplied by n, so that white noise looks alike at every size and whatever is no
    noise stands out.
    """
    theta = subject.plan.theta
    reach = blur_reach(theta, subject.plan.maps) if subject.plan.blur_calls else 0

    def of(box: Box) -> Tensor:
        hook()
        y, full, place = subject.part(box)
        sigma = sigma_of(y, theta)[0].clamp_min(LEAST_SIGMA)
        left = (y - expected(full, theta.values(), place)) / sigma
        open_ = ((y > 1 / 255) & (y < 254 / 255)).all(1, keepdim=True)
        return (left * open_).mean(1, keepdim=True)

    values = _tiled(subject, reach, 1, of)
    x, y, w, h = subject.area
    far = (subject.plan.size[0], subject.plan.size[1])
    rows, columns = (
        slice(reach * (y > 0), h - reach * (y + h < far[1])),
        slice(reach * (x > 0), w - reach * (x + w < far[0])),
    )
    known = np.zeros_like(
        values
    )  # what lies beyond a cut edge is not known here, but its blur reaches inside
    known[rows, columns] = values[rows, columns]
    label = "What the result does not explain, in units of the noise: shapes here are detail taken for noise."
    return _made(known, "σ", label, low=-WIDEST, high=WIDEST, noise=True)


def invented(subject: Subject, prior: Prior, hook: Callable[[], None], seed: int = 0) -> HonestyMap:
    """The error to expect, RMS of the channels: detail that is the prior's guess, and tones that the photo leaves open.

    Detail: the spread of D(x̂ + σn) over four draws of n; σ is the photo's noise as the result shows it. Tones: by how
    much they would move within the intervals of θ (`_open_tones`). 0 where neither the network nor θ touched anything.
    """
    plan = subject.plan
    noise = torch.Generator().manual_seed(seed)
    networks = bool(plan.denoise or plan.blur_calls)

    def of(box: Box) -> Tensor:
        y, full, place = subject.part(box)
        square = torch.zeros_like(y[:, :1])
        if networks:
            square = square + _guessed(y, full, place, plan, prior, noise, hook)
        if plan.points:
            square = square + _open_tones(full, place, plan.theta)
        return square.sqrt() * subject.strength

    values = _tiled(subject, plan.context if networks else 0, prior.multiple if networks else 1, of)
    return _made(values, "of full scale", INVENTED, high=1 / 255)


def _guessed(
    y: Tensor,
    full: Tensor,
    place: Fields,
    plan: Plan,
    prior: Prior,
    noise: torch.Generator,
    hook: Callable[[], None],
) -> Tensor:
    """Mean square over the channels of the spread of the denoiser's answers, (1, 1, h, w)."""
    exposure = 1.0 if plan.points else plan.exposure
    white = whitening(plan.theta)
    sigma = sigma_of(y, plan.theta, there=True, share=white.share)[0]
    if plan.points:
        gain = invert_pointwise(y, plan.theta.values(), place)[1]
        sigma = sigma * gain.square().mean(1, keepdim=True).sqrt()
    sigma = (sigma * exposure).clamp(*prior.sigma_range)
    draws = []
    for _ in range(DRAWS):
        z = white.squeezed(full * exposure) + sigma * torch.randn(full.shape, generator=noise)
        draws.append(white.spread_again(prior.denoise(z, sigma, None, hook)))
    spread: Tensor = (torch.stack(draws).std(0) / exposure).square().mean(1, keepdim=True)
    return spread


def _open_tones(full: Tensor, place: Fields, theta: ParameterVector) -> Tensor:
    """Mean square over the channels of the error in the tones of a scene (1, 3, h, w), by θ's own intervals.

    Ours: the scene is taken through θ and undone by θ with one parameter at a time moved by its standard deviation,
    as if their errors were independent. What the user pinned is certain.
    """
    values = neutralised(theta, {"blur"}).values()
    seen = forward(full.clamp(0, 1), values, place, jpeg=False)
    square = torch.zeros_like(full[:, :1])
    for name in TONES:
        entry = theta.entries[name]
        if entry.std > 0 and entry.value != BY_NAME[name].neutral:
            moved = (max(entry.value - entry.std, entry.low), min(entry.value + entry.std, entry.high))
            ends = [invert_pointwise(seen, {**values, name: to}, place)[0].clamp(0, 1) for to in moved]
            square = square + ((ends[1] - ends[0]) / 2).square().mean(1, keepdim=True)
    return square


def _tiled(subject: Subject, context: int, multiple: int, of: Callable[[Box], Tensor]) -> Pixels:
    """`of(window)` (1, 1, h, w) tile by tile over the area, times the mask."""
    height, width = subject.before.shape[:2]
    out = np.zeros((height, width), np.float32)
    for tile in tiles((0, 0, width, height), (width, height), CORE, context, multiple):
        x, y, w, h = tile.core
        left, top = x - tile.window[0], y - tile.window[1]
        out[y : y + h, x : x + w] = of(tile.window)[0, 0, top : top + h, left : left + w].numpy()
    return out if subject.weight is None else out * subject.weight


def _made(
    values: Pixels, unit: str, label: str, low: float = 0.0, high: float = 1.0, noise: bool = False
) -> HonestyMap:
    """The map at its size; `high` is the least upper end of one that has no end of its own."""
    little = small(torch.from_numpy(np.ascontiguousarray(values))[None, None], SIDE, averaged=True)[
        0, 0
    ].numpy()
    scale = little.shape[1] / values.shape[1]
    if noise:
        little = little / scale
    else:
        high = max(high, float(np.quantile(little, 0.999)))
    return HonestyMap(little.astype(np.float32), low, high, unit, scale, label)
