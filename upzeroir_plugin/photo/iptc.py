"""IPTC-IIM data sets inside Photoshop's image resources (the 8BIM blocks of JPEG's APP13)."""

from __future__ import annotations

import struct

RESOURCE = 0x0404
MARK, LONG = 0x1C, 0x8000
"""Before each data set, and from where its length would be that of a longer length."""
PLACES = {(2, number) for number in (26, 27, 90, 92, 95, 100, 101)}
"""Content location code and name, city, sublocation, state, country code and name."""


def of_resources(data: bytes) -> bytes:
    """The IPTC data sets among image resources; b"" if there are none. Old thumbnails and paths are left behind."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        name = data[at + 6] + 1
        start = at + 6 + name + name % 2
        number, size = struct.unpack_from(">H", data, at + 4)[0], data[start : start + 4]
        if len(size) < 4:
            break
        length = int.from_bytes(size, "big")
        if number == RESOURCE:
            return data[start + 4 : start + 4 + length]
        at = start + 4 + length + length % 2
    return b""


def without_place(sets: bytes) -> bytes:
    """Data sets without city, sublocation, state and country (IIM 4.2, `PLACES`); none at all if they are damaged."""
    kept, at = [], 0
    while sets[at:].strip(b"\0"):
        mark, record, number, size = (
            struct.unpack_from(">BBBH", sets, at) if at + 5 <= len(sets) else (0, 0, 0, 0)
        )
        if mark != MARK or size >= LONG or at + 5 + size > len(sets):
            return b""
        if (record, number) not in PLACES:
            kept.append(sets[at : at + 5 + size])
        at += 5 + size
    return b"".join(kept)


def as_resources(data: bytes) -> bytes:
    """IPTC data sets as one image resource; b"" for none."""
    if not data:
        return b""
    return b"8BIM" + struct.pack(">HHI", RESOURCE, 0, len(data)) + data + bytes(len(data) % 2)
