"""AVIF: headers and metadata by Pillow, pixels of all depths by imagecodecs (libavif)."""

from __future__ import annotations

from typing import IO

import imagecodecs
from PIL import Image

from upzeroir_plugin.photo import pillow
from upzeroir_plugin.photo.decoded import Decoded, Limits

PIXI = b"pixi\0\0\0\0"
"""Start of the pixel information property, which goes on with the number of channels and the bits of each."""


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """A still AVIF. Pillow tells the container's rotation as EXIF's orientation; the pixels are as stored."""
    picture = Image.open(stream, formats=["AVIF"])
    limits.check(*picture.size, 8)
    if getattr(picture, "is_animated", False):
        raise pillow.animated(limits.name)
    found = pillow.metadata(picture)
    stream.seek(0)
    data = stream.read()
    colour, alpha = pillow.parted(imagecodecs.avif_decode(data))
    _, _, after = data.partition(PIXI)
    bits = after[1] if colour.dtype.itemsize > 1 and len(after) > 1 else 8
    return Decoded(colour, alpha, 2**bits - 1, picture.info.get("icc_profile"), found, "AVIF")
