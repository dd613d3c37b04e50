from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import bad, photo, scene
from upzeroir_plugin.estimate.light import decode, lifted, spread
from upzeroir_plugin.estimate.noise import as_seen, estimate_noise
from upzeroir_plugin.estimate.readings import Findings
from upzeroir_plugin.estimate.run import estimate
from upzeroir_plugin.photo.image import Photo


def faint() -> Findings:
    rng = np.random.default_rng(0)
    flat = np.linspace(0.03, 0.12, 128, dtype=np.float32)[:, None, None] * np.ones((1, 128, 3), np.float32)
    noisy = flat + rng.normal(0, 0.6 / 255, flat.shape).astype(np.float32)
    return estimate_noise(Photo(noisy, bit_depth=32), Findings())


def test_faint_noise_is_not_worth_removing_as_it_is() -> None:
    found = faint()
    assert found.evidence["sigma"] == pytest.approx(0.6, rel=0.15)
    assert max(r.present for r in found.readings) < 0.05
    same = as_seen(found, 0, lambda tones: np.ones_like(tones))
    assert [r.present for r in same.readings] == [r.present for r in found.readings]


def test_it_is_once_the_dark_is_lifted() -> None:
    seen = as_seen(faint(), 1, lambda tones: spread(tones, 4.0, 1.0))
    assert min(r.present for r in seen.readings if r.name != "noise.blotches") > 0.95
    assert seen.evidence["seen"] > 2.5 * seen.evidence["sigma"]


def test_no_bins_no_change() -> None:
    empty = Findings((), {"bins": []})
    assert as_seen(empty, 1, lambda tones: tones) is empty


@pytest.mark.parametrize(("ev", "midtones"), [(0, 1), (2, 1), (3, 1.4), (-1, 0.8)])
def test_spread_is_the_slope_of_lifted(ev: float, midtones: float) -> None:
    tones = np.linspace(0.05, 0.2, 7)
    exact = (lifted(tones + 1e-3, ev, midtones) - lifted(tones - 1e-3, ev, midtones)) / 2e-3
    np.testing.assert_allclose(spread(tones, ev, midtones), exact, rtol=0.05)


def test_values_below_black_are_linear_like_those_near_it() -> None:
    below = decode(np.array([-0.3, -0.01, 0.0, 0.04], np.float32))
    np.testing.assert_allclose(below * 12.92, [-0.3, -0.01, 0.0, 0.04], rtol=1e-6)


@pytest.mark.parametrize(("sigma", "worth"), [(1.4, False), (2.6, True)])
def test_grain_that_nobody_sees_is_left(sigma: float, worth: bool) -> None:
    grain = np.random.default_rng(1).normal(0, sigma / 255, (448, 576, 1)).astype(np.float32)
    theta = estimate(photo(scene(448, 576) + grain)).theta
    assert (theta["noise.file"] > 0) is worth


def test_it_is_worth_knowing_where_blur_is_undone() -> None:
    found = estimate(photo(bad(scene(448, 576), 1, blur_sigma=2, noise_file=1.6)))
    assert found.theta["blur.sigma"] > 1
    assert found.theta["noise.file"] == pytest.approx(1.6, rel=0.25)
