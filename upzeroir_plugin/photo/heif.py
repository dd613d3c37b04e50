"""HEIC through pillow-heif (libheif)."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.photo import pillow
from upzeroir_plugin.photo.decoded import Decoded, Limits
from upzeroir_plugin.photo.extras import needed
from upzeroir_plugin.photo.metadata import Metadata


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """The primary picture. libheif turns it upright by the container's own properties; EXIF's tag is a copy of them."""
    pillow_heif = needed("pillow_heif", "heif", limits.name, "a HEIC picture")
    stream.seek(0)
    file = pillow_heif.open_heif(stream, convert_hdr_to_8bit=False)
    deep = int(file.info.get("bit_depth", 8)) > 8
    width, height = file.size
    limits.check(width, height, 8 if deep else 4)
    block = file.info.get("exif") or b""
    found = Metadata(exif=block.removeprefix(b"Exif\0\0"), xmp=(file.info.get("xmp") or b"").rstrip(b"\0"))
    colour, alpha = pillow.parted(_samples(file))
    return Decoded(colour, alpha, 65535 if deep else 255, file.info.get("icc_profile"), found, "HEIF")


def _samples(file: Any) -> NDArray[Any]:
    return np.asarray(file).reshape(file.size[1], file.size[0], -1)
