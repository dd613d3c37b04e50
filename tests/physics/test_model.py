from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector, parameter
from upzeroir_plugin.physics import model
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.haze import FLOOR

NEUTRAL = ParameterVector().values()


def scene(*size: int) -> Tensor:
    return torch.rand(*size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def within(name: str) -> st.SearchStrategy[float]:
    row = parameter(name)
    return st.floats(row.low, row.high)


POINTWISE = (
    *("haze.red", "haze.green", "haze.blue", "light.ev", "light.midtones", "light.local"),
    *("colour.temperature", "colour.tint"),
)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({name: within(name) for name in POINTWISE}), st.floats(0, 1.1))
def test_pointwise_inverse_gives_the_scene_back(values: dict[str, float], depth: float) -> None:
    theta = {**NEUTRAL, **values, "haze.depth": depth}
    x = scene(1, 3, 8, 9)
    maps = Fields(depth=2 * scene(1, 1, 8, 9), illumination=2 * scene(1, 1, 8, 9) - 1)
    z, gain = model.invert_pointwise(model.forward(x, theta, maps), theta, maps)
    assert torch.allclose(z, x, atol=1e-7)
    assert torch.isfinite(gain).all()
    assert (gain > 0).all()


def test_pointwise_inverse_in_float32() -> None:
    theta = {**NEUTRAL, "haze.depth": 0.9, "light.ev": 2.5, "light.midtones": 1.2, "colour.tint": 30.0}
    x = scene(2, 3, 20, 20).float()
    z, gain = model.invert_pointwise(model.forward(x, theta, Fields()), theta, Fields())
    assert z.dtype == gain.dtype == torch.float32
    assert (z - x).abs().max() < 1e-5


def test_gain_carries_noise_by_the_delta_rule() -> None:
    theta = {**NEUTRAL, "haze.depth": 0.9, "light.ev": 2.0, "light.midtones": 1.2, "colour.temperature": 50.0}
    y = model.forward(0.2 + 0.6 * scene(1, 3, 16, 16), theta, Fields())
    noise = 1e-4 * torch.randn(400, *y.shape[1:], generator=torch.Generator().manual_seed(1), dtype=y.dtype)
    z, _ = model.invert_pointwise(y + noise, theta, Fields())
    _, gain = model.invert_pointwise(y, theta, Fields())
    ratio = z.std(0) / (1e-4 * gain[0])
    assert abs(ratio.mean() - 1) < 0.01


def test_gain_is_bounded_where_the_veil_is_thick() -> None:
    theta = {**NEUTRAL, "haze.depth": 3.0}
    maps = Fields(depth=torch.full((1, 1, 4, 4), 4.0))
    y = torch.full((1, 3, 4, 4), 0.85)
    z, gain = model.invert_pointwise(y, theta, maps)
    assert torch.allclose(gain, torch.full_like(gain, 1 / FLOOR))
    assert torch.allclose(z, torch.full_like(z, 0.9 - 0.05 / FLOOR), atol=1e-6)


def test_pointwise_inverse_leaves_blur_and_compression_alone() -> None:
    theta = {**NEUTRAL, "blur.sigma": 2.0, "sampling.scale": 2.0, "jpeg.quality": 20.0}
    y = scene(1, 3, 8, 8)
    z, gain = model.invert_pointwise(y, theta, Fields())
    assert z is y
    assert (gain == 1).all()


def test_clipped_marks_both_ends_and_nothing_else() -> None:
    y = torch.tensor([0, 0.4, 0.6, 1, 128, 254, 254.6, 255, 260]) / 255
    assert model.clipped(y).tolist() == [True, True, False, False, False, False, True, True, True]


def test_forward_runs_in_image_formation_order() -> None:
    theta = {**NEUTRAL, "haze.depth": 0.7, "blur.sigma": 1.0, "light.ev": 1.5, "colour.tint": 40.0}
    theta |= {"sampling.scale": 1.5, "jpeg.quality": 60.0}
    x = scene(1, 3, 24, 24)
    by_hand = x
    for operator in model.OPERATORS:
        by_hand = operator(by_hand, theta, Fields())
    assert torch.equal(model.forward(x, theta, Fields()), by_hand)
    bare = {**theta, "jpeg.quality": 100.0}
    assert torch.equal(model.forward(x, theta, Fields(), jpeg=False), model.forward(x, bare, Fields()))


def test_a_degraded_photo_is_a_file() -> None:
    theta = {**NEUTRAL, "light.ev": -2.0, "noise.file": 20.0, "sampling.scale": 1.5, "jpeg.quality": 30.0}
    y = model.degrade(scene(1, 3, 24, 24), theta, Fields(), torch.Generator().manual_seed(1))
    assert y.min() >= 0
    assert y.max() <= 1
    assert torch.allclose(y * 255, (y * 255).round(), atol=1e-9)


def test_degrade_without_noise_or_levels_is_forward() -> None:
    theta = {**NEUTRAL, "haze.depth": 0.5, "blur.focus": 2.0, "jpeg.quality": 50.0}
    x = scene(1, 3, 24, 24)
    assert torch.equal(model.degrade(x, theta, Fields(), levels=None), model.forward(x, theta, Fields()))


def test_the_same_seed_draws_the_same_photo() -> None:
    theta = {**NEUTRAL, "noise.shot": 10.0, "noise.size": 2.0}
    x = scene(1, 3, 24, 24)
    first, again, other = (
        model.degrade(x, theta, Fields(), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_tensor_that_asks_for_a_gradient_is_not_skipped() -> None:
    ev = torch.tensor(0.0, requires_grad=True)
    model.forward(scene(1, 3, 4, 4).float(), {**NEUTRAL, "light.ev": ev}, Fields()).sum().backward()  # type: ignore[no-untyped-call]
    assert ev.grad is not None
    assert ev.grad < 0


def test_no_noise_is_drawn_into_a_clean_photo() -> None:
    x = (scene(1, 3, 8, 8) * 255).round() / 255
    assert torch.equal(model.degrade(x, NEUTRAL, Fields()), x)


@pytest.mark.parametrize("quality", [100.0, 40.0])
def test_noise_precedes_compression(quality: float) -> None:
    """Compression flattens noise: it must come after it."""
    theta = {**NEUTRAL, "noise.file": 4.0, "jpeg.quality": quality}
    flat = torch.full((1, 3, 64, 64), 0.5, dtype=torch.float64)
    y = model.degrade(flat, theta, Fields(), torch.Generator().manual_seed(1))
    assert (y.std() * 255 < 1.0) == (quality < 100)
