"""`Photo`: the pixels of a picture file with all that must survive the restoration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """What the file says about its own history: a hint for the estimators, nothing more.

    `jpeg_tables`: quantisation tables in natural (row-major) order, luma first, 64 values each. `jpeg_subsampling`:
    (horizontal, vertical) chroma subsampling, (2, 2) for 4:2:0. `noise_profile`: DNG NoiseProfile pairs (S, O).
    `webp_quantiser`: index of a lossy WebP's quantiser for luma, 0 to 127, the mean over the picture.
    `crop_offset`: where these pixels begin in the file, (x, y), for the phase of the 8×8 grid.
    """

    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_subsampling: tuple[int, int] | None = None
    webp_quantiser: float | None = None
    bit_depth: int = 8
    iso: float | None = None
    exposure_seconds: float | None = None
    exposure_bias: float | None = None
    camera: str = ""
    lens: str = ""
    noise_profile: tuple[tuple[float, float], ...] = ()
    crop_offset: tuple[int, int] = (0, 0)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @staticmethod
    def from_json(data: dict[str, Any]) -> FileEvidence:
        """Back from `to_json`; lists become tuples, unknown names are ignored."""

        def tupled(value: Any) -> Any:
            return tuple(tupled(v) for v in value) if isinstance(value, list | tuple) else value

        known = {k: tupled(v) for k, v in data.items() if k in FileEvidence.__slots__}
        return FileEvidence(**known)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, upright.

    `pixels`: (H, W, 3) float32, encoded as in the file, in the file's own profile, nominally in [0, 1]; grey
    photos carry three equal channels and `grey`. `alpha`: (H, W) float32 in [0, 1] or None. `bit_depth`: 8, 16
    or 32 (float) of the file. `profile`: ICC bytes or None (sRGB assumed). `metadata`: what `photo/` needs to
    write EXIF, IPTC and XMP back; opaque elsewhere.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    bit_depth: int = 8
    profile: bytes | None = None
    evidence: FileEvidence = field(default_factory=FileEvidence)
    metadata: Any = None
    format: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]
