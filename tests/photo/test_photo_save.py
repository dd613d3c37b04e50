from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.photo.photo_files import ROOM, encoded, exif_block, loaded, png16, scene, tif
from upzeroir_plugin.errors import OutputExistsError, UnwritableError
from upzeroir_plugin.photo import atomic
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.quantise import quantised
from upzeroir_plugin.photo.record import read_record
from upzeroir_plugin.photo.save import check_target, save

RGB, RGB16 = scene(), scene(top=65535)
FLOATS = (RGB16 / 65535).astype(np.float32)
ENDINGS = ("jpg", "png", "tif", "webp")


def put(photo: Photo, path: Path, source: Photo | None = None, **options: Any) -> Photo:
    save(
        photo, path, source=source, **{"metadata": "keep", "record": {"a": 1}, "overwrite": False, **options}
    )
    return load(path, ROOM)


def brightened(photo: Photo, rows: slice = slice(None)) -> Photo:
    pixels = photo.pixels.copy()
    pixels[rows] = pixels[rows] * np.float32(0.9) + np.float32(0.051)
    return replace(photo, pixels=pixels)


@pytest.mark.parametrize(
    ("data", "ending", "depth"),
    [
        (encoded(RGB, "PNG"), "png", 8), (encoded(RGB, "PNG"), "tif", 8), (encoded(RGB, "PNG"), "webp", 8),
        (png16(RGB16), "png", 16), (png16(RGB16), "tif", 16), (tif(RGB16), "png", 16), (tif(RGB16), "tif", 16),
        (tif(FLOATS), "tif", 32), (tif(FLOATS), "png", 16), (png16(RGB16), "webp", 8), (tif(FLOATS), "jpg", 8),
        (encoded(RGB, "JPEG"), "png", 8), (encoded(RGB, "JPEG"), "jpg", 8),
    ],
)  # fmt: skip
def test_depth_and_unchanged_samples(tmp_path: Path, data: bytes, ending: str, depth: int) -> None:
    """The lower half is changed; the upper half must come back bit for bit, but in a JPEG."""
    source = loaded(tmp_path, data)
    changed = brightened(source, slice(18, None))
    again = put(changed, tmp_path / f"out.{ending}", source)
    assert again.bit_depth == depth
    if ending == "jpg":
        assert np.abs(again.pixels - changed.pixels).max() < 0.05
        return
    step = {8: 1 / 255, 16: 1 / 65535, 32: 0}[depth]
    assert np.abs(again.pixels - changed.pixels).max() <= step * 1.001
    if source.bit_depth == depth:
        np.testing.assert_array_equal(again.pixels[:18], source.pixels[:18])
    else:
        assert np.abs(again.pixels[:18] - source.pixels[:18]).max() <= step * 0.501


def test_many_levels_in_sixteen_bits(tmp_path: Path) -> None:
    ramp = np.linspace(0.1, 0.9, 120 * 100, dtype=np.float32).reshape(120, 100, 1).repeat(3, axis=2)
    for ending in ("png", "tif"):
        again = put(Photo(ramp, bit_depth=16), tmp_path / f"out.{ending}")
        assert len(np.unique(again.pixels)) > 10_000


@pytest.mark.parametrize("ending", ENDINGS)
def test_grey_stays_grey(tmp_path: Path, ending: str) -> None:
    for data in (encoded(RGB[..., 0], "PNG"), png16(RGB16[..., 0]), tif(FLOATS[..., 0])):
        photo = brightened(loaded(tmp_path, data))
        again = put(photo, tmp_path / f"out.{ending}", overwrite=True)
        assert again.grey or ending == "webp"
        assert np.ptp(again.pixels, axis=2).max() == 0
        assert np.abs(again.pixels - photo.pixels).max() < 0.02


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_alpha_is_kept(tmp_path: Path, ending: str) -> None:
    for data in (
        encoded(scene(channels=4), "PNG"),
        png16(scene(channels=4, top=65535)),
        png16(scene(channels=2, top=65535)),
    ):
        photo = loaded(tmp_path, data)
        again = put(brightened(photo), tmp_path / f"out.{ending}", photo, overwrite=True)
        assert photo.alpha is not None and again.alpha is not None
        assert np.abs(again.alpha - photo.alpha).max() <= (0.501 / 255 if ending == "webp" else 0)


