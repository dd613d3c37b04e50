"""Frames and bars are no part of what a photo should look like."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.pictures import Pixels, as_image, bad, compressed, photo, rounded, scene
from upzeroir_plugin.estimate.frame import around, picture
from upzeroir_plugin.restore import estimate

BLACK, WHITE = 0.0, 1.0


def framed(x: Pixels, colour: float, rows: int, columns: int) -> Pixels:
    wide = ((rows, rows), (columns, columns), (0, 0))
    return np.pad(x, wide, constant_values=colour)


@pytest.mark.parametrize("colour", [BLACK, WHITE, 0.5])
@pytest.mark.parametrize(("rows", "columns"), [(60, 0), (0, 80), (50, 90), (300, 0)])
def test_found_behind_compression_too(colour: float, rows: int, columns: int) -> None:
    x = scene(400, 600, 2)
    for y in (framed(x, colour, rows, columns), compressed(framed(x, colour, rows, columns), 70, 2)[0]):
        assert picture(y) == pytest.approx((columns, rows, 600, 400), abs=2)
    assert picture(framed(x, colour, rows, columns)) == (columns, rows, 600, 400)


def test_of_large_photos_to_the_pixel() -> None:
    x = np.asarray(as_image(scene(300, 400)).resize((1600, 1200), Image.Resampling.BICUBIC), np.float32) / 255
    assert picture(framed(x, BLACK, 111, 0)) == (0, 111, 1600, 1200)


@pytest.mark.parametrize("colour", [BLACK, WHITE])
def test_lines_that_are_half_of_the_frame_are_its_own(colour: float) -> None:
    y = framed(scene(400, 600, 2), colour, 61, 83)
    small = as_image(y).resize((int(0.77 * y.shape[1]), int(0.77 * y.shape[0])), Image.Resampling.LANCZOS)
    left, top, width, height = picture(np.asarray(small, np.float32) / 255)
    assert 0.77 * 83 - 0.5 <= left <= 0.77 * 83 + 2.5 and 0.77 * 61 - 0.5 <= top <= 0.77 * 61 + 2.5
    assert left + width <= 0.77 * 683 + 0.5 and top + height <= 0.77 * 461 + 0.5


@pytest.mark.parametrize("seed", range(4))
def test_photos_have_none(seed: int) -> None:
    x = scene(300, 400, seed)
    for y in (x, bad(x, 0, light_ev=5.0), bad(x, 0, haze_depth=2.0), bad(x, 0, jpeg_quality=10)):
        assert picture(y) == (0, 0, 400, 300)


def test_a_moon_in_a_black_sky_a_white_sky_and_a_wall_are_no_frames() -> None:
    rows, columns = np.mgrid[:300, :400]
    moon = np.where(np.hypot(rows - 150, columns - 200) < 50, 0.9, 0.0).astype(np.float32)
    sea = scene(300, 400).copy()
    sea[:120] = 1
    for x in (np.repeat(moon[..., None], 3, 2), sea, np.full((300, 400, 3), 0.3, np.float32)):
        assert picture(x) == (0, 0, 400, 300)


def test_a_scanners_edge_is_left() -> None:
    x = framed(scene(300, 400), BLACK, 4, 6)
    assert picture(x) == (0, 0, 412, 308)


@pytest.mark.parametrize("thick", [1, 2, 3, 6, 12])
@pytest.mark.parametrize("height", [24, 40, 600, 2400])
@pytest.mark.parametrize("upright", [True, False])
def test_a_line_on_a_page_is_no_picture(thick: int, height: int, upright: bool) -> None:
    """It ended in an error."""
    page = np.ones((height, 300, 3), np.float32)
    page[height // 2 : height // 2 + thick] = scene(thick + 8, 300)[:thick] / 2
    page = page.transpose(1, 0, 2) if upright else page
    x, y, width, rows = picture(page)
    assert (x, y, width, rows) == (0, 0, page.shape[1], page.shape[0]) or min(width, rows) >= 8


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3)])
def test_any_size(size: tuple[int, int]) -> None:
    assert picture(np.zeros((*size, 3), np.float32)) == (0, 0, size[1], size[0])


def test_a_map_reaches_over_the_frame() -> None:
    inner = np.arange(12, dtype=np.float32).reshape(3, 4)
    wide = around(inner, (0, 20, 40, 30), (40, 70))
    assert wide.shape == (7, 4)
    assert np.array_equal(wide[2:5], inner) and np.array_equal(wide[0], inner[0])
    assert np.array_equal(around(inner, (0, 0, 40, 30), (40, 30)), inner)


def test_a_sound_photo_between_bars_keeps_its_tones() -> None:
    for seed in range(3):
        theta = estimate(photo(framed(scene(256, 384, seed), BLACK, 80, 0))).theta
        bare = estimate(photo(scene(256, 384, seed))).theta
        assert theta["light.ev"] == pytest.approx(bare["light.ev"], abs=0.1)
        assert theta["light.midtones"] == pytest.approx(bare["light.midtones"], abs=0.05)


@pytest.mark.parametrize(
    ("colour", "rows", "columns", "fault"),
    [(BLACK, 90, 0, {"blur_sigma": 1.6, "noise_file": 2.0}), (WHITE, 40, 56, {"noise_file": 10.0})],
)
def test_noise_and_blur_are_read_as_without_it(
    colour: float, rows: int, columns: int, fault: dict[str, float]
) -> None:
    """They were not: a frame has neither, and its edge is sharp."""
    y = rounded(bad(scene(320, 400, 2), 0, **fault))
    bare, found = estimate(photo(y)), estimate(photo(framed(y, colour, rows, columns)))
    assert found.theta.values() == bare.theta.values()
    assert (found.picture, bare.picture) == ((columns, rows, 400, 320), None)
    assert found.evidence["picture"] == found.picture


@pytest.mark.parametrize("colour", [BLACK, WHITE])
def test_a_fault_is_read_as_without_the_frame(colour: float) -> None:
    y = bad(scene(256, 384, 3), 0, haze_depth=0.9)
    bare, found = estimate(photo(y)), estimate(photo(framed(rounded(y), colour, 64, 96)))
    assert bare.theta["haze.depth"] > 0.5
    assert found.theta["haze.depth"] == pytest.approx(bare.theta["haze.depth"], rel=0.1)
    depth = found.maps.depth
    assert depth is not None and depth.shape[0] / depth.shape[1] == pytest.approx(384 / 576, rel=0.03)
