"""What clients send as JSON, checked against the table of parameters and turned into typed orders. No numpy."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from upzeroir_plugin.errors import TooLargeError, UsageError
from upzeroir_plugin.parameters import EFFORTS, LATENT, Amounts, Entry, ParameterVector, parameter

Rect = tuple[int, int, int, int]
DTYPES = {"uint8": 1, "uint16": 2, "float32": 4}
DEVICES = ("auto", "cpu", "cuda", "mps")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
LARGEST_SIDE = 1 << 17


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """A raw frame's header; `profile` ICC bytes."""

    width: int
    height: int
    channels: int
    dtype: str
    profile: bytes | None
    evidence: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes of the rows."""
        return self.width * self.height * self.channels * DTYPES[self.dtype]


@dataclass(frozen=True, slots=True)
class Order:
    """A restoration as ordered; docs/api.md says what each entry means."""

    photo: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=Amounts)
    strength: float = 1.0
    region: Rect | None = None
    mask: str | None = None
    centre: tuple[float, float] | None = None
    effort: str = "fast"
    steps: int | None = None
    seed: int = 0
    start_from: str | None = None
    device: str = "auto"
    prior: str | None = None
    latent: tuple[float | None, float | None] = (None, None)
    detached: bool = False


class Fields:
    """The entries of a JSON object, taken one by one with their types; what is left over is refused."""

    def __init__(self, data: Mapping[str, Any], what: str = "The request", strict: bool = True) -> None:
        self.data, self.what, self.strict = dict(data), what, strict

    def text(self, name: str, among: tuple[str, ...] | None = None, default: str | None = None) -> str:
        """A string, one of `among` if given."""
        value = self.data.pop(name, default)
        if not isinstance(value, str) or (among is not None and value not in among):
            raise self.wrong(name, "one of " + ", ".join(among) if among else "a text")
        return value

    def name(self, name: str) -> str | None:
        """An id, or None."""
        value = self.data.pop(name, None)
        if value is not None and not (isinstance(value, str) and NAME.fullmatch(value)):
            raise self.wrong(name, "an id")
        return value

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A finite number in [low, high]."""
        return self._number(name, self.data.pop(name, default), low, high)

    def whole(self, name: str, low: int, high: int, default: int | None) -> int | None:
        """A whole number in [low, high], or the default None."""
        value = self.data.pop(name, default)
        if value is None and default is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self.data.pop(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """An object; {} if missing or null."""
        value = self.data.pop(name, None)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def rect(self, name: str) -> Rect | None:
        """[x, y, w, h] in whole px, or None."""
        value = self.data.pop(name, None)
        if value is None:
            return None
        if (
            not isinstance(value, list)
            or len(value) != 4
            or not all(isinstance(n, int) and not isinstance(n, bool) for n in value)
            or min(value[:2]) < 0
            or min(value[2:]) < 1
            or max(value) > LARGEST_SIDE
        ):
            raise self.wrong(name, "[x, y, width, height] in whole px")
        x, y, w, h = value
        return x, y, w, h

    def point(self, name: str) -> tuple[float, float] | None:
        """[x, y], or None."""
        value = self.data.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(name, "[x, y] in px")
        x, y = (self._number(name, n, -LARGEST_SIDE, LARGEST_SIDE) for n in value)
        return x, y

    def end(self) -> None:
        """Nothing may be left."""
        if self.data and self.strict:
            unknown = next(iter(self.data))
            raise UsageError(f"{self.what} has an unknown entry {str(unknown)[:40]!r}.", "See docs/api.md.")

    def wrong(self, name: str, wanted: str) -> UsageError:
        """The error for an entry that does not fit."""
        return UsageError(f"{self.what}: {name!r} takes {wanted}.", "See docs/api.md.")

    def _number(self, name: str, value: object, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        if (isinstance(value, float) and not math.isfinite(value)) or not low <= value <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)


def order(data: Mapping[str, Any]) -> Order:
    """The body of POST /v1/jobs. Raises UsageError, InvalidParameter."""
    fields = Fields(data)
    photo = fields.name("photo")
    if photo is None:
        raise fields.wrong("photo", "the id of an uploaded photo")
    found = Order(
        photo=photo,
        entries={name: entry(name, value) for name, value in fields.mapping("parameters").items()},
        amounts=amounts(fields.mapping("amounts")),
        strength=fields.number("strength", 0, 1, 1.0),
        region=fields.rect("region"),
        mask=fields.name("mask"),
        centre=fields.point("centre"),
        effort=fields.text("effort", EFFORTS, "fast"),
        steps=fields.whole("steps", 1, 1000, None),
        seed=fields.whole("seed", 0, 2**63 - 1, 0) or 0,
        start_from=fields.name("start_from"),
        device=fields.text("device", DEVICES, "auto"),
        prior=fields.text("prior", None, "") or None,
        latent=latent(fields.mapping("latent")),
        detached=fields.flag("detached", False),
    )
    fields.end()
    return found


def latent(data: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Shape and scale that the guided solver is told; null or missing: it measures. Raises UsageError."""
    fields = Fields({name: value for name, value in data.items() if value is not None}, "latent")
    shape, scale = (
        fields.number(name, row.low, row.high, math.nan) if name in fields.data else None
        for name, row in zip(("shape", "scale"), LATENT.values(), strict=True)
    )
    fields.end()
    return shape, scale


def entry(name: str, value: object) -> Entry:
    """One parameter: a number pins it, an object is an entry of θ's JSON form. Raises InvalidParameter, UsageError."""
    row = parameter(name)
    if not isinstance(value, dict):
        if isinstance(value, bool):
            raise UsageError(f"{name}: it takes a number.")
        number = row.check(value)
        return Entry(number, number, number, 1.0, True)
    allowed = {"value", "unit", "low", "high", "confidence", "pinned"}
    if not allowed >= set(value):
        raise UsageError(f"{name}: an entry has {', '.join(sorted(allowed))}.")
    try:
        return ParameterVector.from_json({name: value}).entries[name]
    except (TypeError, OverflowError, ValueError) as error:
        raise UsageError(f"{name}: {error}") from None


def amounts(data: Mapping[str, Any]) -> Amounts:
    """Amounts from JSON. Raises UsageError, InvalidParameter."""
    fields = Fields(data, "amounts")
    amount, on = fields.mapping("amount"), fields.mapping("on")
    fields.end()
    if not all(isinstance(value, bool) for value in on.values()):
        raise fields.wrong("on", "true or false for each group")
    if any(isinstance(value, bool) for value in amount.values()):
        raise fields.wrong("amount", "a number from 0 to 1 for each group")
    return Amounts(amount, on)


def pins(data: Mapping[str, Any]) -> dict[str, float]:
    """{name: number} checked against the table. Raises InvalidParameter."""
    return {name: parameter(name).check(value) for name, value in data.items()}


def frame_header(data: Mapping[str, Any], pixels: int) -> FrameHeader:
    """The header of an uploaded frame of at most `pixels`. Raises UsageError, TooLargeError."""
    fields = Fields(data, "The frame's header", strict=False)
    width = fields.whole("width", 1, LARGEST_SIDE, 0) or 0
    height = fields.whole("height", 1, LARGEST_SIDE, 0) or 0
    channels = fields.whole("channels", 1, 4, 0) or 0
    dtype = fields.text("dtype", tuple(DTYPES))
    if width * height > pixels:
        raise TooLargeError(
            f"The photo has {width * height / 1e6:.0f} megapixels, more than {pixels / 1e6:.0f}.",
            "Crop or reduce it.",
        )
    profile = fields.data.pop("profile", None)
    try:
        icc = base64.b64decode(profile, validate=True) if profile else None
    except (TypeError, ValueError, binascii.Error):
        raise fields.wrong("profile", "an ICC profile in base64") from None
    return FrameHeader(width, height, channels, dtype, icc, evidence(fields.mapping("evidence")))


def evidence(data: Mapping[str, Any]) -> dict[str, Any]:
    """What makes sense of a frame's evidence: it is a hint, and files lie, so that the rest is passed over."""
    return {name: data[name] for name, fits in EVIDENCE.items() if name in data and fits(data[name])}


def _numbers(low: float, high: float, whole: bool = False) -> Callable[[object], bool]:
    """Whether something is a number in [low, high]."""
    kind = int if whole else (int, float)

    def fits(value: object) -> bool:
        return isinstance(value, kind) and not isinstance(value, bool) and low <= value <= high

    return fits


def _rows(of: Callable[[object], bool], least: int, most: int) -> Callable[[object], bool]:
    """Whether something is a list of `least` to `most` such things."""

    def fits(value: object) -> bool:
        return isinstance(value, list) and least <= len(value) <= most and all(map(of, value))

    return fits


def _words(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 256


EVIDENCE: Mapping[str, Callable[[object], bool]] = {
    "jpeg_tables": _rows(_rows(_numbers(1, 65535, True), 64, 64), 1, 4),
    "jpeg_subsampling": _rows(_numbers(1, 4, True), 2, 2),
    "webp_quantiser": _numbers(0, 127),
    "bit_depth": _numbers(1, 32, True),
    "iso": _numbers(1, 1e8),
    "exposure_seconds": _numbers(1e-9, 1e6),
    "exposure_bias": _numbers(-30, 30),
    "camera": _words,
    "lens": _words,
    "noise_profile": _rows(_rows(_numbers(0, 1e3), 2, 2), 1, 8),
    "crop_offset": _rows(_numbers(0, 1 << 20, True), 2, 2),
}
"""Entries of photo.image.FileEvidence, and what they may be."""
