"""Noise found in photos: white, of the dark, and after a JPEG compression."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from tests.pictures import bad, compressed, photo, scene
from upzeroir_plugin.estimate.fuse import fuse
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.noise import estimate_noise
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.noise import sigma_map

DARK = {"light.ev": 2.5, "noise.shot": 6.0, "noise.read": 5.0}


def degraded(values: dict[str, float], quality: int | None = None) -> Photo:
    y = bad(scene(448, 576), 1, **{name.replace(".", "_"): value for name, value in values.items()})
    return photo(*compressed(y, quality)) if quality else photo(y)


def found(photo: Photo) -> ParameterVector:
    return fuse(estimate_noise(photo, estimate_jpeg(photo)).readings)


def sigma_at(theta: ParameterVector, tone: float) -> float:
    return float(sigma_map(torch.full((1, 3, 1, 1), tone), theta.values()).mean()) * 255


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
def test_white_noise_is_found_within_eight_percent(sigma: float) -> None:
    theta = found(degraded({"noise.file": sigma}))
    assert sigma_at(theta, 0.4) == pytest.approx(sigma, rel=0.08)


@pytest.mark.parametrize("tone", [0.05, 0.15, 0.3])
def test_noise_of_the_dark_is_found_where_it_is(tone: float) -> None:
    truth = ParameterVector().with_values(DARK)
    assert sigma_at(found(degraded(DARK)), tone) == pytest.approx(sigma_at(truth, tone), rel=0.15)


@pytest.mark.parametrize("quality", [90, 95])
def test_noise_of_the_dark_survives_a_jpeg(quality: int) -> None:
    """The speckles in deep shadows that a lift would show: bins that quantisation emptied must not outvote them."""
    truth = ParameterVector().with_values({**DARK, "noise.size": 0.8})
    theta = found(degraded({**DARK, "noise.size": 0.8}, quality))
    assert 0.6 < sigma_at(theta, 0.05) / sigma_at(truth, 0.05) < 1.35


@pytest.mark.parametrize("quality", [None, 90])
def test_a_clean_photo_has_no_noise(quality: int | None) -> None:
    assert found(degraded({"light.ev": 1.0}, quality))["noise.file"] < 1


@pytest.mark.parametrize("chroma", [0.6, 1.0])
def test_coarse_grain_over_texture_is_found(chroma: float) -> None:
    """Neither the lows of coarse grain nor the unevenness of its blocks makes it texture."""
    rng = np.random.default_rng(1)
    fine = ndimage.gaussian_filter(rng.normal(0, 1, (448, 576)), 1)
    where = ndimage.gaussian_filter(rng.normal(0, 1, (448, 576)), 8)
    texture = 2.4 * fine / fine.std() * where
    x = (scene(448, 576, 1) + texture[..., None]).clip(0, 1).astype(np.float32)
    theta = found(photo(bad(x, 1, noise_file=8, noise_size=1.5, noise_chroma=chroma)))
    assert sigma_at(theta, 0.4) == pytest.approx(8, rel=0.2)
    assert theta["noise.size"] == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize("chroma", [0.5, 2.0, 3.0])
def test_noise_that_is_mostly_colour_is_found_whole(chroma: float) -> None:
    """Brightness alone would tell of 40 % of it at a ratio of 3."""
    theta = found(photo(bad(scene(448, 576, 2), 1, noise_file=12, noise_chroma=chroma)))
    assert sigma_at(theta, 0.4) == pytest.approx(12, rel=0.12)
    assert theta["noise.chroma"] == pytest.approx(chroma, rel=0.1)


@pytest.mark.parametrize("chroma", [1.0, 2.0])
@pytest.mark.parametrize("size", [2.0, 2.5])
def test_grain_of_several_pixels_is_found(size: float, chroma: float) -> None:
    """An enlarged noisy photo's, a film's: it leaves nothing in the high frequencies."""
    theta = found(photo(bad(scene(448, 576, 2), 1, noise_file=10, noise_size=size, noise_chroma=chroma)))
    assert sigma_at(theta, 0.4) == pytest.approx(10, rel=0.15)
    assert theta["noise.size"] == pytest.approx(size, rel=0.15)
    assert theta["noise.chroma"] == pytest.approx(chroma, rel=0.15)


def test_grain_of_several_pixels_is_found_behind_jpeg() -> None:
    theta = found(degraded({"noise.file": 10.0, "noise.size": 2.5}, 92))
    assert 0.4 < sigma_at(theta, 0.4) / 10 < 1.2
    assert theta["noise.size"] > 1.6


@pytest.mark.parametrize("size", [2.0, 2.5])
def test_coarse_grey_texture_is_no_grain(size: float) -> None:
    """Cloth, sand: what has no colour is left where there are colours."""
    theta = found(photo(bad(scene(448, 576, 2), 1, noise_file=8, noise_size=size, noise_chroma=0)))
    assert sigma_at(theta, 0.4) < 1


def monochrome(sigma: float, size: float = 0.0, quality: int | None = None) -> Photo:
    """A black-and-white photo in grain of σ in 1/255, compressed or not."""
    grain = np.random.default_rng(4).normal(0, 1, (448, 576))
    grain = ndimage.gaussian_filter(grain, size / 2) if size else grain
    levels = 255 * scene(448, 576, 2).mean(2) + sigma * grain / grain.std()
    y = np.repeat(levels.round().clip(0, 255)[..., None], 3, 2).astype(np.float32) / 255
    return photo(*compressed(y, quality)) if quality else photo(y)


@pytest.mark.parametrize("quality", [None, 92])
@pytest.mark.parametrize("sigma", [5, 14, 30])
def test_noise_of_a_black_and_white_photo_is_known_for_grey(sigma: float, quality: int | None) -> None:
    """The more so behind JPEG, which kills the noise of colours: there it could as well be independent."""
    theta = found(monochrome(sigma, quality=quality))
    assert sigma_at(theta, 0.4) == pytest.approx(sigma, rel=0.15)
    assert theta["noise.chroma"] < 0.1


@pytest.mark.parametrize(("sigma", "quality"), [(14, 75), (14, 95), (22, 88)])
@pytest.mark.parametrize("grey", [True, False])
def test_noise_without_colour_is_told_from_noise_whose_colour_jpeg_has_taken(
    grey: bool, sigma: float, quality: int
) -> None:
    """As phones leave it. It was read 1.5 times as strong."""
    grain = np.random.default_rng(3).normal(0, sigma / 255, (400, 600, 3)).astype(np.float32)
    y = (scene(400, 600, 3) + (grain[..., :1] if grey else grain)).clip(0, 1)
    theta = found(photo(*compressed(y, quality, 2)))
    assert sigma_at(theta, 0.4) == pytest.approx(sigma, rel=0.1)
    assert theta["noise.chroma"] < 0.4 if grey else theta["noise.chroma"] > 0.8


@pytest.mark.parametrize("quality", [None, 92])
@pytest.mark.parametrize("size", [2.0, 2.5])
def test_coarse_grain_of_a_black_and_white_photo_is_found(size: float, quality: int | None) -> None:
    theta = found(monochrome(12, size, quality))
    assert sigma_at(theta, 0.4) == pytest.approx(12, rel=0.2)
    assert theta["noise.size"] == pytest.approx(size, rel=0.15)


def test_a_clean_black_and_white_photo_has_no_noise() -> None:
    assert all(sigma_at(found(monochrome(0, quality=quality)), 0.4) < 1 for quality in (None, 90, 60))


def test_softened_colours_do_not_make_grey_noise_coarse() -> None:
    """Grey noise on a scene whose colours, and their little noise, were smoothed over several pixels."""
    x = bad(scene(448, 576), 1, noise_file=6, noise_size=1.4)
    y = (x + np.random.default_rng(2).normal(0, 16 / 255, (*x.shape[:2], 1))).clip(0, 1).astype(np.float32)
    theta = found(photo(y))
    assert theta["noise.size"] < 0.7


def smaller(sigma: float, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A scene with black and white, noisy, cut off at both, and then made smaller by half; and its clean copy."""
    x = (1.5 * scene(640, 800, seed) - 0.25).clip(0, 1)
    y = (x + np.random.default_rng(1).normal(0, sigma / 255, x.shape)).clip(0, 1)
    return halved(y), halved(x)


