"""Our own latent prior: whole, small, and a prior."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.pictures import noisy, photo, psnr, scene
from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.estimate.run import estimate
from upzeroir_plugin.prior.fetch import check, remove
from upzeroir_plugin.prior.latent import LatentSpace
from upzeroir_plugin.prior.store import OWN, SMALL_LATENT, names
from upzeroir_plugin.restore import Options, Step, restore
from upzeroir_plugin.solver.annealed import to_pixels, to_tensor


@pytest.fixture(scope="module")
def space() -> LatentSpace:
    return LatentSpace(OWN[SMALL_LATENT], dtype=torch.float32)


def test_it_is_listed_whole_small_and_cannot_be_removed() -> None:
    assert SMALL_LATENT in names()
    found = check(SMALL_LATENT)
    assert found.licence == "GPL-3.0-or-later"
    assert found.size < 12e6
    with pytest.raises(UsageError):
        remove(SMALL_LATENT)


@torch.no_grad()
def test_a_picture_survives_its_code(space: LatentSpace) -> None:
    x = scene(128, 128, 3)
    made = to_pixels(space.decode(space.encode(to_tensor(x))))
    assert psnr(made, x) > 24.5  # hard drawn edges; photos come out at 32


@torch.no_grad()
def test_white_noise_of_a_picture_is_white_in_its_code(space: LatentSpace) -> None:
    """The denoiser knows one σ for all channels."""
    x = to_tensor(scene(256, 256, 3)).clamp(0.1, 0.9)
    noise = 20 / 255 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    rows = (space.encode(x + noise) - space.encode(x - noise))[0].flatten(1)
    covariance = torch.cov(rows)
    strength = covariance.diagonal().sqrt()
    assert float(strength.max() / strength.min()) < 1.2
    alike = covariance / strength[:, None] / strength[None]
    assert float((alike - torch.eye(len(alike))).abs().max()) < 0.2


@torch.no_grad()
@pytest.mark.parametrize(("sigma", "share"), [(0.1, 0.85), (0.3, 0.7)])
def test_its_denoiser_takes_noise_from_codes(space: LatentSpace, sigma: float, share: float) -> None:
    code = space.encode(to_tensor(scene(128, 128, 3)))
    generator = torch.Generator().manual_seed(0)
    seen = code + sigma * torch.randn(code.shape, generator=generator)
    left = float((space.denoise(seen, sigma, lambda: None) - code).square().mean().sqrt())
    assert left < share * sigma


def test_guided_restores_with_it() -> None:
    x = scene(96, 128, 5)
    given = photo(noisy(x, 25))
    found = estimate(given)
    *_, last = restore(given, found, Options(effort="guided", prior=SMALL_LATENT, steps=15))
    assert isinstance(last, Step)
    assert last.result is not None
    assert last.result.prior["name"] == SMALL_LATENT
    assert psnr(last.result.photo.pixels, x) > psnr(given.pixels, x) + 5
    assert np.isfinite(last.result.photo.pixels).all()
