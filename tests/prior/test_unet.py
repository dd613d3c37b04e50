from __future__ import annotations

import pytest
import torch

from tests.pictures import noisy, scene
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.prior.unet import SIGMA_DATA, DenoiserUNet, Residual


def small_net() -> DenoiserUNet:
    torch.manual_seed(0)
    return DenoiserUNet((8, 16), (1, 2))


def test_a_new_block_is_the_identity() -> None:
    x = torch.randn(2, 8, 6, 6)
    assert torch.equal(Residual(8)(x), x)


def test_a_new_network_says_what_the_preconditioning_says() -> None:
    """c_skip·z, and a constant in each phase of the half-resolution lattice: the last layer's weights are zero."""
    net, sigma = small_net(), 0.5
    z = torch.randn(1, 3, 32, 32)
    maps = torch.full((1, 1, 32, 32), sigma), torch.zeros(1, 1, 32, 32)
    rest = net(z, *maps) - z * SIGMA_DATA**2 / (sigma**2 + SIGMA_DATA**2)
    assert torch.allclose(rest[..., ::2, ::2], rest[..., :1, :1].expand(1, 3, 16, 16), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (2, 3, 16, 40)])
def test_shapes(shape: tuple[int, ...]) -> None:
    net = small_net()
    plane = torch.full((shape[0], 1, *shape[2:]), 0.1)
    assert net.multiple == 4
    assert net(torch.randn(shape), plane, plane).shape == shape


@pytest.mark.parametrize("sigma", [1e-5, 1e-7])
def test_without_noise_it_returns_its_input(exact_prior: EmbeddedPrior, sigma: float) -> None:
    """σ → 0: EDM's skip takes over, whatever the weights say."""
    z = torch.from_numpy(scene(64, 64)).permute(2, 0, 1)[None] * 2 - 1
    plane = torch.full((1, 1, 64, 64), sigma)
    with torch.inference_mode():
        made = exact_prior.net(z, plane, torch.zeros_like(plane))
    assert (made - z).abs().max() < 1e-3


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_told_of_hardly_any_noise_it_changes_hardly_anything(
    exact_prior: EmbeddedPrior, sigma: float
) -> None:
    """As it is used: σ below its range counts as the range's least."""
    z = torch.from_numpy(scene(96, 96)).permute(2, 0, 1)[None]
    change = 255 * (exact_prior.denoise(z, torch.tensor(sigma / 255)) - z)
    assert change.square().mean().sqrt() < 0.2
    assert change.abs().max() < 2


@pytest.mark.parametrize("sigma", [2, 10, 25, 60])
def test_what_lies_beyond_the_context_has_no_influence(exact_prior: EmbeddedPrior, sigma: int) -> None:
    """Everything below the middle replaced by another picture: nothing moves by 1e-3 `context` px above it."""
    z = torch.from_numpy(noisy(scene(192, 128), sigma)).permute(2, 0, 1)[None]
    other = torch.from_numpy(noisy(scene(192, 128, seed=4), sigma, seed=5)).permute(2, 0, 1)[None]
    mixed = torch.cat([z[..., :96, :], other[..., 96:, :]], 2)
    told = torch.tensor(sigma / 255)
    moved = (exact_prior.denoise(mixed, told) - exact_prior.denoise(z, told)).abs().amax((0, 1, 3))
    assert moved[: 96 - exact_prior.context(sigma / 255)].max() < 1e-3
    assert moved[95] > 1e-3


def test_the_hook_is_called_between_blocks_and_may_cancel() -> None:
    class Stop(Exception):
        pass

    net, seen = small_net(), []
    plane = torch.full((1, 1, 16, 16), 0.1)

    def hook() -> None:
        seen.append(1)
        if len(seen) == 3:
            raise Stop

    with pytest.raises(Stop):
        net(torch.randn(1, 3, 16, 16), plane, plane, hook)
    seen.clear()
    net(torch.randn(1, 3, 16, 16), plane, plane, lambda: seen.append(1))
    assert len(seen) == sum(net.blocks) + sum(net.blocks[:-1])