def test_transparency_is_not_lost_in_a_jpeg(tmp_path: Path) -> None:
    photo = loaded(tmp_path, encoded(scene(channels=4), "PNG"))
    with pytest.raises(UnwritableError, match="transparent"):
        put(photo, tmp_path / "out.jpg")
    opaque = replace(photo, alpha=np.ones_like(photo.pixels[..., 0]))
    assert put(opaque, tmp_path / "out.jpg").alpha is None


def test_values_beyond_white(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 3), 1.25, np.float32)
    pixels[:4] = -0.25
    assert set(np.unique(put(Photo(pixels), tmp_path / "a.png").pixels)) == {0.0, 1.0}
    assert set(np.unique(put(Photo(pixels, bit_depth=16), tmp_path / "b.png").pixels)) == {0.0, 1.0}
    np.testing.assert_array_equal(put(Photo(pixels, bit_depth=32), tmp_path / "c.tif").pixels, pixels)


def test_jpeg_has_full_chroma_and_quality_95(tmp_path: Path) -> None:
    put(Photo(FLOATS), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as picture:
        assert {layer[1:3] for layer in picture.layer} == {(1, 1)}  # type: ignore[attr-defined]
        assert picture.quantization[0][0] == 2  # type: ignore[attr-defined]


def test_depth_and_quality_as_asked_for(tmp_path: Path) -> None:
    assert put(Photo(FLOATS), tmp_path / "a.tif", depth=16).bit_depth == 16
    assert put(Photo(FLOATS, bit_depth=16), tmp_path / "b.png", depth=8).bit_depth == 8
    assert put(Photo(FLOATS), tmp_path / "c.jpg", depth=16, quality=60).bit_depth == 8
    with Image.open(tmp_path / "c.jpg") as picture:
        assert picture.quantization[0][0] == 13  # type: ignore[attr-defined]


# dither


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1))
def test_dither_keeps_the_mean_and_stays_within_a_step(value: float) -> None:
    flat = np.full((200, 300), value, np.float32)
    steps = quantised(flat, None, 8).astype(float)
    assert np.abs(steps - flat * 255).max() < 1.001
    share = float(flat[0, 0]) * 255 % 1
    assert (
        abs(steps.mean() - float(flat[0, 0]) * 255) < 5 * (share * (1 - share) / flat.size) ** 0.5 + 1.01e-3
    )


def test_dither_makes_a_gradient_where_rounding_makes_steps() -> None:
    ramp = np.tile(np.linspace(100, 104, 512, dtype=np.float32) / np.float32(255), (256, 1))
    columns = quantised(ramp, None, 8).mean(0)
    assert np.abs(columns - ramp[0] * 255).max() < 0.16
    rounded = quantised(ramp, ramp, 8)
    np.testing.assert_array_equal(rounded, np.rint(ramp * 255))


def test_dither_is_the_same_each_time_and_white() -> None:
    flat = np.full((300, 300, 3), 100.5 / 255, np.float32)
    steps = quantised(flat, None, 8)
    np.testing.assert_array_equal(steps, quantised(flat, None, 8))
    noise = steps.astype(float) - 100.5
    for other in (np.roll(noise, 1, 0), np.roll(noise, 1, 1), np.roll(noise, 128, 0), np.roll(noise, 1, 2)):
        assert abs((noise * other).mean() / noise.var()) < 0.02


@given(st.integers(0, 255))
def test_steps_of_the_file_need_no_noise(step: int) -> None:
    flat = np.full((64, 64), np.float32(step) / np.float32(255), np.float32)
    assert (quantised(flat, None, 8) == step).all()


def test_all_sixteen_bit_levels_survive_float32() -> None:
    levels = np.arange(65536, dtype=np.float32)[None]
    np.testing.assert_array_equal(quantised(levels / np.float32(65535), None, 16), levels)


# nothing changed


@pytest.mark.parametrize(
    ("data", "ending"),
    [(encoded(RGB, "JPEG", quality=60), "jpg"), (encoded(RGB, "PNG"), "png"), (tif(RGB16), "tif"),
     (encoded(RGB, "WEBP"), "webp"), (encoded(RGB, "JPEG", exif=exif_block(6)), "jpeg")],
)  # fmt: skip
def test_a_photo_that_did_not_change_is_copied_as_it_is(tmp_path: Path, data: bytes, ending: str) -> None:
    photo = loaded(tmp_path, data, f"in.{ending}")
    put(replace(photo, pixels=photo.pixels.copy()), tmp_path / f"out.{ending}", photo)
    assert (tmp_path / f"out.{ending}").read_bytes() == data
    put(photo, tmp_path / f"in.{ending}", photo, overwrite=True)
    assert (tmp_path / f"in.{ending}").read_bytes() == data


