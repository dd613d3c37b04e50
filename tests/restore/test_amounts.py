"""Amounts and strength, and what `thorough` does with a residual."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import bad, noisy, psnr, scene
from tests.restore.helpers import run, told
from upzeroir_plugin.parameters import MODIFIERS, PARAMETERS, POINTWISE, Amounts, Parameter, ParameterVector
from upzeroir_plugin.solver.window import remaining


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("noise", {"noise_file": 15.0}),
        ("noise", {"noise_blotches": 10.0}),
        ("jpeg", {"jpeg_quality": 20.0}),
        ("light", {"light_ev": 1.5, "light_midtones": 1.2}),
        ("haze", {"haze_depth": 0.9}),
        ("colour", {"colour_temperature": 70.0}),
        ("blur", {"blur_sigma": 1.5}),
        ("blur", {"blur_shake": 2.0}),
    ],
)
def test_amounts_are_monotone(group: str, values: dict[str, float]) -> None:
    y = bad(scene(96, 96, seed=2), **values)
    found = told(**values)
    made = [run(y, found, amounts=Amounts({group: a})).photo.pixels for a in (0.0, 0.25, 0.5, 0.75, 1.0)]
    moved = [float(np.abs(m - y).mean()) for m in made]
    assert np.array_equal(made[0], y)
    assert moved == sorted(moved)
    assert moved[1] > 0.1 * moved[-1] > 0


@pytest.mark.parametrize("row", [r for r in PARAMETERS if r.group in POINTWISE and r.name not in MODIFIERS])
def test_an_amount_leaves_that_share_of_each_of_its_parameters(row: Parameter) -> None:
    value = row.neutral + 0.3 * (row.high - row.neutral)
    theta = ParameterVector().pinned({row.name: value})
    left = [remaining(theta, Amounts({row.group: amount}))[row.name] for amount in (0.0, 0.5, 1.0)]
    assert (left[0], left[2]) == pytest.approx((value, row.neutral))
    assert row.neutral < left[1] < value


def test_strength_blends() -> None:
    y = noisy(scene(96, 96), 15)
    half, whole = (run(y, told(noise_file=15), strength=s).photo.pixels for s in (0.5, 1.0))
    assert np.abs(half - (y + whole) / 2).max() < 1e-3


def test_a_sigma_that_fits_is_accepted_at_once() -> None:
    y = noisy(scene(160, 160, seed=2), 13)
    quality = run(y, told(pinned=False, noise_file=13.0), effort="thorough").quality
    assert (quality["restarts"], quality["accepted"]) == (0, True)


def test_theta_is_not_scaled_by_the_residual() -> None:
    """Measured: that does not bring θ nearer (`refit`)."""
    found = told(pinned=False, noise_file=5.0)
    result = run(noisy(scene(160, 160, seed=2), 40), found, effort="thorough")
    assert result.quality["restarts"] == 0
    assert result.theta == found.theta


@pytest.mark.parametrize("effort", ["fast", "thorough"])
def test_a_blur_that_its_residual_denies_is_left_alone(effort: str) -> None:
    """Told a strong blur, the photo is sharp: it is taken back once, and θ says so; a pin is not touched."""
    x = scene(160, 160, seed=2)
    y, values = noisy(x, 3), {"blur_sigma": 3.0, "noise_file": 3.0}
    free = run(y, told(pinned=False, **values), effort=effort, steps=4)
    pinned = run(y, told(**values), effort=effort, steps=4)
    assert (free.quality["restarts"], free.theta["blur.sigma"]) == (1, 0)
    assert (pinned.quality["restarts"], pinned.theta["blur.sigma"]) == (0, 3)
    assert not pinned.quality["accepted"]
    assert psnr(free.photo.pixels, x) > psnr(pinned.photo.pixels, x) + 3
