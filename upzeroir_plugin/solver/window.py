"""One window restored under a Plan: clean, lift, deblur, clean again. The same code for photo, tile and region."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

from upzeroir_plugin.parameters import GROUPS, MODIFIERS, PARAMETERS, POINTWISE, Amounts, ParameterVector
from upzeroir_plugin.physics import clipping
from upzeroir_plugin.physics.blur import convolve, reflected
from upzeroir_plugin.physics.fields import Fields, fields
from upzeroir_plugin.physics.model import invert_pointwise
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.ensemble import (
    TURNS,
    Enough,
    Hook,
    Window,
    on_lattice,
    turned,
    turned_back,
    within,
)
from upzeroir_plugin.solver.kept import Kept, clean_key, full_key
from upzeroir_plugin.solver.means import check_finite
from upzeroir_plugin.solver.plan import BLUR_START, Plan, neutralised, point_spread, sigma_of
from upzeroir_plugin.solver.pointwise import Pointwise
from upzeroir_plugin.solver.refinement import believable, noise, refined

DATA_WEIGHT = 5.0
"""λ of the data step (DPIR, Zhang et al. 2021, eq. 7: α = λ σ²/σk²). Ours: theirs is 0.23; where the prior is sharp and
the point spread function only estimated, what the data step amplifies is better left to the prior (crops of val, blind:
28.6 dB / .786 with 0.15 from 20/255, 30.8 / .862 with 4 from 30/255; from 50/255, 4 and 5: 31.91 and 32.01 dB at a blur
of 1 px, 29.18 and 29.14 at 1.6).
"""
LINGERING = 1.5
"""Exponent by which noise levels stay longer near the first than evenly spaced logarithms would (ours, val told the
blur: 1, 1.25, 1.5, 2 give 29.28, 29.35, 29.40, 29.46 dB at a blur of 1.6 px and 33.66, 33.67, 33.66, 33.63 at 1)."""


@dataclass(slots=True)
class Restored:
    """A window's pictures, (1, 3, H, W): `clean` = y without noise and JPEG, `full` = everything undone."""

    clean: Tensor
    full: Tensor
    calls: int


Report = Callable[[str, Callable[[], Restored], float], None]


def restore_window(
    y: Tensor, box: Box, plan: Plan, prior: Prior, hook: Hook, report: Report, kept: Kept | None = None
) -> Restored:
    """Restore window `box` (x, y, w, h) with pixels y (1, 3, h, w), encoded, under `plan`.

    `report(label, present, σ)` is called after each network call; `present()` is the present estimate. `hook` is called
    between network blocks, and may raise to cancel, or `Enough` to go on with what there is. `kept`: pictures of this
    photo from earlier runs, used and added to. Raises NotFiniteError.
    """
    kept = Kept(0) if kept is None else kept
    done = kept.get(full_key(box, plan, prior))
    if done is not None:
        return Restored(done[0], done[1], 0)
    window = Window(y, box, plan, prior, hook)
    place = fields(plan.maps, plan.size, box)
    clean, error, calls = _cleaned(window, kept)
    full, gain = invert_pointwise(clean, plan.theta.values(), place) if plan.points else (clean, None)
    if calls:
        report("noise", lambda: Restored(clean, full, calls), plan.sigma)
    whole = bool(plan.blur_calls or plan.refine)
    if plan.blur_calls:
        full, made = _deblurred(window, clean, place, report)
        whole = made == plan.blur_calls
        calls += made
    if plan.refine and gain is not None:
        full, sigma, made = refined(window, clean, full, gain, error)
        whole = whole and made == plan.after_calls
        calls += made
        if made:
            report("refine", lambda: Restored(clean, full, calls), sigma)
    check_finite(full)
    if whole:
        kept.put(full_key(box, plan, prior), clean, full)
    return Restored(clean, full, calls)


def _cleaned(window: Window, kept: Kept) -> tuple[Tensor, Tensor, int]:
    """(ŷ, its expected error where noise is white, network calls): y without noise and JPEG."""
    y, plan, prior = window.y, window.plan, window.prior
    if not plan.denoise:
        return y, torch.zeros_like(y[:, :1]), 0
    key = clean_key(window.box, plan, prior)
    found = kept.get(key)
    if found is not None:
        return found[0], found[1], 0
    sigma = window.sigma_and_loss[0] * plan.exposure
    made, calls = window.answered(window.with_told * plan.exposure, sigma, TURNS[: plan.flips_before])
    clean = made / plan.exposure if calls else y
    if calls and clipping.acts(plan.theta.values()):
        clean = clipping.moved_back(clean, plan.theta.values())
    error = prior.error(sigma) / plan.exposure
    check_finite(clean)
    if calls == plan.first_calls:
        kept.put(key, clean, error)
    return clean, error, calls


