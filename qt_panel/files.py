"""Which files are photos, and where results go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

ENDINGS = {
    ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".heic", ".heif", ".avif", ".3fr", ".arw",
    ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef",
    ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
}  # fmt: skip
FORMATS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
"""What the service writes, and the ending it gets."""
MOST = 10_000
SUFFIX = "-restored"


def pictures_in(paths: Iterable[Path]) -> list[Path]:
    """Files as given (whatever their ending), and the photos in folders and their subfolders, sorted; absolute."""
    found: list[Path] = []
    for path in paths:
        path = Path(path).absolute()
        found += list(_below(path)) if path.is_dir() else [path]
    return list(dict.fromkeys(found))[:MOST]


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name.lower()))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.suffix.lower() in ENDINGS:
            yield entry


def filters(label: str) -> str:
    """The open dialog's line."""
    marks = [f"*{ending}" for ending in sorted(ENDINGS)]
    return f"{label} ({' '.join(marks)} {' '.join(marks).upper()})"


def free_name(folder: Path, stem: str, ending: str) -> Path:
    """The first of STEM.END, STEM-2.END, … that is not there."""
    path, number = folder / f"{stem}{ending}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{ending}", number + 1
    return path


def restored_name(path: Path, form: str) -> Path:
    """Where Save writes: beside the original, never over anything."""
    return free_name(path.parent, path.stem + SUFFIX, FORMATS.get(form, ".tif"))
