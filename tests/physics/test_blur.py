from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, special
from torch import Tensor

from tests.pictures import hooked
from upzeroir_plugin.physics import blur

STILL = {"blur.sigma": 0.0, "blur.focus": 0.0, "blur.length": 0.0, "blur.angle": 0.0, "blur.shake": 0.0}
HOOK = torch.zeros(9, 9, dtype=torch.float64)
HOOK[1, 5] = HOOK[5, 1] = 0.25
HOOK[5, 5] = 0.5
"""The path of a shaken camera that stood still in three places, around its middle."""


def spread_of(**values: float) -> Tensor:
    return blur.kernel({**STILL, **{f"blur.{name}": value for name, value in values.items()}})


def transfer(spread: Tensor, fx: float, fy: float) -> float:
    half = spread.shape[0] // 2
    place = torch.arange(-half, half + 1, dtype=torch.float64)
    wave = torch.exp(-2j * torch.pi * (fy * place[:, None] + fx * place))
    return float((spread * wave).sum().real)


def test_a_path_drawn_as_large_as_it_is_is_the_spread() -> None:
    spread = blur.kernel({**STILL, "blur.shake": float(blur.extent(HOOK))}, HOOK)
    off = spread.shape[0] // 2 - 4
    assert torch.allclose(spread[off : off + 9, off : off + 9], HOOK, atol=1e-12)
    assert abs(float(spread.sum()) - 1) < 1e-12


@pytest.mark.parametrize("times", [0.5, 1.7])
def test_a_path_is_drawn_as_large_as_told(times: float) -> None:
    path = torch.from_numpy(hooked()).double()
    told = times * float(blur.extent(path))
    spread = blur.kernel({**STILL, "blur.shake": told}, path)
    assert float(blur.extent(spread)) == pytest.approx(told, rel=0.03)


def test_a_shake_whose_path_is_unknown_is_a_gaussian_of_its_extent() -> None:
    assert torch.allclose(spread_of(shake=2.0), spread_of(sigma=2.0 / 2**0.5), atol=1e-9)


def test_a_path_and_softness_compose() -> None:
    told = float(blur.extent(HOOK))
    both = blur.kernel({**STILL, "blur.shake": told, "blur.sigma": 1.5}, HOOK)
    soft = spread_of(sigma=1.5)
    half = both.shape[0] // 2
    wide = torch.zeros_like(both)
    wide[half - 4 : half + 5, half - 4 : half + 5] = HOOK
    made = blur.convolve(wide[None, None], soft)[0, 0]
    assert torch.allclose(both, made, atol=2e-4)


def scene(*size: int, seed: int = 0) -> Tensor:
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 5),
    st.floats(0, 15),
    st.floats(0, 60),
    st.floats(0, 180),
)
def test_kernel_sums_to_one_and_is_its_own_mirror(
    sigma: float, focus: float, length: float, angle: float
) -> None:
    spread = spread_of(sigma=sigma, focus=focus, length=length, angle=angle)
    assert spread.shape[0] == spread.shape[1]
    assert spread.shape[0] % 2 == 1
    assert abs(float(spread.sum()) - 1) < 1e-12
    assert torch.allclose(spread, spread.flip(0, 1), atol=1e-12)


def test_no_blur_is_the_unit_impulse() -> None:
    assert spread_of(angle=70).tolist() == [[1.0]]


def test_wide_gaussian_is_the_sampled_one() -> None:
    spread = spread_of(sigma=1.6)
    half = spread.shape[0] // 2
    line = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * 1.6**2))
    assert np.abs(spread.numpy() - np.outer(line, line) / line.sum() ** 2).max() < 5e-5


@pytest.mark.parametrize("sigma", [0.2, 0.45, 0.7, 1.3, 3.1])
@pytest.mark.parametrize(("fx", "fy"), [(0.1, 0.0), (0.2, 0.05), (0.15, 0.2)])
def test_gaussian_of_any_width_has_its_exact_transfer(sigma: float, fx: float, fy: float) -> None:
    expected = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    assert abs(transfer(spread_of(sigma=sigma), fx, fy) - expected) < 2e-3


@pytest.mark.parametrize("radius", [0.4, 1.7, 6.3])
def test_disc_has_its_exact_transfer(radius: float) -> None:
    z = 2 * np.pi * radius * np.hypot(0.1, 0.12)
    assert abs(transfer(spread_of(focus=radius), 0.1, 0.12) - 2 * special.j1(z) / z) < 3e-3


@pytest.mark.parametrize("angle", [0, 30, 90, 137])
def test_motion_has_its_exact_transfer_and_direction(angle: float) -> None:
    """Counter-clockwise from horizontal with y downwards: along (cos, −sin)."""
    turn = np.deg2rad(angle)
    spread = spread_of(length=7.3, angle=angle)
    fx, fy = 0.08, 0.11
    expected = np.sinc(7.3 * (fx * np.cos(turn) - fy * np.sin(turn)))
    assert abs(transfer(spread, fx, fy) - expected) < 3e-3


def test_parts_compose() -> None:
    both = spread_of(sigma=1.5, length=9, angle=40)
    one, two = spread_of(sigma=1.5), spread_of(length=9, angle=40)
    product = transfer(one, 0.07, 0.1) * transfer(two, 0.07, 0.1)
    assert abs(transfer(both, 0.07, 0.1) - product) < 3e-3


@pytest.mark.parametrize("size", [(12, 17), (1, 9), (3, 3), (64, 48)])
def test_convolution_mirrors_at_the_border(size: tuple[int, int]) -> None:
    x, spread = scene(1, 2, *size), spread_of(sigma=1.0, length=5, angle=25)
    y = blur.convolve(x, spread)
    for channel in range(2):
        expected = ndimage.convolve(x[0, channel].numpy(), spread.numpy(), mode="reflect")
        assert np.abs(y[0, channel].numpy() - expected).max() < 1e-10


@pytest.mark.parametrize("size", [(12, 17), (1, 9), (3, 3), (31, 48)])
def test_adjoint_is_the_transpose_of_convolve(size: tuple[int, int]) -> None:
    spread = spread_of(length=9, angle=25)
    x, r = scene(2, 3, *size), scene(2, 3, *size, seed=1)
    left, right = (blur.convolve(x, spread) * r).sum(), (x * blur.adjoint(r, spread)).sum()
    assert abs(left - right) < 1e-9
    uneven = torch.arange(15, dtype=torch.float64).reshape(3, 5) / 105
    left, right = (blur.convolve(x, uneven) * r).sum(), (x * blur.adjoint(r, uneven)).sum()
    assert abs(left - right) < 1e-9