def _deblurred(window: Window, clean: Tensor, place: Fields, report: Report) -> tuple[Tensor, int]:
    """Half-quadratic splitting between the data term and the prior (DPIR), in the domain where only blur is left.

    Returns the scene and the steps made: fewer than planned when the hook raised `Enough`.
    """
    plan, prior, hook = window.plan, window.prior, window.hook
    theta = plan.theta
    lit = neutralised(theta, {"haze"}).values()
    base, gain = invert_pointwise(clean, lit, place)
    veiled = neutralised(theta, {"light", "colour"}).values()
    x, made = base, 0

    def present() -> Restored:
        return Restored(clean, invert_pointwise(x, veiled, place)[0], 1)

    with suppress(Enough):
        hook()
        u = base if theta["jpeg.quality"] < 100 else base + gain * noise(window.y, clean, theta)
        data = _DataStep(tapered(u, plan, window.box), plan)
        for level in schedule(plan.blur_sigma, plan.blur_calls):
            hook()
            z = data(x, DATA_WEIGHT * plan.blur_sigma**2 / level**2)
            turn = TURNS[made % len(TURNS)]
            inside, beyond = within(z, torch.tensor(level))
            out = prior.denoise(turned(on_lattice(inside, prior), turn), torch.tensor(level), None, hook)
            x = believable(turned_back(out, turn)[..., : z.shape[-2], : z.shape[-1]] + beyond, z)
            made += 1
            report("blur", present, level)
    if place.blur is not None:
        x = base + place.blur.to(x) * (x - base)
    return invert_pointwise(x, veiled, place)[0], made


def schedule(sigma: float, count: int) -> list[float]:
    """`count` noise levels, `LINGERING` near BLUR_START, falling to the noise in the data, at least 1/255."""
    last = max(sigma, 1 / 255)
    first = max(BLUR_START, 1.5 * last)
    if count == 1:
        return [last]
    return [first * (last / first) ** ((i / (count - 1)) ** LINGERING) for i in range(count)]


def tapered(u: Tensor, plan: Plan, box: Box) -> Tensor:
    """U (1, 3, h, w) of window `box`, faded at its edges into its own blurred copy, so that deblurring does not ring.

    What lies beyond a window's edge is unknown, and a mirror image would contradict the blur (edge taper; Reeves 2005).
    A Gaussian hardly rings: at the photo's own border it is left, where the mirror is a fair guess.
    """
    spread = point_spread(plan.theta, plan.maps).to(u)
    reach = spread.shape[0] // 2
    gaussian = plan.theta["blur.focus"] == 0 and plan.theta["blur.length"] == 0 and plan.maps.path is None
    x, y, w, h = box
    edges = (x > 0, x + w < plan.size[0], y > 0, y + h < plan.size[1])
    left, right, top, bottom = (inner or not gaussian for inner in edges)
    across, down = _fade(w, left, right, 2 * reach), _fade(h, top, bottom, 2 * reach)
    keep = (down[:, None] * across[None, :]).to(u)
    soft = convolve(u, spread)
    return soft + keep * (u - soft)


def _fade(length: int, start: bool, end: bool, reach: int) -> Tensor:
    """A raised cosine from 0 at the ends asked for to 1 at `reach` px inside."""
    ramp = 0.5 - 0.5 * torch.cos(math.pi * ((torch.arange(length) + 0.5) / max(reach, 1)).clamp(max=1))
    fade = torch.ones(length)
    if start:
        fade = fade * ramp
    if end:
        fade = fade * ramp.flip(0)
    return fade


