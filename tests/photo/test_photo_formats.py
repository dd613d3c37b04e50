from __future__ import annotations

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.photo.photo_files import encoded, loaded, png16, scene, tif

RGB, GREY = scene(), scene(channels=1)
RGB16, GREY16 = scene(top=65535), scene(channels=1, top=65535)
RGBA, RGBA16 = scene(channels=4), scene(channels=4, top=65535)
FLOATS = (RGB16 / 65535).astype(np.float32)
LOSSLESS = {
    "png": (encoded(RGB, "PNG"), RGB, 8),
    "png grey": (encoded(GREY, "PNG"), GREY, 8),
    "png alpha": (encoded(RGBA, "PNG"), RGBA, 8),
    "png 16": (png16(RGB16), RGB16, 16),
    "png 16 grey": (png16(GREY16), GREY16, 16),
    "png 16 alpha": (png16(RGBA16), RGBA16, 16),
    "bmp": (encoded(RGB, "BMP"), RGB, 8),
    "webp": (encoded(RGB, "WEBP", lossless=True), RGB, 8),
    "webp alpha": (encoded(RGBA, "WEBP", lossless=True, exact=True), RGBA, 8),
    "tiff": (tif(RGB), RGB, 8),
    "tiff grey": (tif(GREY), GREY, 8),
    "tiff white is zero": (tif(255 - GREY, photometric="miniswhite"), GREY, 8),
    "tiff 16": (tif(RGB16), RGB16, 16),
    "tiff 16 grey": (tif(GREY16), GREY16, 16),
    "tiff 16 alpha": (tif(RGBA16, extrasamples=["unassalpha"]), RGBA16, 16),
    "tiff big-endian": (tif(RGB16, byteorder=">"), RGB16, 16),
    "tiff of planes": (tif(np.moveaxis(RGB16, -1, 0), planarconfig="separate", photometric="rgb"), RGB16, 16),
    "tiff of tiles": (tif(RGB16, tile=(16, 16), compression="lzw", predictor=True), RGB16, 16),
    "tiff beyond 4 GB": (tif(RGB, bigtiff=True), RGB, 8),
    "tiff floats": (tif(FLOATS), FLOATS, 32),
    "tiff half floats": (tif(FLOATS.astype(np.float16)), FLOATS.astype(np.float16), 32),
    "tiff doubles": (tif(FLOATS.astype(np.float64)), FLOATS, 32),
    "tiff long integers": (tif(RGB16.astype(np.uint32) * 65537), FLOATS, 32),
    "tiff palette": (
        tif(GREY, photometric="palette", colormap=np.stack([np.arange(256) * 257] * 3).astype(np.uint16)),
        np.stack([GREY] * 3, -1),
        8,
    ),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_come_in_exactly(tmp_path: Path, name: str) -> None:
    data, stored, depth = LOSSLESS[name]
    photo = loaded(tmp_path, data)
    top = {"u": np.float32(2**depth - 1), "f": np.float32(1)}[stored.dtype.kind]
    wanted = stored.astype(np.float32) / top
    assert photo.bit_depth == photo.evidence.bit_depth == depth
    assert photo.pixels.dtype == np.float32 and photo.pixels.flags.c_contiguous
    assert photo.grey == (stored.ndim == 2)
    colour = np.stack([wanted] * 3, -1) if photo.grey else wanted[..., :3]
    np.testing.assert_array_equal(photo.pixels, colour)
    if stored.ndim == 3 and stored.shape[2] == 4:
        np.testing.assert_array_equal(photo.alpha, wanted[..., 3])
    else:
        assert photo.alpha is None


def test_sixteen_bits_keep_all_their_levels(tmp_path: Path) -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for data in (png16(np.stack([ramp] * 3, -1)), tif(np.stack([ramp] * 3, -1)), png16(ramp)):
        assert len(np.unique(loaded(tmp_path, data).pixels)) == 65536


def test_twelve_bits_in_sixteen_reach_white(tmp_path: Path) -> None:
    stored = scene(channels=1, top=4095)
    photo = loaded(tmp_path, tif(stored, bitspersample=12, compression="none"))
    assert photo.pixels.max() == 1.0 and photo.bit_depth == 16


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 98, "subsampling": 0}), ("WEBP", {"quality": 98})]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_lossy_files_come_in_nearly(
    tmp_path: Path, kind: str, options: dict[str, int], channels: int
) -> None:
    stored = scene(channels=channels)
    photo = loaded(tmp_path, encoded(stored, kind, **options))
    assert photo.format == kind and photo.bit_depth == 8 and photo.profile is None
    assert photo.grey == (channels == 1 and kind == "JPEG")
    assert np.abs(photo.pixels[..., 0] - (stored if channels == 1 else stored[..., 0]) / 255).max() < 0.04


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palettes_and_transparent_colours(tmp_path: Path, kind: str) -> None:
    index = (np.arange(36 * 52).reshape(36, 52) % 3).astype(np.uint8)
    picture = Image.fromarray(index).convert("P")
    picture.putdata(index.ravel().tolist())
    picture.putpalette([10, 20, 30, 200, 100, 50, 7, 8, 9])
    buffer = io.BytesIO()
    picture.save(buffer, kind, transparency=1)
    photo = loaded(tmp_path, buffer.getvalue())
    colours = np.array([[10, 20, 30], [200, 100, 50], [7, 8, 9]], np.float32) / 255
    seen = index != 1
    np.testing.assert_allclose(photo.pixels[seen], colours[index][seen], atol=1e-6)
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, seen.astype(np.float32))


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    bits = scene(channels=1) > 100
    for kind in ("PNG", "TIFF", "BMP"):
        photo = loaded(tmp_path, encoded(bits, kind))
        assert photo.grey and photo.bit_depth == 8
        np.testing.assert_array_equal(photo.pixels[..., 0], bits.astype(np.float32))


