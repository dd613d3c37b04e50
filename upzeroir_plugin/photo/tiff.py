"""TIFF files of 8, 16 and 32 bits, through tifffile and imagecodecs."""

from __future__ import annotations

import logging
import struct
from dataclasses import replace
from typing import IO, Any, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.photo import exif, profile
from upzeroir_plugin.photo.decoded import Decoded, Limits
from upzeroir_plugin.photo.metadata import Metadata, orientation

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # or its warnings end up on stderr

XMP, IPTC, ICC, NOISE_PROFILE = 700, 33723, 34675, 51041
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, LAB, ICC_LAB = 0, 1, 2, 3, 5, 8, 9
SENSOR = {32803, 34892}
"""Photometric interpretations of a raw file: colour filter array, linear raw."""
SECONDARY = 1 | 4
"""NewSubfileType's bits for a smaller copy and for a mask."""
ASSOCIATED = 1


def is_raw(stream: IO[bytes]) -> bool:
    """Whether a TIFF structure holds a sensor's picture, in its first directories or those below them."""
    try:
        stream.seek(0)
        with tifffile.TiffFile(stream) as file:
            for page in list(file.pages)[:4]:
                if _photometric(page) in SENSOR or any(_photometric(p) in SENSOR for p in page.pages or ()):
                    return True
    except Exception:  # whatever is wrong with it, the reader says so better
        return False
    return False


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """The one full-size picture of a TIFF; CMYK and Lab become sRGB, associated alpha is divided out."""
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page = _page(file, limits.name)
        width, height, samples = page.imagewidth, page.imagelength, page.samplesperpixel
        limits.check(width, height, samples * max(page.bitspersample // 8, 1))
        found = _metadata(file.pages.first, stream)
        icc = _raw(page.tags.get(ICC)) or None
        array = _samples(page, stream)
        extra = page.extrasamples
        photometric = int(page.photometric)
        bits = page.bitspersample
    inks = {CMYK: 4}.get(photometric, 1 if photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO) else 3)
    if array.shape[2] > inks + 1:
        raise UnreadableError(
            f"{limits.name} has {array.shape[2] - inks} extra channels.",
            "Save it with no more than an alpha channel.",
        )
    colour, alpha = array[..., :inks], array[..., inks] if array.shape[2] > inks else None
    top = {"uint8": 255.0, "uint16": float(2**bits - 1)}.get(array.dtype.name, 1.0)
    if alpha is not None and extra and int(extra[0]) == ASSOCIATED:
        colour = _unassociated(colour, alpha, top)
    colour = _as_rgb(colour, photometric, top, icc, limits.name)
    if photometric in (CMYK, LAB, ICC_LAB):
        icc = profile.srgb()
    return Decoded(colour, alpha, top, icc, found, "TIFF")


def metadata(stream: IO[bytes]) -> Metadata:
    """EXIF, XMP, IPTC and resolution of a TIFF, without decoding its pixels."""
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        return _metadata(file.pages.first, stream)


def noise_profile(stream: IO[bytes]) -> Any:
    """The value of a DNG's NoiseProfile, in any of its directories; None if there is none."""
    try:
        stream.seek(0)
        with tifffile.TiffFile(stream) as file:
            pages = [p for page in list(file.pages)[:4] for p in (page, *(page.pages or ()))]
            return next((v for p in pages if (v := p.tags.valueof(NOISE_PROFILE)) is not None), None)
    except Exception:  # a hint less
        return None


def write(stream: IO[bytes], samples: NDArray[Any], icc: bytes | None, kept: Metadata) -> None:
    """Grey or RGB, with or without alpha, uint8, uint16 or float32, as TIFF (deflate with predictor).

    An EXIF block is a TIFF structure itself, so the file begins with it and the picture is appended: all offsets
    inside, those of maker notes too, stay right. `stream` must be readable too.
    """
    block = kept.exif
    order: Literal["<", ">"] = ">" if block[:2] == b"MM" else "<"
    if block:
        stub = len(block) + len(block) % 2
        stream.write(block.ljust(stub, b"\0") + struct.pack(order + "HHHIII", 1, 254, 4, 1, 0, 0))
        stream.seek(4)
        stream.write(struct.pack(order + "I", stub))
        stream.seek(0)
    grey = samples.ndim == 2 or samples.shape[2] == 2
    alpha = samples.ndim == 3 and samples.shape[2] in (2, 4)
    with tifffile.TiffWriter(stream, append=bool(block), byteorder=None if block else order) as file:
        file.write(
            samples,
            photometric="minisblack" if grey else "rgb",
            planarconfig="contig" if samples.ndim == 3 else None,
            extrasamples=["unassalpha"] if alpha else None,
            compression="zlib",
            compressionargs={"level": 1},
            predictor=True,
            rowsperstrip=max(1, (1 << 20) // (samples.nbytes // len(samples))),
            iccprofile=icc,
            resolution=kept.dpi,
            resolutionunit="inch" if kept.dpi else None,
            metadata=None,
            software=False,
            extratags=[
                (code, 1 if code == XMP else 7, len(data), data, True)
                for code, data in ((XMP, kept.xmp), (IPTC, kept.iptc))
                if data
            ],
        )
    if block:
        _join(stream, order, exif.first_directory(block))


def _join(stream: IO[bytes], order: str, old: dict[int, bytes]) -> None:
    """Give the appended picture's directory the entries `old` of the EXIF block, and make it the file's first."""
    stream.seek(4)
    (stub,) = struct.unpack(order + "I", stream.read(4))
    stream.seek(stub + 14)
    (at,) = struct.unpack(order + "I", stream.read(4))
    stream.seek(at)
    (count,) = struct.unpack(order + "H", stream.read(2))
    raw = stream.read(12 * count)
    new = {struct.unpack_from(order + "H", raw, i)[0]: raw[i : i + 12] for i in range(0, len(raw), 12)}
    resolution = {t: e for t, e in old.items() if t in (282, 283, 296)}
    entries = (
        {t: e for t, e in old.items() if t in exif.ABOUT_THE_PHOTO or t == exif.ORIENTATION}
        | new
        | resolution
    )
    end = stream.seek(0, 2)
    end += stream.write(bytes(end % 2))
    stream.write(
        struct.pack(order + "H", len(entries)) + b"".join(entries[t] for t in sorted(entries)) + bytes(4)
    )
    stream.seek(4)
    stream.write(struct.pack(order + "I", end))


def _photometric(page: Any) -> int:
    return int(getattr(page, "photometric", -1))


def _page(file: tifffile.TiffFile, name: str) -> Any:
    """The page to restore. Raises UnreadableError if there are several."""
    pages: list[Any] = [file.pages[n] for n in range(min(len(file.pages), 16))]
    full = [p for p in pages if not int(p.tags.valueof(254, 0)) & SECONDARY] or pages[:1]
    if not full:
        raise UnreadableError(f"{name} is a TIFF without a picture.")
    if len(full) > 1:
        raise UnreadableError(
            f"{name} holds {len(full)} pictures.", "Save the one that you want as a file of its own."
        )
    page = full[0]
    if page.imagedepth > 1:
        raise UnreadableError(f"{name} is a volume, no photo.")
    return page


def _samples(page: Any, stream: IO[bytes]) -> NDArray[Any]:
    """The page's samples (H, W, C): uint8, uint16 or float32."""
    if int(page.photometric) not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, LAB, ICC_LAB) and not (
        int(page.photometric) == 6 and int(page.compression) == 7
    ):
        stream.seek(0)
        return np.asarray(Image.open(stream, formats=["TIFF"]).convert("RGB"))
    array: NDArray[Any] = page.asarray()
    if page.samplesperpixel > 1 and page.planarconfig == 2:
        array = np.moveaxis(array, 0, -1)
    array = array.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
    if int(page.photometric) == PALETTE:
        colours: NDArray[Any] = np.asarray(page.colormap)[:, array[..., 0]]
        array = np.moveaxis(colours // 257, 0, -1).astype(np.uint8)
        return array
    return _plain(array, page.bitspersample)


def _plain(array: NDArray[Any], bits: int) -> NDArray[Any]:
    """Any samples as uint8, uint16 or float32. Raises UnreadableError for signed and 64-bit integers."""
    made = array
    if array.dtype == bool or bits in (1, 2, 4):
        made = array.astype(np.uint8) * np.uint8(255 // (2**bits - 1))
    elif array.dtype.kind == "f":
        made = array.astype(np.float32, copy=False)
    elif array.dtype == np.uint32:
        made = np.divide(array, 2**32 - 1, dtype=np.float64).astype(np.float32)
    elif array.dtype not in (np.uint8, np.uint16):
        raise UnreadableError(
            f"Its samples are of the kind {array.dtype}.", "Save it with 8 or 16 bits or as floats."
        )
    return made


def _unassociated(colour: NDArray[Any], alpha: NDArray[Any], top: float) -> NDArray[Any]:
    """Colour (H, W, C) that was stored times alpha, divided out."""
    share = np.maximum(alpha[..., None].astype(np.float32), 1e-6)
    divided = np.minimum(colour.astype(np.float32) * top / share, top)
    return divided if colour.dtype.kind == "f" else np.rint(divided).astype(colour.dtype)


def _as_rgb(colour: NDArray[Any], photometric: int, top: float, icc: bytes | None, name: str) -> NDArray[Any]:
    """Grey (H, W) or RGB (H, W, 3) of what the photometric interpretation says."""
    if photometric == WHITE_IS_ZERO:
        colour = (top - colour).astype(colour.dtype)
    if photometric == CMYK:
        if colour.dtype.kind == "f":
            raise UnreadableError(f"{name} is CMYK in floats.", "Save it with 8 or 16 bits.")
        return profile.from_cmyk(colour, icc)
    if photometric in (LAB, ICC_LAB):
        return _from_lab(colour, photometric == LAB)
    return colour[..., 0] if colour.shape[2] == 1 else colour


def _from_lab(colour: NDArray[Any], signed: bool) -> NDArray[Any]:
    """TIFF's encodings of Lab (TIFF 6.0, section 23; Photoshop's notes for ICC_LAB), to sRGB of the same depth."""
    wide = colour.dtype == np.uint16
    lightness = colour[..., :1].astype(np.float32) * (100 / (65535 if wide else 255))
    kind = np.int16 if wide else np.int8
    chroma = (
        colour[..., 1:3].view(kind)
        if signed
        else colour[..., 1:3].astype(np.int32) - (32768 if wide else 128)
    )
    lab = np.concatenate([lightness, chroma.astype(np.float32) / (256 if wide else 1)], -1)
    top = 65535 if wide else 255
    return np.rint(profile.from_lab(lab) * top).astype(colour.dtype)


def _metadata(page: Any, stream: IO[bytes]) -> Metadata:
    tags = page.tags
    block = exif.from_tiff(stream)
    packet, sets = tags.get(XMP), tags.get(IPTC)
    found = Metadata(
        exif=block,
        xmp=_raw(packet),
        iptc=_raw(sets),
        dpi=_dpi(tags),
        orientation=int(tags.valueof(exif.ORIENTATION, 0) or 0),
    )
    told = found.orientation
    return found if told in range(1, 9) else replace(found, orientation=orientation(found))


def _raw(tag: Any) -> bytes:
    """A tag's value as bytes, whatever type its writer gave it."""
    if tag is None:
        return b""
    if isinstance(tag.value, bytes):
        return tag.value
    if isinstance(tag.value, str):
        return tag.value.encode()
    return b""


def _dpi(tags: Any) -> tuple[float, float] | None:
    unit = {2: 1.0, 3: 2.54}.get(int(tags.valueof(296, 2)))
    values = [tags.valueof(code) for code in (282, 283)]
    if unit is None or any(not isinstance(v, tuple) or len(v) != 2 or not v[0] or not v[1] for v in values):
        return None
    x, y = (v[0] / v[1] * unit for v in values)
    return x, y
