"""The default solver: plan on the whole photo, then window after window, warm-started and with few network calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import POINTWISE, Amounts, ParameterVector
from upzeroir_plugin.physics.blur import convolve
from upzeroir_plugin.physics.fields import Fields, fields
from upzeroir_plugin.physics.model import BEFORE_NOISE, invert_pointwise
from upzeroir_plugin.physics.operator import PointOperator
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.kept import Kept
from upzeroir_plugin.solver.plan import (
    LEAST_CHANGE,
    LEAST_GAIN,
    MOST_BLUR_SIGMA,
    Plan,
    active,
    blur_calls_of,
    deblurring_reach,
    flips_of,
    neutralised,
    noise_peak,
    pinned,
    point_spread,
    sigma_of,
)
from upzeroir_plugin.solver.quality import Verdict, judge
from upzeroir_plugin.solver.slack import SLACK_STD
from upzeroir_plugin.solver.told import cut_off, shown
from upzeroir_plugin.solver.whitening import loudest, whitening
from upzeroir_plugin.solver.window import restore_window

Pixels = NDArray[np.float32]
PROBE = 160
WHITE, BRIGHTEST = 0.75, 16.0
"""White point below which a photo is brightened for the prior, and by how much at most."""
AGAIN = 16
"""Px that a call after a lift looks further than the one before it (ours, lifted photos of val in float32: off by 0.08
levels at most without, 0.006 with them; the prior's own context once more, as it was before, costs a quarter more
pixels at 12 MP)."""
MISSED = 0.65
"""`Probe.missed` above which a blur is denied (ours, 90 photos of val: 0 to 0.62 where it was there and undoing it won
1 to 4 dB, 0.64 to 0.68 where it won little, 0.33 to 1.25, mostly above 0.7, where a sharp photo was told as soft)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What the plan learned from a few crops: the verdict on them and the network calls spent.

    `missed`: of what θ's blur would take from the photo without noise, the share that the residual holds beyond noise.
    """

    verdict: Verdict
    calls: int
    missed: float = 0.0


def make_plan(
    pixels: Pixels,
    theta: ParameterVector,
    maps: Maps,
    amounts: Amounts,
    prior: Prior,
    thorough: bool,
    steps: int | None,
) -> Plan:
    """Decide what is done to a photo (H, W, 3), from θ and a coarse copy of it, and how many calls it takes."""
    size = (pixels.shape[1], pixels.shape[0])
    coarse = to_tensor(_coarse(pixels))
    blotches = theta["noise.blotches"] / 255 if amounts["noise"] else 0.0
    theta = theta.with_values({"noise.blotches": 0.0})
    theta = active(theta, amounts, noise_peak(theta) * _lift(coarse, theta, amounts))
    denoise = neutralised(theta, {"noise", "jpeg"}) != theta
    points = _moves(coarse, neutralised(theta, {"noise", "jpeg", "blur"}), maps)
    if not points:
        theta = neutralised(theta, set(POINTWISE))
    blur = neutralised(theta, {"blur"}) != theta
    maps = _used(maps, theta)
    exposure = _exposure(coarse) if denoise or blotches else 1.0
    white = whitening(theta)
    sigma_map = sigma_of(coarse, theta, share=white.share)[0]
    sigma = float(sigma_map.median())
    blur_sigma, refine, spread = 0.0, False, 1.0
    if blur or points:
        place = fields(maps, (coarse.shape[-1], coarse.shape[-2]))
        lit = neutralised(theta, {"haze"}).values()
        gain = invert_pointwise(coarse, lit, place)[1]
        error = white.spread * prior.error(sigma_map * exposure) / exposure
        share = loudest(theta)
        noise = sigma_of(coarse, theta, share=share)[0] if denoise else torch.full_like(sigma_map, 1 / 255)
        blur_sigma = float((gain.mean(1, keepdim=True) * noise).median())
        whole = invert_pointwise(coarse, theta.values(), place)[1].square().mean(1, keepdim=True).sqrt()
        spread = max(1.0, float(whole.max()))
        refine = denoise and points and float((whole * error).quantile(0.75)) > LEAST_GAIN
    if blur and blur_sigma > MOST_BLUR_SIGMA and not pinned(theta, "blur"):
        theta, blur = neutralised(theta, {"blur"}), False
    calls = steps or blur_calls_of(size, thorough)
    flips = flips_of(size, thorough)
    there = shown(pixels, theta) if denoise else ()
    peak = float(sigma_map.max()) * max(exposure, spread) if denoise else 1 / 255
    return Plan(
        theta=cut_off(theta, there),
        maps=maps,
        size=size,
        denoise=denoise,
        points=points,
        refine=refine,
        blur_calls=calls if blur else 0,
        blur_sigma=blur_sigma,
        sigma=sigma,
        flips=min(flips, steps) if steps and not blur else flips,
        exposure=exposure,
        restarts=0,
        context=_context(theta, maps, peak, prior) + AGAIN * refine if denoise or blur else 0,
        shown=there,
        blotches=blotches,
    )


def probe(
    pixels: Pixels,
    plan: Plan,
    prior: Prior,
    hook: Callable[[], None],
    kept: Kept,
    unspotted: Callable[[Tensor, Box], Tensor] = lambda y, _box: y,
) -> Probe:
    """Restore up to three small crops and test their residuals: the verdict is their median.

    `unspotted`: takes blotches out of the pixels of a window.
    """
    if not plan.denoise:
        return Probe(Verdict(0.0, 0.0, True), 0)
    quick = replace(plan, flips=1, refine=False)
    tests: list[tuple[Verdict, float]] = []
    calls = 0
    for box in _probe_boxes(pixels):
        x, y, w, h = box
        crop = unspotted(to_tensor(pixels[y : y + h, x : x + w]), box)
        done = restore_window(crop, box, quick, prior, hook, lambda *_: None, kept)
        verdict = judge(crop, done.full, plan.theta, fields(plan.maps, plan.size, box), prior)
        tests.append((verdict, _missed(verdict, done.clean, plan)))
        calls += done.calls
    middle, missed = sorted(tests, key=lambda test: test[0].std)[len(tests) // 2]
    return Probe(middle, calls, missed)


def _missed(verdict: Verdict, clean: Tensor, plan: Plan) -> float:
    """See `Probe`; clean (1, 3, h, w)."""
    if not plan.blur_calls:
        return 0.0
    taken = clean - convolve(clean, point_spread(plan.theta, plan.maps).to(clean))
    beyond = plan.sigma * math.sqrt(max(verdict.std**2 - 1, 0.0))
    return beyond / max(float(taken.square().mean().sqrt()), 1e-6)


def refit(plan: Plan, tested: Probe) -> Plan:
    """The plan as its residual asks for it, once (the restart of DQR), or the same plan.

    Where blur was undone and the residual still holds, beyond noise, most of what that blur would have put out, there
    was no such blur: it is left alone, unless the user pinned it. Noise is not scaled anew by the residual: on 84 crops
    of val the mean error of θ was 8.4 % before and 8.5 % after, since too low and too high a σ both leave a small
    residual.
    """
    plain = tested.verdict.std <= 1 + 3 * SLACK_STD or tested.missed <= MISSED
    if not plan.blur_calls or pinned(plan.theta, "blur") or plain:
        return plan
    return replace(plan, theta=neutralised(plan.theta, {"blur"}), blur_calls=0, restarts=1)


def to_tensor(pixels: Pixels) -> Tensor:
    """(H, W, 3) to (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]


