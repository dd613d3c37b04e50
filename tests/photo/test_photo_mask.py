from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.photo.photo_files import encoded, exif_block, png16, scene, tif
from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.photo.mask import load_mask

GREY = scene(channels=1)


@pytest.mark.parametrize(
    "data",
    [
        encoded(GREY, "PNG"),
        encoded(np.dstack([GREY] * 3), "PNG"),
        png16(GREY * np.uint16(257)),
        tif(GREY / np.float32(255)),
    ],
)
def test_grey_pictures_are_masks(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m").write_bytes(data)
    mask = load_mask(tmp_path / "m", (52, 36))
    assert mask.dtype == np.float32 and mask.shape == (36, 52)
    np.testing.assert_allclose(mask, GREY / 255, atol=1e-6)


def test_one_bit_and_transparency(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(encoded(GREY > 99, "PNG"))
    assert set(np.unique(load_mask(tmp_path / "m", (52, 36)))) == {0, 1}
    white = np.full((36, 52, 4), 255, np.uint8)
    white[:5, :, 3] = 0
    (tmp_path / "m").write_bytes(encoded(white, "PNG"))
    mask = load_mask(tmp_path / "m", (52, 36))
    assert not mask[:5].any() and (mask[5:] == 1).all()


def test_masks_are_upright_like_their_photo(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(encoded(GREY, "PNG", exif=exif_block(6)))
    assert load_mask(tmp_path / "m", (36, 52)).shape == (52, 36)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encoded(scene(36, 51, 1), "PNG"), "51 by 36"),
        (encoded(scene(360, 520, 1), "PNG"), "larger than the photo"),
        (encoded(scene(), "PNG"), "coloured"),
        (b"nothing", "cannot be read"),
        (b"", "empty"),
        (None, "no file"),
    ],
)
def test_what_is_no_mask(tmp_path: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / "m").write_bytes(data)
    with pytest.raises(UsageError, match=words) as caught:
        load_mask(tmp_path / "m", (52, 36))
    assert "52 by 36" in caught.value.hint
