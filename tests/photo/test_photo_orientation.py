from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from tests.photo.photo_files import ROOM, encoded, loaded, scene, tif
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.orientation import grid_offset, turned
from upzeroir_plugin.photo.save import save

SCENE = scene(36, 52)


def seen(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Pillow's opinion of what `stored` looks like."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(buffer, "PNG", exif=exif)
    return np.asarray(ImageOps.exif_transpose(Image.open(buffer)))


def made(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if kind == "TIFF":
        return tif(SCENE, extratags=[(274, "H", 1, orientation, True)])
    if kind == "TIFF 16":
        return tif(SCENE.astype(np.uint16) * 257, extratags=[(274, "H", 1, orientation, True)])
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
        return encoded(SCENE, kind, exif=exif.tobytes(), quality=95, chroma=444)
    all_options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 98, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 97},
    }
    return encoded(SCENE, kind, exif=exif.tobytes(), **all_options.get(kind, {}))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "TIFF 16", "HEIF", "AVIF"])
def test_pictures_come_upright_and_stay_so(tmp_path: Path, kind: str, orientation: int) -> None:
    wanted = seen(SCENE, orientation) / 255
    photo = loaded(tmp_path, made(kind, orientation))
    assert photo.pixels.shape == wanted.shape
    assert np.abs(photo.pixels - wanted).max() < (0.05 if kind in ("JPEG", "HEIF", "AVIF") else 1e-6)
    for ending in ("jpg", "png", "tif", "webp"):
        path = tmp_path / f"out.{ending}"
        save(photo, path, source=None, metadata="keep", record={}, overwrite=True)
        with Image.open(path) as again:
            assert again.getexif().get(0x0112, 1) == 1
            assert again.size == photo.size
        assert np.abs(load(path, ROOM).pixels - wanted).max() < 0.06


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientations_that_do_not_exist_count_as_upright(tmp_path: Path, orientation: int) -> None:
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(
            loaded(tmp_path, made(kind, orientation)).pixels, SCENE.astype(np.float32) / 255
        )


def test_xmp_s_orientation_counts_where_exif_has_none(tmp_path: Path) -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    photo = loaded(tmp_path, encoded(SCENE, "WEBP", lossless=True, xmp=packet))
    np.testing.assert_allclose(photo.pixels, seen(SCENE, 6) / 255, atol=1e-6)
    path = tmp_path / "out.webp"
    save(photo, path, source=None, metadata="keep", record={}, overwrite=False)
    np.testing.assert_array_equal(load(path, ROOM).pixels, photo.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_block_grid_turns_with_the_picture(orientation: int) -> None:
    stored = np.zeros((37, 53), int)
    stored[::16], stored[:, ::16] = 1, 1
    lines = turned(np.add.outer(np.arange(37) // 16 * 100, np.arange(53) // 16), orientation)
    x, y = grid_offset((53, 37), orientation)
    changes_x = np.flatnonzero(np.diff(lines[0])) + 1
    changes_y = np.flatnonzero(np.diff(lines[:, 0])) + 1
    assert all((changes_x + x) % 16 == 0) and all((changes_y + y) % 16 == 0)
    assert len(changes_x) and len(changes_y)
