"""Make docs/pictures/trajectory.jpg: the paper's solver on its way, in pixels and in our latents.

`python examples/trajectory.py`. Needs the extra `latent`, and a minute.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from upzeroir_plugin.photo.load import load
from upzeroir_plugin.restore import Options, Step, estimate, restore
from upzeroir_plugin.solver.view import eight_bit

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "pictures" / "trajectory.jpg"
AREA = (352, 216, 256, 256)
SHARES = (0.0, 0.15, 0.4, 1.0)
GAP = 4


def row(prior: str) -> list[Image.Image]:
    """A part of the hazy example, and the scene at some moments of its restoration."""
    photo = load(HERE / "haze.jpg", 1e8)
    found = estimate(photo)
    options = Options(effort="guided", prior=prior, region=AREA)
    steps = [event for event in restore(photo, found, options) if isinstance(event, Step)]
    shown = [step.preview for step in steps if step.preview is not None]
    x, y, w, h = AREA
    before = eight_bit(photo.pixels[y : y + h, x : x + w])
    moments = (shown[round(share * (len(shown) - 1))] for share in SHARES)
    return [Image.fromarray(picture) for picture in (before, *moments)]


def main() -> None:
    """Write the picture."""
    rows = [row(prior) for prior in ("embedded", "small-latent")]
    _, _, w, h = AREA
    page = Image.new("RGB", (len(rows[0]) * (w + GAP) - GAP, 2 * (h + GAP) - GAP), "white")
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            page.paste(cell, (c * (w + GAP), r * (h + GAP)))
    page.save(OUT, quality=88, subsampling=0, optimize=True)


if __name__ == "__main__":
    main()
