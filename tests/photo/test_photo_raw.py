from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.photo.photo_files import ROOM, encoded, exif_block, loaded, scene
from upzeroir_plugin.errors import TooLargeError, UnreadableError
from upzeroir_plugin.photo import raw
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.save import save

WHITE, BLACK = 16383, 256
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.1191920, 0.9503041],
]
FROM_XYZ = np.linalg.inv(TO_XYZ)


def light(height: int = 64, width: int = 96, top: float = 0.2) -> NDArray[np.float64]:
    """A scene in linear sRGB."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([0.1 + 0.9 * x / width, 0.2 + 0.8 * y / height, 0.5 + 0 * x], -1) * top


def camera_jpeg(linear: NDArray[np.float64], gain: float) -> NDArray[np.uint8]:
    return np.rint(raw.encode((linear * gain).clip(0, 1).astype(np.float32)) * 255).astype(np.uint8)


def dng(linear: NDArray[np.float64], preview: NDArray[np.uint8] | None, orientation: int = 1) -> bytes:
    """A DNG whose camera sees sRGB's primaries: Bayer samples RGGB of 14 bits, the preview in the first directory."""
    mosaic = np.empty(linear.shape[:2])
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[y::2, x::2] = linear[y::2, x::2, channel]
    samples = np.rint(BLACK + mosaic * (WHITE - BLACK)).astype(np.uint16)
    matrix = [n for value in FROM_XYZ.ravel() for n in (round(value * 10000), 10000)]
    camera: list[tuple[Any, ...]] = [
        (271, "s", 0, "Nikon", True), (272, "s", 0, "Test", True), (274, "H", 1, orientation, True),
        (50706, "B", 4, (1, 4, 0, 0), True), (50707, "B", 4, (1, 1, 0, 0), True), (50708, "s", 0, "Nikon Test", True),
        (50721, 10, 9, matrix, True), (50728, 5, 3, (1, 1) * 3, True), (50778, "H", 1, 21, True),
    ]  # fmt: skip
    sensor: list[tuple[Any, ...]] = [
        (33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True), (50714, "H", 1, BLACK, True),
        (50717, "I", 1, WHITE, True), (51041, "d", 2, (1e-4, 2e-6), True),
    ]  # fmt: skip
    plain: dict[str, Any] = {"metadata": None, "software": False}
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        if preview is None:
            file.write(samples, photometric=32803, extratags=camera + sensor, **plain)
        else:
            file.write(
                iter([encoded(preview, "JPEG", quality=95)]), shape=preview.shape, dtype=np.uint8, photometric="ycbcr",
                compression="jpeg", rowsperstrip=len(preview), subfiletype=1, subifds=1, extratags=camera, **plain,
            )  # fmt: skip
            file.write(samples, photometric=32803, subfiletype=0, extratags=sensor, **plain)
    return buffer.getvalue()


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0])
def test_a_raw_photo_is_as_bright_as_its_embedded_jpeg(tmp_path: Path, gain: float) -> None:
    preview = camera_jpeg(light(), gain)
    photo = loaded(tmp_path, dng(light(), preview), "a.dng")
    assert photo.format == "RAW" and photo.bit_depth == 16 and photo.size == (96, 64)
    assert photo.pixels.mean() == pytest.approx(preview.mean() / 255, rel=0.02)
    inside = (slice(4, -4), slice(4, -4))
    assert np.abs(photo.pixels - preview / 255)[inside].max() < (0.03 if gain < 2 else 0.06)
    assert len(np.unique(photo.pixels)) > 600


def test_the_brightness_is_fitted_whatever_the_curve_of_the_camera(tmp_path: Path) -> None:
    plain = camera_jpeg(light(), 2.0) / 255
    contrasty = np.rint((plain * plain * (3 - 2 * plain)) * 255).astype(np.uint8)
    photo = loaded(tmp_path, dng(light(), contrasty), "a.dng")
    assert photo.pixels.mean() == pytest.approx(contrasty.mean() / 255, rel=0.02)


