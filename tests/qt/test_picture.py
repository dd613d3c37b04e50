from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from qt_panel.picture import Display, NotHere, Pyramid, decoded, fetched, halved, quick_look
from tests.qt.fakes import FakeClient
from upzeroir_plugin.client import pack


def test_halves_are_means_and_odd_sides_lose_one() -> None:
    level = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    half = halved(level)
    assert half.shape == (2, 3, 3)
    assert half[0, 0, 0] == round(float(level[:2, :2, 0].mean()))
    assert halved(np.full((1, 9, 3), 7, np.uint8)).shape[1] == 4


def test_the_level_has_at_least_a_px_for_each_of_the_screens() -> None:
    pyramid = Pyramid(np.zeros((3000, 4000, 3), np.uint8))
    for zoom in (2.0, 1.0, 0.6, 0.5, 0.3, 0.25, 0.13, 0.02):
        level, shrunk = pyramid.level(zoom)
        assert shrunk >= min(1.0, zoom) * 0.999 or level is pyramid.levels[-1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_quick_look_and_whole_picture_are_upright(tmp_path: Path, orientation: int) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(pixels).save(path, exif=exif.tobytes(), quality=95)
    whole = decoded(path, Display())
    small, size = quick_look(path, 1000, Display())
    assert size == (whole.shape[1], whole.shape[0]) == ((60, 40) if orientation < 5 else (40, 60))
    assert np.abs(small.astype(int) - whole).mean() < 12
    bright = {1: (5, 30), 3: (35, 30), 6: (30, 35), 8: (30, 5)}.get(orientation)
    if bright:
        assert whole[bright].mean() > 240


def test_an_adobe_rgb_photo_is_shown_as_srgb(tmp_path: Path) -> None:
    import imagecodecs

    path = tmp_path / "wide.png"
    wide = imagecodecs.cms_profile("adobergb")
    Image.fromarray(np.full((8, 8, 3), (60, 200, 60), np.uint8)).save(path, icc_profile=wide)
    shown = decoded(path, Display())[0, 0]
    out = ImageCms.profileToProfile(
        Image.fromarray(np.full((1, 1, 3), (60, 200, 60), np.uint8)),
        ImageCms.ImageCmsProfile(io.BytesIO(wide)), ImageCms.createProfile("sRGB"),
    )  # fmt: skip
    assert tuple(shown) == out.getpixel((0, 0)) != (60, 200, 60)


def test_what_cannot_be_decoded_here_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.nef"
    path.write_bytes(b"no picture" * 20)
    with pytest.raises(NotHere):
        decoded(path, Display())
    with pytest.raises(FileNotFoundError):
        quick_look(tmp_path / "none.jpg", 100, Display())


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("float32", 1.0)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_frames_of_every_kind(dtype: str, top: float, channels: int) -> None:
    class One(FakeClient):
        def request(self, method: str, path: str, **_: object):  # type: ignore[no-untyped-def,override]
            rows = np.full((300, 5, channels), top, dtype)
            rows[:, 2] = 0
            if channels in (2, 4):
                rows[..., -1] = top
            header = {"width": 5, "height": 300, "channels": channels, "dtype": dtype}
            connection, answer = super().request(method, path)
            answer.seek(0)
            answer.truncate()
            answer.write(pack(header, rows.nbytes) + rows.tobytes())
            answer.seek(0)
            return connection, answer

    shown = fetched(One(), "/v1/x", Display())  # type: ignore[arg-type]
    assert shown.shape == (300, 5, 3)
    assert (shown[:, 0] == 255).all() and (shown[:, 2] == 0).all()
