from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.pictures import noisy, scene
from tests.solver.helpers import automatic
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import GROUPS, Amounts, ParameterVector
from upzeroir_plugin.physics.jpeg import equivalent_sigma
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver.annealed import Probe, make_plan, refit
from upzeroir_plugin.solver.plan import (
    BLUR_CALLS,
    FLIPS,
    LEAST_QUALITY,
    LEAST_SIGMA,
    SMALL_BLUR_CALLS,
    THOROUGH_BLUR_CALLS,
    Plan,
    active,
    blur_reach,
    deblurring_reach,
    flips_of,
    neutralised,
    noise_peak,
    sigma_of,
)
from upzeroir_plugin.solver.quality import Verdict
from upzeroir_plugin.solver.window import schedule

EVERYTHING = {
    "haze.depth": 0.8,
    "blur.sigma": 1.5,
    "light.ev": 1.5,
    "noise.file": 10.0,
    "colour.temperature": 40.0,
    "jpeg.quality": 40.0,
}


def plan_of(
    theta: ParameterVector,
    amounts: Amounts | None = None,
    thorough: bool = False,
    steps: int | None = None,
    pixels: np.ndarray | None = None,
) -> Plan:
    pixels = scene(96, 128) if pixels is None else pixels
    return make_plan(pixels, theta, Maps(), amounts or Amounts(), embedded(), thorough, steps)


def test_a_neutral_theta_is_idle() -> None:
    plan = plan_of(ParameterVector())
    assert plan.idle
    assert plan.calls == 0
    assert plan.context == 0


@pytest.mark.parametrize(
    "theta",
    [
        automatic(noise_file=0.6),
        automatic(jpeg_quality=97),
        automatic(blur_sigma=0.3),
        automatic(blur_focus=0.6),
        automatic(blur_length=1.0),
        automatic(light_ev=0.005),
        automatic(colour_temperature=0.2),
        automatic(haze_red=0.2, blur_angle=30, noise_size=2, noise_chroma=2),
        automatic(sampling_scale=2),
    ],
    ids=lambda t: next(f"{n}={t[n]:g}" for n in t if t[n] != ParameterVector()[n]),
)
def test_what_nobody_would_see_is_left_alone(theta: ParameterVector) -> None:
    assert plan_of(theta).idle


@pytest.mark.parametrize(
    ("name", "value"),
    [("noise.file", 0.3), ("jpeg.quality", 98), ("blur.sigma", 0.2), ("light.ev", 0.005)],
)
def test_a_pin_acts_however_small_it_is(name: str, value: float) -> None:
    assert plan_of(ParameterVector().with_values({name: value})).idle
    assert not plan_of(ParameterVector().pinned({name: value})).idle


@pytest.mark.parametrize(
    ("values", "denoise", "points", "blur"),
    [
        ({"noise.file": 10.0}, True, False, False),
        ({"noise.read": 8.0}, True, False, False),
        ({"jpeg.quality": 30.0}, True, False, False),
        ({"light.ev": 1.0}, False, True, False),
        ({"light.midtones": 1.4}, False, True, False),
        ({"haze.depth": 0.6}, False, True, False),
        ({"colour.tint": 30.0}, False, True, False),
        ({"blur.focus": 2.0}, False, False, True),
        (EVERYTHING, True, True, True),
    ],
)
def test_what_a_degradation_calls_for(
    values: dict[str, float], denoise: bool, points: bool, blur: bool
) -> None:
    plan = plan_of(ParameterVector().with_values(values))
    assert (plan.denoise, plan.points, plan.blur_calls > 0) == (denoise, points, blur)
    assert not plan.idle


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_switched_off_is_neutral_in_the_plan(group: str) -> None:
    theta = ParameterVector().pinned(EVERYTHING)
    for amounts in (Amounts({group: 0.0}), Amounts(on={group: False})):
        plan = plan_of(theta, amounts)
        assert plan.theta == neutralised(plan.theta, {group})
        others = [g for g in GROUPS if g != group]
        assert all(plan.theta != neutralised(plan.theta, {g}) for g in others)


def test_a_small_amount_still_plans_the_whole() -> None:
    theta = ParameterVector().pinned(EVERYTHING)
    assert plan_of(theta, Amounts(dict.fromkeys(GROUPS, 0.1))).theta == plan_of(theta).theta


def test_a_lift_that_amplifies_what_is_left_of_the_noise_is_cleaned_again() -> None:
    dark = 0.15 * scene(96, 128)
    noise = {"noise.read": 8.0, "noise.shot": 10.0}
    assert plan_of(automatic().with_values({**noise, "light.ev": 4}), pixels=dark).refine
    assert not plan_of(automatic().with_values({**noise, "light.ev": 0.3})).refine
    assert not plan_of(automatic(light_ev=4), pixels=dark).refine


