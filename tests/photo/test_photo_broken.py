from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.photo.photo_files import ROOM, encoded, exif_block, loaded, png16, scene, tif
from upzeroir_plugin.errors import TooLargeError, UnreadableError, UpzeroirError
from upzeroir_plugin.photo import xmp
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.png import metadata
from upzeroir_plugin.photo.record import read_record

RGB, RGB16 = scene(), scene(top=65535)
GOOD = {
    "JPEG": encoded(RGB, "JPEG", exif=exif_block(4).tobytes()),
    "PNG": encoded(RGB, "PNG", exif=exif_block(3).tobytes()),
    "PNG 16": png16(RGB16),
    "TIFF": tif(RGB16, compression="zlib", predictor=True),
    "TIFF plain": tif(RGB16),
    "WEBP": encoded(RGB, "WEBP", exif=exif_block().tobytes()),
    "GIF": encoded(RGB[..., 0], "GIF"),
    "BMP": encoded(RGB, "BMP"),
    "AVIF": encoded(RGB, "AVIF"),
}


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="There is no file"):
        load(tmp_path / "none.jpg", ROOM)
    with pytest.raises(UnreadableError, match="is a folder"):
        load(tmp_path, ROOM)


def test_a_zero_byte_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="is empty"):
        loaded(tmp_path, b"")


@pytest.mark.parametrize(
    "data", [b"x", b"#!/bin/sh\n" * 50, b"%PDF-1.7 ...", b"PK\3\4" * 20, b"\0" * 4000, b"<svg/>"]
)
@pytest.mark.parametrize("name", ["a.jpg", "a.nef", "a.tif", "a"])
def test_what_is_no_picture(tmp_path: Path, data: bytes, name: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        loaded(tmp_path, data, name)
    assert caught.value.hint


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_truncated_files(tmp_path: Path, kind: str, share: float) -> None:
    data = GOOD[kind]
    with pytest.raises(UnreadableError):
        loaded(tmp_path, data[: max(1, int(len(data) * share))])
    assert (tmp_path / "in.bin").read_bytes() == data[: max(1, int(len(data) * share))]


def test_animations_are_refused_in_words(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(RGB, n, 1)) for n in (5, 9)]
    for kind in ("GIF", "PNG", "WEBP"):
        data = encoded(RGB, kind, save_all=True, append_images=frames)
        with pytest.raises(UnreadableError, match="animation"):
            loaded(tmp_path, data)


def test_several_pages_are_refused_in_words(tmp_path: Path) -> None:
    data = encoded(RGB, "TIFF", save_all=True, append_images=[Image.fromarray(RGB[::-1])])
    with pytest.raises(UnreadableError, match="2 pictures"):
        loaded(tmp_path, data)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    floats = np.full((8, 8, 3), 0.5, np.float32)
    floats[3, 4, 1] = value
    with pytest.raises(UnreadableError, match="no numbers"):
        loaded(tmp_path, tif(floats))


def test_floats_on_another_scale(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="another scale"):
        loaded(tmp_path, tif(RGB.astype(np.float32)))


def test_floats_beyond_white_are_kept(tmp_path: Path) -> None:
    floats = np.full((8, 8, 3), 0.5, np.float32)
    floats[0, 0] = (-0.01, 7.5, 1.5)
    np.testing.assert_array_equal(loaded(tmp_path, tif(floats)).pixels, floats)


def test_signed_integers_and_volumes(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="int16"):
        loaded(tmp_path, tif(RGB16.astype(np.int16)))
    with pytest.raises(UnreadableError):
        loaded(tmp_path, tif(np.zeros((2, 16, 16), np.uint8), volumetric=True, tile=(2, 16, 16)))


