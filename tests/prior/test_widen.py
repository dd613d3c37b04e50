"""A narrower network's weights in a wider one."""

from __future__ import annotations

import pytest
import torch

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior.unet import DenoiserUNet
from upzeroir_plugin.prior.widen import widened


def grown_from(widths: tuple[int, int, int], seed: int = 1) -> tuple[DenoiserUNet, DenoiserUNet]:
    torch.manual_seed(seed)
    small, large = DenoiserUNet((8, 16, 24), (1, 2, 1)), DenoiserUNet(widths, (1, 2, 1))
    for part in small.parameters():
        torch.nn.init.normal_(part, std=0.1)
    large.load_state_dict(widened(small.state_dict(), large))
    return small, large


@pytest.mark.parametrize("widths", [(8, 16, 24), (8, 20, 40), (12, 16, 24), (12, 24, 32)])
def test_the_wider_network_gives_the_same_answers(widths: tuple[int, int, int]) -> None:
    small, large = grown_from(widths)
    z, sigma, loss = torch.randn(1, 3, 32, 32), torch.rand(1, 1, 32, 32) + 0.1, torch.zeros(1, 1, 32, 32)
    with torch.no_grad():
        assert torch.allclose(small(z, sigma, loss), large(z, sigma, loss), atol=1e-5)


def test_its_new_channels_learn() -> None:
    _, large = grown_from((8, 20, 40))
    large(
        torch.randn(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.3), torch.zeros(1, 1, 32, 32)
    ).square().mean().backward()
    told = large.d[2][0].b.weight.grad[:24, 24:]  # type: ignore[index]
    assert told.abs().max() > 0


def test_wider_or_other_weights_are_refused() -> None:
    small, large = DenoiserUNet((8, 16, 24), (1, 2, 1)), DenoiserUNet((8, 20, 24), (1, 2, 1))
    with pytest.raises(UnreadableError, match="wider"):
        widened(large.state_dict(), small)
    with pytest.raises(UnreadableError, match="another"):
        widened(DenoiserUNet((8, 16, 24), (1, 1, 1)).state_dict(), small)
