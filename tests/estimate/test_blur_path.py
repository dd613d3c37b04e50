"""Camera shake: its path is found where there is one, and nowhere else."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from tests.pictures import Pixels, hooked, noisy, photo, psnr, scene, shaken
from tests.restore.helpers import run
from upzeroir_plugin.estimate import blur
from upzeroir_plugin.estimate.blur_kernel import kernel_picture
from upzeroir_plugin.estimate.blur_path import Path, find
from upzeroir_plugin.estimate.blur_path_edges import centred, closed, edges, transform, useful
from upzeroir_plugin.estimate.blur_path_fit import fitted
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.restore import estimate

SIZE = 480, 640


@cache
def seen(seed: int, noise: float, path: bool = True) -> Pixels:
    x = scene(*SIZE, seed=seed)
    return noisy(shaken(x, hooked()) if path else x, noise)


@cache
def read(seed: int, noise: float, path: bool = True) -> Estimate:
    return estimate(photo(seen(seed, noise, path)))


def alike(a: Pixels, b: Pixels) -> float:
    """Correlation, whichever way they are moved."""
    size = a.shape[0] + b.shape[0]
    spectra = [np.fft.rfft2(p, s=(size, size)) for p in (a, b)]
    crossed = np.fft.irfft2(np.conj(spectra[0]) * spectra[1], s=(size, size))
    return float(crossed.max() / np.sqrt(np.square(a).sum() * np.square(b).sum()))


def found(y: Pixels, width: float = 2.5, noise: float = 1.0) -> Path:
    path = find(y, width, noise / 255 / 3**0.5)
    assert path is not None
    return path


@pytest.mark.parametrize("noise", [1.0, 4.0])
@pytest.mark.parametrize("seed", [1, 3])
def test_a_curved_path_is_found(seed: int, noise: float) -> None:
    path = found(seen(seed, noise), noise=noise)
    assert alike(path.picture, hooked()) > (0.85 if noise < 2 else 0.55)
    assert path.better > blur.BETTER
    true = np.indices(hooked().shape) - hooked().shape[0] // 2
    middle = (true * hooked()).sum((1, 2), keepdims=True)
    assert path.extent == pytest.approx(np.sqrt((hooked() * np.square(true - middle).sum(0)).sum()), rel=0.2)


@pytest.mark.parametrize(
    "shape",
    [
        kernel_picture(1.6, 0, 0, 0),
        kernel_picture(3, 0, 0, 0),
        kernel_picture(0.4, 4, 0, 0),
        kernel_picture(0.5, 0, 12, 30),
    ],
    ids=["soft", "softer", "out of focus", "moved"],
)
@pytest.mark.parametrize("noise", [1.0, 4.0])
def test_a_plain_shape_is_no_path(shape: Pixels, noise: float) -> None:
    y = noisy(shaken(scene(*SIZE, seed=1), shape.astype(np.float32)), noise)
    assert found(y, noise=noise).better < blur.BETTER


def test_it_is_found_in_a_photo_that_is_halved_first() -> None:
    wide = ndimage.zoom(hooked(), 2, order=1)
    wide = (wide / wide.sum()).astype(np.float32)
    y = noisy(shaken(scene(960, 1280, seed=1), wide), 1)
    path = found(y, width=6.0)
    assert alike(path.picture, wide) > 0.75
    assert path.picture.shape[0] % 2 == 1
    assert path.picture.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (159, 900), (900, 30)])
def test_small_photos_have_none(size: tuple[int, int]) -> None:
    assert find(np.full((*size, 3), 0.5, np.float32), 2.0, 0.0) is None


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_photo_has_none(level: float) -> None:
    path = find(np.full((200, 240, 3), level, np.float32), 2.0, 0.0)
    assert path is not None
    assert np.isfinite(path.picture).all()
    assert not path.better > blur.BETTER


def test_the_fit_finds_the_path_between_two_pictures() -> None:
    x = scene(240, 320, seed=2).mean(2)
    y = shaken(x[..., None], hooked())[..., 0]
    inside = np.zeros(closed(y, 41).shape, np.float32)
    inside[41:199, 41:279] = 1
    path = fitted(closed(x, 41), closed(y, 41), 41, inside, np.ones(inside.shape, bool))
    assert alike(path, hooked()) > 0.98
    assert path.min() >= 0
    assert path.sum() == pytest.approx(1, abs=1e-5)


def test_edges_are_fewer_the_more_they_weigh() -> None:
    y = closed(seen(1, 1.0).mean(2), 15)

    def count(weight: float) -> int:
        sharp = edges(y, transform(y), hooked(), weight)
        return int((np.abs(np.roll(sharp, -1, 1) - sharp) > 0.01).sum())

    assert count(0.05) < count(0.01) < count(0.002)


def test_closed_pictures_meet_and_centred_ones_are_centred() -> None:
    y = closed(scene(50, 70, seed=4).mean(2), 21)
    assert y.shape[0] >= 71
    assert y.shape[1] >= 91
    assert abs(y[0] - y[-1]).mean() < 0.02
    assert centred(hooked(), (40, 40))[0, 0] == hooked()[7, 7]


def test_texture_is_not_useful_and_an_edge_is() -> None:
    stripes = np.tile(np.array([0.2, 0.8], np.float32), (60, 30))
    step = np.repeat(np.array([[0.2, 0.8]], np.float32), 30, 1).repeat(60, 0)
    assert not useful(stripes)[:, 5:-5].any()
    assert useful(step)[5:-5, 29].all()


def test_a_shaken_photo_is_read_and_restored() -> None:
    estimated = read(1, 1.0)
    assert estimated.theta["blur.shake"] > 3
    assert estimated.theta["blur.sigma"] == estimated.theta["blur.length"] == 0
    assert estimated.maps.path is not None
    y, x = seen(1, 1.0), scene(*SIZE, seed=1)
    blind = run(y, estimated, amounts=Amounts({"haze": 0, "light": 0, "colour": 0})).photo.pixels
    inner = slice(24, -24), slice(24, -24)
    assert best(blind, x, inner) > best(y, x, inner) + 2


def best(a: Pixels, x: Pixels, inner: tuple[slice, slice]) -> float:
    """PSNR at the best of the moves by whole pixels: where a path's middle is, no photo tells."""
    moves = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]
    return max(psnr(np.roll(a, move, (0, 1))[inner], x[inner]) for move in moves)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sharp_photo_is_not_shaken(seed: int) -> None:
    estimated = read(seed, 1.0, path=False)
    assert estimated.theta["blur.shake"] == 0
    assert estimated.maps.path is None