def test_extra_channels_are_not_dropped_silently(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="extra channels"):
        loaded(tmp_path, tif(np.dstack([RGB, RGB]), photometric="rgb"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.png"
    path.write_bytes(GOOD["PNG"])
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(UnreadableError, match="may not be read"):
        load(path, ROOM)


def huge_png(side: int) -> bytes:
    """A PNG that claims to be large and has hardly any pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def test_too_many_pixels_are_refused_from_the_header(tmp_path: Path) -> None:
    files = {
        "png": huge_png(60000),
        "jpg": GOOD["JPEG"].replace(struct.pack(">HH", 36, 52), struct.pack(">HH", 60000, 60000)),
        "bmp": GOOD["BMP"][:18] + struct.pack("<ii", 60000, 60000) + GOOD["BMP"][26:],
        "gif": GOOD["GIF"][:6] + struct.pack("<HH", 60000, 60000) + GOOD["GIF"][10:],
    }
    for ending, data in files.items():
        path = tmp_path / f"huge.{ending}"
        path.write_bytes(data)
        with pytest.raises(TooLargeError, match="3600 megapixels, more than the 150 allowed"):
            load(path, 150e6)
    for kind, data in GOOD.items():
        path = tmp_path / f"{kind}.bin"
        path.write_bytes(data)
        with pytest.raises(TooLargeError, match="--max-pixels"):
            load(path, 36 * 52 - 1)
        assert load(path, 36 * 52).size == (52, 36)


def test_more_than_the_free_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        available = 20_000

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    for data in GOOD.values():
        with pytest.raises(TooLargeError, match="memory"):
            loaded(tmp_path, data)


def test_a_decoder_out_of_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "load", full)
    with pytest.raises(TooLargeError, match="not enough memory"):
        loaded(tmp_path, GOOD["BMP"])


def test_a_damaged_text_chunk_does_not_cost_the_picture(tmp_path: Path) -> None:
    bomb = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * (80 << 20))
    chunk = struct.pack(">I", len(bomb)) + b"iTXt" + bomb + struct.pack(">I", zlib.crc32(b"iTXt" + bomb))
    data = GOOD["PNG 16"]
    photo = loaded(tmp_path, data[:33] + chunk + data[33:])
    np.testing.assert_array_equal(photo.pixels, RGB16.astype(np.float32) / 65535)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(GOOD)),
    cut=st.floats(0, 1),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    name=st.sampled_from(["a.jpg", "a.tif", "a.dng", "a.heic"]),
)
def test_only_typed_errors_come_out_of_mutated_files(
    tmp_path: Path, kind: str, cut: float, edits: list[tuple[float, int]], name: str
) -> None:
    data = bytearray(GOOD[kind])
    for at, value in edits:
        # most edits near the beginning, where the structure is
        data[int(at**3 * len(data))] = value
    path = tmp_path / name
    path.write_bytes(data[: max(1, int(len(data) * (1 - cut**4)))])
    try:
        photo = load(path, 1e6)
    except UpzeroirError as error:
        assert error.message
    else:
        assert photo.pixels.ndim == 3 and photo.pixels.shape[2] == 3
        assert photo.pixels.dtype == np.float32 and np.isfinite(photo.pixels).all()
    assert read_record(path) is None


def test_texts_that_unpack_to_more_than_any_memory_are_left_out() -> None:
    packed = zlib.compress(b"\0" * (40 << 20), 9)
    chunk = b"zTXt" + b"Comment\0\0" + packed
    plain = encoded(scene(), "PNG")
    head = len(b"\x89PNG\r\n\x1a\n") + 12 + 13
    bomb = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))) * 4
    texts = metadata(io.BytesIO(plain[:head] + bomb + plain[head:])).texts
    assert sum(len(text) for _, text in texts) <= 16 << 20


def test_a_document_type_is_refused_in_every_encoding() -> None:
    text = '<?xml version="1.0" encoding="{}"?><!DOCTYPE a [<!ENTITY b "c">]>' + xmp.EMPTY
    for encoding in ("utf-8", "utf-16"):
        assert xmp.orientation(text.format(encoding).encode(encoding)) is None
        assert xmp._parsed(text.format(encoding).encode(encoding)) is None


def test_alpha_that_is_no_number(tmp_path: Path) -> None:
    rgba = np.ones((8, 8, 4), np.float32)
    rgba[2, 3, 3] = np.nan
    path = tmp_path / "alpha.tif"
    tifffile.imwrite(path, rgba, photometric="rgb", extrasamples=["unassalpha"])
    with pytest.raises(UnreadableError, match="no numbers"):
        load(path, 1e6)
