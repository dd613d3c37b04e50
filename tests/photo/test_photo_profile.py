from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.photo.photo_files import ROOM, encoded, loaded, scene, tif
from upzeroir_plugin.photo import profile
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.save import save

RGB, RGB16 = scene(), scene(top=65535)
D65 = (0.3127, 0.3290, 1.0)
P3 = bytes(
    imagecodecs.cms_profile(
        "rgb", whitepoint=D65, gamma=2.2, primaries=(0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0)
    )
)
ADOBE = bytes(imagecodecs.cms_profile("adobergb"))
GREY = bytes(imagecodecs.cms_profile("gray"))
ENDINGS = ("jpg", "png", "tif", "webp")


def embedded(path: Path) -> bytes | None:
    """The profile that another reader finds."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tag = file.pages.first.tags.get(34675)
            return None if tag is None else bytes(tag.value)
    with Image.open(path) as picture:
        found: bytes | None = picture.info.get("icc_profile")
        return found


@pytest.mark.parametrize("policy", ["keep", "no-gps", "strip"])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("icc", [ADOBE, P3], ids=["Adobe RGB", "P3"])
def test_wide_gamuts_come_back_in_their_own_profile(
    tmp_path: Path, icc: bytes, ending: str, policy: str
) -> None:
    files = {
        "jpg": encoded(RGB, "JPEG", quality=98, subsampling=0, icc_profile=icc),
        "png": encoded(RGB, "PNG", icc_profile=icc),
        "webp": encoded(RGB, "WEBP", lossless=True, icc_profile=icc),
        "tif": tif(RGB16, iccprofile=icc),
    }
    for kind, data in files.items():
        photo = loaded(tmp_path, data)
        assert photo.profile == icc
        assert np.abs(photo.pixels - RGB16 / 65535).max() < (
            0.03 if kind == "jpg" else 0.003
        )  # values, not colours
        path = tmp_path / f"out.{ending}"
        changed = replace(photo, pixels=photo.pixels * np.float32(0.5))
        save(changed, path, source=photo, metadata=policy, record={}, overwrite=True)  # type: ignore[arg-type]
        assert embedded(path) == icc and load(path, ROOM).profile == icc


def test_heic_keeps_p3(tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    assert loaded(tmp_path, encoded(RGB, "HEIF", icc_profile=P3)).profile == P3
    assert loaded(tmp_path, encoded(RGB, "AVIF", icc_profile=P3)).profile == P3


@pytest.mark.parametrize("ending", ENDINGS)
def test_grey_profiles_go_with_grey_pixels(tmp_path: Path, ending: str) -> None:
    photo = loaded(tmp_path, encoded(RGB[..., 0], "PNG", icc_profile=GREY))
    assert photo.grey and photo.profile == GREY
    path = tmp_path / f"out.{ending}"
    save(photo, path, source=None, metadata="keep", record={}, overwrite=False)
    assert embedded(path) == (None if ending == "webp" else GREY)
    assert loaded(tmp_path, encoded(RGB, "WEBP", icc_profile=GREY)).profile is None


@pytest.mark.parametrize("icc", [b"", b"no profile", bytes(200), ADOBE[:100]])
def test_what_is_no_profile_counts_as_srgb(tmp_path: Path, icc: bytes) -> None:
    assert loaded(tmp_path, tif(RGB, iccprofile=icc or None)).profile is None


def dcf(index: bytes) -> bytes:
    """An EXIF block with an interoperability directory."""
    return (
        b"II*\0" + struct.pack("<I", 8)
        + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
        + struct.pack("<HHHIII", 1, 0xA005, 4, 1, 44, 0)
        + struct.pack("<HHHI4sI", 1, 1, 2, 4, index, 0)
    )  # fmt: skip


def test_a_camera_s_adobe_rgb_without_a_profile(tmp_path: Path) -> None:
    data = encoded(RGB, "JPEG", exif=b"Exif\0\0" + dcf(b"R03\0"))
    photo = loaded(tmp_path, data)
    assert photo.profile is not None
    assert "Adobe RGB" in ImageCms.getProfileDescription(io.BytesIO(photo.profile))
    save(photo, tmp_path / "out.png", source=photo, metadata="strip", record={}, overwrite=False)
    assert embedded(tmp_path / "out.png") == photo.profile
    assert loaded(tmp_path, encoded(RGB, "JPEG", exif=b"Exif\0\0" + dcf(b"R98\0"))).profile is None
    assert (
        loaded(tmp_path, encoded(RGB, "JPEG", exif=b"Exif\0\0" + dcf(b"R03\0"), icc_profile=P3)).profile == P3
    )


# CMYK and Lab

INKS = np.array(
    [[(c, m, y, k) for y in (0, 255) for k in (0, 255)] for c in (0, 255) for m in (0, 255)], np.uint8
)
PAPER = {
    (0, 0, 0, 0): (100, 0, 0),
    (255, 0, 0, 0): (60, -30, -45),
    (0, 255, 0, 0): (50, 70, 0),
    (0, 0, 255, 0): (88, -5, 85),
}


def cmyk_profile() -> bytes:
    """A printer's profile (ICC 2, lut8) that knows the sixteen full inks only, and mixes between them."""
    corners = bytearray()
    for inks in np.ndindex(2, 2, 2, 2):
        lab = PAPER.get(tuple(255 * i for i in inks), (0, 0, 0))
        corners += bytes((round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128))
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + corners + ramp * 3
    text = b"text" + bytes(4) + b"free\0"
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(78)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags, body = b"", b""
    parts = [(b"desc", name), (b"cprt", text), (b"wtpt", white), (b"A2B0", lut)]
    for sign, data in parts:
        tags += sign + struct.pack(">II", 128 + 4 + 12 * len(parts) + len(body), len(data))
        body += data.ljust(-(-len(data) // 4) * 4, b"\0")
    head = struct.pack(
        ">I4sI4s4s4s12s4s", 0, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp"
    )
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    whole = head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + tags + body
    return struct.pack(">I", len(whole)) + whole[4:]


def patches() -> NDArray[np.uint8]:
    """CMYK (32, 32, 4): each of the sixteen full inks on 8 × 8 px."""
    return INKS.reshape(4, 4, 4).repeat(8, 0).repeat(8, 1)


@pytest.mark.parametrize("kind", ["tiff", "tiff 16", "jpeg"])
def test_cmyk_goes_through_its_profile_to_srgb(tmp_path: Path, kind: str) -> None:
    icc, inks = cmyk_profile(), patches()
    if kind == "jpeg":
        buffer = io.BytesIO()
        Image.frombytes("CMYK", inks.shape[1::-1], inks.tobytes()).save(
            buffer, "JPEG", quality=98, subsampling=0, icc_profile=icc
        )
        data = buffer.getvalue()
    else:
        wide = inks if kind == "tiff" else inks * np.uint16(257)
        data = tif(wide, photometric="separated", iccprofile=icc)
    photo = loaded(tmp_path, data)
    assert photo.profile is not None and profile.space(photo.profile) == "RGB"
    assert photo.bit_depth == (16 if kind == "tiff 16" else 8)
    for inks_here, lab in PAPER.items():
        wanted = profile.from_lab(np.array([[lab]], np.float32))[0, 0]
        y, x = np.argwhere((patches() == inks_here).all(2))[27]
        np.testing.assert_allclose(photo.pixels[y, x], wanted, atol=0.03)
    changed = replace(photo, pixels=photo.pixels * np.float32(0.9))
    save(changed, tmp_path / "out.jpg", source=photo, metadata="keep", record={}, overwrite=False)
    with Image.open(tmp_path / "out.jpg") as again:
        assert again.mode == "RGB"
        assert "sRGB" in ImageCms.getProfileDescription(io.BytesIO(again.info["icc_profile"]))


def test_cmyk_without_a_profile_is_simple_ink(tmp_path: Path) -> None:
    photo = loaded(tmp_path, tif(patches(), photometric="separated"))
    wanted = np.asarray(Image.frombytes("CMYK", (32, 32), patches().tobytes()).convert("RGB")) / 255
    np.testing.assert_allclose(photo.pixels, wanted, atol=0.005)


def test_lab_of_8_bits_as_pillow_writes_it(tmp_path: Path) -> None:
    there = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(Image.fromarray(RGB), there)
    assert lab is not None
    buffer = io.BytesIO()
    lab.save(buffer, "TIFF")
    photo = loaded(tmp_path, buffer.getvalue())
    assert np.abs(photo.pixels - RGB / 255).max() < 0.07 and np.abs(photo.pixels - RGB / 255).mean() < 0.006
    assert photo.profile is not None


@pytest.mark.parametrize("photometric", [8, 9])
def test_lab_of_16_bits(tmp_path: Path, photometric: int) -> None:
    """The red, green, blue, white and black of sRGB at D50 (Lindbloom's calculator)."""
    primaries = np.array(
        [(54.29, 80.80, 69.89), (87.82, -79.27, 80.99), (29.57, 68.30, -112.03), (100, 0, 0), (0, 0, 0)]
    )
    stored = np.empty((1, 5, 3), np.uint16)
    stored[..., 0] = np.rint(primaries[:, 0] * 655.35)
    signed = np.rint(primaries[:, 1:] * 256).astype(np.int32)
    stored[..., 1:] = (signed % 65536) if photometric == 8 else signed + 32768
    pixels = loaded(tmp_path, tif(stored, photometric=photometric)).pixels[0]
    np.testing.assert_allclose(pixels, [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0)], atol=0.02)


def test_no_profile_means_none_is_written(tmp_path: Path) -> None:
    photo = Photo(RGB.astype(np.float32) / np.float32(255))
    for ending in ENDINGS:
        path = tmp_path / f"out.{ending}"
        save(photo, path, source=None, metadata="keep", record={}, overwrite=False)
        assert embedded(path) is None
