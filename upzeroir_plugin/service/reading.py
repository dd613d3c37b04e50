"""What the reader does: a photo in, its estimate, a result out. numpy only."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from upzeroir_plugin.estimate.light import histogram
from upzeroir_plugin.estimate.readings import Estimate, Hypothesis
from upzeroir_plugin.estimate.run import estimate as measure
from upzeroir_plugin.estimate.undo import undone
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import BY_NAME, ParameterVector
from upzeroir_plugin.photo.crop import checked_region, crop
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.save import save
from upzeroir_plugin.service.child import Message
from upzeroir_plugin.service.pictures import (
    DTYPES,
    Previews,
    grey_png,
    keep_photo,
    kept_photo,
    photo_of_frame,
    write_frame,
)
from upzeroir_plugin.summary import summary

MAP_SIDE = 256
SAMPLES = 250_000
"""Pixels that histograms look at."""
ENDINGS = {"png": ".png", "tiff": ".tif", "jpeg": ".jpg", "webp": ".webp"}
RESULTS = {
    "JPEG": "jpeg",
    "PNG": "png",
    "TIFF": "tiff",
    "WEBP": "webp",
    "GIF": "png",
    "BMP": "png",
    "": "frame",
}
"""In which format a result goes back by default; tiff for all others (HEIF, raw)."""


def answer(message: Message) -> Message:
    """Do what a message asks for. Raises UpzeroirError, InvalidParameter, OSError."""
    return {"file": _file, "frame": _frame, "original": _original, "estimate": _estimate, "encode": _encode}[
        message["do"]
    ](message)


def _file(message: Message) -> Message:
    folder = Path(message["folder"])
    photo = load(folder / "upload", message["pixels"])
    keep_photo(photo, folder)
    return {"about": _about(photo)}


def _frame(message: Message) -> Message:
    folder = Path(message["folder"])
    photo = photo_of_frame(message["header"], folder / "upload", folder)
    keep_photo(photo, folder)
    (folder / "upload").unlink(missing_ok=True)
    return {"about": _about(photo)}


def _about(photo: Photo) -> dict[str, Any]:
    width, height = photo.size
    return {
        "width": width,
        "height": height,
        "channels": (1 if photo.grey else 3) + (photo.alpha is not None),
        "bit_depth": photo.bit_depth,
        "grey": photo.grey,
        "alpha": photo.alpha is not None,
        "profile": photo.profile is not None,
        "format": photo.format.lower() or "frame",
        "result": RESULTS.get(photo.format, "tiff"),
    }


def _original(message: Message) -> Message:
    photo = kept_photo(Path(message["folder"]))
    with _whole(Path(message["path"])) as beside:
        write_frame(photo, photo, DTYPES[photo.bit_depth], beside)
    return {}


@contextlib.contextmanager
def _whole(path: Path, ending: str = "") -> Iterator[Path]:
    """A file beside `path` to write to: it takes that place when it is whole, else nothing of it is left."""
    beside = path.with_name(f"made-{path.name}{ending}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _estimate(message: Message) -> Message:
    """The answer to the client, ready as JSON; the whole photo's estimate is stored for the engine too."""
    began = time.monotonic()
    folder = Path(message["folder"])
    photo = kept_photo(folder)
    rect = message["rect"]
    part = photo if rect is None else crop(photo, checked_region(rect, photo.size))
    found = measure(part)
    if rect is None and not message["pins"]:
        keep_estimate(found, folder)
    theta = found.theta.pinned(message["pins"])
    seen = found.picture or (0, 0, *part.size)
    said = {
        "summary": summary(theta),
        "parameters": theta.to_json(),
        "evidence": {**plain(found.evidence), "histogram": _histogram(crop(part, seen), theta)},
        "maps": {name: _map(getattr(found.maps, name)) for name in Maps.__slots__},
        "hypotheses": [_hypothesis(h, Previews(photo.profile)) for h in found.hypotheses],
        "seconds": round(time.monotonic() - began, 4),
    }
    return {"found": {"json": json.dumps(said, allow_nan=False)}}


def keep_estimate(found: Estimate, folder: Path) -> None:
    """Store θ, maps and where the picture is beside the photo. Raises OSError."""
    maps = {name: getattr(found.maps, name) for name in Maps.__slots__} | {"picture": found.picture}
    np.savez(folder / "maps.npz", **{name: grid for name, grid in maps.items() if grid is not None})
    (folder / "estimate.json").write_text(json.dumps(found.theta.to_json()), encoding="utf-8")


def _encode(message: Message) -> Message:
    """A job's result as a file: a frame, or a picture with the upload's metadata."""
    folder, path = Path(message["folder"]), Path(message["path"])
    about = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    source = kept_photo(Path(message["photo"]))
    region = about["area"]
    before = crop(source, region)
    pixels = np.load(folder / "result.npy", mmap_mode="c")
    if message["form"] == "frame":
        dtype = DTYPES[source.bit_depth] if message["dtype"] == "same" else message["dtype"]
        with _whole(path) as beside:
            write_frame(replace(before, pixels=pixels), before, dtype, beside)
        return {}
    upload = Path(message["photo"]) / "upload"
    if upload.exists():
        loaded = load(upload, math.inf)
        source, before = loaded, crop(loaded, region)
    whole = (0, 0, *source.size) == tuple(region)
    with _whole(path, ENDINGS[message["form"]]) as beside:
        save(
            replace(before, pixels=pixels),
            beside,
            source=source if whole else None,
            metadata=message["metadata"],
            record=about["record"],
            overwrite=True,
            depth=message["depth"],
            quality=message["quality"],
        )
    return {}


def _histogram(photo: Photo, theta: ParameterVector) -> dict[str, list[float]]:
    """Shares of luma in 64 bins of [0, 1]: as the photo is, and as θ's haze, light and cast undone would make it."""
    step = max(1, round(math.sqrt(photo.pixels.shape[0] * photo.pixels.shape[1] / SAMPLES)))
    some = np.ascontiguousarray(photo.pixels[::step, ::step])
    return {"found": histogram(some), "target": histogram(undone(some, theta.values()))}


def _hypothesis(found: Hypothesis, previews: Previews) -> dict[str, Any]:
    """For a client to show, and to send back as pins if it is chosen."""
    picture = (found.picture.clip(0, 1) * 255).round().astype(np.uint8)
    values = {
        name: min(max(value, BY_NAME[name].low), BY_NAME[name].high) for name, value in found.values.items()
    }
    return {
        "label": found.label,
        "weight": round(found.weight, 4),
        "parameters": values,
        "jpeg": base64.b64encode(previews.jpeg(picture)).decode("ascii"),
    }


def _map(grid: Any) -> dict[str, Any] | None:
    if grid is None:
        return None
    low, high = float(grid.min()), float(grid.max())
    return {
        "png": base64.b64encode(grey_png(grid, low, high, MAP_SIDE)).decode("ascii"),
        "low": low,
        "high": high,
    }


def plain(value: Any) -> Any:
    """JSON values of what estimators hand over: arrays as lists, no NaN."""
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
