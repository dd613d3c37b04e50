from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import colour, haze, light, sampling
from upzeroir_plugin.physics.fields import Fields

NEUTRAL = ParameterVector().values()
LIKE = torch.empty((), dtype=torch.float64)


def gains(temperature: float = 0, tint: float = 0) -> Tensor:
    return colour.gains({**NEUTRAL, "colour.temperature": temperature, "colour.tint": tint}, LIKE)


def test_uniform_veil_lowers_contrast_by_what_depth_says() -> None:
    theta = {**NEUTRAL, "haze.depth": 0.7}
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64).expand(1, 3, 1, 2)
    y = haze.Haze()(ends, theta, Fields())
    assert torch.allclose(y[..., 1] - y[..., 0], torch.full((1, 3, 1), math.exp(-0.7), dtype=torch.float64))


def test_depth_map_thickens_the_veil_towards_the_airlight() -> None:
    theta = {**NEUTRAL, "haze.depth": 1.0, "haze.red": 0.8, "haze.green": 0.7, "haze.blue": 0.6}
    depth = torch.tensor([0.0, 1.0, 50.0]).reshape(1, 1, 1, 3)
    y = haze.Haze()(torch.full((1, 3, 1, 3), 0.2), theta, Fields(depth=depth))
    assert y[0, :, 0, 0].tolist() == pytest.approx([0.2] * 3)
    assert y[0, :, 0, 2].tolist() == pytest.approx([0.8, 0.7, 0.6])


def test_one_stop_halves_linear_light() -> None:
    y = light.Light()(
        torch.full((1, 3, 1, 1), 0.735357, dtype=torch.float64), {**NEUTRAL, "light.ev": 1.0}, Fields()
    )
    assert float(y[0, 0, 0, 0]) == pytest.approx(0.537099, abs=1e-5)


def test_local_light_darkens_where_the_map_is_positive() -> None:
    theta = {**NEUTRAL, "light.local": 0.5}
    stops = torch.tensor([-2.0, 0.0, 2.0]).reshape(1, 1, 1, 3)
    x = torch.full((1, 3, 1, 3), 0.5)
    y = light.Light()(x, theta, Fields(illumination=stops))[0, 0, 0]
    assert y[0] > y[1] > y[2]
    assert y[1] == pytest.approx(0.5)
    whole = light.Light()(x, {**NEUTRAL, "light.ev": 1.0}, Fields())[0, 0, 0]
    assert y[2] == pytest.approx(float(whole[2]))


def test_no_cast_is_one() -> None:
    assert gains().tolist() == pytest.approx([1, 1, 1], abs=1e-12)


@pytest.mark.parametrize("amount", [20, 80, 200])
def test_warm_is_red_and_cool_is_blue(amount: float) -> None:
    red, green, blue = gains(temperature=amount).tolist()
    assert red > green > blue
    red, green, blue = gains(temperature=-amount).tolist()
    assert red < green < blue


@pytest.mark.parametrize("amount", [10, 60, 150])
def test_tint_is_green_or_magenta(amount: float) -> None:
    red, green, blue = gains(tint=amount).tolist()
    assert green > max(red, blue)
    red, green, blue = gains(tint=-amount).tolist()
    assert green < min(red, blue)


@pytest.mark.parametrize(
    ("temperature", "tint"), [(250, 150), (250, -150), (-250, 150), (-250, -150), (40, 10)]
)
def test_a_cast_keeps_luminance_and_stays_positive(temperature: float, tint: float) -> None:
    found = gains(temperature, tint)
    assert (found > 0.02).all()
    weights = torch.tensor(colour.LUMINANCE, dtype=torch.float64)
    assert float((weights * found**colour.ENCODING).sum()) == pytest.approx(1, abs=1e-9)


def test_temperature_moves_the_white_to_the_black_body_it_names() -> None:
    """146 mired above D65 is 3333 K: about (1, 0.54, 0.24) in linear sRGB (black-body tables)."""
    linear = gains(temperature=146.2) ** colour.ENCODING
    assert (linear / linear[0]).tolist() == pytest.approx([1, 0.54, 0.24], abs=0.06)


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0, 3.7])
def test_enlargement_keeps_what_is_coarse_and_loses_what_is_fine(scale: float) -> None:
    spread = sampling.kernel(torch.tensor(scale)).sum(0)
    place = torch.arange(len(spread), dtype=torch.float64) - len(spread) // 2

    def response(frequency: float) -> float:
        return float((spread * torch.cos(2 * math.pi * frequency * place)).sum())

    assert response(0) == pytest.approx(1, abs=1e-12)
    assert response(0.1 / scale) > 0.95
    if scale >= 2:
        assert abs(response(0.9 / scale)) < 0.05
    if scale == 1:
        assert spread.tolist() == pytest.approx([0] * (len(spread) // 2) + [1] + [0] * (len(spread) // 2))
