"""What must not change, and what gives the same bits again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.pictures import noisy, photo, scene
from tests.restore.helpers import MIXED, run, told
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.restore import estimate


@pytest.mark.parametrize("found", [told(), told(pinned=False, noise_file=0.4), told(haze_red=0.2)])
def test_nothing_to_fix_returns_the_input(found: Estimate) -> None:
    y = photo(scene(96, 96))
    result = run(y, found)
    assert result.photo is y
    assert not result.changed
    assert result.network_calls == 0


def test_a_clean_photo_is_left_alone_from_end_to_end() -> None:
    y = photo(scene(256, 256, seed=1))
    assert run(y, estimate(y)).photo is y


@pytest.mark.parametrize("values", [{"noise_file": 10.0}, {"light_ev": 2.0}, {"blur_sigma": 2.0}, MIXED])
def test_strength_0_is_the_identity(values: dict[str, float]) -> None:
    y = photo(noisy(scene(96, 96), 10))
    result = run(y, told(**values), strength=0.0)
    assert result.photo is y
    assert not result.changed


def test_all_amounts_0_is_the_identity() -> None:
    y = photo(noisy(scene(96, 96), 10))
    amounts = Amounts(dict.fromkeys(("haze", "light", "noise"), 0.0))
    assert run(y, told(**MIXED), amounts=amounts).photo is y


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("values", [{"noise_file": 10.0}, MIXED, {"blur_sigma": 1.5}])
@pytest.mark.parametrize("grey", [False, True])
def test_pixels_outside_a_mask_are_bit_identical(values: dict[str, float], grey: bool) -> None:
    y = noisy(scene(128, 144), 10)
    if grey:
        y = np.repeat(y[..., :1] * np.float32(0.7), 3, axis=2)
    mask = np.zeros((128, 144), np.float32)
    mask[50:120, 60:140] = 1
    mask[100:, :30] = 0.5
    result = run(replace(photo(y), grey=grey), told(**values), mask=mask, steps=2)
    made = result.photo.pixels
    assert result.changed
    assert np.array_equal(made[mask == 0], y[mask == 0])
    assert np.abs(made - y)[75:95, 80:130].mean() > 1 / 255


def test_inside_a_mask_it_feathers_inwards_to_the_full_result() -> None:
    y = noisy(scene(128, 128), 12)
    mask = np.zeros((128, 128), np.float32)
    mask[30:100, 30:100] = 1
    full, part = run(y, told(noise_file=12)), run(y, told(noise_file=12), mask=mask)
    away = np.abs(part.photo.pixels - y)[..., 1]
    assert np.abs(part.photo.pixels - full.photo.pixels)[50:80, 50:80].max() < 1 / 255
    assert away[50:80, 31].mean() < 0.5 * away[50:80, 50:80].mean()


def test_an_empty_mask_changes_nothing() -> None:
    y = noisy(scene(96, 96), 10)
    result = run(y, told(noise_file=10), mask=np.zeros((96, 96), np.float32))
    assert not result.changed
    assert np.array_equal(result.photo.pixels, y)


@pytest.mark.parametrize("values", [{"noise_file": 10.0}, {"jpeg_quality": 30.0}, MIXED, {"blur_sigma": 2.0}])
@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_a_constant_picture_stays_constant(values: dict[str, float], level: float) -> None:
    """Away from the border: the spread over the picture, whatever the level becomes."""
    y = np.full((160, 160, 3), level, np.float32)
    made = run(y, told(**values)).photo.pixels[40:-40, 40:-40]
    assert np.ptp(made, (0, 1)).max() < 6 / 255


@pytest.mark.parametrize("effort", ["fast", "thorough"])
def test_the_same_seed_gives_the_same_bits(effort: str) -> None:
    y = noisy(scene(128, 128), 12)
    first, again = (run(y, told(**MIXED), seed=7, effort=effort, steps=3) for _ in range(2))
    assert np.array_equal(first.photo.pixels, again.photo.pixels)
    assert first == replace(again, photo=first.photo)
    assert (first.seed, first.effort, first.solver) == (7, effort, "annealed")


def test_the_result_says_what_made_it() -> None:
    result = run(noisy(scene(96, 96), 12), told(noise_file=12), device="cpu")
    prior = embedded()
    assert result.prior == {"name": "embedded", "sha256": prior.sha256}
    assert (result.device, result.dtype) == ("cpu", prior.dtype)
    assert set(result.quality) == {"residual_std", "residual_whiteness", "accepted", "restarts"}
    assert result.network_calls > 0
    assert result.theta == told(noise_file=12).theta


def test_the_input_is_not_written_to() -> None:
    y = noisy(scene(96, 96), 12)
    before = y.copy()
    run(y, told(**MIXED), mask=np.ones((96, 96), np.float32))
    assert np.array_equal(y, before)