class _DataStep:
    """argmin ‖u − k∗x‖² + α‖x − v‖², in closed form by FFT.

    The picture's opposite ends meet in the FFT, and a jump there would ring through the whole window: between them a
    strip leads from the one end's mirror image to the other's, as long as makes the FFT fast.
    """

    def __init__(self, u: Tensor, plan: Plan) -> None:
        spread = point_spread(plan.theta, plan.maps).to(u)
        k = spread.shape[0]
        self.size = u.shape[-2:]
        self.shape = tuple(_fast(n + 6 * (k // 2)) for n in self.size)
        centred = torch.zeros(self.shape, device=u.device)
        centred[:k, :k] = spread
        self.transfer = torch.fft.rfft2(centred.roll((-(k // 2), -(k // 2)), (0, 1)))
        self.power = self.transfer.abs() ** 2
        self.back = self.transfer.conj() * torch.fft.rfft2(_closed(u, self.shape))

    def __call__(self, v: Tensor, alpha: float) -> Tensor:
        """The minimiser for v (1, 3, H, W)."""
        solved = (self.back + alpha * torch.fft.rfft2(_closed(v, self.shape))) / (self.power + alpha)
        x: Tensor = torch.fft.irfft2(solved, s=self.shape)
        return x[..., : self.size[0], : self.size[1]].contiguous()


def _closed(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """X with rows and columns up to `shape`: after its ends a strip that leads on to its beginning, as on a ring."""
    for axis, length in ((-1, shape[1]), (-2, shape[0])):
        there, gap = x.shape[axis], length - x.shape[axis]
        index = reflected(there, gap, x.device)
        before, after = x.index_select(axis, index[:gap]), x.index_select(axis, index[length:])
        share = _fade(gap, True, False, gap).to(x)
        strip = after + (share if axis == -1 else share[:, None]) * (before - after)
        x = torch.cat([x, strip], axis)
    return x


def _fast(least: int) -> int:
    """The next even length whose FFT is fast (others take up to three times as long)."""
    return 2 * int(next_fast_len(-(-least // 2), real=True))


def finish(
    y: Tensor, restored: Restored, plan: Plan, points: Pointwise, amounts: Amounts, strength: float
) -> Tensor:
    """What is left by the amounts, put back physically; then the blend with y. No network call.

    Part of the removed noise and blur returns as a difference, part of haze, light and cast by the model itself.
    """
    x = restored.full
    cleaned = _share(plan.theta, amounts)
    if (plan.cleans and cleaned < 1) or (plan.blur_calls and amounts["blur"] < 1):
        base = points.undo(restored.clean) if plan.points else restored.clean
        if plan.blur_calls:
            x = x + (1 - amounts["blur"]) * (base - x)
        if plan.cleans and cleaned < 1:
            noisy = points.undo(y) if plan.points else y
            x = x + (1 - cleaned) * (noisy - base)
    left = remaining(plan.theta, amounts)
    x = points.redo(x, left)
    return x if strength == 1 else y + strength * (x - y)


def _share(theta: ParameterVector, amounts: Amounts) -> float:
    """One amount for what the first call removes: noise and JPEG weighted by their variances at mid-grey."""
    grey = torch.full((1, 3, 1, 1), 0.4)
    noise = float(sigma_of(grey, neutralised(theta, {"jpeg"}))[0] ** 2)
    both = float(sigma_of(grey, theta)[0] ** 2)
    share = noise / both if both > 0 else 1.0
    return amounts["noise"] * share + amounts["jpeg"] * (1 - share)


def remaining(theta: ParameterVector, amounts: Amounts) -> dict[str, float]:
    """θ of what the amounts leave in the picture: only haze, light and cast; everything else neutral."""
    left = neutralised(theta, set(GROUPS)).values()
    for row in PARAMETERS:
        if row.group in POINTWISE and row.name not in MODIFIERS:
            share = 1 - amounts[row.group]
            left[row.name] = (
                theta[row.name] ** share
                if row.unit == "exponent"
                else row.neutral + share * (theta[row.name] - row.neutral)
            )
    return left


def small(x: Tensor, side: int, averaged: bool = False) -> Tensor:
    """X (1, C, H, W) made smaller so that its long side is at most `side`.

    `averaged`: by the mean of the pixels that come together, so that noise falls by their number; else by triangles,
    which is five times as fast where little is to be made smaller.
    """
    factor = max(x.shape[-2:]) / side
    if factor <= 1:
        return x
    size = [max(1, round(n / factor)) for n in x.shape[-2:]]
    if averaged:
        return F.interpolate(x, size=size, mode="area")
    return F.interpolate(x, size=size, mode="bilinear", antialias=True)