def to_pixels(x: Tensor) -> Pixels:
    """(1, 3, H, W) to (H, W, 3)."""
    return np.ascontiguousarray(x[0].permute(1, 2, 0).numpy())


def _coarse(pixels: Pixels, side: int = 192) -> Pixels:
    """Every n-th block of the photo averaged over 4 × 4 px: its tones with little of its noise."""
    step = max(1, math.ceil(max(pixels.shape[:2]) / side))
    span = min(step, 4)
    rows, columns = (n // step for n in pixels.shape[:2])
    if min(rows, columns) < 1:
        return pixels[:side, :side]
    parts = [pixels[i::step, j::step][:rows, :columns] for i in range(span) for j in range(span)]
    mean: Pixels = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def _context(theta: ParameterVector, maps: Maps, peak: float, prior: Prior) -> int:
    """How far in px a window must reach: for the prior in noise of σ `peak`, as it is seen after the lift, and for θ's
    blur. What JPEG has torn is looked at as widely as in strong noise, which deblurring tells the prior of at first.
    """
    blur = deblurring_reach(theta, maps)
    widely = theta["jpeg.quality"] < 100 or blur
    return prior.context(1.0 if widely else peak) + blur


def _lift(coarse: Tensor, theta: ParameterVector, amounts: Amounts) -> float:
    """By how much undoing the darkness spreads the tones of a coarse photo, at least 1: noise is seen through that."""
    if amounts["light"] == 0:
        return 1.0
    light = neutralised(theta, {"haze", "colour", "noise", "blur", "jpeg"}).values()
    return max(1.0, float(invert_pointwise(coarse, light, Fields())[1].median()))


def _exposure(coarse: Tensor) -> float:
    """What takes the white point of a coarse photo (1, 3, h, w) to `WHITE`; 1 for a photo that is bright enough."""
    white = float(coarse.amax(1).flatten().quantile(0.995))
    return min(max(WHITE / max(white, 1e-3), 1.0), BRIGHTEST)


def _used(maps: Maps, theta: ParameterVector) -> Maps:
    """The maps that θ makes use of: the others need not be stretched over every window."""
    return Maps(
        depth=maps.depth if theta["haze.depth"] else None,
        illumination=maps.illumination if theta["light.local"] else None,
        blur=maps.blur,
        path=maps.path if theta["blur.shake"] else None,
    )


def _moves(coarse: Tensor, theta: ParameterVector, maps: Maps) -> bool:
    """Whether light, haze and cast of θ would move any part of the photo visibly."""
    if all(o.is_neutral(theta.values()) for o in BEFORE_NOISE if isinstance(o, PointOperator)):
        return False
    place = fields(maps, (coarse.shape[-1], coarse.shape[-2]))
    moved = (invert_pointwise(coarse, theta.values(), place)[0] - coarse).abs()
    return float(moved.mean()) > LEAST_CHANGE or bool(theta.pins())


def _probe_boxes(pixels: Pixels) -> list[tuple[int, int, int, int]]:
    """Centre, and the two quarter points on the diagonal; one box for a small photo."""
    height, width = pixels.shape[:2]
    w, h = min(width, PROBE), min(height, PROBE)
    if width * height <= 2 * PROBE * PROBE:
        return [((width - w) // 2 // 8 * 8, (height - h) // 2 // 8 * 8, w, h)]
    places = [(int((width - w) * f) // 8 * 8, int((height - h) * f) // 8 * 8) for f in (0.5, 0.2, 0.8)]
    return [(x, y, w, h) for x, y in places]
