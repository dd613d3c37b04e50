from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qt_panel.picking import NotGrey, cast_of
from upzeroir_plugin.estimate.undo import gains
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.colour import gains as physical


@given(st.floats(-200, 200), st.floats(-100, 100))
def test_gains_are_those_of_the_physics(temperature: float, tint: float) -> None:
    theta = ParameterVector().with_values({"colour.temperature": temperature, "colour.tint": tint}).values()
    there = physical(theta, torch.zeros(1, dtype=torch.float64))
    ours = gains(temperature, tint)
    ratio = [float(t) / o for t, o in zip(there, ours, strict=True)]
    assert max(ratio) / min(ratio) < 1.0005


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(0.25, 0.5))
def test_a_grey_surface_tells_its_cast(temperature: float, tint: float, level: float) -> None:
    made = gains(temperature, tint)
    red, green, blue = (level * g / max(made) for g in made)
    if min(red, green, blue) < 0.02:
        return
    found = cast_of(red, green, blue)
    assert abs(found["colour.temperature"] - temperature) < 0.5
    assert abs(found["colour.tint"] - tint) < 0.5


@pytest.mark.parametrize("spot", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.9, 0.05, 0.03)])
def test_what_cannot_be_grey_is_refused(spot: tuple[float, float, float]) -> None:
    with pytest.raises(NotGrey):
        cast_of(*spot)
