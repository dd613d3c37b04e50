"""PNG files: 8-bit pixels by Pillow, 16-bit ones by imagecodecs (libpng), metadata chunks by our own hand.

Pillow cuts 16-bit colour to 8 bits, and imagecodecs knows no metadata, so chunks are read and spliced here
(PNG, 3rd edition, section 11).
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import IO, Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.photo import iptc, pillow
from upzeroir_plugin.photo.decoded import AGAIN, Decoded, Limits
from upzeroir_plugin.photo.metadata import Metadata, orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP = "XML:com.adobe.xmp"
RAW_IPTC, RAW_EXIF = "Raw profile type iptc", "Raw profile type exif"
PER_INCH = 0.0254
LARGEST_CHUNK = 64 << 20
MOST_TEXT = 16 << 20
"""Characters of all texts of a file together: what is beyond is left out, so that a small file cannot fill memory."""
SWIFT = {"level": 1, "filter": 16, "strategy": 3}
"""Differences to the left, run lengths and Huffman codes: as small for photos as level 6, in a tenth of its time."""
Chunks = list[tuple[bytes, bytes]]


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """A PNG of any depth and kind; palettes become RGB, a transparent colour becomes alpha."""
    chunks = _chunks(stream)
    names = dict(chunks)
    header = names.get(b"IHDR", b"")
    if len(header) != 13:
        raise UnreadableError(f"{limits.name} is a PNG without a header.")
    width, height, depth, kind = struct.unpack_from(">IIBB", header)
    samples = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}.get(kind, 4)
    limits.check(width, height, samples * max(depth // 8, 1))
    if b"acTL" in names and struct.unpack_from(">I", names[b"acTL"].ljust(4, b"\0"))[0] > 1:
        raise pillow.animated(limits.name)
    stream.seek(0)
    data = stream.read()
    _check_sums(data, limits.name)
    if depth == 16:
        array = imagecodecs.png_decode(data)
    else:
        array = pillow.samples(Image.open(io.BytesIO(data), formats=["PNG"]))
    colour, alpha = pillow.parted(array)
    return Decoded(colour, alpha, np.iinfo(colour.dtype).max, _profile(names), metadata_of(chunks), "PNG")


def metadata(stream: IO[bytes]) -> Metadata:
    """EXIF, XMP, IPTC, texts and resolution of a PNG, without decoding its pixels."""
    return metadata_of(_chunks(stream))


def write(stream: IO[bytes], samples: NDArray[Any], icc: bytes | None, kept: Metadata) -> None:
    """Grey, grey and alpha, RGB or RGBA, uint8 or uint16, as PNG."""
    encoded = imagecodecs.png_encode(np.ascontiguousarray(samples), **SWIFT)
    head = len(SIGNATURE) + 12 + 13
    stream.write(encoded[:head])
    for name, data in _metadata_chunks(icc, kept):
        stream.write(struct.pack(">I", len(data)) + name + data)
        stream.write(struct.pack(">I", zlib.crc32(name + data)))
    stream.write(memoryview(encoded)[head:])


def _chunks(stream: IO[bytes]) -> Chunks:
    """(name, data) of all sound chunks but the pixels'; stops where the file is cut short."""
    stream.seek(len(SIGNATURE))
    found: Chunks = []
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if name in (b"IDAT", b"fdAT") or size > LARGEST_CHUNK:
            stream.seek(size + 4, 1)
            continue
        data = stream.read(size)
        if stream.read(4) == struct.pack(">I", zlib.crc32(name + data)):
            found.append((name, data))
        if name == b"IEND":
            break
    return found


def _check_sums(data: bytes, name: str) -> None:
    """Raise UnreadableError if a check sum is wrong: Pillow does not look at pixels' sums, libpng writes to stderr."""
    view, at, kind = memoryview(data), len(SIGNATURE), b""
    while at + 12 <= len(view) and kind != b"IEND":
        end = at + 8 + int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            break
        at = end + 4
    else:
        return
    raise UnreadableError(f"{name} is damaged or cut short (check sum of {kind!r}).", AGAIN)


def _inflated(data: bytes, most: int = LARGEST_CHUNK) -> bytes:
    """Data of zlib, up to a size that no honest chunk needs more of; b"" if damaged."""
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


def _profile(names: dict[bytes, bytes]) -> bytes | None:
    _, _, rest = names.get(b"iCCP", b"").partition(b"\0")
    return _inflated(rest[1:]) or None


def _text(name: bytes, data: bytes, most: int) -> tuple[str, str] | None:
    """Keyword and text of a tEXt, zTXt or iTXt chunk, inflated to at most that many bytes."""
    keyword, _, rest = data.partition(b"\0")
    if name == b"tEXt":
        return keyword.decode("latin-1"), rest.decode("latin-1")
    if name == b"zTXt":
        return keyword.decode("latin-1"), _inflated(rest[1:], most).decode("latin-1")
    if name == b"iTXt" and len(rest) > 2:
        body = rest[2:].split(b"\0", 2)[-1]
        text = _inflated(body, most) if rest[0] else body
        return keyword.decode("latin-1"), text.decode("utf-8", "replace")
    return None


def _raw_profile(text: str) -> bytes:
    """A profile that ImageMagick writes as text: a name, a length, hexadecimal digits."""
    words = text.split()
    try:
        return bytes.fromhex("".join(words[2:]))
    except ValueError:
        return b""


def metadata_of(chunks: Chunks) -> Metadata:
    """Metadata among chunks. Raw text profiles, of the days before eXIf, count where the chunk proper is missing."""
    texts, room = list[tuple[str, str]](), MOST_TEXT
    for name, data in chunks:
        text = _text(name, data, room)
        if text is not None and len(text[1]) < room:
            room -= len(text[1])
            texts.append(text)
    said, names = dict(texts), dict(chunks)
    exif_block = names.get(b"eXIf", b"") or _raw_profile(said.get(RAW_EXIF, ""))
    found = Metadata(
        exif=exif_block.removeprefix(b"Exif\0\0"),
        xmp=said.get(XMP, "").encode(),
        iptc=iptc.of_resources(_raw_profile(said.get(RAW_IPTC, ""))),
        texts=tuple(t for t in texts if t[0] != XMP and not t[0].startswith("Raw profile type")),
        dpi=_dpi(names.get(b"pHYs", b"")),
    )
    return replace(found, orientation=orientation(found))


def _dpi(data: bytes) -> tuple[float, float] | None:
    if len(data) != 9 or data[8] != 1:
        return None
    x, y = struct.unpack_from(">II", data)
    return (x * PER_INCH, y * PER_INCH) if x and y else None


def _metadata_chunks(icc: bytes | None, kept: Metadata) -> Chunks:
    chunks: Chunks = []
    if icc:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)))
    if kept.dpi:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(v / PER_INCH) for v in kept.dpi), 1)))
    if kept.exif:
        chunks.append((b"eXIf", kept.exif))
    if kept.xmp:
        chunks.append((b"iTXt", XMP.encode() + b"\0\0\0\0\0" + kept.xmp))
    if kept.iptc:
        resources = iptc.as_resources(kept.iptc)
        digits = f"\niptc\n{len(resources):8d}\n{resources.hex()}\n".encode()
        chunks.append((b"zTXt", RAW_IPTC.encode() + b"\0\0" + zlib.compress(digits)))
    for keyword, text in kept.texts:
        name = keyword.encode("latin-1", "replace")[:79] or b"Comment"
        chunks.append((b"iTXt", name + b"\0\0\0\0\0" + text.encode()))
    return chunks