def test_an_unchanged_photo_is_turned_where_that_costs_nothing(tmp_path: Path) -> None:
    photo = loaded(tmp_path, encoded(RGB, "PNG", exif=exif_block(6)))
    again = put(photo, tmp_path / "out.png", photo)
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.metadata.orientation == 1


def test_an_unchanged_photo_is_not_copied_against_the_users_wish(tmp_path: Path) -> None:
    data = encoded(RGB, "PNG", exif=exif_block())
    photo = loaded(tmp_path, data)
    assert put(photo, tmp_path / "a.png", photo, metadata="strip").metadata.exif == b""
    np.testing.assert_array_equal(put(photo, tmp_path / "b.tif", photo).pixels, photo.pixels)
    assert put(photo, tmp_path / "c.png").metadata.xmp  # a region: the source is not known
    (tmp_path / "in.bin").write_bytes(encoded(RGB[::-1], "PNG"))
    np.testing.assert_array_equal(put(photo, tmp_path / "d.png", photo).pixels, photo.pixels)
    (tmp_path / "in.bin").unlink()
    np.testing.assert_array_equal(put(photo, tmp_path / "e.png", photo).pixels, photo.pixels)


# safety


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_there_stays(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="exists already"):
        put(Photo(FLOATS), path)
    assert path.read_bytes() == b"precious" and not leftovers(tmp_path)
    put(Photo(FLOATS), path, overwrite=True)
    assert path.stat().st_size > 100


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("error", "caught"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), UnwritableError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_in_mid_write_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    error: BaseException,
    caught: type[BaseException],
) -> None:
    def fails(_: int) -> None:
        raise error

    path = tmp_path / f"out.{ending}"
    path.write_bytes(b"precious")
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(caught, match="disk is full" if caught is UnwritableError else None):
        put(Photo(FLOATS), path, overwrite=True)
    assert path.read_bytes() == b"precious" and not leftovers(tmp_path)


def test_bytes_reach_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(handle: int) -> None:
        seen.append("sync")
        sync(handle)

    def renamed(part: Path, path: Path) -> Path:
        seen.append("rename")
        return rename(part, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    put(Photo(FLOATS), tmp_path / "a.png", overwrite=True)
    assert seen[:2] == ["sync", "rename"]


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(OutputExistsError), atomic.written(path, overwrite=False) as stream:
        stream.write(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs" and not leftovers(tmp_path)


def test_without_hard_links_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert put(Photo(FLOATS), tmp_path / "a.png").size == (52, 36)
    assert not leftovers(tmp_path)


def test_rights_are_the_users_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    put(Photo(FLOATS), path)
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    put(Photo(FLOATS), path, overwrite=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "may not be written"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "full"),
        (errno.EIO, "error"),
    ],
)
def test_the_systems_refusals_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(UnwritableError, match=words):
        save(Photo(FLOATS), tmp_path / "a.png", source=None, metadata="keep", record={}, overwrite=False)


def test_what_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    photo = Photo(FLOATS)
    assert check_target(photo, tmp_path / "a.TIFF", False) == "TIFF"
    for name, words in (
        ("a.xyz", "unknown"),
        ("a", "ending"),
        ("no/a.png", "not there"),
        ("a.heic", "unknown"),
    ):
        with pytest.raises(UnwritableError, match=words):
            check_target(photo, tmp_path / name, False)
    (tmp_path / "d.png").mkdir()
    with pytest.raises(UnwritableError, match="folder"):
        check_target(photo, tmp_path / "d.png", True)
    wide = Photo(np.zeros((1, 16384, 3), np.float32))
    with pytest.raises(UnwritableError, match="16383"):
        check_target(wide, tmp_path / "a.webp", False)
    assert put(wide, tmp_path / "a.jpg").size == (16384, 1)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("ending", ENDINGS)
def test_tiny_and_thin(tmp_path: Path, ending: str, width: int, height: int) -> None:
    for depth in (8, 16, 32):
        photo = Photo(np.full((height, width, 3), 0.5, np.float32), bit_depth=depth)
        assert put(photo, tmp_path / f"out.{ending}", overwrite=True).pixels.shape == (height, width, 3)


def test_photos_that_came_from_no_file(tmp_path: Path) -> None:
    for ending in ENDINGS:
        put(Photo(FLOATS), tmp_path / f"out.{ending}", Photo(FLOATS))
        assert read_record(tmp_path / f"out.{ending}") == {"a": 1}
