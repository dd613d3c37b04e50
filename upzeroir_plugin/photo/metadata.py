"""What a file says beside its pixels: EXIF, IPTC, XMP, texts, resolution; and what of it a result carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from upzeroir_plugin.photo import exif, xmp

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

    `no-gps` drops EXIF's GPS directory and every XMP property named GPS…; place names that someone typed in stay.
    `strip` drops everything, the record too.
    """
    if policy == "strip":
        return Metadata(dpi=found.dpi)
    gps = policy == "keep"
    return replace(
        found,
        exif=exif.for_result(found.exif, size, gps),
        xmp=xmp.for_result(found.xmp, size, gps, record),
        texts=tuple(t for t in found.texts if gps or "gps" not in t[0].lower()),
    )
