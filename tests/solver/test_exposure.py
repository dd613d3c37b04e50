from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.pictures import scene
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.solver.annealed import make_plan, to_pixels, to_tensor
from upzeroir_plugin.solver.window import restore_window

NOISE = ParameterVector().with_values({"noise.file": 1.2})


def plan_of(pixels: np.ndarray, theta: ParameterVector, prior: EmbeddedPrior):
    return make_plan(pixels, theta, Maps(), Amounts(), prior, False, None)


def test_a_bright_photo_goes_to_the_prior_as_it_is(exact_prior: EmbeddedPrior) -> None:
    assert plan_of(scene(64, 96), NOISE, exact_prior).exposure == 1


@pytest.mark.parametrize("dark", [0.3, 0.1])
def test_a_dark_photo_is_brightened_for_it(dark: float, exact_prior: EmbeddedPrior) -> None:
    bright = scene(64, 96)
    plan = plan_of(bright * np.float32(dark), NOISE, exact_prior)
    assert plan.exposure == pytest.approx(
        min(0.75 / (dark * np.quantile(bright.max(2), 0.995)), 16), rel=0.15
    )


def test_the_light_slider_has_no_part_in_it(exact_prior: EmbeddedPrior) -> None:
    pixels = scene(64, 96) * np.float32(0.2)
    lifted = NOISE.with_values({"light.ev": 3.0})
    assert plan_of(pixels, NOISE, exact_prior).exposure == plan_of(pixels, lifted, exact_prior).exposure


def test_noise_too_small_to_see_counts_once_it_is_lifted(exact_prior: EmbeddedPrior) -> None:
    faint = ParameterVector().with_values({"noise.file": 0.5})
    pixels = scene(64, 96) * np.float32(0.15)
    assert not plan_of(pixels, faint, exact_prior).denoise
    assert plan_of(pixels, faint.with_values({"light.ev": 4.0}), exact_prior).denoise
    switched = Amounts(on={"light": False})
    assert not make_plan(
        pixels, faint.with_values({"light.ev": 4.0}), Maps(), switched, exact_prior, False, None
    ).denoise


def test_it_helps_a_dark_photo(exact_prior: EmbeddedPrior) -> None:
    clean = scene(96, 128) * np.float32(0.12)
    rng = np.random.default_rng(0)
    noisy = (clean + rng.normal(0, 1.2 / 255, clean.shape)).astype(np.float32)
    plan = plan_of(noisy, NOISE, exact_prior)
    assert plan.exposure > 3

    def error(exposure: float) -> float:
        made = restore_window(
            to_tensor(noisy), (0, 0, 128, 96), replace(plan, exposure=exposure, flips=1), exact_prior,
            lambda: None, lambda *_: None,
        ).clean  # fmt: skip
        assert torch.isfinite(made).all()
        return float(np.square(to_pixels(made) - clean).mean())

    assert error(plan.exposure) < 0.95 * error(1.0)
