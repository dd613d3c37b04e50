"""The public API: estimate(photo) → Estimate, restore(photo, Estimate, Options) → Progress and Steps."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import CancelledError, ResultError, TooLargeError, UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.estimate.run import estimate as measure
from upzeroir_plugin.messages import Control, Options, Progress, Result, Step
from upzeroir_plugin.parameters import EFFORTS, ParameterVector
from upzeroir_plugin.photo.crop import checked_region, continued, crop
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.blur import Blur
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.prior.embedded import Prior, embedded
from upzeroir_plugin.prior.folder import is_latent
from upzeroir_plugin.prior.store import FOLDER, place_of
from upzeroir_plugin.prior.tiles import Box, Tile, grown, tiles, widened
from upzeroir_plugin.solver import blotches, heap
from upzeroir_plugin.solver.annealed import Pixels, Probe, make_plan, probe, refit, to_pixels, to_tensor
from upzeroir_plugin.solver.area import (
    around,
    check_size,
    check_told,
    point_values,
    solve_kept,
    told,
)
from upzeroir_plugin.solver.canvas import RAMP, Canvas, inside, restorable
from upzeroir_plugin.solver.ensemble import Enough
from upzeroir_plugin.solver.guided import Present
from upzeroir_plugin.solver.kept import Kept, clean_key, cleaning
from upzeroir_plugin.solver.means import Means, best, choose_device, free_memory, weaker
from upzeroir_plugin.solver.plan import Plan, hurried
from upzeroir_plugin.solver.pointwise import Pointwise
from upzeroir_plugin.solver.quality import Verdict, judge
from upzeroir_plugin.solver.space import Space
from upzeroir_plugin.solver.view import SIDE, View, eight_bit
from upzeroir_plugin.solver.window import Restored, finish, restore_window, small

__all__ = ["Control", "Options", "Progress", "Result", "Step", "estimate", "record", "restore"]

PULSE = 0.4
SURE = 0.03
"""Share of the work that must be done before the time left is told."""
BYTES_PER_PIXEL = 40
"""The least that a run needs for each pixel, in bytes: three pictures in float32 with three channels (the photo, what
becomes of it, the result) and a mask. Where less is free it is refused before it begins. What the network takes is not
counted: `solver.means` makes its tiles as small as it must."""
VIEW_CORE = 512
"""Tiles of a region (ours: of 1024 × 683 px the first is there in a third of the time, and all no later)."""


def estimate(photo: Photo, pins: Mapping[str, object] | None = None, region: Box | None = None) -> Estimate:
    """What is wrong with the photo, or with a region (x, y, w, h) of it; `pins` are taken as given.

    Raises UsageError for a region outside the photo, InvalidParameter for a pin that is not in the table.
    """
    if region is not None:
        photo = crop(photo, checked_region(region, photo.size))
    found = measure(photo)
    if region is not None:  # θ of a region may serve the whole
        found = replace(found, picture=None)
    return replace(found, theta=found.theta.pinned(pins)) if pins else found


def restore(
    photo: Photo,
    found: Estimate,
    options: Options | None = None,
    control: Control | None = None,
    kept: Kept | None = None,
) -> Iterator[Progress | Step]:
    """Restore, yielding Progress (at most 0.5 s apart) and Steps; the last Step carries the Result.

    Closing the iterator or `control.cancel()` stops the work. `kept`: pictures of earlier runs on the same photo: a
    changed amount, strength, light, haze or cast then needs no network call of its own, and gives the same. Raises
    UsageError, DeviceError, TooLargeError, ResultError, CancelledError.
    """
    options = options or Options()
    control = control or Control()
    run = _Run(photo, found, options, control, kept)
    worker = threading.Thread(target=run.work, name="upzeroir-restore", daemon=True)
    worker.start()
    try:
        while True:
            try:
                event = run.events.get(timeout=PULSE)
            except queue.Empty:
                yield run.pulse()
                continue
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, Step) and event.result is not None:
                return
    finally:
        control.cancel()
        worker.join()


def record(theta: ParameterVector, options: Options, result: Result) -> dict[str, Any]:
    """Everything that repeating it exactly needs; stored in the result as XMP."""
    return {
        "version": __version__,
        "parameters": theta.to_json(),
        "amounts": options.amounts.to_json(),
        "strength": options.strength,
        "effort": options.effort,
        "steps": options.steps,
        "seed": options.seed,
        "region": options.region,
        "masked": options.mask is not None,
        "latent": {"shape": options.latent_shape, "scale": options.latent_scale},
        "prior": result.prior,
        "device": result.device,
        "dtype": result.dtype,
    }


class _Run:
    """One restoration, done in a thread of its own so that its reader hears of it twice a second."""

    def __init__(
        self, photo: Photo, found: Estimate, options: Options, control: Control, kept: Kept | None
    ) -> None:
        if options.effort not in EFFORTS:
            raise UsageError(f"There is no effort {options.effort!r}.", f"Choose {' or '.join(EFFORTS)}.")
        if not 0 <= options.strength <= 1:
            raise UsageError(f"strength = {options.strength}: it takes a number from 0 to 1.")
        if options.mask is not None and options.mask.shape != photo.pixels.shape[:2]:
            raise UsageError(
                "The mask does not have the photo's size.", "Make it as wide and high as the photo."
            )
        self.photo, self.found, self.options, self.control = photo, found, options, control
        # what is restored: the picture, mirrored over a frame around it
        self.seen = continued(photo.pixels, found.picture and checked_region(found.picture, photo.size))
        check_told(options.latent_shape, options.latent_scale)
        self.place = place_of(options.prior)
        self.space: Space | None = None
        self.latent_prior = is_latent(self.place)
        if self.latent_prior and options.effort != "guided":
            raise UsageError(
                f"{options.prior} is a latent prior, which only the effort guided works with.",
                "Choose guided, or the prior embedded.",
            )
        self.kept = Kept(0) if kept is None else kept
        self.area = checked_region(options.region or (0, 0, *photo.size), photo.size)
        self.events: queue.SimpleQueue[Progress | Step | BaseException] = queue.SimpleQueue()
        self.device = choose_device(options.device)
        self.begun = time.monotonic()
        self.finished, self.total, self.label = 0.0, 1.0, "estimate"
        self.tile_pixels, self.ticks, self.expected = 0.0, 0, 1
        self.calls = 0
        self.told: dict[str, Any] = {}
        self.notices: list[str] = []
        self.view: View | None = None
        self.preview: NDArray[np.uint8] | None = None

    def work(self) -> None:
        """Run to the end; whatever happens becomes an event."""
        try:
            with heap.kept():
                self._restore()
        except BaseException as error:  # the reader's thread raises it
            self.events.put(error)

    def check(self) -> None:
        """Called between network blocks."""
        self.ticks += 1
        self._check_cancel()
        if self.control.kept.is_set():
            raise Enough

    def pulse(self) -> Progress:
        """Where the run is now: tiles done, and network blocks within the present one."""
        ahead = self.tile_pixels * min(0.97, self.ticks / self.expected)
        done = min(1.0, (self.finished + ahead) / self.total)
        left = (time.monotonic() - self.begun) * (1 - done) / done if done > SURE else None
        return Progress(done, self.label, left, self.preview, self.view.scale if self.view else 1.0)

    def _restore(self) -> None:
        options, photo = self.options, self.photo
        self.means = Means(self._load(), 0)
        plan = make_plan(
            self.seen, self.found.theta, self.found.maps, options.amounts, self.means.prior,
            options.effort == "thorough", options.steps,
        )  # fmt: skip
        before = crop(photo, self.area)
        if plan.idle or options.strength == 0:
            self._finish(before, False, plan, Verdict(0.0, 0.0, True))
            return
        if options.effort == "guided":
            check_size(self.area, options.steps)
            if self.latent_prior:
                self.space = self._latent()
        self._check_memory()
        prior = self.means.prior
        quick = hurried(plan.size, options.effort != "fast")
        self.means = best(prior.hurried() if quick else prior, plan.context)
        pixels, plan, verdict = self._attempts(plan)
        _gate(pixels, self._source())
        changed = bool((pixels != self._source()).any())
        self._finish(replace(before, pixels=pixels) if changed else before, changed, plan, verdict)

    def _load(self) -> Prior:
        folder = FOLDER if self.latent_prior else self.place
        try:
            return embedded(folder, self.device)
        except RuntimeError as error:
            if self.device == "cpu":
                raise
            self._notice(f"The device {self.device} failed ({error}); the processor is used.")
            return embedded(folder, "cpu")

    def _latent(self) -> Space:
        """The space of a latent prior; importing it costs seconds."""
        from upzeroir_plugin.prior.latent import latent

        self.label = "prior"
        return latent(self.place, self.device)

    def _attempts(self, plan: Plan) -> tuple[Pixels, Plan, Verdict]:
        """The work, again with weaker means for as long as that may help."""
        while True:
            try:
                return self._attempt(plan)
            except CancelledError:
                raise
            except Exception as error:
                self.means, notice = weaker(error, self.means)
            self._notice(notice)

    def _attempt(self, plan: Plan) -> tuple[Pixels, Plan, Verdict]:
        options, prior = self.options, self.means.prior
        weight = restorable(options.mask, self.found.picture, self.photo.size)
        if options.effort == "guided":
            return self._guided(plan, weight)
        work = tiles(
            self.area, plan.size, self._core(plan), max(plan.context, RAMP), prior.multiple, options.centre
        )
        if weight is not None:
            work = [t for t in work if inside(weight, grown(t, self.area, RAMP)).any()]
        self._draft(plan, work, weight)
        self.label = "probe"
        tested = self._probe(plan)
        if not tested.verdict.accepted and not self.control.kept.is_set():
            again = refit(plan, tested)
            if again is not plan:
                plan, tested = again, self._probe(again)
        return self._tiles(work, plan, weight), plan, tested.verdict

    def _probe(self, plan: Plan) -> Probe:
        tested = probe(
            self.seen, plan, self.means.prior, self.check, self.kept,
            lambda y, box: self._unspotted(y, box, plan),
        )  # fmt: skip
        self.calls += tested.calls
        return tested

    def _unspotted(self, y: torch.Tensor, box: Box, plan: Plan) -> torch.Tensor:
        """The photo's pixels y in a window without blotches; with them once the user keeps what there is."""
        prior = self.means.prior
        if not plan.blotches or self.control.kept.is_set():
            return y

        def spots() -> torch.Tensor:
            wide = widened(box, plan.size, blotches.REACH, prior.multiple)
            seen = to_tensor(inside(self.seen, wide))
            return _part(
                blotches.found(seen, plan.blotches, plan.exposure, prior, self._check_cancel), wide, box
            )

        return y - self.kept.made(("blotches", box, cleaning(plan, prior)), spots)

    def _guided(self, plan: Plan, weight: Pixels | None) -> tuple[Pixels, Plan, Verdict]:
        """The area in one window with its context, by the paper's solver."""
        prior = self.means.prior
        self._draft(plan, [], weight)
        window = around(self.area, plan)
        settings = self.options.settings()
        self.begun, self.label = time.monotonic(), "guided"
        pixels = to_tensor(inside(self.seen, window))
        points = Pointwise(plan.theta, fields(plan.maps, plan.size, window))

        def restored(scene: torch.Tensor) -> Restored:
            clean = points.redo(scene, point_values(plan)) if plan.points else scene
            return Restored(clean, scene, 0)

        def report(present: Present) -> None:
            assert self.view is not None  # noqa: S101 - the draft made it
            self.finished = max(self.finished, (present.step + 1) / present.steps)  # a restart begins anew
            shown = restored(present.scene)
            clean, full = (_part(p, window, self.area) for p in (shown.clean, shown.full))
            self.preview = self.view.shown(Restored(clean, full, 0))
            theta = plan.theta.with_values(present.values)
            self.events.put(Step(present.step + 1, present.steps, self.preview, present.sigma, theta, {}))

        seen = self._unspotted(pixels, window, plan)
        found = solve_kept(
            seen, window, plan, self.space, prior, settings, self.options.seed, self.check, report, self.kept,
        )  # fmt: skip
        self.calls, self.told = self.calls + found.calls, told(found)
        full = finish(
            pixels, restored(found.scene), plan, points, self.options.amounts, self.options.strength
        )
        canvas = Canvas(self._source(), self.area, False)
        canvas.pixels = to_pixels(_part(full, window, self.area))
        mask = None if weight is None else inside(weight, self.area)
        verdict = judge(pixels, found.scene, plan.theta, points.place, prior)
        return canvas.finished(mask, self.photo.grey), plan, verdict

    def _core(self, plan: Plan) -> int:
        """Side of the tiles: small where a user waits for a view, so that its middle is there at once."""
        looking = self.options.region is not None and not plan.blur_calls
        return min(self.means.core, VIEW_CORE) if looking else self.means.core

    def _notice(self, text: str) -> None:
        self.notices.append(text)
        self.events.put(replace(self.pulse(), notice=text))

    def _check_cancel(self) -> None:
        if self.control.cancelled.is_set():
            raise CancelledError("Cancelled.")

    def _source(self) -> Pixels:
        return inside(self.photo.pixels, self.area)

    def _check_memory(self) -> None:
        need = self.area[2] * self.area[3] * BYTES_PER_PIXEL
        free = free_memory("cpu")
        if need > free:
            raise TooLargeError(
                f"This needs about {need / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free.",
                "Close other programs, or restore a region.",
            )

    def _draft(self, plan: Plan, work: list[Tile], weight: Pixels | None) -> None:
        """The whole area, small, with everything undone that needs no network now: what the user sees first."""
        self.label = "draft"
        mask = None if weight is None else inside(weight, self.area)
        options = self.options
        self.view = View(self._source(), self.area, plan, options.amounts, options.strength, self.kept, mask)
        self.preview = self.view.draft(self._clean(plan, work))
        self.events.put(Progress(0.0, self.label, None, self.preview, self.view.scale))

    def _clean(self, plan: Plan, work: list[Tile]) -> torch.Tensor | None:
        """ŷ of the area at preview size, if an earlier run has left all of it."""
        key = ("small", self.area, cleaning(plan, self.means.prior))
        little = self.kept.get(key)
        if little is not None:
            return little[0]
        found = [self.kept.get(clean_key(t.window, plan, self.means.prior)) for t in work]
        if not found or not plan.denoise or any(part is None for part in found):
            return None
        whole = to_tensor(self._source().copy())
        for tile, part in zip(work, found, strict=True):
            x, y, w, h = tile.core
            left, top = x - self.area[0], y - self.area[1]
            whole[..., top : top + h, left : left + w] = _part(part[0], tile.window, tile.core)  # type: ignore[index]
        return self.kept.made(key, lambda: small(whole, SIDE))

    def _tiles(self, work: list[Tile], plan: Plan, weight: Pixels | None) -> Pixels:
        """Window after window, blended; only where the mask asks for it."""
        assert self.view is not None and self.preview is not None  # noqa: S101 - the draft made them
        canvas = Canvas(self._source(), self.area, len(work) > 1)
        self.label = "noise" if plan.cleans else "blur" if plan.blur_calls else "draft"
        self.finished = 0.0
        self.total = float(sum(t.window[2] * t.window[3] for t in work)) or 1.0
        self.begun, self.expected = time.monotonic(), max(1, plan.calls * self.means.prior.checks)
        for index, tile in enumerate(work):
            self.tile_pixels, self.ticks = float(tile.window[2] * tile.window[3]), 0
            made = self._tile(tile, plan, index == 0, len(work) == 1)
            box = canvas.paste(tile, made)
            self.finished, self.tile_pixels = self.finished + self.tile_pixels, 0.0
            self.preview = self.view.pasted(self.preview, made, box)
            self.events.put(replace(self.pulse(), box=box))
        return canvas.finished(None if weight is None else inside(weight, self.area), self.photo.grey)

    def _tile(self, tile: Tile, plan: Plan, first: bool, alone: bool) -> Pixels:
        """One tile's grown core, restored with its context; once the user keeps, only what needs no network."""
        pixels = to_tensor(inside(self.seen, tile.window))
        points = Pointwise(plan.theta, fields(plan.maps, plan.size, tile.window))
        made, stages = 0, plan.denoise + plan.blur_calls + plan.refine

        def report(label: str, present: Callable[[], Restored], sigma: float) -> None:
            nonlocal made
            made += 1
            self.label = label
            if alone and self.view is not None:
                now = present()
                clean, full = (_part(p, tile.window, self.area) for p in (now.clean, now.full))
                self.preview = self.view.shown(Restored(clean, full, 0))
                self.events.put(Step(made, plan.calls, self.preview, sigma, plan.theta, {}))
            elif first and made < stages and self.view is not None and self.preview is not None:
                box = grown(tile, self.area, RAMP)  # more calls follow: what there is by now is seen already
                shown = finish(pixels, present(), plan, points, self.options.amounts, self.options.strength)
                self.preview = self.view.pasted(self.preview, to_pixels(_part(shown, tile.window, box)), box)
                self.events.put(replace(self.pulse(), box=box))

        seen = self._unspotted(pixels, tile.window, plan)
        done = restore_window(seen, tile.window, plan, self.means.prior, self.check, report, self.kept)
        self.calls += done.calls if first else 0
        full = finish(pixels, done, plan, points, self.options.amounts, self.options.strength)
        return to_pixels(_part(full, tile.window, grown(tile, self.area, RAMP)))

    def _finish(self, photo: Photo, changed: bool, plan: Plan, verdict: Verdict) -> None:
        quality = {
            "residual_std": round(verdict.std, 4),
            "residual_whiteness": round(verdict.white, 4),
            "accepted": verdict.accepted,
            "restarts": plan.restarts,
            **self.told,
        }
        theta = self.found.theta
        if plan.restarts:
            theta = theta.with_values({n: plan.theta[n] for n in Blur.switches})
        walked: Prior | Space = self.space or self.means.prior
        solver = "guided" if self.options.effort == "guided" else "annealed"
        result = Result(
            photo, changed, theta, quality, self.calls, solver, self.options.effort, self.options.seed,
            walked.device.type, walked.dtype, {"name": walked.name, "sha256": walked.sha256}, tuple(self.notices),
        )  # fmt: skip
        shown = eight_bit(to_pixels(small(to_tensor(photo.pixels), SIDE)))
        residual = {"std": verdict.std, "whiteness": verdict.white}
        self.events.put(Step(plan.calls, plan.calls, shown, 0.0, theta, residual, result))


def _part(picture: torch.Tensor, window: Box, box: Box) -> torch.Tensor:
    """The rectangle `box` of a picture (1, C, h, w) that shows `window`."""
    x, y, w, h = box
    left, top = x - window[0], y - window[1]
    return picture[..., top : top + h, left : left + w]


def _gate(pixels: Pixels, source: Pixels) -> None:
    """No result that is not finite, or flat where the photo was not: some devices make black pictures."""
    if not np.isfinite(pixels[::7, ::7]).all() or not math.isfinite(float(pixels.sum())):
        raise ResultError("The result is not finite.", "Try --device cpu, and report the photo.")
    if float(source[::7, ::7].std()) > 0.02 and float(pixels[::7, ::7].std()) < 1e-4:
        raise ResultError("The result is one flat colour.", "Try --device cpu, and report the photo.")
