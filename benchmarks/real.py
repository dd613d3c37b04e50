"""Photos that went wrong by themselves: what is found in each, and sheets for eyes, since most have no better twin.

Read as files, with the evidence that a user's file brings.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.engine import restored
from benchmarks.sets import MEAN, listed
from benchmarks.sheets import sheet
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.summary import summary

MOST = 5e7
KINDS = ("blurred", "hazy", "jpeg", "lowlight", "noisy")


def table(data: Path, limit: int | None, out: Path | None = None) -> dict[str, object]:
    """The sentence for each photo, by kind; with `out`, a sheet of each kind: before and after."""
    found: dict[str, object] = {}
    for kind in KINDS:
        rows = []
        photos = [path for path in listed(data / "eval" / "real" / kind) if not path.stem.endswith(MEAN)]
        for path in photos[:limit]:
            photo = load(path, MOST)
            outcome = restored(photo)
            words = summary(outcome.found.theta)
            found[f"{kind}: {path.stem}"] = words
            rows.append([(path.stem[:40], photo.pixels), (words[:70], outcome.picture)])
        if out:
            sheet(rows, out / f"sheet-real-{kind}.png", side=512)
    return found
