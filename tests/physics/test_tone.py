from __future__ import annotations

import pytest
import torch

from upzeroir_plugin.physics import tone

VALUES = torch.linspace(-0.5, 3, 701, dtype=torch.float64)


def test_anchors_of_the_srgb_curve() -> None:
    v = torch.tensor([0.0, 0.04045, 0.5, 1.0], dtype=torch.float64)
    expected = torch.tensor([0.0, 0.0031308, 0.2140411, 1.0], dtype=torch.float64)
    assert torch.allclose(tone.decode(v), expected, atol=1e-7)


def test_encode_inverts_decode_beyond_both_ends() -> None:
    assert torch.allclose(tone.encode(tone.decode(VALUES)), VALUES, atol=1e-12)
    assert (tone.decode(VALUES).diff() > 0).all()


def test_slope_is_the_derivative() -> None:
    v = VALUES[(VALUES - tone.KNEE).abs() > 1e-3]
    step = 1e-6
    assert torch.allclose(
        tone.slope(v), (tone.decode(v + step) - tone.decode(v - step)) / (2 * step), rtol=1e-6
    )


@pytest.mark.parametrize("exponent", [0.4, 0.8, 1.0, 1.5, 2.5])
def test_midtones_are_a_power_with_an_inverse(exponent: float) -> None:
    power = torch.tensor(exponent, dtype=torch.float64)
    y = tone.midtones(VALUES, power)
    above = VALUES[VALUES > tone.TOE]
    assert torch.allclose(y[VALUES > tone.TOE], above**exponent)
    assert (y.diff() > 0).all()
    assert torch.allclose(tone.midtones_inverse(y, power), VALUES, atol=1e-12)
    u = VALUES[(VALUES - tone.TOE).abs() > 1e-3]
    step = 1e-7
    slope = (tone.midtones(u + step, power) - tone.midtones(u - step, power)) / (2 * step)
    assert torch.allclose(tone.midtones_slope(u, power), slope, rtol=1e-5)


def test_gradients_are_finite_at_and_below_black() -> None:
    v = torch.tensor([-0.2, 0.0, 0.02, 0.04045], dtype=torch.float64, requires_grad=True)
    power = torch.tensor(2.5, dtype=torch.float64)
    tone.midtones(tone.encode(tone.decode(v)), power).sum().backward()  # type: ignore[no-untyped-call]
    assert v.grad is not None
    assert torch.isfinite(v.grad).all()
