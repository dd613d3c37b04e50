"""EXIF as raw bytes: read, and edited in place.

Maker notes point into the whole block by offsets that only their maker knows, so nothing in it may move: entries are
overwritten or dropped where they stand, and what they pointed to is zeroed (CIPA DC-008; TIFF 6.0, section 2).
"""

from __future__ import annotations

import math
import struct
import warnings
from dataclasses import dataclass
from typing import IO, Any

from PIL import Image

SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
"""Bytes of TIFF's types 1–13."""
ORIENTATION, THUMBNAIL, THUMBNAIL_SIZE = 0x0112, 0x0201, 0x0202
EXIF, GPS, INTEROP = 0x8769, 0x8825, 0xA005
INTEROP_INDEX = 0x0001
MAKER_NOTE = 0x927C
ELSEWHERE = (0x02BC, 0x83BB, 0x8649)
"""XMP, IPTC and Photoshop's resources, which a TIFF may have kept here: they are carried on their own."""
WIDTHS, HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
ABOUT_THE_PHOTO = {
    0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298,
    0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, EXIF, GPS,
}  # fmt: skip
"""Tags of a TIFF's or a raw file's first directory that speak of the photo and not of how its pixels are stored."""


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    at: int
    """Where the entry's 12 bytes begin."""
    value_at: int
    size: int


class _Block:
    """A TIFF structure in memory. Raises struct.error or ValueError for one that is damaged."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        if not self.order:
            raise ValueError("no TIFF structure")
        self.first = self.number("I", 4)

    def number(self, kind: str, at: int) -> int:
        (value,) = struct.unpack_from(self.order + kind, self.data, at)
        return int(value)

    def put(self, kind: str, at: int, value: int) -> None:
        struct.pack_into(self.order + kind, self.data, at, value)

    def entries(self, at: int) -> list[_Entry]:
        """The entries of the directory at `at`."""
        found = []
        for index in range(self.number("H", at)):
            start = at + 2 + 12 * index
            tag, kind, count = struct.unpack_from(self.order + "HHI", self.data, start)
            size = (SIZES[kind] if kind < len(SIZES) else 0) * count
            value_at = start + 8 if size <= 4 else self.number("I", start + 8)
            found.append(_Entry(tag, kind, count, start, value_at, size))
        return found

    def entry(self, at: int, tag: int) -> _Entry | None:
        return next((e for e in self.entries(at) if e.tag == tag), None)

    def next_at(self, at: int) -> int:
        """Where the offset of the directory after the one at `at` is stored."""
        return at + 2 + 12 * self.number("H", at)

    def below(self, tag: int, at: int | None = None) -> int | None:
        """Where the directory begins that `tag` of the directory at `at` (the first) points to."""
        found = self.entry(self.first if at is None else at, tag)
        return None if found is None else self.number("I", found.value_at)

    def value(self, entry: _Entry) -> int:
        return self.number("H" if entry.kind == 3 else "I", entry.value_at)

    def set(self, entry: _Entry, value: int) -> None:
        self.put(
            "H" if entry.kind == 3 else "I", entry.value_at, min(value, 0xFFFF if entry.kind == 3 else value)
        )

    def zero(self, at: int, size: int) -> None:
        end = min(at + size, len(self.data))
        if 8 <= at < end:
            self.data[at:end] = bytes(end - at)

    def clear(self, at: int) -> None:
        """Zero a directory and all that it points to."""
        for entry in self.entries(at):
            if entry.size > 4:
                self.zero(entry.value_at, entry.size)
        self.zero(at, self.next_at(at) + 4 - at)

    def drop_all(self, tag: int) -> None:
        """Take a tag out of the first directory and zero its value; entries behind it move up, values do not."""
        while (entry := self.entry(self.first, tag)) is not None:
            if entry.size > 4:
                self.zero(entry.value_at, entry.size)
            end = self.next_at(self.first) + 4
            self.data[entry.at : end] = self.data[entry.at + 12 : end] + bytes(12)
            self.put("H", self.first, self.number("H", self.first) - 1)


def orientation(block: bytes) -> int | None:
    """Tag 0112 of the first directory, whatever number stands there; None if it is not there."""
    try:
        found = _Block(block)
        entry = found.entry(found.first, ORIENTATION)
        return None if entry is None else found.value(entry)
    except (struct.error, ValueError):
        return None


def interop_index(block: bytes) -> str:
    """DCF's interoperability index: "R98" sRGB, "R03" Adobe RGB; "" where nothing is said."""
    try:
        found = _Block(block)
        below = found.below(EXIF)
        at = None if below is None else found.below(INTEROP, below)
        entry = None if at is None else found.entry(at, INTEROP_INDEX)
        return "" if entry is None else bytes(found.data[entry.value_at :][:3]).decode("ascii", "replace")
    except (struct.error, ValueError):
        return ""


