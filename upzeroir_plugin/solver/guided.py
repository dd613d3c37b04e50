"""The paper's solver: a diffusion trajectory guided by re-degrading its present scene and comparing it with the photo.

p(y | x̂0) ∝ exp(−[λ1·J(φ(x̂0), y) + λ2·Q(x̂0)]/Z). At each step the prior's mean x̂0 is moved by the gradient of that with
respect to x̂0 itself, not through the U-Net (as TAO and LD-RPS), then noised to the next level (DDIM).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from upzeroir_plugin.physics import clipping, noise
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.physics.model import invert_pointwise
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box, Tile, tiles
from upzeroir_plugin.prior.unet import Hook
from upzeroir_plugin.solver.degloss import DegLoss, View, Weights, centred, quality, residual, spread
from upzeroir_plugin.solver.dqr import Decision, Refinement, Score, Thresholds
from upzeroir_plugin.solver.ensemble import OUTSIDE, Enough
from upzeroir_plugin.solver.gennormal import GenNormal, by_moments, of, scale_of
from upzeroir_plugin.solver.lock import Look, low
from upzeroir_plugin.solver.means import check_finite
from upzeroir_plugin.solver.niqe import niqe
from upzeroir_plugin.solver.pcdm import Kind, Redegradation
from upzeroir_plugin.solver.plan import Plan, blur_reach, sigma_of
from upzeroir_plugin.solver.quality import judge
from upzeroir_plugin.solver.schedule import Spacing, spaced
from upzeroir_plugin.solver.space import Space
from upzeroir_plugin.solver.teacher import Piece, Pretraining, Teacher, coded, inner

STEPS, CODED_STEPS = 50, 30
INNER = 3
PRETRAIN = 150
NEVER = Thresholds(every=1e9, restarts=0)
LEAST_NOISE = 1 / 255
DRIFT = 4 / 255
"""Drift of a patch's mean luminance or chrominance that costs half a nat."""
PROBE = 1 / 255
TINY = 1e-20
STRONGER = 4.0
"""How many times stronger or weaker than found a told scale may make the degradation."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the solver works; the same for all photos. Fields that turn a part off are for ablations.

    `steps`: length of the schedule (None: `STEPS` in pixels, `CODED_STEPS` in a latent space). `phi`: which φ.
    `learn`: whether it is trained on the way, one step of Adam each from `late` (a share of the schedule) on: its
    network at rate `rate`, and θ within its interval if `free`. Off (ours): the scene follows θ at once, so that the
    photo hardly tells one pair from the other (docs/method.md: no difference in pixels on average, 4 dB on haze in a
    latent space). `fresh`: share of new noise in each step (0: DDIM, 1: DDPM). `last`: where the schedule ends, in
    parts of the photo's own noise. `top`: where it begins, in parts of the prior's; `spacing`: how it falls
    (`solver/schedule.py`). `shape`, `scale`: the generalised Gaussian of the encoded degradation, told by the user;
    None: measured. `inner`: steps of conjugate gradients for each of the walk's, in a latent space.
    """

    steps: int | None = None
    phi: Kind = "both"
    learn: bool = True
    free: bool = False
    late: float = 0.35
    rate: float = 2e-6
    weights: Weights = field(default_factory=Weights)
    refine: bool = True
    thresholds: Thresholds = field(default_factory=Thresholds)
    fresh: float = 0.0
    last: float = 0.35
    top: float = 1.0
    spacing: Spacing = "logarithm"
    score: Score = niqe
    shape: float | None = None
    scale: float | None = None
    inner: int = INNER


@dataclass(frozen=True, slots=True)
class Present:
    """Where the run is: the cheap picture of the scene, its σ, θ as φ has it, and the steps made and to come."""

    scene: Tensor
    sigma: float
    values: dict[str, float]
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Guided:
    """The restored scene (1, 3, h, w), network calls, a report, (α, σ), and whether it walked to its end."""

    scene: Tensor
    calls: int
    report: dict[str, Any]
    latent: GenNormal
    whole: bool


Report = Callable[[Present], None]


