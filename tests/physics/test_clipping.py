"""Noise cut off at black and white: what it does to tones, and back."""

from __future__ import annotations

import pytest
import torch

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import clipping, model
from upzeroir_plugin.physics.fields import Fields

SENSOR = {"noise.shot": 20.0, "noise.read": 4.0}


def theta(values: dict[str, float]) -> dict[str, float]:
    return ParameterVector().with_values(values).values()


@pytest.mark.parametrize("level", [0.0, 0.02, 0.1, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("times", [1.0, 2.0, 3.0])
def test_the_mean_is_that_of_a_degraded_picture(level: float, times: float) -> None:
    values = theta({"noise.file": 12.0, "noise.clipped": times})
    x = torch.full((1, 3, 192, 192), level)
    y = model.degrade(x, values, Fields(), torch.Generator().manual_seed(1))
    assert float(y.mean()) == pytest.approx(float(clipping.seen(x[0, 0, 0, :1], values)), abs=0.5 / 255)


@pytest.mark.parametrize("values", [{"noise.file": 12.0}, SENSOR])
def test_what_a_denoiser_leaves_of_the_shift_is_taken_back(values: dict[str, float]) -> None:
    """Where it has made good what noise as strong as told would have moved."""
    plain, stronger = theta(values), theta({**values, "noise.clipped": 2.5})
    x = torch.linspace(0, 1, 513)
    shift = clipping.seen(x, stronger) - x
    found = clipping.moved_back(clipping.seen(x, stronger), stronger)
    answered = clipping.moved_back(x + shift - (clipping.seen(x, plain) - x), stronger)
    assert bool((found.diff() >= 0).all())
    assert float((answered - x).abs().max()) < 0.5 * float(shift.abs().max())
    middle = (x > 0.3) & (x < 0.6)
    assert float((found - x)[middle].abs().max()) < 1 / 255


def test_the_way_back_stays_between_black_and_white_and_bounds_what_it_amplifies() -> None:
    values = theta({"noise.file": 12.0, "noise.clipped": 3.0})
    tones = torch.linspace(-0.2, 1.2, 2001)
    found = clipping.moved_back(tones, values)
    assert float(found.min()) == 0
    assert float(found.max()) == 1
    assert float(found.diff().max() / tones.diff()[0]) < 2.5


@pytest.mark.parametrize("values", [{"noise.file": 20.0}, {"noise.size": 2.0, "noise.clipped": 3.0}, {}])
def test_nothing_is_moved_without_noise_or_where_it_was_never_stronger(values: dict[str, float]) -> None:
    assert not clipping.acts(theta(values))
    x = torch.rand(1, 3, 8, 8)
    assert torch.equal(model.expected(x, theta(values), Fields()), x)


def test_what_is_seen_can_be_learned_through() -> None:
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    clipping.seen(x, theta({"noise.file": 20.0})).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None and bool((x.grad > 0.4).all())