def test_associated_alpha_is_divided_out(tmp_path: Path) -> None:
    colour, alpha = scene(top=65535), np.full((36, 52), 32768, np.uint16)
    alpha[:5] = 0
    stored = np.dstack([np.rint(colour * (alpha[..., None] / 65535)).astype(np.uint16), alpha])
    photo = loaded(tmp_path, tif(stored, extrasamples=["assocalpha"]))
    assert np.abs(photo.pixels[5:] - colour[5:] / 65535).max() < 1e-4
    assert photo.alpha is not None and photo.alpha[0, 0] == 0


def test_compressed_tiff_of_jpeg_blocks(tmp_path: Path) -> None:
    photo = loaded(tmp_path, tif(RGB, compression="jpeg", compressionargs={"level": 97}))
    assert np.abs(photo.pixels - RGB / 255).max() < 0.05


def test_tiff_in_luma_and_chroma(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).convert("YCbCr").save(buffer, "TIFF")
    assert np.abs(loaded(tmp_path, buffer.getvalue()).pixels - RGB / 255).max() < 0.02


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_heic_and_avif(tmp_path: Path, kind: str, depth: int) -> None:
    if kind == "AVIF":
        data = bytes(
            imagecodecs.avif_encode(RGB if depth == 8 else (RGB16 >> 6), level=95, bitspersample=depth)
        )
    else:
        mode = ("RGB", RGB) if depth == 8 else ("RGB;16", RGB16)
        buffer = io.BytesIO()
        pillow_heif.from_bytes(mode[0], (52, 36), mode[1].tobytes()).save(buffer, quality=95, chroma=444)
        data = buffer.getvalue()
    photo = loaded(tmp_path, data)
    assert photo.format == kind and photo.size == (52, 36)
    assert photo.bit_depth == (8 if depth == 8 else 16)
    assert np.abs(photo.pixels - RGB / 255).max() < 0.05


def test_the_first_picture_of_a_phone_s_pair(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(
        buffer, "MPO", save_all=True, append_images=[Image.fromarray(RGB[:10, :10])], quality=98
    )
    photo = loaded(tmp_path, buffer.getvalue())
    assert photo.format == "JPEG" and photo.size == (52, 36)


def test_smaller_copies_in_a_tiff_are_passed_over(tmp_path: Path) -> None:
    import tifffile

    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(RGB16, photometric="rgb", metadata=None)
        file.write(RGB[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
    np.testing.assert_array_equal(
        loaded(tmp_path, buffer.getvalue()).pixels, RGB16.astype(np.float32) / 65535
    )


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (5000, 1)])
def test_tiny_and_thin_pictures(tmp_path: Path, width: int, height: int) -> None:
    stored = scene(height, width)
    for data in (
        encoded(stored, "JPEG"),
        encoded(stored, "PNG"),
        encoded(stored, "WEBP"),
        png16(stored.astype(np.uint16)),
        tif(stored),
        encoded(stored, "BMP"),
    ):
        assert loaded(tmp_path, data).pixels.shape == (height, width, 3)


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    for name in ("photo.jpg", "photo.nef.png", "photo", "photo.txt"):
        assert loaded(tmp_path, encoded(RGB, "PNG"), name).format == "PNG"


def test_the_path_may_be_any(tmp_path: Path) -> None:
    folder = tmp_path / "Ünïcode ☃ ' \" $x"
    folder.mkdir()
    np.testing.assert_array_equal(
        loaded(folder, encoded(RGB, "PNG"), "a b;c.png").pixels, RGB.astype(np.float32) / 255
    )
