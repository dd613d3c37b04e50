"""Photos out: the format by the name's ending, written beside and renamed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.errors import UnwritableError
from upzeroir_plugin.photo import jpeg, pillow, png, tiff
from upzeroir_plugin.photo.atomic import refuse_existing, written
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.metadata import Metadata, Policy, for_result
from upzeroir_plugin.photo.quantise import quantised

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
DEPTHS = {"JPEG": (8,), "PNG": (8, 16), "TIFF": (8, 16, 32), "WEBP": (8,)}
LONGEST = {"JPEG": 65500, "WEBP": pillow.LONGEST_WEBP}
Writer = Callable[[IO[bytes], NDArray[Any], bytes | None, Metadata], None]
WRITERS: dict[str, Writer] = {
    "PNG": png.write,
    "TIFF": tiff.write,
    "WEBP": pillow.write_webp,
}


def check_target(photo: Photo, path: Path, overwrite: bool) -> str:
    """The format that `path` asks for, if the photo can be written there. Cheap: meant for before the work.

    Raises OutputExistsError; UnwritableError for an unknown ending, a missing folder, transparency in a JPEG, or
    sides that the format cannot hold.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UnwritableError(
            f"{path.name}: the ending {path.suffix or '(none)'} is unknown.", "Use .jpg, .png, .tif or .webp."
        )
    refuse_existing(path, overwrite)
    if path.is_dir():
        raise UnwritableError(f"{path} is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise UnwritableError(f"The folder {path.parent} is not there.", "Make it, or choose another.")
    if kind == "JPEG" and photo.alpha is not None and float(photo.alpha.min()) < 1:
        raise UnwritableError(
            "The photo is partly transparent, which JPEG cannot hold.", "Use .png, .tif or .webp."
        )
    if max(photo.size) > LONGEST.get(kind, 1 << 31):
        raise UnwritableError(f"A {kind} holds at most {LONGEST[kind]} px a side.", "Use .png or .tif.")
    return kind


def save(
    photo: Photo,
    path: Path,
    *,
    source: Photo | None,
    metadata: Policy,
    record: dict[str, Any],
    overwrite: bool,
    depth: int = 0,
    quality: int = jpeg.QUALITY,
) -> None:
    """Write a restored photo.

    `depth`: bits a sample, as far as the format goes; 0: as the photo. JPEG has `quality` (95) and full chroma,
    WebP is lossless, both 8 bit; PNG and TIFF keep 16 bits, TIFF floats too. The profile is embedded. `source`:
    the photo as loaded (None if this is a region of it): samples equal to it are written as they were, others are
    dithered to 8 bits. `metadata`: see `metadata.for_result`; `record` goes into the XMP. If nothing changed at
    all, and neither format nor metadata are to change, the file is copied as it is (so without the record: nothing
    was done), unless it has to be turned and can be without loss.

    Raises OutputExistsError and UnwritableError; a file that is there already stays as it was.
    """
    kind = check_target(photo, path, overwrite)
    as_it_is = metadata == "keep" and not depth and quality == jpeg.QUALITY
    if source is not None and as_it_is and _unchanged(photo, source, kind):
        with written(path, overwrite) as target, photo.metadata.origin.path.open("rb") as original:
            shutil.copyfileobj(original, target)
        return
    bits = max(d for d in DEPTHS[kind] if d <= (depth or photo.bit_depth))
    samples = _samples(photo, source, bits, kind)
    found = photo.metadata if isinstance(photo.metadata, Metadata) else Metadata()
    kept = for_result(found, metadata, photo.size, record)
    with written(path, overwrite) as target:
        if kind == "TIFF":
            tiff.write(target, samples, photo.profile, kept)
        else:
            buffer = io.BytesIO()
            if kind == "JPEG":
                jpeg.write(buffer, samples, photo.profile, kept, quality)
            else:
                WRITERS[kind](buffer, samples, photo.profile, kept)
            target.write(buffer.getbuffer())


def _unchanged(photo: Photo, source: Photo, kind: str) -> bool:
    """Whether the file that the photo came from may stand for it."""
    found = photo.metadata
    if not isinstance(found, Metadata) or found.origin is None or photo.format != kind:
        return False
    if found.orientation != 1 and kind != "JPEG":
        return False
    try:
        status = found.origin.path.stat()
    except OSError:
        return False
    same = (status.st_size, status.st_mtime_ns) == found.origin.stamp
    return same and np.array_equal(photo.pixels, source.pixels)


def _samples(photo: Photo, source: Photo | None, bits: int, kind: str) -> NDArray[Any]:
    """Samples as the format stores them: grey (H, W), grey and alpha, RGB or RGBA."""
    grey = photo.grey
    pixels, before = photo.pixels, None if source is None else source.pixels
    if grey:
        pixels, before = pixels[..., :1], None if before is None else before[..., :1]
    made = quantised(pixels, before, bits)
    if grey and kind == "WEBP":
        made = np.repeat(made, 3, axis=2)
    alpha = photo.alpha
    if alpha is None or kind == "JPEG":
        return made[..., 0] if made.shape[2] == 1 else made
    return np.concatenate([made, quantised(alpha, alpha, bits)[..., None]], axis=2)
