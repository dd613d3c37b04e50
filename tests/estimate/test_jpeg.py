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