@pytest.mark.parametrize("shape", [(48, 72), (80, 96), (96, 64), (120, 64)])
def test_the_preview_may_have_any_size_bars_and_orientation(shape: tuple[int, int]) -> None:
    linear = np.rint(light(64, 96) * 65535).astype(np.uint16)
    upright = camera_jpeg(light(64, 96), 2.5)
    stored = upright if shape[0] < shape[1] else np.rot90(upright)
    long = np.array(
        Image.fromarray(np.ascontiguousarray(stored)).resize(
            (shape[1], shape[1] * stored.shape[0] // stored.shape[1])
        )
    )
    preview = np.zeros((*shape, 3), np.uint8)
    top = (shape[0] - len(long)) // 2
    preview[top : top + len(long)] = long
    assert raw.fitted_gain(linear, preview) == pytest.approx(2.5, rel=0.06)


@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_raw_photos_come_upright(tmp_path: Path, orientation: int, quarters: int) -> None:
    preview = camera_jpeg(light(), 1.0)
    photo = loaded(tmp_path, dng(light(), preview, orientation), "a.dng")
    assert np.abs(photo.pixels - np.rot90(preview, quarters) / 255)[4:-4, 4:-4].max() < 0.05
    assert photo.metadata.orientation == 1


def test_the_sensor_s_white_stays_white_and_tones_stay_in_order() -> None:
    every = np.linspace(0, 1, 5000, dtype=np.float32)
    for gain in (0.3, 1.0, 1.7, 8.0):
        bent = raw.rolled_off(every, gain)
        assert bent[0] == 0 and bent[-1] == pytest.approx(1, abs=1e-5)
        assert (np.diff(bent) > -1e-7).all()
        low = every * gain < 0.4 * min(1, gain)
        np.testing.assert_allclose(bent[low], every[low] * gain, rtol=1e-5)


def test_evidence_and_metadata_of_a_raw_photo(tmp_path: Path) -> None:
    photo = loaded(tmp_path, dng(light(), camera_jpeg(light(), 2)), "a.dng")
    assert photo.evidence.noise_profile == ((1e-4, 2e-6),)
    assert photo.evidence.camera == "Nikon Test" and photo.evidence.bit_depth == 16
    save(photo, tmp_path / "out.tif", source=photo, metadata="keep", record={"a": 1}, overwrite=False)
    again = load(tmp_path / "out.tif", ROOM)
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.format == "TIFF" and again.bit_depth == 16 and again.evidence.camera == "Nikon Test"
    assert again.profile is not None
    assert "sRGB" in ImageCms.getProfileDescription(io.BytesIO(again.profile))


@pytest.mark.parametrize("name", ["a.dng", "a.tif", "a.jpg"])
def test_raw_files_are_known_by_what_is_in_them(tmp_path: Path, name: str) -> None:
    for preview in (None, camera_jpeg(light(), 2)):
        assert loaded(tmp_path, dng(light(), preview), name).format == "RAW"


def test_without_a_preview_light_is_taken_as_it_is(tmp_path: Path) -> None:
    photo = loaded(tmp_path, dng(light(), None), "a.dng")
    assert np.abs(photo.pixels - raw.encode(light().astype(np.float32)))[4:-4, 4:-4].max() < 0.01


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_raw_file(tmp_path: Path, capfd: pytest.CaptureFixture[str], share: float) -> None:
    data = dng(light(), camera_jpeg(light(), 2))
    with pytest.raises(UnreadableError) as caught:
        loaded(tmp_path, data[: int(len(data) * share)], "a.dng")
    assert "b'" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a.nef", "a.kdc", "a.cr2"])
def test_what_only_claims_to_be_raw(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError):
        loaded(tmp_path, b"II*\0" + bytes(500), name)
    assert loaded(tmp_path, encoded(scene(), "JPEG"), name).format == "JPEG"


def test_a_raw_file_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(dng(light(), None))
    with pytest.raises(TooLargeError):
        load(path, 64 * 96 - 1)


@pytest.mark.parametrize(("module", "extra"), [("rawpy", "raw"), ("pillow_heif", "heif")])
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    data = dng(light(), None) if module == "rawpy" else b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(99)
    with pytest.raises(UnreadableError, match="not installed") as caught:
        loaded(tmp_path, data)
    assert f"'.[{extra}]'" in caught.value.hint and "installer/install, or" in caught.value.hint


def test_exif_of_raw_files_that_are_no_tiff() -> None:
    class Thumb:
        data = encoded(scene(), "JPEG", exif=exif_block(6))

    class Raw:
        def extract_thumb(self) -> Thumb:
            return Thumb()

    found = raw._metadata(io.BytesIO(b"FUJIFILMCCD-RAW" + bytes(99)), Raw())
    assert b"NIKON" in found.exif and found.orientation == 1
