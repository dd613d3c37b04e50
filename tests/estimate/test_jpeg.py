"""Quality of a JPEG: from the pixels, from the file's own tables, and from tables that few files have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import scene
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.load import load

COARSE = [min(694, 27 + 11 * (i // 8 + i % 8) ** 2) for i in range(64)]
"""A table of 16 bits, as encoders below quality 1 write it (one of PASCAL VOC's photos had such a one)."""


def _saved(path: Path, **options: object) -> Path:
    Image.fromarray(np.uint8(scene(160, 200, 3) * 255 + 0.5)).save(path, "JPEG", **options)
    return path


@pytest.mark.parametrize("quality", [15, 40, 75])
def test_quality_is_read_with_and_without_the_files_tables(tmp_path: Path, quality: int) -> None:
    photo = load(_saved(tmp_path / "a.jpg", quality=quality), 1e6)
    for shown in (photo, replace(photo, evidence=FileEvidence())):
        (reading,) = estimate_jpeg(shown).readings
        assert reading.present > 0.9
        assert abs(reading.value - quality) <= 3


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photo_that_was_turned_after_compression(tmp_path: Path, quarters: int) -> None:
    photo = load(_saved(tmp_path / "a.jpg", quality=60), 1e6)
    turned = replace(
        photo, pixels=np.ascontiguousarray(np.rot90(photo.pixels, quarters)), evidence=FileEvidence()
    )
    found = estimate_jpeg(turned)
    assert found.readings[0].present > 0.9 and abs(found.readings[0].value - 60) <= 3
    assert found.evidence["grid"] == [0, 0]


def test_tables_of_sixteen_bits_are_the_worst_quality(tmp_path: Path) -> None:
    photo = load(_saved(tmp_path / "a.jpg", qtables=[COARSE, COARSE]), 1e6)
    assert max(photo.evidence.jpeg_tables[0]) > 255
    (reading,) = estimate_jpeg(photo).readings
    assert reading.value < 12
    assert reading.present > 0.5


@pytest.mark.filterwarnings("error")
def test_a_table_with_a_zero_is_read(tmp_path: Path) -> None:
    photo = load(_saved(tmp_path / "a.jpg", quality=50), 1e6)
    table = (0, *photo.evidence.jpeg_tables[0][1:])
    odd = replace(photo, evidence=replace(photo.evidence, jpeg_tables=(table,)))
    (reading,) = estimate_jpeg(odd).readings
    assert abs(reading.value - 50) <= 3


def _again(path: Path, first: int, last: int, at: tuple[int, int]) -> Path:
    """A picture compressed, cut at `at` (x, y), and compressed again."""
    picture = Image.fromarray(np.uint8(scene(320, 400, 3) * 255 + 0.5))
    picture.save(path, "JPEG", quality=first)
    with Image.open(path) as once:
        once.crop((*at, *once.size)).save(path.with_suffix(".again.jpg"), "JPEG", quality=last)
    return path.with_suffix(".again.jpg")


@pytest.mark.parametrize("at", [(0, 0), (3, 5), (0, 3), (4, 4)])
@pytest.mark.parametrize(("first", "last"), [(20, 75), (40, 85), (60, 92)])
def test_the_coarser_of_two_compressions_is_read(
    tmp_path: Path, first: int, last: int, at: tuple[int, int]
) -> None:
    photo = load(_again(tmp_path / "a.jpg", first, last, at), 1e6)
    found = estimate_jpeg(photo)
    assert abs(found.readings[0].value - first) <= 3
    assert found.evidence["file_quality"] == last
    assert found.evidence["grid"] == [-at[0] % 8, -at[1] % 8]


@pytest.mark.parametrize(("first", "last"), [(90, 60), (None, 60), (None, 85)])
def test_a_finer_compression_before_the_last_says_nothing(
    tmp_path: Path, first: int | None, last: int
) -> None:
    photo = load(_again(tmp_path / "a.jpg", first or 100, last, (3, 5)), 1e6)
    found = estimate_jpeg(photo)
    assert abs(found.readings[0].value - last) <= 1
    assert found.evidence["before"][1] < 0.05


def test_a_compression_is_read_beneath_a_light_edit(tmp_path: Path) -> None:
    photo = load(_saved(tmp_path / "a.jpg", quality=30), 1e6)
    grain = np.random.default_rng(0).normal(0, 1.5 / 255, photo.pixels.shape).astype(np.float32)
    edited = replace(photo, pixels=np.clip(photo.pixels + grain, 0, 1), evidence=FileEvidence())
    (reading,) = estimate_jpeg(edited).readings
    assert reading.present > 0.9 and abs(reading.value - 30) <= 3


def _webp(path: Path, quality: int, first: int | None = None) -> Path:
    picture = Image.fromarray(np.uint8(scene(320, 400, 3) * 255 + 0.5))
    if first is not None:
        picture.save(path.with_suffix(".jpg"), quality=first)
        picture = Image.open(path.with_suffix(".jpg"))
    picture.save(path, "WEBP", quality=quality)
    return path


@pytest.mark.parametrize(("quality", "like"), [(10, 28), (40, 50), (75, 71), (92, 91)])
def test_a_lossy_webp_counts_as_the_jpeg_that_it_is_like(tmp_path: Path, quality: int, like: int) -> None:
    (reading,) = estimate_jpeg(load(_webp(tmp_path / "a.webp", quality), 1e6)).readings
    assert reading.present > 0.9 and abs(reading.value - like) <= 3


def test_a_coarse_jpeg_saved_as_webp_is_read_as_that_jpeg(tmp_path: Path) -> None:
    (reading,) = estimate_jpeg(load(_webp(tmp_path / "a.webp", 85, first=25), 1e6)).readings
    assert reading.present > 0.9 and abs(reading.value - 25) <= 3


def test_pixels_edited_since_deny_the_files_tables(tmp_path: Path) -> None:
    photo = load(_saved(tmp_path / "a.jpg", quality=40), 1e6)
    found = estimate_jpeg(replace(photo, pixels=0.6 * photo.pixels + 0.2))
    assert found.evidence["file_quality"] == 40
    assert abs(found.readings[0].value - 62.5) <= 1  # steps of 125 % of the IJG's table, times 0.6
