"""Pictures that Pillow reads right: WebP, GIF, BMP, and 8-bit PNG."""

from __future__ import annotations

from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.evidence import HEAD, evidence_in
from upzeroir_plugin.photo import profile
from upzeroir_plugin.photo.decoded import Decoded, Limits
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.metadata import Metadata, orientation

Image.MAX_IMAGE_PIXELS = None  # Limits decides, from the header, and what it allows shall be read
LONGEST_WEBP = 16383


def animated(name: str) -> UnreadableError:
    """The refusal of a moving picture."""
    return UnreadableError(
        f"{name} is an animation.", "Save the frame that you want as a picture of its own."
    )


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """A WebP, GIF or BMP."""
    picture = Image.open(stream, formats=["WEBP", "GIF", "BMP", "DIB"])
    limits.check(*picture.size, 4)
    if getattr(picture, "is_animated", False):
        raise animated(limits.name)
    found = metadata(picture)
    colour, alpha = parted(samples(picture))
    stream.seek(0)
    hints = FileEvidence(webp_quantiser=evidence_in(stream.read(HEAD)).get("webp_quantiser"))
    return Decoded(
        colour, alpha, 255, picture.info.get("icc_profile"), found, picture.format or "", hints=hints
    )


def metadata(picture: Image.Image) -> Metadata:
    """EXIF and XMP of an opened picture."""
    found = Metadata(
        exif=picture.info.get("exif", b"").removeprefix(b"Exif\0\0"), xmp=picture.info.get("xmp", b"")
    )
    return replace(found, orientation=orientation(found))


def samples(picture: Image.Image) -> NDArray[Any]:
    """All pixels, uint8: (H, W), (H, W, 2), (H, W, 3) or (H, W, 4); palettes and transparent colours resolved."""
    grey = picture.mode in ("1", "L", "LA")
    if "transparency" in picture.info or picture.mode in ("LA", "PA", "RGBA"):
        picture = picture.convert("LA" if grey else "RGBA")
    else:
        picture = picture.convert("L" if grey else "RGB")
    return np.asarray(picture)


def parted(array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Samples (H, W[, C]) as colour, (H, W) or (H, W, 3), and alpha (H, W) or None."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 2:
        return array, None
    if array.shape[2] == 2:
        return array[..., 0], array[..., 1]
    return array[..., :3], array[..., 3] if array.shape[2] == 4 else None


def write_webp(stream: IO[bytes], samples: NDArray[Any], icc: bytes | None, kept: Metadata) -> None:
    """RGB or RGBA uint8 as lossless WebP: the lossy kind has no chroma at full resolution."""
    Image.fromarray(samples).save(
        stream, "WEBP", lossless=True, quality=20, method=0, exact=True,
        icc_profile=icc if icc and profile.space(icc) == "RGB" else b"", exif=kept.exif, xmp=kept.xmp,
    )  # fmt: skip
