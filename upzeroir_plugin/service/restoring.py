"""What the engine does: one job after another, with the pictures of the last photos kept. Imports torch."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from upzeroir_plugin.errors import CancelledError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, Entry, ParameterVector
from upzeroir_plugin.photo.crop import Box, continued, overlap
from upzeroir_plugin.photo.image import Photo, Pixels
from upzeroir_plugin.physics.blur import Blur
from upzeroir_plugin.prior.embedded import Prior, embedded
from upzeroir_plugin.prior.store import FOLDER, place_of
from upzeroir_plugin.restore import Control, Options, Progress, Result, Step, record, restore
from upzeroir_plugin.service.child import Message
from upzeroir_plugin.service.engine import Stops
from upzeroir_plugin.service.pictures import Previews, grey_png, kept_photo
from upzeroir_plugin.solver.annealed import make_plan
from upzeroir_plugin.solver.canvas import inside, restorable
from upzeroir_plugin.solver.honesty import SIDE, Subject, honesty
from upzeroir_plugin.solver.kept import LIMIT, Kept
from upzeroir_plugin.solver.means import choose_device
from upzeroir_plugin.summary import summary

PHOTOS_KEPT = 2
MEMORY_SHARE = 0.05
LABELS = {
    "estimate": "Looking at the photo",
    "draft": "First draft",
    "probe": "Trying it on small parts",
    "noise": "Removing noise",
    "blur": "Undoing blur",
    "refine": "Cleaning up",
    "guided": "Cleaning up",
    "prior": "Loading the prior",
}


class Engine:
    """Answers the service's messages; says what it is when the prior is loaded."""

    def __init__(self, pipe: Connection[Any, Any], stops: Stops, prior_folder: str | None = None) -> None:
        self.pipe, self.stops = pipe, stops
        self.folder = Path(prior_folder) if prior_folder else FOLDER
        self.photos: OrderedDict[str, tuple[Photo, Kept]] = OrderedDict()
        prior = _prior("auto", self.folder)
        prior.denoise(torch.zeros(1, 3, 64, 64), torch.tensor(0.1))  # the first call compiles its kernels
        pipe.send({"is": "ready", "about": _about(prior)})

    def __call__(self, message: Message) -> Message:
        """Do what a message asks for. Raises UpzeroirError, InvalidParameter, OSError."""
        return {"run": self.run, "map": self.map, "forget": self.forget}[message["do"]](message)

    def forget(self, message: Message) -> Message:
        """A photo is gone."""
        self.photos.pop(message["photo"], None)
        return {}

    def run(self, message: Message) -> Message:
        """One restoration: events on the way, the result in the job's folder, what it is as the answer."""
        began = time.monotonic()
        order = message["order"]
        photo, kept = self._photo(message["photo"], Path(message["photo_folder"]))
        found = kept_estimate(Path(message["photo_folder"]))
        entries = {name: Entry(**entry) for name, entry in order["entries"].items()}
        found = replace(found, theta=found.theta.with_entries(entries))
        options = _options(order, message["mask_folder"], self.folder)
        area = options.region or (0, 0, *photo.size)
        control = Control()
        self.stops.begin(message["job"], control)
        try:
            events = restore(photo, found, options, control, kept)
            result = self._follow(message["job"], events, Previews(photo.profile), area)
        finally:
            self.stops.begin("", None)
        folder = Path(message["folder"])
        np.save(folder / "result.npy", result.photo.pixels)
        restarts = result.quality["restarts"]  # what its residual denied was not done after all
        about = {"area": area, "record": record(found.theta, options, result), "restarts": restarts}
        (folder / "result.json").write_text(json.dumps(about), encoding="utf-8")
        return {"result": {"region": area, **_described(result, control, time.monotonic() - began)}}

    def map(self, message: Message) -> Message:
        """An honesty map of a finished job, written to its folder; the answer says what its values mean."""
        folder, path = Path(message["folder"]), Path(message["path"])
        prior = _prior(message["device"], self.folder)
        control = Control()

        def check() -> None:
            if control.cancelled.is_set():
                raise CancelledError("Cancelled.")

        self.stops.begin(message["job"], control)
        try:
            subject = self._subject(message, folder, prior)
            found = honesty(message["kind"], subject, prior, check)
        finally:
            self.stops.begin("", None)
        means = {name: getattr(found, name) for name in ("low", "high", "unit", "scale", "label")}
        path.with_suffix(".json").write_text(json.dumps({"kind": message["kind"], **means}), encoding="utf-8")
        beside = path.with_name("made-" + path.name)
        beside.write_bytes(grey_png(found.values, found.low, found.high, SIDE))
        beside.replace(path)
        return {}

    def _subject(self, message: Message, folder: Path, prior: Prior) -> Subject:
        """A finished job's result with the Plan that made it."""
        photo, _ = self._photo(message["photo"], Path(message["photo_folder"]))
        about = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        record, area = about["record"], about["area"]
        theta, amounts = ParameterVector.from_json(record["parameters"]), Amounts.from_json(record["amounts"])
        if about["restarts"]:
            theta = theta.with_values(dict.fromkeys(Blur.switches, 0.0))
        found = kept_estimate(Path(message["photo_folder"]))
        thorough = record["effort"] == "thorough"
        seen = continued(photo.pixels, found.picture)
        plan = make_plan(seen, theta, found.maps, amounts, prior, thorough, record["steps"])
        mask = message["mask_folder"]
        weight = restorable(_mask(Path(mask)) if mask else None, found.picture, photo.size)
        after = np.load(folder / "result.npy", mmap_mode="r")
        after = continued(after, found.picture and overlap(found.picture, area))
        part = None if weight is None else inside(weight, area)
        return Subject(inside(seen, area), after, tuple(area), plan, amounts, record["strength"], part)

    def _follow(self, job: str, events: Iterator[Progress | Step], previews: Previews, area: Box) -> Result:
        """Pass on what happens; the result at the end."""
        shown: Any = None
        label = LABELS["estimate"]
        result: Result | None = None
        for event in events:
            picture = event.preview if event.preview is not shown else None
            shown = event.preview
            jpeg = b"" if picture is None else previews.jpeg(picture)
            label = LABELS.get(event.label, event.label) if isinstance(event, Progress) else label
            fields = _progress(event) if isinstance(event, Progress) else _step(event)
            if event.preview is not None:
                fields["scale"] = min(event.preview.shape[1] / area[2], 1.0)
            kind = "progress" if isinstance(event, Progress) else "step"
            self.pipe.send(
                {
                    "is": "event",
                    "job": job,
                    "kind": kind,
                    "jpeg": jpeg,
                    "fields": {"label": label, **fields, "area": area},
                }
            )
            if isinstance(event, Step) and event.result is not None:
                result = event.result
        assert result is not None  # noqa: S101 - restore ends with a result or an error
        return result

    def _photo(self, name: str, folder: Path) -> tuple[Photo, Kept]:
        """A photo and the pictures that earlier jobs on it left."""
        found = self.photos.pop(name, None) or (kept_photo(folder), Kept(_share_of_memory()))
        self.photos[name] = found
        while len(self.photos) > PHOTOS_KEPT:
            self.photos.popitem(last=False)
        return found


