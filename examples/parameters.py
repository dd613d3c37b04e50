"""One picture for each parameter, before and after, and docs/parameters.md around them.

`python -m examples.parameters --train DIR` makes both from the clean photos named in SHOWN (see SOURCES.md);
`python -m examples.parameters` writes the page anew, from the table and from what the last run had found.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from examples.explained import GROUP_WORDS, UNITS, WORDS
from examples.make import Plane, clean, distance, hook
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import (
    GROUP_LABELS,
    GROUPS,
    MODIFIERS,
    PARAMETERS,
    Parameter,
    ParameterVector,
)
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.restore import Step, estimate, restore

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures" / "parameters"
PAGE = ROOT / "docs" / "parameters.md"
FOUND = OUT / "found.json"
HALF, HEIGHT, GAP = 300, 210, 6
QUALITY = 82
"""Of the pictures, in JPEG: grain must stay visible, and all of them must stay below a megabyte."""


@dataclass(frozen=True)
class Shown:
    """`source`: the clean photo; `theta`: what is done to it; `at`: corner of the part shown 1:1 (None: all)."""

    source: str
    theta: dict[str, float]
    at: tuple[int, int] | None = None


HALL, LAKE, KITTEN, SUNSET, SPICES, ROME = (
    f"budgie_{name}.jpg"
    for name in ("orange-hallway", "lake-sherburne", "kitten-on-lawn", "beacon-street-sunset",
                 "the-spices-of-life", "roman-colosseum")
)  # fmt: skip
FACE, FUR, ARCHES = (330, 160), (330, 160), (330, 250)
VEIL = {"haze.red": 0.85, "haze.green": 0.85, "haze.blue": 0.85}
SHOWN = {
    "haze.depth": Shown(LAKE, {"haze.depth": 1.2, **VEIL}),
    "haze.red": Shown(LAKE, {"haze.depth": 0.9, **VEIL, "haze.red": 0.95, "haze.blue": 0.7}),
    "haze.green": Shown(LAKE, {"haze.depth": 0.9, **VEIL, "haze.green": 0.92, "haze.red": 0.78}),
    "haze.blue": Shown(LAKE, {"haze.depth": 0.9, **VEIL, "haze.blue": 0.97, "haze.red": 0.75}),
    "blur.shake": Shown(ROME, {"blur.shake": 4.0}, ARCHES),
    "blur.sigma": Shown(KITTEN, {"blur.sigma": 1.6}, FACE),
    "blur.focus": Shown(KITTEN, {"blur.focus": 3.0}, FACE),
    "blur.length": Shown(ROME, {"blur.length": 9.0, "blur.angle": 0.0}, ARCHES),
    "blur.angle": Shown(ROME, {"blur.length": 9.0, "blur.angle": 45.0}, ARCHES),
    "light.ev": Shown(ROME, {"light.ev": 2.5}),
    "light.midtones": Shown(ROME, {"light.midtones": 1.8}),
    "light.local": Shown(HALL, {"light.ev": 1.5, "light.local": 1.0}),
    "noise.shot": Shown(KITTEN, {"noise.shot": 40.0}, FUR),
    "noise.read": Shown(ROME, {"noise.read": 25.0}, ARCHES),
    "noise.file": Shown(KITTEN, {"noise.file": 20.0}, FUR),
    "noise.size": Shown(KITTEN, {"noise.shot": 30.0, "noise.size": 1.2}, FUR),
    "noise.chroma": Shown(KITTEN, {"noise.shot": 20.0, "noise.chroma": 2.5}, FUR),
    "noise.clipped": Shown(ROME, {"noise.file": 14.0, "noise.clipped": 2.5}, ARCHES),
    "noise.blotches": Shown(KITTEN, {"noise.blotches": 10.0}, FACE),
    "colour.temperature": Shown(SPICES, {"colour.temperature": 80.0}),
    "colour.tint": Shown(SPICES, {"colour.tint": 45.0}),
    "jpeg.quality": Shown(SUNSET, {"jpeg.quality": 12.0}, (560, 120)),
    "sampling.scale": Shown(KITTEN, {"sampling.scale": 2.0}, FACE),
}


def picture(name: str, folder: Path) -> tuple[Image.Image, str]:
    """Before and after with the true values pinned, and what the program finds by itself, in words."""
    shown = SHOWN[name]
    bad, depth = _bad(clean(folder / shown.source), shown.theta)
    photo = Photo(bad)
    alone = estimate(photo).theta.entries[name]
    given = estimate(photo, dict(shown.theta))
    if depth is not None:
        given = replace(given, maps=replace(given.maps, depth=depth))
    made = _restored(photo, given)
    page = Image.new("RGB", (2 * HALF + GAP, HEIGHT), "white")
    for index, pixels in enumerate((bad, made)):
        page.paste(_cut(pixels, shown.at), (index * (HALF + GAP), 0))
    return page, f"{alone.value:.3g} ({alone.low:.3g} to {alone.high:.3g})"


def _bad(photo: Plane, theta: dict[str, float]) -> tuple[np.ndarray, np.ndarray | None]:
    """The photo with the faults, (H, W, 3) in [0, 1], and the depth map of its veil."""
    depth = distance(photo).astype(np.float32) if "haze.depth" in theta else None
    x = torch.from_numpy(photo).permute(2, 0, 1)[None].float()
    maps = Maps(depth=depth, illumination=_backlight(photo), path=hook())
    spread = fields(maps, (photo.shape[1], photo.shape[0]))
    values = ParameterVector().with_values(theta).values()
    y = degrade(x, values, spread, torch.Generator().manual_seed(0))
    return np.ascontiguousarray(y[0].permute(1, 2, 0).numpy()), depth


def _backlight(photo: Plane) -> np.ndarray:
    """Stops by which the lower part lies in shadow, (H, W), mean 0."""
    down = np.linspace(-1.2, 1.2, len(photo), dtype=np.float32)[:, None]
    return np.repeat(-down, photo.shape[1], 1)


def _restored(photo: Photo, found: Estimate) -> np.ndarray:
    steps = [e for e in restore(photo, found) if isinstance(e, Step)]
    return next(step.result.photo.pixels for step in reversed(steps) if step.result)


def _cut(pixels: np.ndarray, at: tuple[int, int] | None) -> Image.Image:
    image = Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))
    if at is not None:
        return image.crop((*at, at[0] + HALF, at[1] + HEIGHT))
    scale = max(HALF / image.width, HEIGHT / image.height)
    size = (round(image.width * scale), round(image.height * scale))
    small = image.resize(size, Image.Resampling.LANCZOS)
    left, top = (small.width - HALF) // 2, (small.height - HEIGHT) // 2
    return small.crop((left, top, left + HALF, top + HEIGHT))


def page(found: dict[str, str]) -> str:
    """docs/parameters.md from the table; `found`: what the program found by itself in each picture."""
    head = (ROOT / "examples" / "parameters-head.md").read_text("utf-8")
    return head + "".join(_group(group, found) for group in GROUPS)


def _group(group: str, found: dict[str, str]) -> str:
    rows = [row for row in PARAMETERS if row.group == group]
    return f"\n## {GROUP_LABELS[group]}\n\n{GROUP_WORDS[group]}\n" + "".join(_section(r, found) for r in rows)


def _section(row: Parameter, found: dict[str, str]) -> str:
    unit = f" ({UNITS[row.name]})" if row.name in UNITS else f" {row.unit}" if row.unit else ""
    none = "" if row.name in MODIFIERS else f"; {row.neutral:g} is none of it"
    true = ", ".join(f"`{name}` {value:g}" for name, value in SHOWN[row.name].theta.items())
    file = f"pictures/parameters/{row.name}.jpg"
    return (
        f"\n### `{row.name}` – {row.label}\n\n"
        f"{row.low:g} to {row.high:g}{unit}{none}. {row.help} {WORDS[row.name]}\n\n"
        f"![{row.label}: before and after]({file})\n\n"
        f"*Done to the photo: {true}. Found by the program alone, with its 90 % interval: {found[row.name]}.*\n"
    )


def main() -> None:
    """Pictures, if clean photos are named, then the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, metavar="DIR", help="folder of the clean photos")
    parser.add_argument("--only", nargs="*", default=list(SHOWN), metavar="NAME", help="these parameters")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    found = json.loads(FOUND.read_text("utf-8")) if FOUND.exists() else {}
    if args.train:
        for name in args.only:
            image, found[name] = picture(name, args.train)
            path = OUT / f"{name}.jpg"
            image.save(path, quality=QUALITY, optimize=True)
            print(f"{name}: {found[name]}, {path.stat().st_size / 1000:.0f} kB")
        FOUND.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page(found), "utf-8")


if __name__ == "__main__":
    main()
