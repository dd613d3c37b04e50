"""Blacks and whites of a photo whose noise was cut off there come back to black and white."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import photo, scene
from upzeroir_plugin.parameters import GROUPS, Amounts, ParameterVector
from upzeroir_plugin.restore import Options, estimate, restore

X = 0.05 + 0.9 * scene(256, 320)
X[:48], X[-48:] = 0, 1


def restored(y: np.ndarray, pins: dict[str, float]) -> np.ndarray:
    picture = photo(y)
    only = Amounts(on={group: group == "noise" for group in GROUPS})
    *_, last = restore(picture, estimate(picture, pins), Options(amounts=only))
    pixels: np.ndarray = last.result.photo.pixels  # type: ignore[union-attr]
    return pixels


def noisy(sigma: float, times: int = 1) -> np.ndarray:
    """X with noise that was cut off when it was `times` as strong."""
    rng = np.random.default_rng(0)
    drawn = [(X + rng.normal(0, times * sigma / 255, X.shape)).clip(0, 1) for _ in range(times**2)]
    return (np.mean(drawn, axis=0) * 255).round().astype(np.float32) / 255


@pytest.mark.parametrize("where", [X == 0, X == 1], ids=["black", "white"])
def test_the_tones_that_clipping_moved_are_moved_back(where: np.ndarray) -> None:
    y = noisy(12, 2)
    moved = abs(float((y - X)[where].mean()))
    left = [abs(float((restored(y, {"noise.clipped": t}) - X)[where].mean())) for t in (1.0, 2.0)]
    assert moved > 8 / 255
    assert left[1] < 0.4 * left[0]


def test_blind_it_is_found_and_the_result_is_better_for_it() -> None:
    y = noisy(12, 2)
    errors = [float(np.square(restored(y, pins) - X).mean()) for pins in ({}, {"noise.clipped": 1.0})]
    assert errors[0] < 0.9 * errors[1]


def test_of_more_noise_told_than_there_is_no_shadow_drowns() -> None:
    """What is made up on top of the photo's own noise was never cut off."""
    y = noisy(4)
    y[:48] = 0.5 * y[:48] + 6 / 255
    plain, much = (restored(y, {"noise.file": sigma, "noise.clipped": 2.0}) for sigma in (4.0, 30.0))
    assert float((much - plain)[8:40].mean()) > -2.5 / 255


def test_the_parameter_is_a_modifier_that_does_nothing_alone() -> None:
    theta = ParameterVector().with_values({"noise.clipped": 3.0})
    x = X.astype(np.float32)
    assert theta["noise.clipped"] == 3
    assert np.array_equal(restored(x, {"noise.clipped": 3.0}), x)
