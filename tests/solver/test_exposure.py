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
from upzeroir_plugin.solver.plan import Plan
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


def test_a_moon_over_a_dark_scene_does_not_spill(exact_prior: EmbeddedPrior) -> None:
    rows, columns = np.mgrid[:256, :256]
    away = np.hypot(rows - 110, columns - 140)
    dark = np.full((256, 256, 3), 14 / 255, np.float32)
    dark[away < 7] = 0.9
    noisy = (dark + np.random.default_rng(3).normal(0, 4 / 255, dark.shape)).clip(0, 1).astype(np.float32)
    theta = ParameterVector().with_values({"noise.file": 4.0})
    plan = plan_of(noisy, theta, exact_prior)
    assert plan.exposure > 8
    made = restored(noisy, plan, exact_prior)
    around = (away > 16) & (away < 90)
    assert np.abs(made[around] - noisy[around].mean(0)).mean() < 1.2 / 255
    assert made[away < 5].mean() == pytest.approx(noisy[away < 5].mean(), abs=2 / 255)


def test_highlights_of_a_float_photo_do_not_spill(exact_prior: EmbeddedPrior) -> None:
    plain = scene(192, 192)
    bright = plain.copy()
    bright[80:100, 80:100] = 2.0
    theta = ParameterVector().with_values({"noise.file": 4.0})
    made, without = (restored(p, plan_of(p, theta, exact_prior), exact_prior) for p in (bright, plain))
    far = np.ones(plain.shape[:2], bool)
    far[60:120, 60:120] = False
    assert np.abs(made[far] - without[far]).max() < 6 / 255


def test_highlights_of_a_float_photo_survive_the_call_after_a_lift(exact_prior: EmbeddedPrior) -> None:
    pixels = scene(128, 128) * np.float32(0.3)
    pixels[40:90, 40:90] *= 20
    pixels += np.random.default_rng(0).normal(0, 10 / 255, pixels.shape).astype(np.float32)
    plan = plan_of(pixels, ParameterVector().with_values({"noise.file": 10.0, "light.ev": 1.0}), exact_prior)
    assert plan.refine
    made, wanted = restored(pixels, plan, exact_prior)[52:78, 52:78], pixels[52:78, 52:78] * 2 ** (1 / 2.2)
    assert made.mean() == pytest.approx(wanted.mean(), rel=0.05)
    assert made.std() > 0.7 * wanted.std()


def restored(pixels: np.ndarray, plan: Plan, prior: EmbeddedPrior) -> np.ndarray:
    box = (0, 0, pixels.shape[1], pixels.shape[0])
    window = restore_window(to_tensor(pixels), box, plan, prior, lambda: None, lambda *_: None)
    return to_pixels(window.full)
