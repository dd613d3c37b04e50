"""One list of operators that every test here walks. A new operator needs one line in CASES."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from upzeroir_plugin.parameters import NAMES, ParameterVector
from upzeroir_plugin.physics import model
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import Operator, PointOperator

NEUTRAL = ParameterVector().values()
BY_NAME = {operator.name: operator for operator in model.OPERATORS}


@dataclass(frozen=True)
class Case:
    """An operator with values that make it act."""

    name: str
    values: dict[str, float]

    @property
    def operator(self) -> Operator:
        return BY_NAME[self.name]

    @property
    def theta(self) -> dict[str, float]:
        return {**NEUTRAL, **self.values}

    def __str__(self) -> str:
        return f"{self.name} {' '.join(f'{v:g}' for v in self.values.values())}"


CASES = (
    Case("haze", {"haze.depth": 0.8, "haze.red": 0.7, "haze.green": 0.8, "haze.blue": 0.95}),
    Case("blur", {"blur.sigma": 1.2}),
    Case("blur", {"blur.focus": 2.5}),
    Case("blur", {"blur.sigma": 0.4, "blur.length": 6.0, "blur.angle": 35.0}),
    Case("blur", {"blur.shake": 2.5}),
    Case("light", {"light.ev": 2.3, "light.midtones": 1.4, "light.local": 0.6}),
    Case("light", {"light.ev": -1.5, "light.midtones": 0.7}),
    Case("colour", {"colour.temperature": 90.0, "colour.tint": -40.0}),
    Case("colour", {"colour.temperature": -120.0}),
    Case("sampling", {"sampling.scale": 1.8}),
    Case("jpeg", {"jpeg.quality": 35.0}),
)
every = pytest.mark.parametrize("case", CASES, ids=str)


linear_ones = pytest.mark.parametrize("case", [c for c in CASES if c.operator.linear], ids=str)
smooth_ones = pytest.mark.parametrize("case", [c for c in CASES if c.name != "jpeg"], ids=str)
point_ones = pytest.mark.parametrize(
    "case", [c for c in CASES if isinstance(c.operator, PointOperator)], ids=str
)


def scene(*size: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*size, generator=generator, dtype=torch.float64)


def maps_of(x: Tensor) -> Fields:
    depth = 0.5 + scene(1, 1, *x.shape[2:], seed=1)
    path = scene(7, 7, seed=6).triu()
    return Fields(depth=depth, illumination=2 * scene(1, 1, *x.shape[2:], seed=2) - 1, path=path / path.sum())


def test_every_operator_has_a_case_and_a_place() -> None:
    """Of these the order is that of image formation, and the last is left out by `forward(jpeg=False)`."""
    today = ("haze", "blur", "light", "colour", "sampling", "jpeg")
    assert tuple(o.name for o in model.OPERATORS if o.name in today) == today
    assert model.OPERATORS[-1].name == "jpeg"
    assert {case.name for case in CASES} == set(BY_NAME)


@every
@pytest.mark.parametrize("size", [(1, 3, 1, 1), (2, 3, 1, 37), (1, 3, 41, 2), (2, 3, 16, 24)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_type_and_values(case: Case, size: tuple[int, ...], dtype: torch.dtype) -> None:
    x = scene(*size).to(dtype)
    y = case.operator(x, case.theta, maps_of(x))
    assert y.shape == x.shape
    assert y.dtype == dtype
    assert torch.isfinite(y).all()


@every
def test_it_acts(case: Case) -> None:
    x = scene(1, 3, 24, 24)
    assert not case.operator.is_neutral(case.theta)
    assert (case.operator(x, case.theta, maps_of(x)) - x).abs().max() > 1e-3


@every
def test_neutral_is_skipped_bit_exactly(case: Case) -> None:
    x = scene(1, 3, 24, 24).float()
    others = {name: value for name, value in case.values.items() if name not in case.operator.switches}
    theta = {**NEUTRAL, **others}
    assert case.operator.is_neutral(theta)
    assert model.forward(x, theta, maps_of(x)) is x


@every
def test_a_constant_picture_stays_constant(case: Case) -> None:
    x = torch.full((1, 3, 20, 28), 0.6)
    y = case.operator(x, case.theta, Fields())
    assert (y - y[..., :1, :1]).abs().max() < 2e-6


@linear_ones
@pytest.mark.parametrize("size", [(1, 3, 30, 21), (2, 3, 3, 40), (1, 3, 1, 1)])
def test_linear_ones_have_an_adjoint(case: Case, size: tuple[int, ...]) -> None:
    """⟨A x, r⟩ = ⟨x, Aᵀ r⟩ with Aᵀ from automatic differentiation, and A (x + 2 z) = A x + 2 A z."""
    x, z, r = scene(*size), scene(*size, seed=3), scene(*size, seed=4)

    def run(v: Tensor) -> Tensor:
        return case.operator(v, case.theta, maps_of(v))

    y, back = torch.func.vjp(run, z)[:2]
    (adjoint,) = back(r)
    assert torch.allclose((run(x) * r).sum(), (x * adjoint).sum(), rtol=1e-12)
    assert torch.allclose(run(x + 2 * z), run(x) + 2 * y, atol=1e-12)


@smooth_ones
def test_vjp_agrees_with_jvp_and_finite_differences(case: Case) -> None:
    x, direction, r = scene(1, 3, 9, 11), scene(1, 3, 9, 11, seed=3), scene(1, 3, 9, 11, seed=4)

    def run(v: Tensor) -> Tensor:
        return case.operator(v, case.theta, maps_of(v))

    forward = torch.func.jvp(run, (x,), (direction,))[1]
    (backward,) = torch.func.vjp(run, x)[1](r)
    step = 1e-7
    difference = (run(x + step * direction) - run(x - step * direction)) / (2 * step)
    assert torch.allclose((forward * r).sum(), (backward * direction).sum(), rtol=1e-10)
    assert torch.allclose(forward, difference, rtol=1e-5, atol=1e-6)


@smooth_ones
def test_gradients_reach_theta(case: Case) -> None:
    """The derivative in each of the case's values, against finite differences."""
    x, r = scene(1, 3, 9, 11), scene(1, 3, 9, 11, seed=4)
    maps = maps_of(x)
    for name, value in case.values.items():
        leaf = torch.tensor(value, dtype=torch.float64, requires_grad=True)
        (case.operator(x, {**case.theta, name: leaf}, maps) * r).sum().backward()  # type: ignore[no-untyped-call]
        step = 1e-4
        ends = [(case.operator(x, {**case.theta, name: value + s}, maps) * r).sum() for s in (-step, step)]
        assert leaf.grad is not None
        assert torch.allclose(leaf.grad, (ends[1] - ends[0]) / (2 * step), rtol=1e-4, atol=1e-6), name


