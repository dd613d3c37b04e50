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
    """JPEG tables and subsampling, WebP's quantiser, size (w, h), bit depth, ISO, exposure, camera, lens, noise.

    {} for what says nothing.
    `upright`: the pixels that go with it have been turned as the file's orientation says. Never raises: a file that is
    missing or damaged has no evidence.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return evidence_in(file.read(HEAD), upright)
    except OSError:
        return {}


def evidence_in(data: bytes, upright: bool = True) -> dict[str, Any]:
    """What `read_evidence` returns, of a file's first bytes."""
    try:
        return _evidence(data, upright)
    except (struct.error, ValueError, IndexError, OverflowError, RecursionError):
        return {}


def _evidence(data: bytes, upright: bool) -> dict[str, Any]:
    if data[:2] == b"\xff\xd8":
        found, exif = _jpeg(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        found, exif = _png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found, exif = _webp(data)
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


def _webp(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The quantiser of a lossy WebP, and EXIF where it is near enough."""
    at, exif, found = 12, b"", {}
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
            found = {"bit_depth": 8, "size": (width, height), "webp_quantiser": _quantiser(_Bits(body[10:]))}
        elif kind == b"EXIF":
            exif = body[6:] if body[:6] == b"Exif\0\0" else body
        at += 8 + length + length % 2
    return found, exif


class _Bits:
    """VP8's boolean decoder at even odds (RFC 6386, section 7)."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 2, 8
        self.value, self.range = int.from_bytes(data[:2], "big"), 255

    def number(self, bits: int) -> int:
        """The next `bits`, the greatest first."""
        total = 0
        for _ in range(bits):
            split = 1 + ((self.range - 1) >> 1)
            bit = self.value >= split << 8
            self.value -= bit * (split << 8)
            self.range = self.range - split if bit else split
            while self.range < 128:
                self.value, self.range, self.left = self.value << 1, self.range << 1, self.left - 1
                if not self.left:
                    self.value |= self.data[self.at]
                    self.at, self.left = self.at + 1, 8
            total = 2 * total + bit
        return total

    def signed(self, bits: int) -> int:
        """0 where a flag says so, else a number of `bits` and its sign."""
        if not self.number(1):
            return 0
        size = self.number(bits)
        return -size if self.number(1) else size


def _quantiser(bits: _Bits) -> float:
    """Index of the quantiser of luma, 0 to 127, the mean over a key frame (RFC 6386, section 19.2)."""
    bits.number(2)
    quantisers, absolute, odds = [0, 0, 0, 0], 0, [255, 255, 255]
    if bits.number(1):
        mapped, told = bits.number(1), bits.number(1)
        if told:
            absolute = bits.number(1)
            quantisers = [bits.signed(7) for _ in range(4)]
            for _ in range(4):
                bits.signed(6)
        if mapped:
            odds = [bits.number(8) if bits.number(1) else 255 for _ in range(3)]
    bits.number(10)  # the loop filter
    if bits.number(1) and bits.number(1):
        for _ in range(8):
            bits.signed(6)
    bits.number(2)
    base = 0 if absolute else bits.number(7)
    first, low, high = ((odd + (odd == 255)) / 256 for odd in odds)
    shares = (first * low, first * (1 - low), (1 - first) * high, (1 - first) * (1 - high))
    used = (min(max(base + quantiser, 0), 127) for quantiser in quantisers)
    return sum(share * quantiser for share, quantiser in zip(shares, used))  # noqa: B905 - Python 3.9


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
