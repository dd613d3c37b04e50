"""The embedded denoiser's network: a half-resolution U-Net, local by construction so that tiles are exact."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIGMA_DATA = 0.5
LEAST = 1 / 255
"""Least σ that the network itself is told, in units of [-1, 1]: it has been trained on none below."""
Hook = Callable[[], None]


class Residual(nn.Module):
    """Two 3×3 convolutions around a skip; the second starts at zero, so a new block is the identity.

    `bounds`: magnitude beyond which the first convolution's input is cut, and value beyond which the second's is.
    """

    bounds: tuple[float, float] | None = None

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(channels, channels, 3, padding=1)
        self.b = nn.Conv2d(channels, channels, 3, padding=1)
        for part in self.b.parameters():
            nn.init.zeros_(part)

    def forward(self, x: Tensor) -> Tensor:
        """Add the block's correction to x (B, C, H, W)."""
        if self.bounds is None:
            out: Tensor = self.b(F.silu(self.a(x), inplace=True))
        else:
            reach, most = self.bounds
            out = self.b(F.silu(self.a(x.clamp(-reach, reach)), inplace=True).clamp_(max=most))
        return out.add_(x)


class DenoiserUNet(nn.Module):
    """D(z; σ, q): posterior mean of a clean photo, pixels in [-1, 1].

    EDM preconditioning (Karras et al. 2022, table 1, σ_data = 0.5) with the noise level as a map. No
    normalisation, attention or global pooling: what a pixel becomes depends on its surround only.
    The stem (PixelUnshuffle 2) and the skips follow FFDNet (Zhang 2018) and DRUNet (Zhang 2021).
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 80, 160),
        blocks: tuple[int, ...] = (2, 2, 4),
    ) -> None:
        super().__init__()
        last = len(widths) - 1
        self.widths, self.blocks = tuple(widths), tuple(blocks)
        self.multiple = 2 ** len(widths)
        self.checks = sum(self.blocks) + sum(self.blocks[:last])
        self.inp = nn.Conv2d(14, widths[0], 3, padding=1)
        self.d = nn.ModuleList(self._stage(i) for i in range(last + 1))
        self.u = nn.ModuleList(self._stage(i) for i in range(last))
        self.dn = nn.ModuleList(nn.Conv2d(widths[i], widths[i + 1], 2, stride=2) for i in range(last))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(widths[i + 1], widths[i], 2, stride=2) for i in range(last)
        )
        self.out = nn.Conv2d(widths[0], 12, 3, padding=1)
        nn.init.zeros_(self.out.weight)

    def _stage(self, level: int) -> nn.ModuleList:
        return nn.ModuleList(Residual(self.widths[level]) for _ in range(self.blocks[level]))

    def stem(self, z: Tensor, sigma: Tensor, loss: Tensor) -> Tensor:
        """The first layer's features (B, widths[0], H/2, W/2); shapes as in `forward`."""
        total = sigma**2 + SIGMA_DATA**2
        level = sigma.clamp_min(LEAST).log() / 2 + 0.5
        small = F.pixel_unshuffle(z / total.sqrt(), 2)
        y: Tensor = self.inp(torch.cat([small, _halved(level, small), _halved(loss, small)], 1))
        return y

    def forward(self, z: Tensor, sigma: Tensor, loss: Tensor, hook: Hook | None = None) -> Tensor:
        """Denoise `z`.

        Shapes: z (B, 3, H, W), H and W multiples of `self.multiple`; sigma (B, 1, H, W) > 0, in the units of z;
        loss (B, 1, H, W), 1 − JPEG quality/100, 0 = never compressed; both may be (1, 1, 1, 1), the same everywhere.
        Returns (B, 3, H, W).
        `hook` is called between blocks and may raise to cancel.
        """
        check = hook or _nothing
        total = sigma**2 + SIGMA_DATA**2
        y = self.stem(z, sigma, loss)
        skips: list[Tensor] = []
        for i, stage in enumerate(self.d):
            y = _run(stage, y, check)
            if i < len(self.dn):
                skips.append(y)
                y = self.dn[i](y)
        for i in reversed(range(len(self.up))):
            y = _run(self.u[i], self.up[i](y).add_(skips[i]), check)
        y = F.pixel_shuffle(self.out(y), 2)
        return z * (SIGMA_DATA**2 / total) + y * (sigma * SIGMA_DATA / total.sqrt())


def _halved(values: Tensor, like: Tensor) -> Tensor:
    """A map at half its size; one value at the size of `like`."""
    half = F.avg_pool2d(values, 2) if values.shape[-1] > 1 else values
    return half.expand(len(like), 1, *like.shape[2:])


def _run(stage: nn.Module, y: Tensor, check: Hook) -> Tensor:
    for block in stage.children():
        check()
        y = block(y)
    return y


def _nothing() -> None:
    return None


def in_channels_last(net: DenoiserUNet) -> DenoiserUNet:
    """The same network with its weights laid out channels last, which convolutions are fastest in."""
    for part in net.parameters():
        if part.dim() == 4:
            part.data = part.data.contiguous(memory_format=torch.channels_last)
    return net