def for_result(block: bytes, size: tuple[int, int], gps: bool) -> bytes:
    """The block of a result of `size` (w, h): upright, without thumbnail, with or without GPS; b"" if damaged."""
    try:
        found = _Block(block)
        _drop_thumbnail(found)
        if not gps:
            _drop_gps(found)
        for tag in ELSEWHERE:
            found.drop_all(tag)
        below = found.below(EXIF)
        for at in (found.first, below):
            for entry in [] if at is None else found.entries(at):
                if entry.tag == ORIENTATION:
                    found.set(entry, 1)
                elif entry.tag in WIDTHS:
                    found.set(entry, size[0])
                elif entry.tag in HEIGHTS:
                    found.set(entry, size[1])
        return bytes(found.data)
    except (struct.error, ValueError):
        return b""


def _drop_thumbnail(block: _Block) -> None:
    link = block.next_at(block.first)
    at = block.number("I", link)
    if not at:
        return
    place, size = block.entry(at, THUMBNAIL), block.entry(at, THUMBNAIL_SIZE)
    tail = 0
    if place is not None and size is not None:
        start, length = block.value(place), block.value(size)
        block.zero(start, length)
        tail = start if start + length >= len(block.data) else 0
    block.clear(at)
    block.put("I", link, 0)
    if tail > 8 and not any(block.data[tail:]):
        del block.data[tail:]


def _drop_gps(block: _Block) -> None:
    at = block.below(GPS)
    if at is not None:
        block.clear(at)
        block.drop_all(GPS)


def from_tiff(stream: IO[bytes]) -> bytes:
    """An EXIF block made of a TIFF's or TIFF-like raw file's first directory; b"" if there is none to be made.

    The orientation is left out. Maker notes are carried, though those with offsets into the file no longer fit.
    """
    found = Image.Exif()
    stream.seek(0)
    try:
        found.load_from_fp(stream)
        for tag in [t for t in found if t not in ABOUT_THE_PHOTO]:
            del found[tag]
        return found.tobytes().removeprefix(b"Exif\0\0") if len(found) else b""
    except Exception:  # Pillow raises what it likes on damaged directories; the pixels may still be good
        return b""


def fitting(block: bytes, room: int) -> bytes:
    """The block if it has at most `room` bytes, else what is left of it without the maker note, else b"".

    Other containers than JPEG know no such limit.
    """
    if len(block) <= room:
        return block
    found = Image.Exif()
    try:
        found.load(block)
        found.get_ifd(EXIF).pop(MAKER_NOTE, None)
        shorter = found.tobytes().removeprefix(b"Exif\0\0")
    except Exception:  # as above
        return b""
    return shorter if len(shorter) <= room else b""


def values(block: bytes) -> dict[int, Any]:
    """Tags of the first and of the EXIF directory, by number, as Pillow reads them; {} for a damaged block."""
    found = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.load(block)
            return dict(found) | dict(found.get_ifd(EXIF))
    except Exception:  # as above
        return {}


def number(value: Any) -> float | None:
    """A tag's value as a finite number; the first of several."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    try:
        told = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return told if math.isfinite(told) else None


def first_directory(block: bytes) -> dict[int, bytes]:
    """The raw 12-byte entries of the first directory by tag; {} for a damaged block."""
    try:
        found = _Block(block)
        return {e.tag: bytes(found.data[e.at : e.at + 12]) for e in found.entries(found.first)}
    except (struct.error, ValueError):
        return {}
