"""Pixels between GIMP and the backend: formats, reading, and putting a result among pixels that must not change."""

from __future__ import annotations

import array
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gi.repository import Babl, Gegl

Rect = tuple[int, int, int, int]
DTYPES = {"u8": "uint8", "u16": "uint16", "float": "float32"}
MODELS = {1: "Y'", 2: "Y'A", 3: "R'G'B'", 4: "R'G'B'A"}
GREYS = {"uint8": "Y u8", "uint16": "Y u16", "float32": "Y float"}
"""Formats of a mask, by the precision of the pixels that it goes with."""
SAMPLES = {"uint8": 1, "uint16": 2, "float32": 4}
CODES = {"uint8": ("B", 255), "uint16": ("H", 65535), "float32": ("f", 1.0)}
"""Of a sample: array's type code, and what white is."""
NOT_ZERO = re.compile(rb"[^\0]+")


@dataclass(frozen=True)
class Layout:
    """How a drawable's pixels are sent (`name`, a babl format in its own colour space) and stored (`native`)."""

    name: str
    native: str
    channels: int
    dtype: str
    sent_bytes: int
    native_bytes: int

    @property
    def direct(self) -> bool:
        """Sent as they are stored."""
        return self.name == self.native


def layout(drawable: Any) -> Layout:
    """The encoded values of the drawable's own space, as they are stored where the backend knows that form, else float.

    Masks and channels are sent as the numbers they hold.
    """
    stored = drawable.get_format()
    native, space = Babl.get_name(stored), Babl.format_get_space(stored)
    kind = Babl.get_name(Babl.format_get_type(stored, 0))
    channels = Babl.format_get_n_components(stored)
    bare = drawable.is_layer_mask() or drawable.is_channel()
    model = "Y" if bare else MODELS[channels]

    def named(kind: str) -> str:
        return str(Babl.get_name(Babl.format_with_space(f"{model} {kind}", space)))

    if kind not in DTYPES or named(kind) != native:
        kind = "float"
    size = SAMPLES[DTYPES[kind]]
    return Layout(
        named(kind), native, channels, DTYPES[kind], size * channels, Babl.format_get_bytes_per_pixel(stored)
    )


def read(drawable: Any, rect: Rect, name: str) -> bytes:
    """Rows of a rectangle in the drawable's own coordinates; beyond its edges they are empty."""
    got = drawable.get_buffer().get(Gegl.Rectangle.new(*rect), 1.0, name, Gegl.AbyssPolicy.NONE)
    return bytes(got)


def read_small(drawable: Any, rect: Rect, scale: float, name: str = "R'G'B' u8") -> tuple[bytes, int, int]:
    """A rectangle made smaller by `scale` ≤ 1: (rows, width, height); in sRGB unless `name` says more."""
    x, y, w, h = rect
    width, height = max(1, round(w * scale)), max(1, round(h * scale))
    small = Gegl.Rectangle.new(round(x * scale), round(y * scale), width, height)
    return bytes(drawable.get_buffer().get(small, scale, name, Gegl.AbyssPolicy.CLAMP)), width, height


def write(buffer: Any, rect: Rect, name: str, rows: bytes, pixel: int) -> None:
    """Set a rectangle of a buffer. GEGL only mutters about a wrong length, so it is checked here."""
    x, y, w, h = rect
    if len(rows) != w * h * pixel:
        raise ValueError(f"{len(rows)} bytes are not {w} by {h} by {pixel}.")
    buffer.set(Gegl.Rectangle.new(x, y, w, h), name, rows)
    buffer.flush()


def converted(rows: bytes, size: tuple[int, int], source: str, target: str) -> bytes:
    """Rows of one babl format in another."""
    if source == target:
        return rows
    rect = Gegl.Rectangle.new(0, 0, *size)
    scratch = Gegl.Buffer.new(target, 0, 0, *size)
    scratch.set(rect, source, rows)
    return bytes(scratch.get(rect, 1.0, target, Gegl.AbyssPolicy.NONE))


def cut(rows: bytes, width: int, rect: Rect, pixel: int) -> bytes:
    """A rectangle out of rows that are `width` px wide."""
    x, y, w, h = rect
    if x == 0 and w == width:
        return rows[y * width * pixel : (y + h) * width * pixel]
    starts = range((y * width + x) * pixel, ((y + h) * width + x) * pixel, width * pixel)
    return b"".join(rows[at : at + w * pixel] for at in starts)


def pasted(rows: bytes, width: int, rect: Rect, part: bytes, pixel: int) -> bytes:
    """Rows that are `width` px wide, with a rectangle of them replaced."""
    x, y, w, h = rect
    if (w, len(part)) == (width, len(rows)):
        return part
    out = bytearray(rows)
    for row in range(h):
        at = ((y + row) * width + x) * pixel
        out[at : at + w * pixel] = part[row * w * pixel : (row + 1) * w * pixel]
    return bytes(out)


def where(mask: bytes, before: bytes, after: bytes, size: tuple[int, int], pixel: int) -> bytes:
    """`after` where the mask is not 0, elsewhere the very bytes of `before`; all of `size` (w, h).

    How much of the result a partly selected pixel takes has been settled by the backend; here only what was not
    selected at all is kept, bit by bit.
    """
    width, height = size
    sample = len(mask) // (width * height)
    out = bytearray(before)
    for row in range(height):
        line = mask[row * width * sample : (row + 1) * width * sample]
        for run in NOT_ZERO.finditer(line):
            first, last = run.start() // sample, (run.end() - 1) // sample + 1
            begin, end = (row * width + first) * pixel, (row * width + last) * pixel
            out[begin:end] = after[begin:end]
    return bytes(out)


def mixed(mask: bytes, before: bytes, after: bytes, dtype: str, channels: int) -> bytes:
    """`after` as far as the mask says, all of one `dtype`: for a picture that the backend made without the mask.

    A pixel that is selected by m is before + m (after - before) in encoded values, as the backend mixes.
    """
    code, white = CODES[dtype]
    shares, old, new = (array.array(code, rows) for rows in (mask, before, after))
    stored: Callable[[float], Any] = float if code == "f" else round
    for at, share in enumerate(shares):
        if share >= white:
            continue
        for i in range(at * channels, (at + 1) * channels):
            new[i] = stored(old[i] + (new[i] - old[i]) * share / white)
    return new.tobytes()
