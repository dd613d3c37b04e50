"""What a file says beside its pixels: EXIF, IPTC, XMP, texts, resolution; and what of it a result carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from upzeroir_plugin.photo import exif, iptc, xmp

Policy = Literal["keep", "no-gps", "strip"]
POLICIES: tuple[Policy, ...] = ("keep", "no-gps", "strip")


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that a photo came from, and how to tell that it is still the same: (bytes, modified in ns)."""

    path: Path
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Metadata:
    """`exif`: a TIFF structure, as in JPEG's APP1 after "Exif". `xmp`: a packet. `iptc`: IIM data sets. b"": none.

    `texts`: (keyword, text) of PNG; a JPEG's comment is ("Comment", text). `dpi`: (x, y) or None. `orientation`:
    as it was in the file; the pixels of a `Photo` are upright.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    orientation: int = 1
    origin: Origin | None = None


def orientation(found: Metadata) -> int:
    """EXIF's orientation, or XMP's where EXIF has none; 1 where nothing sensible is said."""
    told = exif.orientation(found.exif) or xmp.orientation(found.xmp)
    return told if told is not None and 1 <= told <= 8 else 1


def for_result(found: Metadata, policy: Policy, size: tuple[int, int], record: dict[str, Any]) -> Metadata:
    """What a result of `size` (w, h) carries: upright, without the old thumbnail, with the restoration `record`.

    `no-gps` drops where it was taken: EXIF's GPS directory, XMP's properties named GPS…, and the city, state and
    country that XMP and IPTC name (a place in a caption or a keyword stays).
    `strip` drops everything, the record too.
    """
    if policy == "strip":
        return Metadata(dpi=found.dpi)
    place = policy == "keep"
    return replace(
        found,
        exif=exif.for_result(found.exif, size, place),
        xmp=xmp.for_result(found.xmp, size, place, record),
        iptc=found.iptc if place else iptc.without_place(found.iptc),
        texts=tuple(t for t in found.texts if place or not _tells_place(t[0])),
    )


def _tells_place(keyword: str) -> bool:
    """Of a PNG's text: its keyword may have a prefix, as in "exif:GPSLatitude"."""
    return "gps" in keyword.lower() or xmp.tells_place(keyword.rpartition(":")[2])
