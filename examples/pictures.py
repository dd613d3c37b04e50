"""Make the README's pictures: each example before and after, side by side: `python examples/pictures.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from upzeroir_plugin.photo.load import load
from upzeroir_plugin.restore import Step, estimate, restore
from upzeroir_plugin.solver.view import eight_bit
from upzeroir_plugin.summary import summary

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "pictures"
HALF = 560
GAP = 8


def pair(path: Path) -> tuple[Image.Image, str]:
    """The photo as it is beside what one setting made of it, and the sentence about it."""
    photo = load(path, 1e8)
    found = estimate(photo)
    steps = [event for event in restore(photo, found) if isinstance(event, Step)]
    made = [step.result.photo.pixels for step in steps if step.result]
    halves = [_shown(photo.pixels), _shown(made[-1])]
    page = Image.new("RGB", (2 * HALF + GAP, halves[0].height), "white")
    for index, half in enumerate(halves):
        page.paste(half, (index * (HALF + GAP), 0))
    return page, summary(found.theta)


def _shown(pixels: np.ndarray) -> Image.Image:
    image = Image.fromarray(eight_bit(pixels))
    return image.resize((HALF, round(image.height * HALF / image.width)), Image.Resampling.LANCZOS)


def main() -> None:
    """Write docs/pictures/NAME.jpg for every example."""
    OUT.mkdir(parents=True, exist_ok=True)
    for path in sorted(HERE.glob("*.jpg")):
        page, words = pair(path)
        page.save(OUT / path.name, quality=88, subsampling=0, optimize=True)
        print(f"{path.name}: {words}")


if __name__ == "__main__":
    main()
