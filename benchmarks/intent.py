"""Do no harm: photos that are dark, pale, misty, tinted or soft on purpose, and what is found in them and their twins.

The photos are those of `prior/intent.csv`, which no training run sees, and a few pictures drawn here. A twin is the
same photo with one fault; whether it is found says if the caution costs anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from benchmarks.metrics import Picture
from benchmarks.sets import scaled, training
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.blur import softness
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.prior.pictures import intents, opened
from upzeroir_plugin.restore import estimate
from upzeroir_plugin.summary import noise_on_grey

SCALE = 0.6
TWINS: dict[str, dict[str, float]] = {
    "haze": {"haze.depth": 0.8, "haze.red": 0.85, "haze.green": 0.87, "haze.blue": 0.9},
    "light": {"light.ev": 2.5, "noise.shot": 2, "noise.read": 1},
    "colour": {"colour.temperature": 70, "colour.tint": 10},
    "noise": {"noise.file": 10},
    "blur": {"blur.sigma": 1.6},
    "jpeg": {"jpeg.quality": 30},
}


def acts(theta: ParameterVector) -> dict[str, bool]:
    """Groups in which this θ would change a photo so that a viewer could notice (ours: the first word of the
    summary, or less).
    """
    return {
        "haze": theta["haze.depth"] >= 0.1,
        "light": abs(theta["light.ev"]) >= 0.25 or abs(math.log2(theta["light.midtones"])) >= 0.12,
        "colour": abs(theta["colour.temperature"]) >= 12 or abs(theta["colour.tint"]) >= 10,
        "noise": noise_on_grey(theta) >= 2,
        "blur": softness(theta.values()) >= 0.5,
        "jpeg": theta["jpeg.quality"] <= 92,
    }


def photos(data: Path) -> Iterator[tuple[str, str, Picture]]:
    """(name, intent, picture) of all photos of the set."""
    folder = training(data)
    for name, intent in intents():
        image = opened(folder / name)
        size = (round(image.width * SCALE), round(image.height * SCALE))
        yield name, intent, scaled(image.resize(size, Image.Resampling.LANCZOS))
    yield "page", "text", _page()
    yield "night sky", "stars", _stars()


def table(data: Path, limit: int | None) -> dict[str, object]:
    """False-action and detection rates by group, and the photos in which something was found."""
    false: dict[str, list[str]] = {group: [] for group in TWINS}
    found: dict[str, int] = dict.fromkeys(TWINS, 0)
    generator = torch.Generator().manual_seed(0)
    chosen = list(photos(data))[:limit]
    for name, intent, x in chosen:
        for group, on in acts(estimate(Photo(x)).theta).items():
            if on:
                false[group].append(f"{intent}: {name}")
        for group, fault in TWINS.items():
            y = _degraded(x, fault, generator)
            found[group] += acts(estimate(Photo(y)).theta)[group]
    out: dict[str, object] = {"photos": len(chosen)}
    for group in TWINS:
        rates = [len(false[group]) / len(chosen), found[group] / len(chosen)]
        out[f"{group}: false actions, detection"] = [round(r, 3) for r in rates]
    out["each"] = false
    return out


def _degraded(x: Picture, fault: dict[str, float], generator: torch.Generator) -> Picture:
    tensor = torch.from_numpy(x.transpose(2, 0, 1).copy())[None]
    height, width = x.shape[:2]
    ramp = torch.linspace(1.4, 0.6, height)[:, None].expand(height, width)[None, None]
    y = degrade(tensor, ParameterVector().with_values(fault).values(), Fields(depth=ramp), generator)
    return np.ascontiguousarray(y[0].permute(1, 2, 0).numpy(), np.float32)


def _page() -> Picture:
    """A page of print."""
    image = Image.new("RGB", (640, 480), (250, 249, 244))
    draw = ImageDraw.Draw(image)
    for line in range(22):
        words = " ".join(
            ("restored", "photo", "of", "a", "page", "in", "print")[(line + i) % 7] for i in range(9)
        )
        draw.text((40, 20 + 20 * line), words, fill=(30, 28, 26), font=ImageFont.load_default(14))
    return scaled(image)


def _stars() -> Picture:
    """Stars over a dark ridge."""
    rng = np.random.default_rng(0)
    sky = np.zeros((480, 640, 3), np.float32) + np.linspace(0.02, 0.12, 480, dtype=np.float32)[:, None, None]
    sky *= np.array([0.8, 0.9, 1.3], np.float32)
    for y, x, light in zip(
        rng.integers(1, 400, 500), rng.integers(1, 638, 500), rng.random(500) ** 3, strict=True
    ):
        sky[y, x] += light
        sky[y, x + 1] += 0.4 * light
    ridge = 400 + 30 * np.sin(np.arange(640) / 70)
    sky[np.arange(480)[:, None] > ridge] = 0.01
    return (np.round(sky.clip(0, 1) * 255) / 255).astype(np.float32)
