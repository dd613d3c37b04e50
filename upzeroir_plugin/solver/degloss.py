"""DegLoss: how unlike the photo and its re-degraded restoration are; and the quality term on the restoration itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from upzeroir_plugin.physics.model import clipped
from upzeroir_plugin.solver.gennormal import GenNormal, by_moments, divergence
from upzeroir_plugin.solver.pcdm import drawn

LUMA = (0.299, 0.587, 0.114)
CHROMA = ((-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
PATCH, CHROMA_PATCH = 32, 16


@dataclass(frozen=True, slots=True)
class Weights:
    """λ of each term, the same for all photos and degradations (the paper's scripts set them for each; ours: none).

    All terms are in nats (mean square error over twice the noise's variance, log-likelihood ratios), so that 1 is the
    natural weight of the first and the others are shares of it. Chosen on val.
    """

    mse: float = 1.0
    divergence: float = 0.1
    perceptual: float = 0.1
    adversarial: float = 0.02
    quality: float = 1.0


ONLY_MSE = Weights(divergence=0.0, perceptual=0.0, adversarial=0.0)


class Discriminator(nn.Module):
    """Four convolutions that tell the photo from its re-degraded restoration, patch by patch (as TAO and LD-RPS)."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        sizes = ((3, 16, 2), (16, 32, 2), (32, 32, 1), (32, 1, 1))
        layers: list[nn.Module] = []
        for inputs, outputs, stride in sizes:
            layers += [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers[:-1])
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 1, ⌈H/4⌉, ⌈W/4⌉): positive where x (B, 3, H, W) looks like the photo."""
        out: Tensor = self.layers(x)
        return out


@dataclass(frozen=True, slots=True)
class View:
    """A piece of the photo as the loss sees it.

    `y`: the photo (1, 3, h, w). `sigma`: its noise (1, 1, h, w). `code`: E(y). `features`: of y, with `spread`, the
    standard deviation (C, 1, 1) that the noise causes in them. `noise`: a draw of it, (1, 3, h, w).
    """

    y: Tensor
    sigma: Tensor
    code: Tensor
    features: Tensor
    spread: Tensor
    noise: Tensor


class DegLoss:
    """KL + MSE + perceptual + adversarial, each a sum over the pixels of a piece, in nats."""

    def __init__(
        self,
        weights: Weights,
        features: Callable[[Tensor], Tensor],
        encode: Callable[[Tensor], Tensor],
        generator: torch.Generator,
    ) -> None:
        """`features`: of our own prior's encoder. `encode`: the latent space's E; the identity for a pixel prior."""
        self.weights, self.features, self.encode = weights, features, encode
        self.critic = Discriminator(generator) if weights.adversarial else None

    def __call__(self, view: View, made: Tensor, scene_code: Tensor, latent: GenNormal) -> Tensor:
        """Of φ(x̂0) = `made` against the photo; `scene_code` is E(x̂0), `latent` the photo's (α, σ).

        The pictures are compared as they are in MSE and features; what compares *distributions* (KL and adversary) gets
        φ(x̂0) with noise drawn as θ says, since the photo has noise and φ makes none (ours: else both would teach φ
        to paint noise).
        """
        weights = self.weights
        pixels = made.shape[-2] * made.shape[-1]
        total = weights.mse * 0.5 * (residual(view.y, made) / view.sigma).square().sum()
        noisy = made + view.noise
        if weights.divergence:
            moved = centred(self.encode(noisy) - scene_code)
            total = total + weights.divergence * pixels * divergence(latent, by_moments(moved))
        if weights.perceptual:
            seen = (self.features(made) - view.features) / view.spread
            total = total + weights.perceptual * 0.5 * 3 * pixels * seen.square().mean()
        if self.critic is not None and weights.adversarial:
            total = total + weights.adversarial * pixels * F.softplus(-self.critic(noisy)).mean()
        return total

    def critic_loss(self, view: View, made: Tensor) -> Tensor:
        """What the adversary minimises: the photo is real, its re-degraded restoration is not."""
        assert self.critic is not None  # noqa: S101 - asked only where there is one
        real, false = self.critic(view.y), self.critic((made + view.noise).detach())
        return F.softplus(-real).mean() + F.softplus(false).mean()


def residual(y: Tensor, made: Tensor) -> Tensor:
    """Y − φ(x̂0), and 0 where the file is clipped and φ lies beyond the clip: there nothing contradicts it."""
    gap = y - made
    beyond = clipped(y) & torch.where(y > 0.5, gap < 0, gap > 0)
    return torch.where(beyond, torch.zeros_like(gap), gap)


def centred(code: Tensor) -> Tensor:
    """A difference of codes (B, C, h, w) less each channel's mean: shape and scale say nothing of where it lies."""
    return code - code.mean((-2, -1), keepdim=True)


def spread(features: Callable[[Tensor], Tensor], y: Tensor, noise: Tensor) -> Tensor:
    """Standard deviation (C, 1, 1) that the photo's noise causes in each feature, by one draw of it.

    Ours: so the perceptual term needs no weight of its own for each noise level.
    """
    moved = features(y + noise) - features(y)
    deviation = moved[0].flatten(1).std(1)
    return deviation.clamp_min(0.1 * float(deviation.mean()) + 1e-6)[:, None, None]


def quality(x: Tensor, start: Tensor, unit: float) -> Tensor:
    """Q: drift of luminance and chrominance, in nats over a piece x (1, 3, h, w) of the scene.

    The paper names luminance and chrominance without a formula. LD-RPS pulls the mean of 32-px patches to mid-grey and
    the channels to one mean, which greys sunsets and brightens nights. Ours: both are held, at low frequency, at
    what the blind estimate's inverse `start` has, because a local prior has no opinion on them (ours). `unit`:
    drift that costs half a nat a patch.
    """
    drift = x - start
    total = x.new_zeros(())
    for rows, patch in (((LUMA,), PATCH), (CHROMA, CHROMA_PATCH)):
        axes = torch.einsum("ij,bjhw->bihw", x.new_tensor(rows), drift)
        height, width = axes.shape[-2:]
        window = (min(patch, height), min(patch, width))
        mean = F.avg_pool2d(axes, window, window, ceil_mode=True, count_include_pad=False)
        total = total + 0.5 * (mean / unit).square().sum()
    return total
