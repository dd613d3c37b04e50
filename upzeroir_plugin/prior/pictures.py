"""Which photos train and which are kept back: a fixed tenth, by name, so that no run ever sees it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from upzeroir_plugin.errors import UnreadableError

INTENTS = Path(__file__).with_name("intent.csv")


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Sorted photos of `folder` as (train, val): every tenth, from the sixth on, is kept back.

    Of two to five photos that is the last. Raises UnreadableError for a folder of less than two.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".png"})
    if len(paths) < 2:
        raise UnreadableError(
            f"{folder} holds less than two photos.", "Give a folder of clean JPEG or PNG photos."
        )
    val = paths[5::10] or paths[-1:]
    kept = set(val)
    return [p for p in paths if p not in kept], val


def intents() -> list[tuple[str, str]]:
    """(photo, intent) of the photos that no training run sees, because they show if the program knows what is meant."""
    lines = INTENTS.read_text(encoding="utf-8").splitlines()[1:]
    return [(name, intent) for name, intent in (line.split(",") for line in lines)]


def opened(path: Path) -> Image.Image:
    """A photo as RGB. Raises UnreadableError."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error}.", "Take it out of the folder.") from error
