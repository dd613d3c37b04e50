from __future__ import annotations

import numpy as np
import pytest
import torch

from upzeroir_plugin.estimate.undo import gains, undone
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import colour
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import invert_pointwise

THETAS = (
    {},
    {"haze.depth": 0.9, "haze.red": 0.7, "haze.blue": 0.95},
    {"light.ev": 2.5, "light.midtones": 1.4},
    {"light.ev": -0.8},
    {"colour.temperature": 90.0, "colour.tint": -20.0},
    {"haze.depth": 0.4, "light.ev": 1.0, "light.midtones": 0.8, "colour.temperature": -60.0},
)


@pytest.mark.parametrize("changes", THETAS)
def test_it_agrees_with_the_physics(changes: dict[str, float]) -> None:
    rng = np.random.default_rng(0)
    view = rng.uniform(0.05, 1, (9, 12, 3)).astype(np.float32)
    depth = rng.uniform(0.5, 1.5, (9, 12)).astype(np.float32)
    values = ParameterVector().with_values(changes).values()
    y = torch.from_numpy(view.transpose(2, 0, 1).copy())[None]
    place = Fields(depth=torch.from_numpy(depth)[None, None])
    expected = invert_pointwise(y, values, place)[0].clamp(0, 1)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(undone(view, values, depth), expected, atol=0.01)


def test_neutral_returns_the_view_itself() -> None:
    view = np.random.default_rng(1).uniform(0, 1, (5, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(undone(view, ParameterVector().values()), view)


@pytest.mark.parametrize(("temperature", "tint"), [(0, 0), (40, 0), (-150, 30), (200, -100)])
def test_gains_are_those_of_the_physics(temperature: float, tint: float) -> None:
    theta = {"colour.temperature": temperature, "colour.tint": tint}
    expected = colour.gains(theta, torch.zeros((), dtype=torch.float64)).numpy()
    np.testing.assert_allclose(gains(temperature, tint), expected, rtol=1e-4)
