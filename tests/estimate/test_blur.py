from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from tests.pictures import compressed
from upzeroir_plugin.estimate.blur import _apart, _through_blocks, estimate_blur
from upzeroir_plugin.estimate.blur_kernel import kernel_picture
from upzeroir_plugin.estimate.blur_texture import Texture, look
from upzeroir_plugin.estimate.fuse import fuse, present_for, share
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.noise import estimate_noise
from upzeroir_plugin.estimate.odds import logistic
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.prior.synthetic import dead_leaves


@cache
def scene(seed: int, size: int = 448) -> np.ndarray:
    """Discs and polygons, drawn four times too large, so that their edges are those of a sharp camera."""
    rng = np.random.default_rng(seed)
    image = dead_leaves(2 * size, rng).resize((size, size), Image.Resampling.BOX)
    return np.asarray(image, np.float32) / 255


def taken(x: np.ndarray, noise: float = 0, seed: int = 0) -> np.ndarray:
    """As an 8-bit file with white noise (/255)."""
    y = x + np.random.default_rng(seed).normal(0, noise / 255, x.shape)
    return (np.round(np.clip(y, 0, 1) * 255) / 255).astype(np.float32)


def soft(x: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(x, (sigma, sigma, 0))


def found_in(pixels: np.ndarray) -> tuple[Findings, np.ndarray | None]:
    photo = Photo(pixels)
    jpeg = estimate_jpeg(photo)
    return estimate_blur(photo, estimate_noise(photo, jpeg), jpeg)[:2]


def theta_of(pixels: np.ndarray) -> ParameterVector:
    return fuse(found_in(pixels)[0].readings)


@pytest.mark.parametrize("noise", [2.55, 12])
@pytest.mark.parametrize("sigma", [1.0, 1.6, 2.2, 3.0, 4.0])
def test_gaussian_is_read_within_a_fifth(sigma: float, noise: float) -> None:
    theta = theta_of(taken(soft(scene(1), sigma), noise))
    assert theta["blur.sigma"] == pytest.approx(sigma, rel=0.2)
    assert theta["blur.focus"] == theta["blur.length"] == 0
    entry = theta.entries["blur.sigma"]
    assert entry.low < sigma < entry.high


@pytest.mark.parametrize(
    ("seed", "sigma", "noise", "quality"), [(1, 1.5, 3.5, 96), (2, 1.5, 3.5, 96), (5, 2.1, 2, 95)]
)
def test_softness_is_read_in_noise_behind_jpeg(seed: int, sigma: float, noise: float, quality: int) -> None:
    """Not as a scene's own softness beside a disc of 1 px, and noise's remains are no sharp texture."""
    theta = theta_of(compressed(taken(soft(scene(seed), sigma), noise), quality, subsampling=2)[0])
    assert theta["blur.sigma"] == pytest.approx(sigma, rel=0.2)
    assert theta["blur.focus"] == theta["blur.length"] == 0


@pytest.mark.parametrize("noise", [0, 2.55, 10, 25, 50])
def test_sharp_is_left_alone(noise: float) -> None:
    theta = theta_of(taken(scene(2), noise))
    assert theta["blur.sigma"] == theta["blur.focus"] == theta["blur.length"] == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (7, 9), (17, 18), (19, 19), (24, 300)])
def test_small_photos(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    for reading in found_in(pixels)[0].readings:
        assert math.isfinite(reading.value)
        assert reading.std > 0
        assert reading.present < 0.1


def seen_in(luma: np.ndarray) -> Texture:
    """What a photo without noise shows under softness of 1.5 px."""
    none = np.zeros(1)
    corners = np.zeros((1, 2), np.float32)
    return look(luma[None], corners, none, none + 0.5, np.zeros((8, 8)), kernel_picture(1.5, 0, 0, 0))


@pytest.mark.parametrize("size", [(20, 24), (31, 200), (32, 32)])
def test_photos_of_few_squares_show_no_sharp_texture(size: tuple[int, int]) -> None:
    luma = soft(np.random.default_rng(0).random((*size, 1)), 1.5)[..., 0].astype(np.float32)
    assert seen_in(luma).share == 0


def test_sharp_texture_shows_without_any_noise() -> None:
    luma = np.random.default_rng(0).random((256, 256, 1))
    luma = np.concatenate([soft(luma, 1.5), luma[:, :64]], 1)[..., 0].astype(np.float32)
    assert seen_in(luma).share == pytest.approx(16 / 88, abs=0.01)


@pytest.mark.parametrize("level", [0, 0.4, 1])
def test_flat_photo_says_nothing(level: float) -> None:
    findings, place = found_in(np.full((64, 64, 3), level, np.float32))
    assert place is None
    assert all(reading.present < 0.1 for reading in findings.readings)


def test_one_sharp_thing_before_a_soft_background_is_depth_of_field() -> None:
    """A bird before a waterfall: undoing the softness of the background would ring around it."""
    background = 0.4 + 0.4 * soft(scene(1), 2.4)
    assert theta_of(taken(background, 1))["blur.sigma"] > 1.5
    bird = scene(2).mean(2, keepdims=True) < 0.5
    height, width = background.shape[:2]
    part = np.zeros((height, width, 1), bool)
    part[height // 2 : height // 2 + 40, width // 3 : width // 3 + 40] = True
    assert theta_of(taken(np.where(part & bird, 0.05, background), 1))["blur.sigma"] == 0


def test_a_shape_that_is_not_clear_does_not_hide_the_blur() -> None:
    def told(gaussian: float, disc: float) -> list[float]:
        readings = (
            Reading("blur.sigma", 1.5, 0.1, gaussian),
            Reading("blur.focus", 1.6, 0.1, disc),
            (Reading("blur.length", 5.0, 1.0, 0.0), Reading("blur.angle", 0.0, 9.0, 0.0)),
        )
        return [share(reading.present) for reading in _apart(*readings)[:2]]

    assert told(0.15, 0.42) == pytest.approx([0, share(0.42)], abs=0.02)
    assert told(0.5, 0.5) == pytest.approx([0.5, 0.5], abs=0.02)
    assert told(0.3, 0.0) == pytest.approx([share(0.3), 0])
    assert told(0.0, 0.0) == [0, 0]


@given(st.floats(0, 1))
def test_presence_for_a_share(wanted: float) -> None:
    assert share(present_for(wanted)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("quality", "edges", "wanted"),
    [(30.0, 300, (0.0, 0.1)), (30.0, 2000, (0.9, 0.1)), (98.0, 300, (0.9, 0.9))],
)
def test_blocks_are_not_taken_for_blur(quality: float, edges: int, wanted: tuple[float, float]) -> None:
    sure = logistic(3.0)
    readings = tuple(
        Reading(f"blur.{name}", 2.0, 0.2, sure) for name in ("sigma", "focus", "length", "angle")
    )
    jpeg = Findings((Reading("jpeg.quality", quality, 1.0, 1.0),))
    softness, focus, length, _ = _through_blocks(readings, jpeg, edges)
    assert softness.present == focus.present
    assert (softness.present, length.present) == pytest.approx(wanted, abs=0.1)
