"""Where the guided solver walks: pixels under the embedded prior, or the latents of a latent prior. One contract."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.unet import Hook


class Space(Protocol):
    """A prior and the coordinates that it is defined in, σ counted as in z = z0 + σn ("variance exploding").

    `factor`: px per code element. `multiple`: pictures are padded to multiples of it. `core`: px of the pieces that the
    guidance is computed in, with `reach` px of surround. `sigma_range`: what the prior was trained on. `local`: whether
    a code element is a pixel, so that the data term's curvature is known for each.
    """

    name: str
    sha256: str
    factor: int
    multiple: int
    core: int
    reach: int
    sigma_range: tuple[float, float]
    local: bool
    device: torch.device

    @property
    def dtype(self) -> str:
        """Precision of the arithmetic, in torch's words."""

    def encode(self, x: Tensor) -> Tensor:
        """Code of a picture (1, 3, H, W); differentiable."""

    def decode(self, code: Tensor) -> Tensor:
        """Picture of a code; differentiable."""

    def decode_all(self, code: Tensor, hook: Hook) -> Tensor:
        """Picture of a code of any size, without gradients, in tiles where it is large."""

    def encode_all(self, x: Tensor, hook: Hook) -> Tensor:
        """Code of a picture of any size, without gradients, in tiles where it is large."""

    def denoise(self, code: Tensor, sigma: float, hook: Hook) -> Tensor:
        """E[z0 | z]."""

    def error(self, sigma: float) -> float:
        """How uncertain `denoise` is taken to be, as a standard deviation."""


class PixelSpace:
    """The embedded prior: its latent space is the pixels themselves."""

    factor, local = 1, True
    core, reach = 192, 12

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.name, self.sha256 = prior.name, prior.sha256
        self.multiple, self.device = 1, prior.device
        self.sigma_range = (prior.sigma_range[0], min(prior.sigma_range[1], prior.residuals.sigma[-1]))

    @property
    def dtype(self) -> str:
        """The prior's."""
        return self.prior.dtype

    def encode(self, x: Tensor) -> Tensor:
        """X itself."""
        return x

    def decode(self, code: Tensor) -> Tensor:
        """The code itself."""
        return code

    def decode_all(self, code: Tensor, _hook: Hook) -> Tensor:
        """The code itself."""
        return code

    def encode_all(self, x: Tensor, _hook: Hook) -> Tensor:
        """X itself."""
        return x

    def denoise(self, code: Tensor, sigma: float, hook: Hook) -> Tensor:
        """One network call."""
        return self.prior.denoise(code, torch.tensor(sigma), None, hook).clone()

    def error(self, sigma: float) -> float:
        """σ itself (DiffPIR's λ = 1).

        Ours: the table of held-out photos says less, and is right on average, but textures are not average: on nine
        crops of val and two of kodak256 it costs 1.2 and 2.7 dB.
        """
        return sigma
