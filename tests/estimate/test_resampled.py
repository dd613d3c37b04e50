"""Photos that were enlarged: seen, named, and not taken for blurred ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tests.pictures import as_image, compressed, noisy, rounded
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.readings import Reading
from upzeroir_plugin.estimate.resampled import estimate_scale
from upzeroir_plugin.estimate.run import estimate
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.prior.synthetic import dead_leaves
from upzeroir_plugin.summary import summary

Kernel = Image.Resampling


def scene(seed: int, size: int = 400) -> np.ndarray:
    """Leaves with grain on them, as sharp as a camera's."""
    rng = np.random.default_rng(seed)
    image = np.asarray(dead_leaves(4 * size, rng), np.float32) / 255
    grain = ndimage.gaussian_filter(rng.normal(0, 1, image.shape[:2]), 1.2).astype(np.float32)
    sharp = as_image((image + 0.1 * grain[..., None]).clip(0, 1)).resize((size, size), Kernel.BOX)
    return np.asarray(sharp, np.float32) / 255


def enlarged(x: np.ndarray, scale: float, kernel: Kernel) -> np.ndarray:
    small = as_image(x)
    side = (round(scale * small.width), round(scale * small.height))
    return np.asarray(small.resize(side, kernel), np.float32) / 255


def soft(x: np.ndarray, sigma: float = 1.6) -> np.ndarray:
    return rounded(ndimage.gaussian_filter(x, (sigma, sigma, 0)))


def read(pixels: np.ndarray) -> Reading:
    photo = Photo(pixels)
    return estimate_scale(photo, estimate_jpeg(photo))


@pytest.mark.parametrize("kernel", [Kernel.BILINEAR, Kernel.BICUBIC, Kernel.LANCZOS])
@pytest.mark.parametrize("scale", [1.25, 1.5, 1.6, 2, 3])
def test_enlargement_is_seen(scale: float, kernel: Kernel) -> None:
    found = read(enlarged(scene(1, 320), scale, kernel))
    assert found.present > 0.6
    assert abs(found.value - scale) < max(0.1, 3 * found.std)


@pytest.mark.parametrize("seed", range(4))
def test_others_are_not(seed: int) -> None:
    x = scene(seed)
    pictures = [x, soft(x, 1), soft(x), soft(x, 2.4), noisy(x, 10 / 255), noisy(soft(x), 3 / 255)]
    pictures += [compressed(picture, quality)[0] for picture in (x, soft(x)) for quality in (40, 75, 92)]
    assert max(read(picture).present for picture in pictures) < 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (95, 200), (96, 97), (2000, 100)])
def test_any_size_and_flat_pictures(size: tuple[int, int]) -> None:
    assert read(np.full((*size, 3), 0.5, np.float32)).present < 0.5


def test_a_mosaic_is_no_enlargement() -> None:
    """A sensor's green places lie like a chequerboard; what lies between them is interpolated too."""
    x = scene(2)
    sampled = np.zeros(x.shape[:2], np.float32)
    rows, columns = np.indices(sampled.shape)
    there = (rows + columns) % 2 == 0
    sampled[there] = x[..., 1][there]
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    green = np.where(there, sampled, ndimage.convolve(sampled, cross, mode="mirror"))
    assert read(soft(np.repeat(green[..., None], 3, 2), 0.8)).present < 0.5


@pytest.mark.parametrize("kernel", [Kernel.BILINEAR, Kernel.BICUBIC, Kernel.LANCZOS])
def test_an_enlarged_photo_is_named_and_not_sharpened(kernel: Kernel) -> None:
    theta = estimate(Photo(enlarged(scene(3, 200), 2.5, kernel))).theta
    assert theta["blur.sigma"] == theta["blur.focus"] == theta["blur.length"] == 0
    assert "nlarged about" in summary(theta)


def test_a_soft_one_is_sharpened_and_not_called_enlarged() -> None:
    theta = estimate(Photo(soft(scene(3)))).theta
    assert max(theta["blur.sigma"], theta["blur.focus"]) > 1
    assert theta["sampling.scale"] == 1
