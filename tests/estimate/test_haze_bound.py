"""A veil is no thicker than the darkest places behind it allow."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import bad, scene
from upzeroir_plugin.estimate.haze_bound import bounded
from upzeroir_plugin.estimate.undo import undone
from upzeroir_plugin.estimate.view import luma
from upzeroir_plugin.parameters import ParameterVector

AIR = {"haze.red": 0.9, "haze.green": 0.9, "haze.blue": 0.9}
EVEN = np.ones((96, 128), np.float32)


def hazy(depth: float, noise: float = 0.0, size: tuple[int, int] = EVEN.shape) -> np.ndarray:
    return bad(scene(*size), haze_depth=depth, haze_red=0.9, haze_green=0.9, haze_blue=0.9, noise_file=noise)


@pytest.mark.parametrize("noise", [0.0, 4.0])
@pytest.mark.parametrize("told", [0.2, 0.5, 1.0])
def test_a_true_veil_stays(told: float, noise: float) -> None:
    shape, depth = bounded(EVEN, hazy(told, noise), {"haze.depth": told, **AIR})
    assert told * 0.9 < depth <= told + 1e-6
    assert shape.mean() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("told", [0.9, 1.6, 3.0])
def test_one_too_deep_is_thinned(told: float) -> None:
    y = hazy(0.4)
    shape, depth = bounded(EVEN, y, {"haze.depth": told, **AIR})
    x = undone(y, ParameterVector().values() | {"haze.depth": depth, **AIR}, shape)
    assert depth < told
    assert (luma(x) <= 0).mean() < 0.01


def test_only_the_place_that_is_dark_is_thinned() -> None:
    light = np.full((96, 128, 3), 0.7, np.float32)
    light[30:40, 10:20] = 0.2
    shape, depth = bounded(EVEN, light, {"haze.depth": 0.8, **AIR})
    assert shape[35, 15] < 0.75 < 1 < shape[80, 120]
    assert 0.2 < depth < 0.6


def test_no_veil_stays_none() -> None:
    shape, depth = bounded(EVEN, hazy(0.4), {"haze.depth": 0.0, **AIR})
    assert depth == 0
    assert np.array_equal(shape, EVEN)


def test_white_sets_no_bound() -> None:
    light = np.full((96, 128, 3), 0.97, np.float32)
    _, depth = bounded(EVEN, light, {"haze.depth": 3.0, **AIR})
    assert depth == pytest.approx(3.0)


def test_a_caption_does_not_thin_the_veil() -> None:
    y = hazy(0.6, size=(192, 256))
    y[180:184, 200:228] = 0
    _, depth = bounded(np.ones((192, 256), np.float32), y, {"haze.depth": 0.6, **AIR})
    assert depth > 0.5