@point_ones
def test_point_operators_invert(case: Case) -> None:
    """z = x again, and the gain is the derivative of the inverse."""
    assert isinstance(case.operator, PointOperator)
    x = scene(1, 3, 9, 11)
    maps = maps_of(x)
    y = case.operator(x, case.theta, maps)
    z, gain = case.operator.invert(y, case.theta, maps)
    assert torch.allclose(z, x, atol=1e-12)
    assert gain.shape == x.shape
    step = 1e-7
    ends = [case.operator.invert(y + s, case.theta, maps)[0] for s in (-step, step)]
    assert torch.allclose(gain, (ends[1] - ends[0]) / (2 * step), rtol=1e-5)


BAD = {
    **NEUTRAL,
    **{name: value for case in CASES for name, value in case.values.items()},
    "colour.temperature": 90.0,
    "noise.shot": 20.0,
    "noise.read": 8.0,
    "noise.file": 3.0,
    "noise.size": 1.5,
    "noise.chroma": 2.0,
    "noise.clipped": 3.0,
    "noise.blotches": 5.0,
    "jpeg.quality": 95.0,
}


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_the_table_is_felt(name: str) -> None:
    x = 0.3 + 0.6 * scene(1, 3, 32, 32)

    def photo(theta: dict[str, float]) -> Tensor:
        return model.degrade(x, theta, maps_of(x), torch.Generator().manual_seed(5))

    assert BAD[name] != NEUTRAL[name]
    assert not torch.equal(photo(BAD), photo({**BAD, name: 0.9 * BAD[name]}))