def solve(
    y: Tensor,
    box: Box,
    plan: Plan,
    space: Space,
    prior: Prior,
    settings: Settings,
    seed: int,
    hook: Hook,
    report: Report,
) -> Guided:
    """Restore window `box` (x, y, w, h) with pixels y (1, 3, h, w), encoded, under `plan`.

    `space`: the prior walked in. `prior`: our embedded one, whose features and residual table judge. `hook` is called
    every few tenths of a second and may raise to cancel, or `Enough` to end with the present scene. The same seed
    gives the same picture. Raises NotFiniteError.
    """
    run = _Run(y, box, plan, space, prior, settings, seed, hook)
    return run.finished(report)


class _Run:
    """One photo's trajectory: everything that learns is built here and ends with it (TAO leaks Adam's moments)."""

    def __init__(
        self,
        y: Tensor,
        box: Box,
        plan: Plan,
        space: Space,
        prior: Prior,
        settings: Settings,
        seed: int,
        hook: Hook,
    ) -> None:
        steps = settings.steps or (STEPS if space.local else CODED_STEPS)
        self.settings = replace(settings, steps=steps)
        self.space, self.prior, self.plan, self.hook = space, prior, plan, hook
        self.generator = torch.Generator().manual_seed(seed)
        values = plan.theta.values()
        self.place = fields(plan.maps, plan.size, box)
        self.photo, self.box, self.calls = y, box, 0
        self.height, self.width = y.shape[-2:]
        self.sigma = sigma_of(y, plan.theta, there=True)[0].clamp_min(LEAST_NOISE)
        self.y = y = self._unmoved(y, values)
        start, gain = invert_pointwise(y, values, self.place)
        self.start = start.clamp(-OUTSIDE, 1 + OUTSIDE)
        self.level = float((gain.mean(1, keepdim=True) * self.sigma).median().clamp(LEAST_NOISE, 0.3))
        self.code_y = self._encoded(y)
        told = None if settings.scale is None else self._told(settings.scale)
        self.settings = replace(self.settings, scale=told)
        self.noise = self.sigma * self._grain(values)
        self.phi = Redegradation(settings.phi, plan.theta, self.generator, settings.free).to(space.device)
        self.loss = DegLoss(settings.weights, prior.features, self._code_of, self.generator)
        shape = settings.shape or 2.0
        measured = scale_of(torch.tensor(shape), torch.tensor(self.level * (2 / math.pi) ** 0.5))
        self.latent = of(shape, told or float(measured))
        self.pieces = [self._piece(tile) for tile in self._tiles()]
        self.teacher = Teacher(self.phi, self.loss, settings.rate) if settings.learn else None
        self.code, self.walked = self._encoded(self.start), False
        self.look, self.lift = self._seen()

    def _unmoved(self, y: Tensor, values: dict[str, float]) -> Tensor:
        """Y with its tones where noise cut off when it was stronger would not have moved them (ours).

        It costs a call of the denoiser, which shows how near to black and white a place is.
        """
        if not clipping.acts(values):
            return y
        exposure = self.plan.exposure
        clean = (
            self.prior.denoise(y * exposure, self.sigma * exposure, None, self._unless_cancelled) / exposure
        )
        self.calls += 1
        return y + clipping.moved_back(clean, values) - clean

    def _unless_cancelled(self) -> None:
        """The hook, for what has to be done even if the user keeps."""
        with suppress(Enough):
            self.hook()

    def _told(self, scale: float) -> float:
        """A told scale, as far as it makes sense: noise is taken to be so many times what was measured as the scale is.

        Ours: in the paper (α, σ) condition φ alone. Here more degradation in the code also means that the photo is
        believed less and the prior more, so that raising the scale asks for more restoration. The scale that it is
        measured by is that of E(y) less the code of one call of the denoiser.
        """
        self._unless_cancelled()
        clean = self.prior.denoise(self.start, torch.tensor(self.level), None, self._unless_cancelled)
        self.calls += 1
        found = by_moments(centred(self.code_y - self._encoded(clean)).cpu(), self.settings.shape)
        factor = min(max(scale / float(found.scale), 1 / STRONGER), STRONGER)
        self.sigma = self.sigma * factor
        self.level = min(self.level * factor, 0.3)
        return float(found.scale) * factor

    def _seen(self) -> tuple[Look | None, Tensor | None]:
        """How codes look, and what the autoencoder takes from the start at low frequency (None in pixels)."""
        if self.space.factor == 1:
            return None, None
        made = self.space.decode_all(self.code, self._unless_cancelled).cpu()
        lift = low(self.start - made[..., : self.height, : self.width])
        return Look(made, self.code), lift

    def _grain(self, values: dict[str, float]) -> Tensor:
        """Noise of variance 1 as correlated and coloured as θ says, for the terms that compare distributions."""
        shape = dict(values) | {"noise.shot": 0.0, "noise.read": 0.0, "noise.file": 255.0}
        return noise.sample(torch.zeros(1, 3, self.height, self.width), shape, self.generator)

    def _encoded(self, x: Tensor) -> Tensor:
        return self.space.encode_all(self._padded(x).to(self.space.device), self._unless_cancelled)

    def _code_of(self, x: Tensor) -> Tensor:
        """Code of a piece of any size; differentiable."""
        return self.space.encode(self._padded(x))

    def _padded(self, x: Tensor) -> Tensor:
        """A picture grown to what the space can encode."""
        pad = (0, -x.shape[-1] % self.space.multiple, 0, -x.shape[-2] % self.space.multiple)
        if self.space.factor == 1:
            return x
        return F.pad(x, pad, mode="replicate") if any(pad) else x

    def _tiles(self) -> list[Tile]:
        factor = self.space.factor
        size = (self.code_y.shape[-1] * factor, self.code_y.shape[-2] * factor)
        reach = self.space.reach + blur_reach(self.plan.theta, self.plan.maps)
        return tiles((0, 0, *size), size, self.space.core, reach, factor)

    def _piece(self, tile: Tile) -> Piece:
        """A piece of the window with all that the loss wants to know of it."""
        self._unless_cancelled()
        x, y, w, h = tile.window
        w, h = min(w, self.width - x), min(h, self.height - y)
        rows, columns = slice(y, y + h), slice(x, x + w)
        photo, sigma, grain, start = (
            p[..., rows, columns].to(self.space.device) for p in (self.y, self.sigma, self.noise, self.start)
        )
        place = fields(
            self.plan.maps, self.plan.size, (self.box[0] + x, self.box[1] + y, w, h), self.space.device
        )
        code = coded(tile.window, self.space.factor)
        seen = self.prior.features(photo)
        view = View(
            photo, sigma, self.code_y[(..., *code)], seen, spread(self.prior.features, photo, grain), grain
        )
        lift = None
        if self.space.factor > 1:
            with torch.no_grad():
                begun = self.space.encode_all(self._padded(start), self._unless_cancelled)
                lift = low(start - self.space.decode(begun)[..., :h, :w])
        return Piece(tile, code, inner(tile, self.space.factor), place, start, view, lift)

    def finished(self, report: Report) -> Guided:
        """Walk to the end, or to where the user wants no more."""
        settings = self.settings
        levels = schedule(self.space.sigma_range, self.level, settings)
        refinement = Refinement(
            len(levels), 2 * self.level, settings.score, settings.thresholds if settings.refine else NEVER
        )
        whole = False
        with suppress(Enough):
            self._pretrain()
            self._walk(levels, refinement, report)
            whole = True
            if settings.refine and refinement.best is not None:
                self.code = refinement.best
        scene = self._scene(self.code)
        check_finite(scene)
        return Guided(scene, self.calls, self._report(refinement), self.latent, whole)

    def _walk(self, levels: list[float], refinement: Refinement, report: Report) -> None:
        step, z = 0, self.code + levels[0] * self._white()
        while True:
            sigma = levels[step]
            mean = self.space.denoise(z, sigma, self.hook)
            self.calls, self.walked = self.calls + 1, True
            code, carried = self._moved(mean, sigma)
            self.code = code
            check_finite(code)
            self._measure(code)
            if step >= self.settings.late * len(levels):
                self._learn(code)
            report(Present(self._preview(code), sigma, self._values(), step, len(levels)))
            decision: Decision = "exit" if step == len(levels) - 1 else "go on"
            if refinement.due(step):
                decision = self._judged(refinement, step, sigma, code)
            if decision == "exit":
                return
            if decision == "renoise" and refinement.best is not None:
                step = refinement.back()
                z = refinement.best + levels[step] * self._white()
                continue
            target = (levels[step + 1] ** 2 - carried.square()).clamp_min(0).sqrt()
            z = noised(z, code, sigma, target, self.settings.fresh, self._white)
            step += 1

    def _judged(self, refinement: Refinement, step: int, sigma: float, code: Tensor) -> Decision:
        scene = self._scene(code)
        verdict = judge(self.photo, scene, self.plan.theta, self.place, self.prior)
        return refinement.judge(step, sigma, scene, code, verdict)

    def _moved(self, mean: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """The prior's mean moved towards what the photo says: mean − P·∇, P from the curvatures of both terms.

        Ours: hand-set guidance scales (4,000 to 80,000 in this line of papers) hold for one degradation and schedule.
        The mean is uncertain by r, the data term has a curvature c (known for each pixel where φ is point-wise, and
        never less than that under blur), so that P = r²/(1 + r²c) is Newton's step, and one is enough. In a latent
        space P = r², and `INNER` steps of conjugate gradients (Polak and Ribière) minimise both terms: after one alone
        the code is far from what photo and prior together say. Each length is corrected once along its direction
        (Cauchy), which makes it safe for any φ.
        Returned with the deviation of the photo's own noise that came along, r²√c/(1 + r²c): so much less is
        added for the next step, or the prior would take that noise for detail (ours, as DDNM+ does; on crops of
        val and kodak256 worth 0.5 to 3 dB).
        """
        uncertainty = self.space.error(sigma) ** 2
        code, carried, before = mean, torch.zeros_like(mean), None
        for _ in range(1 if self.space.local else self.settings.inner):
            slope, step, moved, outcomes = self._sloped(code, uncertainty)
            slope = slope + (code - mean) / uncertainty
            direction = -step * slope
            if before is not None:
                old, past = before
                turn = float((slope * (slope - old)).sum() / old.square().sum().clamp_min(TINY))
                direction = direction + max(0.0, turn) * past
            before = slope, direction
            gain = -float((slope * direction).sum())
            squared = float(direction.square().sum())
            bend = self._curvature(code, direction, outcomes)
            cost = squared / uncertainty + bend
            length = min(1.0, gain / cost) if cost > 0 else 0.0
            code = code + length * direction
            if not self.space.local and squared > 0:
                moved = moved + uncertainty * (bend / squared) ** 0.5
            carried = length * moved
        return code, carried

    def _sloped(self, code: Tensor, uncertainty: float) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """At a code: gradient of the data term, Newton's step, the photo's noise in it, and φ of each piece."""
        slope, carried = torch.zeros_like(code), torch.zeros_like(code)
        step = torch.full_like(code, uncertainty)
        outcomes = []
        for piece in self.pieces:
            self.hook()
            gradient, curvature, made = self._slope(piece, code)
            slope[(..., *piece.code_core)] = gradient[piece.inner]
            if curvature is not None:
                local = uncertainty / (1 + uncertainty * curvature)
                step[(..., *piece.code_core)] = local[piece.inner]
                carried[(..., *piece.code_core)] = (local * curvature.sqrt())[piece.inner]
            outcomes.append(made)
        return slope, step, carried, outcomes

    def _slope(self, piece: Piece, mean: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
        """Gradient of λ1·J + λ2·Q in the code of a piece, the data term's curvature if it is known there, and φ(x̂0)."""
        weights = self.settings.weights
        code = mean[(..., *piece.code)].clone().requires_grad_()
        with torch.enable_grad():
            x = self._decoded(code, piece)
            made = self.phi(x, piece.place, self.latent)
            total = self.loss(piece.view, made, code, self.latent)
            if weights.quality:
                total = total + weights.quality * quality(x, piece.start, DRIFT)
            (gradient,) = torch.autograd.grad(total, code)
        curvature = None
        if self.space.local:
            with torch.no_grad():
                shifted = self.phi(x.detach() + PROBE, piece.place, self.latent)
                response = (shifted - made) / (PROBE * piece.view.sigma)
                curvature = (weights.mse + weights.perceptual) * response.square()
        return gradient, curvature, made.detach()

    @torch.no_grad()
    def _curvature(self, mean: Tensor, direction: Tensor, outcomes: list[Tensor]) -> float:
        """The data term's second derivative along a direction, by one more look at φ (Gauss–Newton)."""
        size = float(direction.square().mean().sqrt())
        if size == 0:
            return 0.0
        share = PROBE / size
        total = 0.0
        for piece, made in zip(self.pieces, outcomes, strict=True):
            self.hook()
            code = (mean + share * direction)[(..., *piece.code)]
            moved = self.phi(self._decoded(code, piece), piece.place, self.latent)
            gap = residual(piece.view.y, moved) - residual(piece.view.y, made)
            total += float((gap / (share * piece.view.sigma))[piece.inner_pixels].square().sum())
        return total * self.settings.weights.mse

    def _decoded(self, code: Tensor, piece: Piece) -> Tensor:
        height, width = piece.view.y.shape[-2:]
        made = self.space.decode(code)[..., :height, :width]
        return made if piece.lift is None else made + piece.lift

    @torch.no_grad()
    def _measure(self, code: Tensor) -> None:
        """(α, σ) of the encoded degradation E(y) − ẑ0, the solver's own state; slowly, since ẑ0 is noisy at first."""
        found = by_moments(centred(self.code_y - code).cpu(), self.settings.shape)
        old = self.latent
        shape, scale = self.settings.shape, self.settings.scale
        if shape is not None and scale is not None:
            return
        moved = GenNormal(
            *(
                torch.exp(0.7 * a.log() + 0.3 * b.log())
                for a, b in ((old.shape, found.shape), (old.scale, found.scale))
            )
        )
        self.latent = GenNormal(
            moved.shape if shape is None else old.shape, moved.scale if scale is None else old.scale
        )

    def _pretrain(self) -> None:
        """The bare network learns to do what physics(θ) does, so that all kinds of φ start from the same."""
        if self.phi.kind == "net":
            student = Pretraining(self.phi)
            for index in range(PRETRAIN):
                self.hook()
                piece = self.pieces[index % len(self.pieces)]
                student(piece.start, piece.place, self.latent, self.generator)

    def _learn(self, code: Tensor) -> None:
        if self.teacher is None:
            return
        index = int(torch.randint(len(self.pieces), (1,), generator=self.generator))
        piece = self.pieces[index]
        self.hook()
        part = code[(..., *piece.code)]
        with torch.no_grad():
            x = self._decoded(part, piece)
        share = self.y.shape[-2] * self.y.shape[-1] / (x.shape[-2] * x.shape[-1])
        self.teacher(x, piece, part, self.latent, share)

    def _scene(self, code: Tensor) -> Tensor:
        if not self.walked:
            return self.start
        found = self.space.decode_all(code, self._unless_cancelled)[..., : self.height, : self.width].cpu()
        return found if self.lift is None else found + self.lift

    def _preview(self, code: Tensor) -> Tensor:
        if self.look is None:
            return code[..., : self.height, : self.width].cpu()
        made = F.interpolate(self.look(code), scale_factor=self.space.factor, mode="bilinear")
        return made[..., : self.height, : self.width]

    def _values(self) -> dict[str, float]:
        with torch.no_grad():
            return {name: float(value) for name, value in self.phi.theta().items()}

    def _white(self) -> Tensor:
        return torch.randn(self.code.shape, generator=self.generator).to(self.space.device)

    def _report(self, refinement: Refinement) -> dict[str, Any]:
        moved = {n: round(v, 5) for n, v in self._values().items() if n in self.phi.spread}
        return {
            **refinement.report(),
            "phi": self.settings.phi,
            "steps": refinement.steps,
            "restarts": refinement.restarts,
            "learned": moved,
        }


def schedule(trained: tuple[float, float], level: float, settings: Settings) -> list[float]:
    """Noise levels, falling from the top of what the prior knows to below the photo's own. Raises UsageError."""
    first = settings.top * trained[1]
    last = min(max(settings.last * level, trained[0]), 0.5 * first)
    return spaced(first, last, max(2, settings.steps or STEPS), settings.spacing)


def noised(
    z: Tensor, code: Tensor, sigma: float, target: Tensor, fresh: float, white: Callable[[], Tensor]
) -> Tensor:
    """The next z: the scene with the noise that z showed, reduced to `target`; a share of it fresh (DDIM's η)."""
    shown: Tensor = (z - code) / sigma
    kept = (1 - fresh**2) ** 0.5
    return code + target * (shown if fresh == 0 else kept * shown + fresh * white())
