"""Picture files in: by what they are, not by what they are called."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.errors import TooLargeError, UnreadableError, UpzeroirError
from upzeroir_plugin.photo import avif, evidence, heif, jpeg, pillow, png, profile, raw, tiff
from upzeroir_plugin.photo.decoded import AGAIN, Decoded, Limits
from upzeroir_plugin.photo.image import Photo, Pixels
from upzeroir_plugin.photo.metadata import Origin
from upzeroir_plugin.photo.orientation import turned

Reader = Callable[[IO[bytes], Limits], Decoded]
RAW_ENDINGS = {
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
}  # fmt: skip
RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
LARGEST = 65504.0
"""The greatest number of half precision: no light in a float picture is brighter (1 is white)."""
KINDS = "JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, AVIF and raw files"


def load(path: Path, max_pixels: float) -> Photo:
    """Read a photo: float32 in its own profile, upright. See `Photo` for shapes and ranges.

    CMYK and Lab come as sRGB; a raw file as encoded sRGB of 16 bits, as bright as its embedded JPEG. `max_pixels` is
    in pixels. Raises UnreadableError (missing, empty, damaged, not a number, animated, unknown, or an extra is not
    installed) and TooLargeError, the latter from the header, before decoding.
    """
    try:
        with path.open("rb") as stream:
            status = path.stat()
            decoded = decode(stream, path.name, max_pixels)
    except OSError as error:
        raise UnreadableError(_reason(path, error), "Check the name and your rights.") from error
    origin = Origin(path.resolve(), (status.st_size, status.st_mtime_ns))
    return finished(replace(decoded, metadata=replace(decoded.metadata, origin=origin)), path.name)


def decode(stream: IO[bytes], name: str, max_pixels: float) -> Decoded:
    """The pixels of a stream as stored; `name` is for messages and, where the bytes say too little, for the kind.

    Raises UnreadableError, TooLargeError.
    """
    head = stream.read(32)
    if not head:
        raise UnreadableError(f"{name} is empty.", "Give a picture file.")
    reader = _reader(stream, head, Path(name).suffix.lower())
    if reader is None:
        raise UnreadableError(f"{name} is no picture that can be read.", f"Readable are {KINDS}.")
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reader(stream, Limits(name, max_pixels))
    except UpzeroirError:
        raise
    except MemoryError as error:
        raise TooLargeError(f"There is not enough memory to read {name}.", "Close other programs.") from error
    except Exception as error:  # decoders raise what they like on bytes that they did not expect
        raise UnreadableError(f"{name} is damaged or cut short ({_first_line(error)}).", AGAIN) from error


def finished(decoded: Decoded, name: str, room: Pixels | None = None) -> Photo:
    """Turned upright and made float32, in `room` if that is given (of the upright colour's shape).

    Raises UnreadableError for floats that are no numbers or on another scale.
    """
    turn = decoded.metadata.orientation
    colour = _floats(decoded.colour, decoded.top, turn, room)
    if decoded.colour.dtype.kind == "f":
        _check_floats(colour, name)
    alpha = None if decoded.alpha is None else _floats(decoded.alpha, decoded.top, turn)
    if alpha is not None:
        _check_numbers(alpha, name)
    grey = colour.ndim == 2
    return Photo(
        pixels=np.repeat(colour[..., None], 3, axis=2) if grey else colour,
        alpha=None if alpha is None else alpha.clip(0, 1),
        grey=grey,
        bit_depth=decoded.bit_depth,
        profile=profile.kept(decoded.profile, decoded.metadata.exif, grey),
        evidence=evidence.gathered(decoded),
        metadata=decoded.metadata,
        format=decoded.format,
    )


def _reader(stream: IO[bytes], head: bytes, ending: str) -> Reader | None:
    """Which reader fits the first bytes; the ending counts only among raw files, many of which look like TIFF."""
    if head.startswith(b"\xff\xd8\xff"):
        return jpeg.read
    if head.startswith(png.SIGNATURE):
        return png.read
    if head.startswith((b"GIF8", b"BM")) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return pillow.read
    if head[4:8] == b"ftyp":
        return {b"crx ": raw.read, b"avif": avif.read, b"avis": avif.read}.get(head[8:12], heif.read)
    if ending in RAW_ENDINGS or head.startswith(RAW_STARTS) or head[6:14] == b"HEAPCCDR":
        return raw.read
    if head.startswith(TIFF_STARTS):
        return raw.read if tiff.is_raw(stream) else tiff.read
    return None


def _floats(samples: NDArray[Any], top: float, turn: int, room: Pixels | None = None) -> Pixels:
    seen = turned(samples, turn)
    made: Pixels = np.empty(seen.shape, np.float32) if room is None else room
    if samples.dtype.kind == "f":
        np.copyto(made, seen)
    else:
        np.divide(seen, np.float32(top), out=made, dtype=np.float32)
    return made


BRIGHTEST = 1e6
"""Times white; squares and sums of what is brighter overflow."""


def _check_numbers(values: Pixels, name: str) -> None:
    if values.size and not (values.min() > -BRIGHTEST and values.max() < BRIGHTEST):  # false for NaN, too
        raise UnreadableError(
            f"{name} holds values that are no numbers (NaN or infinite), or beyond a million times white.",
            "Repair them in the program that wrote it, or save it with 16 bits.",
        )


def _check_floats(colour: Pixels, name: str) -> None:
    _check_numbers(colour, name)
    if float(np.abs(colour).max()) > LARGEST:
        raise UnreadableError(
            f"{name} holds values that no picture has.", "Clip them in the program that wrote it."
        )
    if float(np.median(colour[:: max(1, len(colour) // 512)])) > 2:
        raise UnreadableError(
            f"{name} holds floats on another scale than 0 to 1.",
            "Divide them by their white, or save it with 16 bits.",
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".")


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path}."
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return f"{path} is a folder."
    if isinstance(error, PermissionError):
        return f"{path} may not be read."
    return f"{path} cannot be read: {error.strerror or error}."
