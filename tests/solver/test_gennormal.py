from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from upzeroir_plugin.solver import gennormal
from upzeroir_plugin.solver.gennormal import by_likelihood, by_moments, divergence

SHAPES = [0.7, 1.0, 2.0, 4.0]


def drawn(shape: float, scale: float, count: int = 60_000, seed: int = 0) -> torch.Tensor:
    """Draws of scipy's generalised Gaussian, not of our own."""
    rng = np.random.default_rng(seed)
    found = stats.gennorm.rvs(shape, scale=scale, size=count, random_state=rng)
    return torch.from_numpy(found)


@pytest.mark.parametrize("shape", [0.2, 1.0, 7.0])
def test_the_scale_for_a_told_shape_has_the_samples_mean_size(shape: float) -> None:
    x = drawn(2.0, 0.3)
    found = by_moments(x, shape)
    assert float(found.shape) == pytest.approx(shape)
    mean = float(found.scale) * math.gamma(2 / shape) / math.gamma(1 / shape)
    assert mean == pytest.approx(float(x.abs().mean()), rel=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [0.02, 0.3])
@pytest.mark.parametrize("fit", [by_moments, by_likelihood])
def test_shape_and_scale_are_found_again(fit: object, shape: float, scale: float) -> None:
    found = fit(drawn(shape, scale))  # type: ignore[operator]
    assert float(found.shape) == pytest.approx(shape, rel=0.08)
    assert float(found.scale) == pytest.approx(scale, rel=0.08)


@pytest.mark.parametrize("shape", [0.7, 4.0])
def test_likelihood_is_the_greatest_there_is(shape: float) -> None:
    x = drawn(shape, 0.1, 4000)
    ours = by_likelihood(x)

    def likelihood(a: float, s: float) -> float:
        return float(stats.gennorm.logpdf(x.numpy(), a, scale=s).sum())

    best = likelihood(float(ours.shape), float(ours.scale))
    moments = by_moments(x)
    assert best >= likelihood(float(moments.shape), float(moments.scale)) - 1e-2
    for a, s in ((1.05, 1), (0.95, 1), (1, 1.05), (1, 0.95)):
        assert best > likelihood(float(ours.shape) * a, float(ours.scale) * s)


@pytest.mark.parametrize("shape", SHAPES)
def test_our_own_draws_are_of_that_distribution(shape: float) -> None:
    x = gennormal.of(shape, 0.2).sample((20_000,), torch.Generator().manual_seed(1))
    assert stats.kstest(x.numpy(), stats.gennorm(shape, scale=0.2).cdf).pvalue > 1e-3
    assert float(gennormal.of(shape, 0.2).deviation) == pytest.approx(float(x.std()), rel=0.05)


@pytest.mark.parametrize(("p", "q"), [((2, 0.1), (2, 0.2)), ((1, 0.1), (2, 0.1)), ((3, 0.3), (0.8, 0.1))])
def test_divergence_is_what_sampling_says(p: tuple[float, float], q: tuple[float, float]) -> None:
    x = drawn(*p, count=400_000).numpy()
    sampled = stats.gennorm.logpdf(x, p[0], scale=p[1]) - stats.gennorm.logpdf(x, q[0], scale=q[1])
    closed = float(divergence(gennormal.of(*p), gennormal.of(*q)))
    assert closed == pytest.approx(float(sampled.mean()), rel=0.03)


def test_divergence_from_itself_is_nought_and_of_gaussians_the_known_formula() -> None:
    p, q = gennormal.of(2, 0.1), gennormal.of(2, 0.2)
    assert float(divergence(p, p)) == pytest.approx(0, abs=1e-6)
    assert float(divergence(p, q)) == pytest.approx(np.log(2) + 1 / 8 - 1 / 2, abs=1e-5)


def test_moments_let_gradients_pass() -> None:
    x = drawn(1.5, 0.2, 500).requires_grad_()
    target = gennormal.of(1.0, 0.3)

    def loss(v: torch.Tensor) -> torch.Tensor:
        return divergence(by_moments(v), target)

    (slope,) = torch.autograd.grad(loss(x), x)
    step = torch.zeros_like(x)
    step[7] = 1e-5
    with torch.no_grad():
        numeric = float((loss(x + step) - loss(x - step)) / 2e-5)
    assert float(slope[7]) == pytest.approx(numeric, rel=1e-2, abs=1e-8)


@pytest.mark.parametrize("x", [torch.zeros(100), torch.ones(1), torch.tensor([1e-9, -1e-9])])
@pytest.mark.parametrize("fit", [by_moments, by_likelihood])
def test_pictures_without_any_spread_give_finite_numbers(fit: object, x: torch.Tensor) -> None:
    found = fit(x)  # type: ignore[operator]
    assert torch.isfinite(found.shape)
    assert torch.isfinite(found.scale)
    assert float(found.scale) > 0
