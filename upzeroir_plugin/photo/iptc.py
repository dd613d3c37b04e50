"""IPTC-IIM data sets inside Photoshop's image resources (the 8BIM blocks of JPEG's APP13)."""

from __future__ import annotations

import struct

RESOURCE = 0x0404


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


def as_resources(data: bytes) -> bytes:
    """IPTC data sets as one image resource; b"" for none."""
    if not data:
        return b""
    return b"8BIM" + struct.pack(">HHI", RESOURCE, 0, len(data)) + data + bytes(len(data) % 2)
