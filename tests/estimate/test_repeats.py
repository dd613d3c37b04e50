"""Weave, dots and lines are no noise, however strong they are; noise of any grain is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tests.pictures import Pixels, compressed, photo, rounded, scene
from upzeroir_plugin.estimate.noise_repeats import repeats
from upzeroir_plugin.restore import estimate

ROWS, COLUMNS = np.mgrid[:320, :416].astype(np.float32)


def weave() -> Pixels:
    threads = 0.5 + 0.25 * np.sin(2 * np.pi * COLUMNS / 6.3) * np.sign(np.sin(2 * np.pi * ROWS / 6.3))
    return rounded(threads[..., None] * np.array([0.9, 0.7, 0.6], np.float32))


def dots() -> Pixels:
    screen = 0.5 + 0.25 * (np.cos(1.3 * (COLUMNS + ROWS)) + np.cos(1.3 * (COLUMNS - ROWS)))
    return rounded(1 / (1 + np.exp(12 * (screen[..., None] - scene(320, 416, 2)))))


def lines() -> Pixels:
    screen = 0.5 + 0.5 * np.sin(2 * np.pi * (ROWS + 0.3 * COLUMNS) / 5)
    ink = 1 / (1 + np.exp(15 * (screen - scene(320, 416, 2).mean(2))))
    return rounded(np.repeat(ink[..., None], 3, 2))


@pytest.mark.parametrize("pattern", [weave, dots, lines])
@pytest.mark.parametrize("quality", [None, 90])
def test_a_pattern_is_left_as_it_is(pattern: object, quality: int | None) -> None:
    assert callable(pattern)
    x, evidence = (pattern(), None) if quality is None else compressed(pattern(), quality)
    assert repeats(x) > 0.9
    theta = estimate(photo(x, evidence)).theta
    assert theta["noise.shot"] == theta["noise.read"] == theta["noise.file"] == 0
    assert theta["blur.length"] == theta["blur.shake"] == 0


@pytest.mark.parametrize("grain", [0.0, 1.4, 2.1])
def test_strong_noise_is_none(grain: float) -> None:
    noise = np.random.default_rng(0).normal(size=(320, 416, 3))
    noise = ndimage.gaussian_filter(noise, (grain, grain, 0)) if grain else noise
    y = rounded((scene(320, 416, 2) + 0.16 * noise / noise.std()).astype(np.float32))
    assert repeats(y) < 0.01 and repeats(compressed(y, 60, 2)[0]) < 0.01
    assert estimate(photo(y)).theta["noise.file"] > 20


def test_photos_without_a_whole_tile_have_no_pattern() -> None:
    assert repeats(weave()[:63]) == 0
