"""Which photos a batch takes, and what their results are called. No pixels are read."""

from __future__ import annotations

import glob
import os
import string
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.photo.load import RAW_ENDINGS
from upzeroir_plugin.single import ending

COMPANIONS = {".jpg", ".jpeg", ".heic", ".heif"}
"""What cameras write beside a raw file."""
READABLE = RAW_ENDINGS | COMPANIONS | {".png", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".avif"}
FORMATS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
FIELDS = ("stem", "folder")
FOLDER = "upzeroir-batch"
"""In the output folder: what a batch knows of itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Source and output of one photo, absolute paths."""

    source: Path
    output: Path


@dataclass(slots=True)
class Found:
    """`photos` in order; `left`: what is not restored, and why, in words."""

    photos: list[Wanted] = field(default_factory=list)
    left: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """How results are called: `pattern` with {stem} and {folder}; `format` is same or a key of FORMATS."""

    pattern: str = "{stem}"
    format: str = "same"

    def check(self) -> None:
        """Raises UsageError for a pattern that names something else, or that gives every photo the same name."""
        hint = "Use {stem} (the photo's name), {folder} and plain text, such as {stem}-restored."
        try:
            used = [name for _, name, _, _ in string.Formatter().parse(self.pattern) if name is not None]
        except ValueError as error:
            raise UsageError(f"--name {self.pattern}: {error}.", hint) from error
        if "stem" not in used or not set(used) <= set(FIELDS):
            raise UsageError(f"--name {self.pattern} makes no names.", hint)
        if any(c in self.pattern for c in '/\\:*?"<>|'):
            raise UsageError(f"--name {self.pattern} holds a character that no file name may have.", hint)

    def of(self, photo: Path) -> str:
        """The result's name for a photo."""
        stem = self.pattern.format(stem=photo.stem, folder=photo.parent.name)
        return stem + (ending(photo) if self.format == "same" else FORMATS[self.format])


def find(
    wanted: Sequence[str],
    output: Path,
    recursive: bool,
    pairs: str,
    names: Names,
    results: Set[Path] = frozenset(),
) -> Found:
    """Photos of the folders, files and patterns `wanted`; results go below `output`, in the same sub-folders.

    Of a raw file and the camera's JPEG beside it, `pairs` says which is taken. Hidden files and folders, links to
    folders, the output folder itself and `results` of earlier runs are passed over. Raises UsageError if there is
    nothing, or if results would land on their sources.
    """
    names.check()
    output = _absolute(output)
    found, seen, taken = Found(), set[Path](), set[str]()
    several = len([text for text in wanted if Path(text).is_dir()]) > 1
    for text in wanted:
        root, photos = _photos(text, recursive, output)
        below = output / root.name if several and Path(text).is_dir() else output
        for photo in _paired(photos, pairs, found):
            if photo in seen or photo in results:
                continue
            seen.add(photo)
            folder = below / photo.parent.relative_to(root)
            result = free(folder / names.of(photo), photo, taken)
            taken.add(same(result))
            found.photos.append(Wanted(photo, result))
    if not found.photos:
        raise UsageError(
            f"No photos were found in {', '.join(wanted)}.",
            "Name a folder that holds photos; --recursive looks into its sub-folders too.",
        )
    sources = {same(photo) for photo in seen}
    for item in found.photos:
        if same(item.output) in sources:
            raise UsageError(
                f"{item.output} is a source.",
                'Choose another output folder, or --name "{stem}-restored": sources are never overwritten.',
            )
    return found


def _photos(text: str, recursive: bool, output: Path) -> tuple[Path, list[Path]]:
    """The folder that the results' sub-folders are counted from, and the photos."""
    path = _absolute(text)
    if path.is_dir():
        return path, [p for p in _walk(path, recursive, output) if p.suffix.lower() in READABLE]
    if path.exists():
        return path.parent, [path]
    if not glob.has_magic(text):
        raise UsageError(f"There is no file or folder {text}.", "Check the name.")
    fixed = _absolute(text[: min(text.find(c) for c in "*?[" if c in text)] + "x").parent
    matches = (_absolute(m) for m in sorted(glob.glob(text, recursive=True)))  # noqa: PTH207
    inside = (m for m in matches if m.is_file() and m.suffix.lower() in READABLE)
    return fixed, [m for m in inside if output not in m.parents]


def _walk(folder: Path, recursive: bool, output: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        here = Path(place)
        shown = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [n for n in shown if n != FOLDER and here / n != output] if recursive else []
        yield from (here / name for name in sorted(files) if not name.startswith("."))


def _paired(photos: Iterable[Path], pairs: str, found: Found) -> Iterator[Path]:
    """All but the halves of raw + JPEG pairs that `pairs` does not take; those are said."""
    photos = list(photos)
    if pairs == "both":
        yield from photos
        return
    raws: dict[tuple[Path, str], Path] = {}
    others: dict[tuple[Path, str], Path] = {}
    for photo in photos:
        kind = photo.suffix.lower()
        side = raws if kind in RAW_ENDINGS else others if kind in COMPANIONS else {}
        side.setdefault((photo.parent, photo.stem.casefold()), photo)
    losing, winning = (others, raws) if pairs == "raw" else (raws, others)
    sides = RAW_ENDINGS if losing is raws else COMPANIONS
    for photo in photos:
        winner = winning.get((photo.parent, photo.stem.casefold()))
        if winner is not None and photo.suffix.lower() in sides:
            found.left.append((photo, f"{winner.name} is restored instead"))
        else:
            yield photo


def free(result: Path, photo: Path, taken: set[str]) -> Path:
    """`result`, or if another photo of this batch has that name, one with the source's ending in it."""
    if same(result) not in taken:
        return result
    made = result.with_name(f"{result.stem}-{photo.suffix.lstrip('.').lower()}{result.suffix}")
    number = 2
    while same(made) in taken:
        made = made.with_name(f"{result.stem}-{number}{result.suffix}")
        number += 1
    return made


def _absolute(path: str | Path) -> Path:
    """Absolute and without `..`, but links stay what they are called."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def same(path: Path) -> str:
    """Equal for names that some file system takes for one."""
    return str(path).casefold()