def _prior(device: str, folder: Path) -> Prior:
    """The embedded prior on the device asked for; on the processor if it fails there."""
    name = choose_device(device)
    try:
        return embedded(folder, name)
    except RuntimeError:
        if name == "cpu":
            raise
        return embedded(folder, "cpu")


def kept_estimate(folder: Path) -> Estimate:
    """Back from reading.keep_estimate; without the evidence, which only clients need."""
    theta = ParameterVector.from_json(json.loads((folder / "estimate.json").read_text(encoding="utf-8")))
    with np.load(folder / "maps.npz") as kept:
        grids = {name: kept[name] for name in kept.files}
    picture = grids.pop("picture", None)
    return Estimate(theta, Maps(**grids), picture=None if picture is None else tuple(picture.tolist()))


def _options(order: Message, mask_folder: str | None, prior: Path) -> Options:
    centre = order["centre"]
    return Options(
        amounts=Amounts.from_json(order["amounts"]),
        strength=order["strength"],
        effort=order["effort"],
        steps=order["steps"],
        region=order["region"],
        mask=_mask(Path(mask_folder)) if mask_folder else None,
        seed=order["seed"],
        device=order["device"],
        centre=centre,
        prior=str(prior if order["prior"] is None else place_of(order["prior"], paths=False)),
        latent_shape=order["latent"][0],
        latent_scale=order["latent"][1],
    )


def _share_of_memory() -> int:
    """Bytes that one photo's pictures may take."""
    return min(LIMIT, int(MEMORY_SHARE * psutil.virtual_memory().total))


def _mask(folder: Path) -> Pixels:
    found = kept_photo(folder)
    grey = found.pixels[..., 1]
    mask: Pixels = (grey if found.alpha is None else grey * found.alpha).clip(0, 1).astype(np.float32)
    return mask


def _progress(event: Progress) -> Message:
    fields = {
        "label": LABELS.get(event.label, event.label),
        "stage": event.label,
        "done": round(event.done, 4),
    }
    if event.eta_seconds is not None:
        fields["eta"] = round(event.eta_seconds, 2)
    if event.box is not None:
        fields["box"] = event.box
    if event.notice:
        fields["notice"] = event.notice
    return fields


def _step(event: Step) -> Message:
    return {
        "index": event.index,
        "total": event.total,
        "sigma": event.sigma,
        "parameters": event.theta.to_json(),
        "residual": event.residual,
    }


def _described(result: Result, control: Control, seconds: float) -> Message:
    width, height = result.photo.size
    return {
        "changed": result.changed,
        "width": width,
        "height": height,
        "summary": summary(result.theta),
        "parameters": result.theta.to_json(),
        "quality": result.quality,
        "network_calls": result.network_calls,
        "solver": result.solver,
        "effort": result.effort,
        "seed": result.seed,
        "device": result.device,
        "dtype": result.dtype,
        "prior": result.prior,
        "notices": list(result.notices),
        "kept": control.kept.is_set(),
        "seconds": round(seconds, 4),
    }


def _about(prior: Prior) -> Message:
    device = prior.device.type
    name = torch.cuda.get_device_name() if device == "cuda" else torch.backends.cpu.get_cpu_capability()
    return {
        "device": device,
        "device_name": name,
        "dtype": prior.dtype,
        "prior": {"name": prior.name, "sha256": prior.sha256},
    }
