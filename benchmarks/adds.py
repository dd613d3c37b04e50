"""What each estimator of haze, light and cast adds: errors on kept-back photos by statistics, network and both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.metrics import Picture
from benchmarks.sets import read, training
from upzeroir_plugin.estimate import learned
from upzeroir_plugin.estimate.colour import estimate_colour
from upzeroir_plugin.estimate.fuse import fuse
from upzeroir_plugin.estimate.haze import estimate_haze
from upzeroir_plugin.estimate.light import estimate_light, lifted
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.prior.pictures import split
from upzeroir_plugin.restore import estimate

AIR = {"haze.red": 0.85, "haze.green": 0.87, "haze.blue": 0.9}
FAULTS: tuple[dict[str, float], ...] = (
    {"haze.depth": 0.4, **AIR},
    {"haze.depth": 0.8, **AIR},
    {"haze.depth": 1.2, **AIR},
    {"light.ev": 1.5, "noise.shot": 2, "noise.read": 1},
    {"light.ev": 3, "noise.shot": 2, "noise.read": 1},
    {"light.ev": 2, "haze.depth": 0.6, **AIR},
    {"colour.temperature": 60},
    {"colour.temperature": -60, "colour.tint": 15},
)
WATCHED = ("haze.depth", "light.ev", "colour.temperature")


def statistics(photo: Photo) -> ParameterVector:
    """Black point, white point and grey guesses alone."""
    view = learned.view_of(photo.pixels)
    light = estimate_light(view)
    lit = fuse(light.readings)
    haze = estimate_haze(lifted(view, lit["light.ev"], lit["light.midtones"]))
    return fuse(row for found in (light, haze, estimate_colour(view)) for row in found.readings)


def network(photo: Photo) -> ParameterVector:
    """The network alone."""
    seen = learned.read(learned.view_of(photo.pixels))
    return fuse(row for rows in seen.readings.values() for row in rows)


def both(photo: Photo) -> ParameterVector:
    """What the program does."""
    return estimate(photo).theta


WAYS: dict[str, Callable[[Photo], ParameterVector]] = {
    "statistics": statistics,
    "network": network,
    "both": both,
}


def table(data: Path, limit: int | None) -> dict[str, object]:
    """Median error of each watched parameter where it is wrong (relative for depth), by way of estimation."""
    generator = torch.Generator().manual_seed(0)
    photos = [_small(read(path)) for path in split(training(data))[1]][:limit]
    errors: dict[str, dict[str, list[float]]] = {way: {name: [] for name in WATCHED} for way in WAYS}
    covered: dict[str, list[bool]] = {name: [] for name in WATCHED}
    for x in photos:
        for fault in FAULTS:
            photo = Photo(_degraded(x, fault, generator))
            for way, read_theta in WAYS.items():
                theta = read_theta(photo)
                for name in WATCHED:
                    if name in fault:
                        miss = theta[name] - fault[name]
                        errors[way][name].append(miss / fault[name] if name == "haze.depth" else miss)
                        if way == "both":
                            entry = theta.entries[name]
                            covered[name].append(entry.low <= fault[name] <= entry.high)
    out: dict[str, object] = {"photos": len(photos)}
    for way, found in errors.items():
        for name, misses in found.items():
            out[f"{name} by {way}: median |error|, bias"] = [
                round(float(np.median(np.abs(misses))), 3), round(float(np.mean(misses)), 3)
            ]  # fmt: skip
    for name, held in covered.items():
        out[f"{name}: 90 % interval holds"] = round(float(np.mean(held)), 3)
    return out


def _small(x: Picture) -> Picture:
    return np.ascontiguousarray(x[::2, ::2])


def _degraded(x: Picture, fault: dict[str, float], generator: torch.Generator) -> Picture:
    tensor = torch.from_numpy(x.transpose(2, 0, 1).copy())[None]
    y = degrade(tensor, ParameterVector().with_values(fault).values(), Fields(), generator)
    return np.ascontiguousarray(y[0].permute(1, 2, 0).numpy(), np.float32)
