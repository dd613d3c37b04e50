from __future__ import annotations

import pytest
import torch
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import model, noise, tone
from upzeroir_plugin.physics.fields import Fields

NEUTRAL = ParameterVector().values()
DEVELOPED = {"noise.shot": 3.0, "noise.read": 4.0}


def drawn(level: float, values: dict[str, float], side: int = 160, count: int = 1) -> Tensor:
    v = torch.full((count, 3, side, side), level, dtype=torch.float64)
    return noise.sample(v, {**NEUTRAL, **values}, torch.Generator().manual_seed(3))


@pytest.mark.parametrize("level", [0.03, 0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "values",
    [
        DEVELOPED,
        {**DEVELOPED, "noise.file": 4.0, "noise.chroma": 2.5},
        {"noise.file": 10.0, "noise.chroma": 0.0},
    ],
)
def test_moments_at_each_brightness(level: float, values: dict[str, float]) -> None:
    """Mean 0 and, channel by channel, the variance that is promised, rounding aside."""
    found = drawn(level, values, count=2)
    promised = noise.variance(torch.tensor(level, dtype=torch.float64), {**NEUTRAL, **values})
    promised = promised - noise.LSB**2 / 12
    assert found.mean().abs() < 4 * (promised / found.numel() * 3).sqrt()
    for channel in range(3):
        assert abs(found[:, channel].var() / promised - 1) < 0.025


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_a_degraded_file_has_the_variance_with_its_rounding(level: float) -> None:
    theta = {**NEUTRAL, "noise.shot": 0.5, "noise.read": 0.5}
    v = torch.full((2, 3, 200, 200), level, dtype=torch.float64)
    y = model.degrade(v, theta, Fields(), torch.Generator().manual_seed(3))
    assert abs(y.var() / noise.variance(v[0, 0, 0, 0], theta) - 1) < 0.03


def test_variance_is_the_formula() -> None:
    v = torch.tensor([0.02, 0.2, 0.7], dtype=torch.float64)
    theta = {**NEUTRAL, "noise.shot": 30.0, "noise.read": 20.0, "noise.file": 5.0}
    light = tone.decode(v)
    step = 1e-7
    steep = (tone.encode(light + step) - tone.encode(light - step)) / (2 * step)
    expected = steep**2 * (30e-4 * light + 0.02**2) + (5 / 255) ** 2 + (1 / 255) ** 2 / 12
    assert torch.allclose(noise.variance(v, theta), expected, rtol=1e-6)


def test_sensor_noise_falls_with_brightness_in_a_developed_photo() -> None:
    found = noise.variance(torch.linspace(0.05, 1, 40), {**NEUTRAL, **DEVELOPED})
    assert (found.diff() < 0).all()


@pytest.mark.parametrize("size", [0.8, 2.0, 6.0])
def test_size_is_the_distance_where_correlation_falls_to_1_over_e(size: float) -> None:
    found = drawn(0.5, {"noise.file": 10.0, "noise.size": size}, side=400)
    assert abs(found.var() / (10 / 255) ** 2 - 1) < 0.05
    for distance in (1, 2, 5):
        lag = (found[..., distance:] * found[..., :-distance]).mean() / found.var()
        assert abs(lag - torch.exp(torch.tensor(-((distance / size) ** 2)))) < 0.05


def test_grain_is_as_strong_at_the_border() -> None:
    found = drawn(0.5, {"noise.file": 10.0, "noise.size": 3.0}, side=300, count=3)
    assert abs(found[..., :2, :].var() / found[..., 100:102, :].var() - 1) < 0.3


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0, 3.0])
def test_chroma_is_the_ratio_to_luma_on_orthonormal_axes(ratio: float) -> None:
    found = drawn(0.5, {"noise.file": 10.0, "noise.chroma": ratio})[0]
    luma = found.sum(0) / 3**0.5
    chroma = torch.stack([found[0] - found[1], (found[0] + found[1] - 2 * found[2]) / 3**0.5]) / 2**0.5
    assert abs(chroma.std() / luma.std() - ratio) < 0.03 * max(ratio, 0.1)


def test_blotches_are_coarse_colour_of_their_own() -> None:
    fine = drawn(0.5, {"noise.file": 10.0})
    found = drawn(0.5, {"noise.file": 10.0, "noise.blotches": 8.0}) - fine
    assert found.mean(1).abs().max() < 1e-6
    assert abs(found.var() / (8 / 255) ** 2 - 1) < 0.1
    lag = (found[..., 6:] * found[..., :-6]).mean() / found.var()
    assert abs(lag - torch.exp(torch.tensor(-1.0))) < 0.08


def test_sigma_map_follows_brightness_and_not_the_noise() -> None:
    theta = {**NEUTRAL, "noise.shot": 20.0, "noise.read": 5.0}
    clean = torch.full((1, 3, 64, 128), 0.25)
    clean[..., 64:] = 0.8
    noisy = clean + noise.sample(clean, theta, torch.Generator().manual_seed(0))
    found = noise.sigma_map(noisy, theta)
    assert found.shape == (1, 1, 64, 128)
    for columns, level in ((slice(0, 60), 0.25), (slice(70, 128), 0.8)):
        truth = noise.variance(torch.tensor(level), theta).sqrt()
        assert (found[..., columns] / truth - 1).abs().mean() < 0.1


def test_noise_free_theta_leaves_only_the_rounding() -> None:
    assert noise.is_neutral(NEUTRAL)
    found = noise.sigma_map(torch.rand(1, 3, 4, 4), NEUTRAL)
    assert torch.allclose(found, torch.full_like(found, noise.LSB / 12**0.5))
