"""Which photos train and which are kept back: a fixed tenth, by name, so that no run ever sees it."""

from __future__ import annotations

from pathlib import Path


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Sorted photos of `folder` as (train, val): every tenth, from the sixth on, is kept back."""
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".png"})
    val = paths[5::10]
    kept = set(val)
    return [p for p in paths if p not in kept], val
