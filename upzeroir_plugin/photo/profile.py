"""Colour profiles: which are kept, and the way from CMYK and Lab to sRGB."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.photo import exif

D50 = np.array([0.9642, 1.0, 0.8249])
TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)
"""XYZ at D50 to linear sRGB (Bradford), from Lindbloom's tables."""


def space(profile: bytes | None) -> str:
    """The profile's data colour space ("RGB", "GRAY", "CMYK", …); "" for none or what is no profile."""
    if profile is None or len(profile) < 128 or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("ascii", "replace").strip()


def kept(profile: bytes | None, exif_block: bytes, grey: bool) -> bytes | None:
    """The profile that pixels in RGB or grey stay in; None means sRGB. A profile of another space says nothing.

    A camera set to Adobe RGB says so by DCF's interoperability index alone ("R03") and embeds no profile.
    """
    if space(profile) == "RGB" or (grey and space(profile) == "GRAY"):
        return profile
    return bytes(imagecodecs.cms_profile("adobergb")) if exif.interop_index(exif_block) == "R03" else None


def srgb() -> bytes:
    """An sRGB profile."""
    return bytes(imagecodecs.cms_profile("srgb"))


def from_cmyk(ink: NDArray[Any], profile: bytes | None) -> NDArray[Any]:
    """CMYK (H, W, 4), uint8 or uint16, 0 = no ink, to sRGB (H, W, 3) of the same kind; simple inks without profile."""
    top = np.iinfo(ink.dtype).max
    if profile is not None and space(profile) == "CMYK":
        done: NDArray[Any] = imagecodecs.cms_transform(
            np.ascontiguousarray(ink), profile, srgb(),
            colorspace="cmyk", outcolorspace="rgb", outdtype=ink.dtype,
        )  # fmt: skip
        return done
    share = (top - ink.astype(np.float32)) / top
    return np.rint(share[..., :3] * share[..., 3:] * top).astype(ink.dtype)


def from_lab(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE L*a*b* at D50 (H, W, 3), L in 0–100, to encoded sRGB in [0, 1]."""
    height = (lab[..., 0] + 16) / 116
    f = np.stack([height + lab[..., 1] / 500, height, height - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * D50
    linear = np.clip(xyz @ TO_SRGB.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: NDArray[np.float32] = encoded.astype(np.float32)
    return result
