"""What a picture file says about its own history, from its first 256 kB. Standard library only, Python 3.9 and up.

For clients that send raw pixels (GIMP): the service then estimates as it would from the file itself. Imports nothing of
ours, so that it can be copied beside client.py.
"""

from __future__ import annotations

import contextlib
import math
import struct
from pathlib import Path
from typing import Any, Optional, Union

HEAD = 256 * 1024
NATURAL = tuple(
    row * 8 + column
    for row, column in sorted(
        ((r, c) for r in range(8) for c in range(8)),
        key=lambda rc: (sum(rc), rc[0] if sum(rc) % 2 else rc[1]),
    )
)
"""Row-major place of each coefficient of the zigzag order (T.81, figure 5)."""
TIFF_TYPES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
BITS, MAKE, MODEL, ORIENTATION, EXIF = 0x0102, 0x010F, 0x0110, 0x0112, 0x8769
ISO, ISO_LONG, EXPOSURE, BIAS, LENS = 0x8827, (0x8833, 0x8832, 0x8831), 0x829A, 0x9204, 0xA434
NOISE_PROFILE = 0xC761
Tags = dict[int, Any]


def read_evidence(path: Union[str, Path], upright: bool = True) -> dict[str, Any]:
    """JPEG tables, subsampling and size (w, h), bit depth, ISO, exposure, camera, lens, noise profile.

    {} for what says nothing.
    `upright`: the pixels that go with it have been turned as the file's orientation says. Never raises: a file that is
    missing or damaged has no evidence.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return _evidence(file.read(HEAD), upright)
    except (OSError, struct.error, ValueError, IndexError, OverflowError, RecursionError):
        return {}


def _evidence(data: bytes, upright: bool) -> dict[str, Any]:
    if data[:2] == b"\xff\xd8":
        found, exif = _jpeg(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        found, exif = _png(data)
    elif data[:4] in (b"II*\0", b"MM\0*"):
        found, exif = {}, data
    else:
        return {}
    tags: Tags = {}
    with contextlib.suppress(struct.error, IndexError, ValueError):  # the JPEG's tables still speak
        tags = _directories(exif)
    if data is exif:
        found["bit_depth"] = int(max(_all(tags.get(BITS)) or (8,)))
    turn = int(_number(tags.get(ORIENTATION)) or 1)
    if upright and 2 <= turn <= 8 and found.get("jpeg_tables"):
        _turn(found, turn)
    if upright and turn >= 5 and "size" in found:
        found["size"] = found["size"][::-1]
    return {**found, **_shot(tags)}


def _jpeg(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Walk the markers up to the scan: quantisation tables in natural order, luma first, and chroma's subsampling."""
    tables: dict[int, list[int]] = {}
    found: dict[str, Any] = {"bit_depth": 8}
    parts: list[tuple[int, int, int]] = []
    exif, at = b"", 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        kind, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if kind == 0xDB:
            _tables(body, tables)
        elif kind == 0xE1 and body[:6] == b"Exif\0\0" and not exif:
            exif = body[6:]
        elif 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            depth, height, width, count = struct.unpack_from(">BHHB", body)
            parts = [
                (body[7 + 3 * i] >> 4, body[7 + 3 * i] & 15, body[8 + 3 * i]) for i in range(min(count, 3))
            ]
            found.update(bit_depth=depth, size=(width, height))
        at += 2 + length
    used = list(dict.fromkeys(part[2] for part in parts))
    if parts and all(number in tables for number in used):
        found["jpeg_tables"] = [tables[number] for number in used]
        if len(parts) == 3:
            found["jpeg_subsampling"] = [parts[0][0] // parts[1][0], parts[0][1] // parts[1][1]]
    return found, exif


def _tables(body: bytes, tables: dict[int, list[int]]) -> None:
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        values = struct.unpack_from(">64H" if wide else ">64B", body, at + 1)
        natural = [0] * 64
        for place, value in zip(NATURAL, values):  # noqa: B905 - Python 3.9
            natural[place] = value
        tables[number] = natural
        at += 129 if wide else 65


def _png(data: bytes) -> tuple[dict[str, Any], bytes]:
    at, exif, found = 8, b"", {}
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"IHDR":
            found["bit_depth"] = max(8, data[at + 16])
        elif kind == b"eXIf":
            exif = data[at + 8 : at + 8 + length]
        at += 12 + length
    return found, exif


def _directories(block: bytes) -> Tags:
    """Tags of the first directory of a TIFF structure and of its EXIF directory."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return {}
    (first,) = struct.unpack_from(order + "I", block, 4)
    tags = _directory(block, order, first)
    below = _number(tags.get(EXIF))
    return {**tags, **(_directory(block, order, int(below)) if below else {})}


def _directory(block: bytes, order: str, at: int) -> Tags:
    tags: Tags = {}
    (count,) = struct.unpack_from(order + "H", block, at)
    for index in range(count):
        tag, kind, length = struct.unpack_from(order + "HHI", block, at + 2 + 12 * index)
        place = at + 10 + 12 * index
        unit = 1 if kind in (2, 7) else struct.calcsize(order + TIFF_TYPES.get(kind, ""))
        if unit * length > 4:
            (place,) = struct.unpack_from(order + "I", block, place)
        if not unit or length > 4096 or place + unit * length > len(block):
            continue
        if kind in (2, 7):
            tags[tag] = block[place : place + length].decode("utf-8", "replace")
        else:
            values = struct.unpack_from(order + TIFF_TYPES[kind] * length, block, place)
            tags[tag] = _ratios(values) if kind in (5, 10) else values
    return tags


def _ratios(values: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(a / b if b else math.nan for a, b in zip(values[::2], values[1::2]))  # noqa: B905 - Python 3.9


def _shot(tags: Tags) -> dict[str, Any]:
    """How the photo was taken; only what the tags say."""
    maker, model = _words(tags.get(MAKE)), _words(tags.get(MODEL))
    named = maker and model.lower().startswith(maker.split()[0].lower())
    iso, exposure = _number(tags.get(ISO)), _number(tags.get(EXPOSURE))
    if iso is None or iso >= 65535:  # the 16-bit tag is full: EXIF 2.3 has longer ones
        iso = next((n for n in (_number(tags.get(tag)) for tag in ISO_LONG) if n), iso)
    profile = _all(tags.get(NOISE_PROFILE))
    found = {
        "iso": iso if iso and iso > 0 else None,
        "exposure_seconds": exposure if exposure and exposure > 0 else None,
        "exposure_bias": _number(tags.get(BIAS)),
        "camera": model if named else f"{maker} {model}".strip(),
        "lens": _words(tags.get(LENS)),
        "noise_profile": [list(pair) for pair in zip(profile[::2], profile[1::2])],  # noqa: B905 - Python 3.9
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _turn(found: dict[str, Any], orientation: int) -> None:
    """Tables, subsampling and the grid's place as they are in the upright picture."""
    across, down = (-side % 16 for side in found["size"])
    if orientation >= 5:
        found["jpeg_tables"] = [[t[8 * (i % 8) + i // 8] for i in range(64)] for t in found["jpeg_tables"]]
        if "jpeg_subsampling" in found:
            found["jpeg_subsampling"] = found["jpeg_subsampling"][::-1]
        across, down = down, across
    found["crop_offset"] = [across * (orientation in (2, 3, 6, 7)), down * (orientation in (3, 4, 7, 8))]


def _all(value: Any) -> tuple[float, ...]:
    numbers = value if isinstance(value, tuple) else ()
    return tuple(numbers) if all(math.isfinite(n) for n in numbers) else ()


def _number(value: Any) -> Optional[float]:
    numbers = _all(value)
    return float(numbers[0]) if numbers else None


def _words(value: Any) -> str:
    return value.replace("\0", " ").strip() if isinstance(value, str) else ""
