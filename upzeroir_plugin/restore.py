"""The public API: estimate(photo) → Estimate, restore(photo, Estimate, Options) → Progress and Steps."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from scipy import ndimage

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import CancelledError, DeviceError, ResultError, TooLargeError, UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.estimate.run import estimate as measure
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.photo.crop import checked_region, crop
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.physics.model import invert_pointwise
from upzeroir_plugin.prior.embedded import FOLDER, Prior, embedded
from upzeroir_plugin.prior.tiles import Box, Tile, grown, tiles, weights
from upzeroir_plugin.solver.annealed import Pixels, make_plan, probe, refit, to_pixels, to_tensor
from upzeroir_plugin.solver.plan import Plan
from upzeroir_plugin.solver.quality import Verdict
from upzeroir_plugin.solver.window import finish, restore_window, small

EFFORTS = ("fast", "thorough")
CORE = 1280
RAMP = 8
PREVIEW_SIDE = 768
PULSE = 0.4
FEATHER = 6
BYTES_PER_PIXEL = 40


@dataclass(frozen=True, slots=True)
class Options:
    """How to restore. `region` (x, y, w, h): only that rectangle is made. `mask` (H, W) in [0, 1], 1 = restore.

    `centre` (x, y): where the user looks; tiles near it come first. `steps`: network calls of the iterative part.
    """

    amounts: Amounts = field(default_factory=Amounts)
    strength: float = 1.0
    effort: str = "fast"
    steps: int | None = None
    region: Box | None = None
    mask: NDArray[np.float32] | None = None
    seed: int = 0
    device: str = "auto"
    prior: str = "embedded"
    centre: tuple[float, float] | None = None


class Control:
    """Stops a run from another thread: `cancel()` drops it, `keep()` ends it with the present picture."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.kept = threading.Event()

    def cancel(self) -> None:
        """Stop within 0.3 s; the iterator raises CancelledError."""
        self.cancelled.set()

    def keep(self) -> None:
        """Stop within 0.3 s; what is not done yet stays as the draft shows it."""
        self.kept.set()


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` 0–1; `preview` uint8 (h, w, 3) of the whole area, at `scale` of it; `box`: what has just been finished."""

    done: float
    label: str
    eta_seconds: float | None
    preview: NDArray[np.uint8] | None = None
    scale: float = 1.0
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The restored photo (of the region, if one was asked for) and how it came about."""

    photo: Photo
    changed: bool
    theta: ParameterVector
    quality: dict[str, Any]
    network_calls: int
    solver: str
    effort: str
    seed: int
    device: str
    dtype: str
    prior: dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A network call's estimate x̂0 of the scene (preview), its σ, θ and the residual; the last one has the result."""

    index: int
    total: int
    preview: NDArray[np.uint8] | None
    sigma: float
    theta: ParameterVector
    residual: dict[str, float]
    result: Result | None = None


def estimate(photo: Photo, pins: Mapping[str, object] | None = None, region: Box | None = None) -> Estimate:
    """What is wrong with the photo, or with a region (x, y, w, h) of it; `pins` are taken as given.

    Raises UsageError for a region outside the photo, InvalidParameter for a pin that is not in the table.
    """
    if region is not None:
        photo = crop(photo, checked_region(region, photo.size))
    found = measure(photo)
    return replace(found, theta=found.theta.pinned(pins)) if pins else found


def restore(
    photo: Photo, found: Estimate, options: Options | None = None, control: Control | None = None
) -> Iterator[Progress | Step]:
    """Restore, yielding Progress (at most 0.5 s apart) and Steps; the last Step carries the Result.

    Closing the iterator or `control.cancel()` stops the work. Raises UsageError, DeviceError, TooLargeError,
    ResultError, CancelledError.
    """
    options = options or Options()
    control = control or Control()
    run = _Run(photo, found, options, control)
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
        "prior": result.prior,
        "device": result.device,
        "dtype": result.dtype,
    }


class _Kept(Exception):
    """The user keeps the present picture."""


class _Run:
    """One restoration, done in a thread of its own so that its reader hears of it twice a second."""

    def __init__(self, photo: Photo, found: Estimate, options: Options, control: Control) -> None:
        if options.effort not in EFFORTS:
            raise UsageError(f"There is no effort {options.effort!r} yet.", f"Choose {' or '.join(EFFORTS)}.")
        if not 0 <= options.strength <= 1:
            raise UsageError(f"strength = {options.strength}: it takes a number from 0 to 1.")
        if options.mask is not None and options.mask.shape != photo.pixels.shape[:2]:
            raise UsageError(
                "The mask does not have the photo's size.", "Make it as wide and high as the photo."
            )
        self.photo, self.found, self.options, self.control = photo, found, options, control
        self.area = checked_region(options.region or (0, 0, *photo.size), photo.size)
        self.events: queue.SimpleQueue[Progress | Step | BaseException] = queue.SimpleQueue()
        self.device = _device(options.device)
        self.begun = time.monotonic()
        self.finished, self.total, self.label = 0.0, 1.0, "estimate"
        self.tile_began, self.tile_pixels, self.rate = self.begun, 0.0, 0.0
        self.calls = 0
        self.preview: NDArray[np.uint8] | None = None

    def work(self) -> None:
        """Run to the end; whatever happens becomes an event."""
        try:
            self._restore()
        except torch.OutOfMemoryError as error:
            text = "There is not enough memory on the device."
            self.events.put(TooLargeError(text, "Close other programs, or use --device cpu."))
            del error
        except BaseException as error:  # the reader's thread raises it
            self.events.put(error)

    def check(self) -> None:
        """Called between network blocks."""
        if self.control.cancelled.is_set():
            raise CancelledError("Cancelled.")
        if self.control.kept.is_set():
            raise _Kept

    def pulse(self) -> Progress:
        """Where the run is now, from the time that its work has taken so far."""
        now = time.monotonic()
        ahead = min(self.tile_pixels * 0.95, (now - self.tile_began) * self.rate)
        done = min(0.999, (self.finished + ahead) / self.total)
        left = (self.total - self.finished - ahead) / self.rate if self.rate else None
        return Progress(done, self.label, left, self.preview, self._scale())

    def _scale(self) -> float:
        return min(1.0, PREVIEW_SIDE / max(self.area[2:]))

    def _restore(self) -> None:
        options, photo = self.options, self.photo
        prior = _load(options.prior, self.device)
        thorough = options.effort == "thorough"
        plan = make_plan(
            photo.pixels, self.found.theta, self.found.maps, options.amounts, prior, thorough, options.steps
        )
        verdict = Verdict(0.0, 0.0, True, 1.0)
        if plan.idle or options.strength == 0:
            self._finish(
                photo if options.region is None else crop(photo, self.area), False, plan, verdict, prior
            )
            return
        self._check_memory()
        weight = _feathered(options.mask) if options.mask is not None else None
        self._draft(plan)
        tested = probe(photo.pixels, plan, prior, self._check_cancel)
        self.calls += tested.calls
        if thorough and not tested.verdict.accepted:
            plan = refit(plan, tested.verdict)
            tested = probe(photo.pixels, plan, prior, self._check_cancel)
            self.calls += tested.calls
        verdict = tested.verdict
        pixels = self._tiles(plan, prior, weight)
        _gate(pixels, self._source())
        changed = bool((pixels != self._source()).any())
        made = replace(crop(photo, self.area), pixels=pixels) if changed else crop(photo, self.area)
        self._finish(made, changed, plan, verdict, prior)

    def _check_cancel(self) -> None:
        if self.control.cancelled.is_set():
            raise CancelledError("Cancelled.")

    def _source(self) -> Pixels:
        x, y, w, h = self.area
        return self.photo.pixels[y : y + h, x : x + w]

    def _check_memory(self) -> None:
        need = self.area[2] * self.area[3] * BYTES_PER_PIXEL
        free = psutil.virtual_memory().available
        if need > free:
            raise TooLargeError(
                f"This needs about {need / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free.",
                "Close other programs, or restore a region.",
            )

    def _draft(self, plan: Plan) -> None:
        """The whole area, small, with everything undone that needs no network: what the user sees first."""
        self.label = "draft"
        little = to_pixels(small(to_tensor(self._source()), PREVIEW_SIDE))
        if plan.points:
            whole = fields(plan.maps, plan.size, self.area)
            shrunk = replace(
                whole,
                **{
                    n: None
                    if getattr(whole, n) is None
                    else torch.nn.functional.interpolate(
                        getattr(whole, n), size=little.shape[:2], mode="area"
                    )
                    for n in ("depth", "illumination", "blur")
                },
            )
            little = to_pixels(invert_pointwise(to_tensor(little), plan.theta.values(), shrunk)[0])
        self.preview = _eight_bit(little)
        self.events.put(Progress(0.0, self.label, None, self.preview, self._scale()))

    def _tiles(self, plan: Plan, prior: Prior, weight: Pixels | None) -> Pixels:
        """Window after window, blended; only where the mask asks for it."""
        ax, ay, aw, ah = self.area
        work = tiles(self.area, plan.size, CORE, plan.context, prior.multiple, self.options.centre)
        if weight is not None:
            work = [t for t in work if _inside(weight, grown(t, self.area, RAMP)).any()]
        out = self._source().copy()
        self.total = float(sum(t.window[2] * t.window[3] for t in work)) or 1.0
        blend = np.zeros((ah, aw, 1), np.float32) if len(work) > 1 else None
        total = np.zeros_like(out) if blend is not None else None
        for index, tile in enumerate(work):
            self.tile_began, self.tile_pixels = time.monotonic(), float(tile.window[2] * tile.window[3])
            try:
                made = self._tile(tile, plan, prior, index, len(work))
            except _Kept:
                break
            x, y, w, h = grown(tile, self.area, RAMP)
            share = weights(tile, self.area, RAMP)
            rows, columns = slice(y - ay, y - ay + h), slice(x - ax, x - ax + w)
            if total is None or blend is None:
                out[rows, columns] = made
            else:
                total[rows, columns] += share * made
                blend[rows, columns] += share
            self.finished += self.tile_pixels
            self.rate = self.finished / (time.monotonic() - self.begun)
            self._show(made, (x, y, w, h))
        if total is not None and blend is not None:
            done = blend > 0
            out = np.where(done, total + (1 - np.minimum(blend, 1)) * out, out)
        if weight is not None:
            part = _inside(weight, self.area)[..., None]
            source = self._source()
            out = np.where(part > 0, source + part * (out - source), source)
        if self.photo.grey:
            out = np.repeat(out.mean(2, keepdims=True), 3, axis=2)
        return np.ascontiguousarray(out, np.float32)

    def _tile(self, tile: Tile, plan: Plan, prior: Prior, index: int, count: int) -> Pixels:
        """One tile's grown core, restored with its context."""
        x, y, w, h = tile.window
        pixels = to_tensor(self.photo.pixels[y : y + h, x : x + w])
        made = 0

        def report(label: str, picture: torch.Tensor, sigma: float) -> None:
            nonlocal made
            made += 1
            self.label = label
            if count == 1:
                shown = _eight_bit(to_pixels(small(picture, PREVIEW_SIDE)))
                self.events.put(Step(made, plan.calls, shown, sigma, plan.theta, {}))

        done = restore_window(pixels, tile.window, plan, prior, self.check, report)
        self.calls += done.calls if index == 0 else 0
        full = finish(pixels, done, plan, tile.window, self.options.amounts, self.options.strength)
        gx, gy, gw, gh = grown(tile, self.area, RAMP)
        return to_pixels(full[..., gy - y : gy - y + gh, gx - x : gx - x + gw])

    def _show(self, made: Pixels, box: Box) -> None:
        if self.preview is None:
            return
        scale = self._scale()
        x, y, w, h = box[0] - self.area[0], box[1] - self.area[1], box[2], box[3]
        little = to_pixels(small(to_tensor(made), max(1, math.ceil(max(w, h) * scale))))
        preview = self.preview.copy()
        top, left = round(y * scale), round(x * scale)
        part = preview[top : top + little.shape[0], left : left + little.shape[1]]
        part[:] = _eight_bit(little)[: part.shape[0], : part.shape[1]]
        self.preview = preview
        left_seconds = (self.total - self.finished) / self.rate
        self.events.put(Progress(self.finished / self.total, self.label, left_seconds, preview, scale, box))

    def _finish(self, photo: Photo, changed: bool, plan: Plan, verdict: Verdict, prior: Prior) -> None:
        quality = {
            "residual_std": round(verdict.std, 4),
            "residual_whiteness": round(verdict.white, 4),
            "accepted": verdict.accepted,
            "restarts": plan.restarts,
        }
        theta = (
            self.found.theta.with_values(
                {n: plan.theta[n] for n in ("noise.shot", "noise.read", "noise.file")}
            )
            if plan.restarts
            else self.found.theta
        )
        result = Result(
            photo, changed, theta, quality, self.calls, "annealed", self.options.effort, self.options.seed,
            str(self.device), prior.dtype, {"name": prior.name, "sha256": prior.sha256},
        )  # fmt: skip
        shown = _eight_bit(to_pixels(small(to_tensor(photo.pixels), PREVIEW_SIDE)))
        residual = {"std": verdict.std, "whiteness": verdict.white}
        self.events.put(Step(plan.calls, plan.calls, shown, 0.0, theta, residual, result))


def _device(wanted: str) -> str:
    """`auto` takes CUDA or Apple's MPS if one answers. Raises DeviceError for one that does not."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(wanted, False):
        raise DeviceError(f"The device {wanted!r} is not there.", "Use --device auto or cpu.")
    return wanted


def _load(prior: str, device: str) -> Prior:
    return embedded(FOLDER if prior == "embedded" else Path(prior), device)


def _feathered(mask: NDArray[np.float32]) -> Pixels:
    """The mask with its hard edges softened inwards: nowhere above the mask itself, so the outside stays outside."""
    side = 2 * FEATHER + 1
    inner = ndimage.uniform_filter(ndimage.minimum_filter(mask, side, mode="nearest"), side, mode="nearest")
    soft: Pixels = np.minimum(mask, inner).astype(np.float32)
    return soft


def _inside(weight: Pixels, box: Box) -> Pixels:
    x, y, w, h = box
    return weight[y : y + h, x : x + w]


def _eight_bit(pixels: Pixels) -> NDArray[np.uint8]:
    return (pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _gate(pixels: Pixels, source: Pixels) -> None:
    """No result that is not finite, or flat where the photo was not (UP#1003: black pictures called success)."""
    if not np.isfinite(pixels[::7, ::7]).all() or not math.isfinite(float(pixels.sum())):
        raise ResultError("The result is not finite.", "Try --device cpu, and report the photo.")
    if float(source[::7, ::7].std()) > 0.02 and float(pixels[::7, ::7].std()) < 1e-4:
        raise ResultError("The result is one flat colour.", "Try --device cpu, and report the photo.")
