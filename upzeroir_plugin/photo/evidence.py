"""What a file says about its own history, as hints for the estimators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from upzeroir_plugin.photo import exif
from upzeroir_plugin.photo.decoded import Decoded
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.orientation import grid_offset

MAKE, MODEL, LENS = 0x010F, 0x0110, 0xA434
ISO, ISO_LONG, EXPOSURE, BIAS = 0x8827, (0x8833, 0x8832, 0x8831), 0x829A, 0x9204
NOISE_PROFILE = 0xC761


def gathered(decoded: Decoded) -> FileEvidence:
    """The hints of the file's structure, turned upright as its pixels are, with what EXIF says of the exposure."""
    block, orientation = decoded.metadata.exif, decoded.metadata.orientation
    tags = exif.values(block) if block else {}
    maker, model = (_words(tags.get(t)) for t in (MAKE, MODEL))
    brand = maker.split()[0].lower() if maker else ""
    exposure = exif.number(tags.get(EXPOSURE))
    height, width = decoded.colour.shape[:2]
    return replace(
        _turned(decoded.hints, (width, height), orientation),
        bit_depth=decoded.bit_depth,
        iso=_iso(tags),
        exposure_seconds=exposure if exposure and exposure > 0 else None,
        exposure_bias=exif.number(tags.get(BIAS)),
        camera=model if model.lower().startswith(brand) else f"{maker} {model}".strip(),
        lens=_words(tags.get(LENS)),
    )


def _turned(found: FileEvidence, size: tuple[int, int], orientation: int) -> FileEvidence:
    """The tables of a JPEG of `size` (w, h) as stored, for its pixels as seen: its blocks turn with it."""
    tables, sampling = found.jpeg_tables, found.jpeg_subsampling
    if not tables:
        return found
    if orientation >= 5:
        tables = tuple(tuple(t[8 * (i % 8) + i // 8] for i in range(64)) for t in tables)
        sampling = sampling and (sampling[1], sampling[0])
    return replace(
        found, jpeg_tables=tables, jpeg_subsampling=sampling, crop_offset=grid_offset(size, orientation)
    )


def noise_profile(value: Any) -> tuple[tuple[float, float], ...]:
    """Pairs (S, O) of a DNG's NoiseProfile (DNG 1.3), one a channel or one for all; () if there is none."""
    numbers = tuple(value) if isinstance(value, tuple | list) else ()
    told = [exif.number(n) for n in numbers]
    if not told or len(told) % 2 or None in told:
        return ()
    flat = [n for n in told if n is not None]
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _iso(tags: dict[int, Any]) -> float | None:
    """The 16-bit tag, or, where that is full, the 32-bit one that took its place (EXIF 2.3)."""
    told = exif.number(tags.get(ISO))
    if told is None or told >= 65535:
        told = next((n for t in ISO_LONG if (n := exif.number(tags.get(t)))), told)
    return told if told and told > 0 else None


def _words(value: Any) -> str:
    return value.replace("\0", " ").strip() if isinstance(value, str) else ""
