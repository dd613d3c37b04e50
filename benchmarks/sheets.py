"""Contact sheets: input, ours, best peer, reference side by side, for eyes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.metrics import Picture

SIDE = 256
LINE = 14


def sheet(rows: list[list[tuple[str, Picture]]], path: Path, side: int = SIDE) -> None:
    """One row a photo, one cell of `side` px a (label, picture); written as PNG or JPEG by the name's ending."""
    columns = max(len(row) for row in rows)
    page = Image.new("RGB", (columns * side, len(rows) * (side + LINE)), "white")
    draw = ImageDraw.Draw(page)
    for r, row in enumerate(rows):
        for c, (label, picture) in enumerate(row):
            cell = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255 + 0.5))
            cell.thumbnail((side, side))
            page.paste(cell, (c * side, r * (side + LINE) + LINE))
            draw.text((c * side + 2, r * (side + LINE) + 1), label, fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path)
