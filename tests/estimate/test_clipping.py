"""Noise that is cut off at black lifts the dark; the estimators must not take that for light or a veil."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import photo, psnr, scene
from upzeroir_plugin.estimate.noise import before_clipping, estimate_noise
from upzeroir_plugin.estimate.readings import Findings
from upzeroir_plugin.estimate.run import estimate
from upzeroir_plugin.estimate.view import small_view
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.restore import Options, Step, restore

SIGMA = 15 / 255


def grainy(x: np.ndarray, seed: int = 1) -> Photo:
    """White noise of 15/255, clipped and rounded to 8 bits."""
    y = (x + np.random.default_rng(seed).normal(0, SIGMA, x.shape)).clip(0, 1)
    return photo((np.round(255 * y) / 255).astype(np.float32))


def test_a_views_black_is_put_back() -> None:
    dark = np.linspace(0.0, 0.2, 512, dtype=np.float32)[:, None, None] * np.ones((1, 512, 3), np.float32)
    seen = grainy(dark)
    view, true = (small_view(pixels, 32) for pixels in (seen.pixels, dark))
    before = before_clipping(view, estimate_noise(seen, Findings()))
    lift, left = (np.abs((x - true).mean((1, 2))) for x in (view, before))
    assert lift.max() > 0.018
    assert left[2:].max() < 0.006
    assert left.mean() < 0.25 * lift.mean()


def test_noise_that_is_not_cut_off_changes_nothing() -> None:
    floating = Photo(
        scene(128, 128) + np.random.default_rng(0).normal(0, SIGMA, (128, 128, 3)).astype(np.float32)
    )
    found = estimate_noise(floating, Findings())
    view = small_view(floating.pixels)
    assert before_clipping(view, found) is view


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_dark_noisy_photo_is_not_called_hazy_and_is_restored_within_bounds(seed: int) -> None:
    """Under a wrong veil the call after the lift was made far outside what the prior knows, and painted lattices."""
    x = scene(192, 192, seed)
    dark = ((x.clip(0, 1) ** 1.4) * 0.12).astype(np.float32)
    given = grainy(dark)
    found = estimate(given)
    assert found.theta["haze.depth"] < 0.15
    assert found.theta["light.ev"] > 1
    *_, last = restore(given, found, Options())
    assert isinstance(last, Step)
    assert last.result is not None
    assert psnr(last.result.photo.pixels, x) > psnr(given.pixels, x) + 8