def test_calls_by_effort_and_steps() -> None:
    theta = automatic(blur_sigma=1.5)
    large = np.zeros((800, 900, 3), np.float32) + 0.5
    assert plan_of(theta, pixels=large).calls == BLUR_CALLS
    assert plan_of(theta).calls == SMALL_BLUR_CALLS > BLUR_CALLS
    assert plan_of(theta, thorough=True).calls == THOROUGH_BLUR_CALLS > SMALL_BLUR_CALLS
    assert plan_of(theta, steps=3).calls == 3
    grainy = automatic(noise_file=10)
    assert plan_of(grainy, pixels=large).calls == 1
    assert plan_of(grainy, pixels=large, thorough=True).calls == FLIPS
    assert plan_of(grainy, thorough=True, steps=2).calls == 2


def test_context_grows_with_what_reaches_far() -> None:
    context = embedded().context(10 / 255)
    assert plan_of(automatic(light_ev=1)).context == 0
    assert plan_of(automatic(noise_file=10)).context == context
    assert plan_of(automatic(noise_file=40)).context > context
    narrow, wide = plan_of(automatic(blur_sigma=1)), plan_of(automatic(blur_sigma=4))
    assert context < narrow.context < wide.context
    moved = automatic(blur_length=20)
    assert plan_of(moved).context == embedded().context(1.0) + 3 * blur_reach(moved, Maps()) + 40


def test_a_blur_alone_plans_no_call_after_a_lift() -> None:
    plan = plan_of(automatic().with_values({"blur.sigma": 1.6, "noise.file": 12.0}))
    assert not plan.refine
    assert plan.calls == plan.flips + SMALL_BLUR_CALLS
    assert plan.context == embedded().context(1.0) + deblurring_reach(plan.theta, plan.maps)


def test_levels_fall_from_the_start_to_the_noise() -> None:
    levels = schedule(5 / 255, 8)
    assert len(levels) == 8
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == pytest.approx(5 / 255)
    falls = [a / b for a, b in pairwise(levels)]
    assert falls == sorted(falls)
    assert schedule(0.0, 1) == [1 / 255]
    assert schedule(0.3, 4)[0] > 0.3


def test_sigma_counts_noise_and_compression() -> None:
    y = torch.full((1, 3, 16, 16), 0.5)
    sigma, loss = sigma_of(y, automatic(noise_file=10))
    assert sigma.mean().item() == pytest.approx(10 / 255, rel=0.01)
    assert loss.max() == 0
    sigma, loss = sigma_of(y, automatic(jpeg_quality=30))
    assert sigma.mean().item() == pytest.approx(equivalent_sigma(30))
    assert loss.mean().item() == pytest.approx(0.7)
    both, _ = sigma_of(y, automatic(noise_file=10, jpeg_quality=30))
    assert both.mean().item() == pytest.approx(np.hypot(10 / 255, equivalent_sigma(30)), rel=0.01)


def test_the_noise_peak_is_that_of_the_darkest_mid_tone() -> None:
    assert noise_peak(automatic(noise_file=5)) == pytest.approx(5 / 255, rel=1e-3)
    assert noise_peak(ParameterVector()) == 0
    assert noise_peak(automatic(noise_read=4)) > noise_peak(automatic(noise_read=2))


def test_active_leaves_the_threshold_itself_in() -> None:
    theta = automatic(jpeg_quality=LEAST_QUALITY - 1, noise_file=2)
    kept = active(theta, Amounts(), LEAST_SIGMA)
    assert kept["noise.file"] == 2
    assert kept["jpeg.quality"] == LEAST_QUALITY - 1
    assert active(theta, Amounts(), 0.99 * LEAST_SIGMA)["noise.file"] == 0


@pytest.mark.parametrize(
    ("std", "missed", "denied"),
    [(0.9, 0.0, False), (1.2, 0.9, False), (2.5, 0.9, True), (2.5, 0.5, False)],
)
def test_refit_takes_back_a_blur_that_the_residual_denies(std: float, missed: float, denied: bool) -> None:
    pixels = noisy(scene(96, 128), 5)
    plan = plan_of(automatic(blur_sigma=2, noise_file=5), pixels=pixels)
    again = refit(plan, Probe(Verdict(std, 0, False), 3, missed))
    assert (again is plan) is not denied
    if denied:
        assert (again.restarts, again.blur_calls, again.theta["blur.sigma"]) == (1, 0, 0)
        assert again.theta["noise.file"] == 5
    pinned = plan_of(automatic(noise_file=5).pinned({"blur.sigma": 2}), pixels=pixels)
    assert refit(pinned, Probe(Verdict(std, 0, False), 3, missed)) is pinned


def test_refit_leaves_noise_alone() -> None:
    plan = plan_of(automatic(noise_file=8), pixels=noisy(scene(96, 128), 5))
    assert refit(plan, Probe(Verdict(3.0, 0, False), 3, 1.0)) is plan


@pytest.mark.parametrize(
    ("size", "thorough", "flips"),
    [((512, 512), False, 8), ((768, 512), False, 8), ((1000, 1000), False, 1), ((6000, 4000), True, 8)],
)
def test_small_photos_get_their_flips(size: tuple[int, int], thorough: bool, flips: int) -> None:
    assert flips_of(size, thorough) == flips
