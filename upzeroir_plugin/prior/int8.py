"""The denoiser's inner blocks in 8-bit integers, which processors multiply two to four times as fast as other numbers.

Ours: what the network gives is a share of the noise, since σ is divided out of it (Karras et al. 2022), so that errors
of rounding are small beside what noise leaves to guess. At the outer level, which sees most of the picture, they are
not, and integers are not used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import copy
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from upzeroir_plugin.prior.unet import DenoiserUNet, Residual

RANGES = "ranges.json"
INNER = 1
"""The outermost level that is done in integers (ours, 16 crops of val, noise of 5, 10, 25, 50: levels 1 and 2 lose
0.00, 0.01, 0.02, 0.01 dB, as much as bfloat16 does; all three with the same care 0.1 to 0.2)."""
BOUND = 1.7
"""Of a range, where values are cut in any arithmetic. Ours: as far as 95 of 100 calls on photos go (calibrate.py). In
pictures unlike all photos, a moon in a black sky that is lifted, large values made larger ones from block to block, up
to 10⁸, and ended as lattices of all colours a hundred pixels wide; with 2.5 in place of 1.7 some were left.
"""
LEAST_SILU = 0.2785
"""SiLU gives nothing below minus this."""
PIECE = 1 << 19
"""Values that are rounded at a time, so that they stay in the processor's cache."""
Range = tuple[float, float]
Packed = tuple[Tensor, Tensor, Tensor, Tensor]


class QuantisedResidual(nn.Module):
    """A `Residual` whose convolutions multiply whole numbers: weights scaled for each channel, pictures for all.

    `ranges`: greatest magnitude that its input is taken to have, and greatest value after SiLU; what is beyond is cut.
    """

    def __init__(self, block: Residual, ranges: Range) -> None:
        super().__init__()
        reach, most = ranges
        self.step, self.inner = reach / 127, (most + LEAST_SILU) / 255
        self.zero = round(LEAST_SILU / self.inner)
        self.a = _packed(block.a, self.step, 128)
        self.b = _packed(block.b, self.inner, self.zero)

    def forward(self, x: Tensor) -> Tensor:
        """Add the block's correction to x (B, C, H, W), bfloat16 or float32, channels last."""
        hidden = _convolved(
            _rounded(x, self.step), self.step, 128, self.a, (self.inner, self.zero), torch.uint8
        )
        out = _convolved(hidden, self.inner, self.zero, self.b, None, x.dtype)
        return out.add_(x)


def _packed(convolution: nn.Conv2d, step: float, zero: int) -> Packed:
    """Weights as the processor wants them, their scales and zeros, and the bias."""
    weight = convolution.weight.detach().float().contiguous()
    scale = weight.abs().amax((1, 2, 3)).clamp_min(1e-12) / 127
    whole = (weight / scale[:, None, None, None]).round().to(torch.int8)
    one, channels = [1, 1], len(weight)
    packed = torch.ops.onednn.qconv_prepack(whole, scale, step, zero, one, one, one, 1, [1, channels, 64, 64])
    assert convolution.bias is not None  # noqa: S101 - all of the network's have one
    return packed, scale, torch.zeros(channels, dtype=torch.int32), convolution.bias.detach().float()


def _convolved(
    x: Tensor, step: float, zero: int, packed: Packed, silu: tuple[float, int] | None, dtype: torch.dtype
) -> Tensor:
    """3×3 convolution of x (uint8); then, with `silu`, SiLU and rounding to that scale and zero."""
    weight, scale, zeros, bias = packed
    one = [1, 1]
    to, name = (silu, "swish") if silu else ((1.0, 0), "none")
    made: Tensor = torch.ops.onednn.qconv2d_pointwise(
        x, step, zero, weight, scale, zeros, bias, one, one, one, 1, *to, dtype, name, [], ""
    )
    return made


def _rounded(x: Tensor, step: float) -> Tensor:
    """X / step + 128 as whole numbers from 0 to 255."""
    out = torch.empty_like(x, dtype=torch.uint8, memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    into, values = (part.permute(0, 2, 3, 1).view(-1) for part in (out, x))
    room = torch.empty(min(PIECE, len(values)))
    for begin in range(0, len(values), PIECE):
        piece = values[begin : begin + PIECE]
        part = room[: len(piece)].copy_(piece).mul_(1 / step)
        into[begin : begin + PIECE].copy_(part.add_(128.5).clamp_(0, 255))
    return out


@lru_cache(1)
def supported() -> bool:
    """Whether this torch and this processor multiply integers, and do so rightly.

    By names that torch does not promise to keep: a small block is tried, and where that fails, only time is lost.
    """
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        return False
    generator = torch.Generator().manual_seed(0)
    block = Residual(16)
    for part in block.parameters():
        part.data = torch.randn(part.shape, generator=generator) * 0.1
    x = torch.randn((1, 16, 9, 12), generator=generator).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        wanted = block(x) - x
        try:
            made = QuantisedResidual(block, (5.0, 5.0))(x) - x
        except (AttributeError, RuntimeError, TypeError):
            return False
    return bool((made - wanted).square().mean() < 0.05**2 * wanted.square().mean())


def inner(net: DenoiserUNet) -> Iterator[tuple[str, Residual]]:
    """The blocks that are done in integers, and their names."""
    for name, block in net.named_modules():
        if isinstance(block, Residual) and int(name.split(".")[1]) >= INNER:
            yield name, block


def bound(net: DenoiserUNet, ranges: Mapping[str, Range]) -> None:
    """Cut what goes through the inner blocks at `BOUND` times the ranges, in whatever arithmetic."""
    for name, block in inner(net):
        reach, most = ranges[name]
        block.bounds = BOUND * reach, BOUND * most


def quantised(net: DenoiserUNet, ranges: Mapping[str, Range]) -> DenoiserUNet:
    """The same network, its outer parts shared, with its inner blocks in integers. `ranges`: by the blocks' names."""
    other = copy(net)
    other._modules = dict(net._modules)
    made = {name: QuantisedResidual(block, ranges[name]) for name, block in inner(net)}
    for side in ("d", "u"):
        stages = [
            nn.ModuleList(made.get(f"{side}.{level}.{i}", block) for i, block in enumerate(stage.children()))
            for level, stage in enumerate(getattr(net, side))
        ]
        setattr(other, side, nn.ModuleList(stages))
    return other


def read_ranges(folder: Path, net: DenoiserUNet) -> dict[str, Range] | None:
    """The ranges in a prior's folder; None where none were measured. Raises ValueError, TypeError, LookupError."""
    path = folder / RANGES
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    ranges = {name: (float(found[name][0]), float(found[name][1])) for name, _ in inner(net)}
    if not all(0 < value < 1e4 for pair in ranges.values() for value in pair):
        raise ValueError(f"{path.name} holds values that no network has")
    return ranges