def halved(pixels: np.ndarray) -> np.ndarray:
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    planes = [Image.fromarray(plane) for plane in np.moveaxis(pixels.astype(np.float32), 2, 0)]
    planes = [plane.resize(size, Image.Resampling.BICUBIC) for plane in planes]
    stacked: np.ndarray = (np.stack([np.asarray(p) for p in planes], -1).clip(0, 1) * 255).round() / 255
    return stacked.astype(np.float32)


def test_noise_cut_off_before_a_photo_was_made_smaller_is_known_for_it() -> None:
    y, x = smaller(30)
    theta = found(photo(y))
    true = 255 * float((y - x)[(x > 0.3) & (x < 0.7)].std())
    assert 1.6 < theta["noise.clipped"] < 3.4
    assert sigma_at(theta, 0.5) == pytest.approx(true, rel=0.1)


def test_noise_cut_off_as_it_is_is_known_for_it() -> None:
    x = (1.5 * scene(448, 576) - 0.25).clip(0, 1)
    y = (x + np.random.default_rng(1).normal(0, 12 / 255, x.shape)).clip(0, 1).astype(np.float32)
    assert found(photo(y))["noise.clipped"] == pytest.approx(1, abs=0.3)


def test_a_curve_that_calms_the_lights_is_not_taken_for_clipping() -> None:
    """Coarse camera grain, less of it in the lights, under whites that are pure: nothing was cut off there."""
    rng = np.random.default_rng(1)
    x = (1.8 * scene(448, 576) - 0.2).clip(0, 1)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, x.shape), (0.45, 0.45, 0))
    y = (x + grain / grain.std() * 9 / 255 * 4 * x * (1 - x)).clip(0, 1).astype(np.float32)
    assert found(photo(y))["noise.clipped"] < 1.2
