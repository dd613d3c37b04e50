"""A change of basis of the codes, folded into an autoencoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.latents import own
from tests.pictures import scene
from upzeroir_plugin.prior.latent import LatentSpace
from upzeroir_plugin.prior.whiten import folded, whitening
from upzeroir_plugin.solver.annealed import to_tensor


class Uneven:
    """Codes whose channels are loud, faint and mixed."""

    mix = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.5, 0.5, 1.0]])

    def encoder(self, x: Tensor) -> Tensor:
        return torch.einsum("oc,bchw->bohw", self.mix, x)


def test_noise_is_as_strong_in_all_channels_and_independent() -> None:
    torch.manual_seed(0)
    matrix = whitening(Uneven(), torch.rand(4, 3, 64, 64))
    noise = matrix @ Uneven.mix @ torch.randn(3, 20_000)
    found = torch.cov(noise)
    assert torch.allclose(found, found[0, 0] * torch.eye(3), atol=0.05 * float(found[0, 0]))
    assert float(torch.linalg.det(matrix)) == pytest.approx(1, rel=1e-4)
    assert torch.allclose(matrix, matrix.T, atol=1e-5)


@torch.no_grad()
def test_codes_change_and_pictures_do_not(tmp_path: Path) -> None:
    space = LatentSpace(own(tmp_path / "own"), dtype=torch.float32)
    net: nn.Module = space.vae
    x = 2 * to_tensor(scene(64, 64, 3)) - 1
    code = net.encoder(x)  # type: ignore[operator]
    made = net.decoder(code)  # type: ignore[operator]
    generator = torch.Generator().manual_seed(1)
    matrix = torch.eye(code.shape[1]) + 0.2 * torch.randn(code.shape[1], code.shape[1], generator=generator)
    net.load_state_dict(folded(net.state_dict(), matrix))
    moved = net.encoder(x)  # type: ignore[operator]
    assert torch.allclose(moved, torch.einsum("oc,bchw->bohw", matrix, code), atol=1e-4)
    assert torch.allclose(net.decoder(moved), made, atol=1e-4)  # type: ignore[operator]
