"""The restoration record in a result: what `--repeat` repeats."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import IO, Any

from PIL import Image

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.photo import jpeg, pillow, png, tiff, xmp
from upzeroir_plugin.photo.load import TIFF_STARTS


def read_record(path: Path) -> dict[str, Any] | None:
    """The record of a JPEG, PNG, TIFF or WebP that was restored, from its XMP; None if there is none.

    Pixels are not decoded. Raises UnreadableError if the file cannot be opened.
    """
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return xmp.record(_packet(stream))
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}.") from error


def _packet(stream: IO[bytes]) -> bytes:
    head = stream.read(12)
    stream.seek(0)
    try:
        if head.startswith(png.SIGNATURE):
            return png.metadata(stream).xmp
        if head.startswith(TIFF_STARTS):
            return tiff.metadata(stream).xmp
        if head.startswith(b"\xff\xd8\xff"):
            return jpeg.metadata(Image.open(stream, formats=["JPEG", "MPO"])).xmp
        return pillow.metadata(Image.open(stream, formats=["WEBP"])).xmp
    except Exception:  # damaged, or no picture at all: no record either
        return b""
