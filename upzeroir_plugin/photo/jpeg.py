"""JPEG files: pixels by Pillow; metadata segments by our own hand, since Pillow knows no IPTC and no long XMP."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.photo import exif, iptc, profile, xmp
from upzeroir_plugin.photo.decoded import Decoded, Limits
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.metadata import Metadata, orientation

QUALITY = 95
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
PACKET = b"http://ns.adobe.com/xap/1.0/\0"
PHOTOSHOP = b"Photoshop 3.0\0"
ROOM = 65533
"""Bytes that a segment can hold (T.81, B.1.1.4)."""
EXTENDED_CHUNK = 65400


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """The (first) picture of a JPEG file; CMYK becomes sRGB."""
    picture = Image.open(stream, formats=["JPEG", "MPO"])
    limits.check(*picture.size, len(picture.getbands()))
    layers = picture.layer  # type: ignore[attr-defined]
    tables = picture.quantization  # type: ignore[attr-defined]
    hints = FileEvidence(
        jpeg_tables=tuple(
            tuple(int(v) for v in tables[n]) for n in dict.fromkeys(layer[3] for layer in layers[:3])
        ),
        jpeg_subsampling=_subsampling(layers),
    )
    picture.load()
    colour: NDArray[Any] = np.asarray(picture)
    icc = picture.info.get("icc_profile")
    if picture.mode == "CMYK":
        colour, icc = profile.from_cmyk(colour, icc), profile.srgb()
    return Decoded(colour, None, 255, icc, metadata(picture), "JPEG", hints)


def metadata(picture: Image.Image) -> Metadata:
    """EXIF, XMP, IPTC, comment and resolution of an opened JPEG; its pixels need not be decoded."""
    segments = getattr(picture, "applist", [])
    comment = picture.info.get("comment", b"")
    found = Metadata(
        exif=_exif(picture.info.get("exif", b"")),
        xmp=_packet(segments),
        iptc=b"".join(iptc.of_resources(data[len(PHOTOSHOP) :]) for name, data in segments
                      if name == "APP13" and data.startswith(PHOTOSHOP)),
        texts=(("Comment", comment.decode("utf-8", "replace")),) if comment else (),
        dpi=_dpi(picture),
    )  # fmt: skip
    return replace(found, orientation=orientation(found))


def write(
    stream: IO[bytes], samples: NDArray[Any], icc: bytes | None, kept: Metadata, quality: int = QUALITY
) -> None:
    """Grey (H, W) or RGB (H, W, 3) uint8 as JPEG: quality 95, chroma at full resolution."""
    block = exif.fitting(kept.exif, ROOM - 6)
    Image.fromarray(samples).save(
        stream,
        "JPEG",
        quality=quality,
        subsampling=0,
        icc_profile=icc,
        exif=b"Exif\0\0" + block if block else b"",
        comment=dict(kept.texts).get("Comment", "").encode()[:ROOM],
        dpi=tuple(round(v) for v in kept.dpi) if kept.dpi else (0, 0),
        extra=_extra(kept),
    )


def _exif(data: bytes) -> bytes:
    while data.startswith(b"Exif\0\0"):
        data = data[6:]
    return data


def _dpi(picture: Image.Image) -> tuple[float, float] | None:
    x, y = picture.info.get("jfif_density", (0, 0))
    scale = {1: 1.0, 2: 2.54}.get(picture.info.get("jfif_unit", 0))
    return (x * scale, y * scale) if scale and x and y else None


def _subsampling(layers: list[tuple[int, int, int, int]]) -> tuple[int, int] | None:
    if len(layers) != 3:
        return None
    (_, x, y, _), (_, chroma_x, chroma_y, _) = layers[:2]
    return (x // chroma_x, y // chroma_y) if chroma_x and chroma_y else None


def _packet(segments: list[tuple[str, bytes]]) -> bytes:
    """The XMP packet, with what its extension segments add (XMP, part 3, 1.1.3.1)."""
    app1 = [data for name, data in segments if name == "APP1"]
    main = next((data[len(PACKET) :] for data in app1 if data.startswith(PACKET)), b"")
    parts: dict[bytes, dict[int, bytes]] = {}
    for data in app1:
        if data.startswith(EXTENSION) and len(data) > len(EXTENSION) + 40:
            body = data[len(EXTENSION) :]
            parts.setdefault(body[:32], {})[int.from_bytes(body[36:40], "big")] = body[40:]
    for name, chunks in parts.items():
        whole = b"".join(chunks[at] for at in sorted(chunks))
        if name in main and hashlib.md5(whole, usedforsecurity=False).hexdigest().upper().encode() == name:
            main = xmp.merged(main, whole)
    return main


def _extra(kept: Metadata) -> bytes:
    """The APP1 and APP13 segments of XMP and IPTC."""
    packet, rest = kept.xmp, b""
    if len(packet) > ROOM - len(PACKET):
        packet, rest = xmp.split(packet)
    segments = [_segment(1, PACKET + packet)] if packet else []
    name = hashlib.md5(rest, usedforsecurity=False).hexdigest().upper().encode()
    for at in range(0, len(rest), EXTENDED_CHUNK):
        head = EXTENSION + name + struct.pack(">II", len(rest), at)
        segments.append(_segment(1, head + rest[at : at + EXTENDED_CHUNK]))
    resources = iptc.as_resources(kept.iptc)
    if resources and len(resources) <= ROOM - len(PHOTOSHOP):
        segments.append(_segment(13, PHOTOSHOP + resources))
    return b"".join(segments)


def _segment(number: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, 0xE0 + number, len(data) + 2) + data
