"""What a decoder hands over, and the limits that it asks before it decodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psutil
from numpy.typing import NDArray

from upzeroir_plugin.errors import TooLargeError, UnreadableError
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.metadata import Metadata

AGAIN = "Copy it again from where it came."
"""What to do about a damaged file."""
FLOATS = 32
"""Bytes a pixel that the finished photo and one copy on the way take: float32, RGB and alpha."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as stored, not yet turned. `colour`: (H, W) grey or (H, W, 3) RGB, uint8, uint16 or float32.

    `alpha`: (H, W) of the same kind or None. `top`: the value of white, 1.0 for floats. `profile`: the pixels' ICC
    profile as in the file. `hints`: what the file's structure says, tables for the pixels as stored.
    """

    colour: NDArray[Any]
    alpha: NDArray[Any] | None
    top: float
    profile: bytes | None
    metadata: Metadata
    format: str
    hints: FileEvidence = field(default_factory=FileEvidence)

    @property
    def bit_depth(self) -> int:
        """8, 16 or 32 (float)."""
        return {"u": 8 * self.colour.dtype.itemsize, "f": 32}[self.colour.dtype.kind]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be."""

    name: str
    max_pixels: float

    def check(self, width: int, height: int, bytes_per_pixel: int) -> None:
        """Called with what the header says, before decoding. Raises TooLargeError, UnreadableError.

        `bytes_per_pixel`: of the file's samples, decoded.
        """
        pixels = width * height
        if pixels < 1:
            raise UnreadableError(f"{self.name} has no pixels.", AGAIN)
        if pixels > self.max_pixels:
            raise TooLargeError(
                f"{self.name} has {pixels / 1e6:.4g} megapixels, more than the {self.max_pixels / 1e6:.4g} allowed.",
                "Allow more with --max-pixels, or make it smaller.",
            )
        need, free = pixels * (2 * bytes_per_pixel + FLOATS), psutil.virtual_memory().available
        if need > free:
            raise TooLargeError(
                f"Reading {self.name} takes about {need / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free.",
                "Close other programs, or make it smaller.",
            )
