"""The linear code that our autoencoder starts as: the principal components of 4×4 blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 48
LOUD = 20.0
LIFT = 1.5
QUIET = 0.02


@dataclass(frozen=True, slots=True)
class Linear:
    """Rows of `basis` (C, 48) are orthonormal, so that white noise in a picture is as white and as strong in its code.

    `mean` (48,): the mean block. `deviation`: of all code elements. Blocks are in the order of two pixel-unshuffles.
    """

    basis: Tensor
    mean: Tensor
    deviation: float

    def encode(self, x: Tensor) -> Tensor:
        """Codes (B, C, h/4, w/4) of pictures (B, 3, h, w) in [-1, 1]."""
        return torch.einsum("ck,bkhw->bchw", self.basis, blocks(x) - self.mean[:, None, None])

    def decode(self, code: Tensor) -> Tensor:
        """The nearest picture that has these codes."""
        found = torch.einsum("ck,bchw->bkhw", self.basis, code) + self.mean[:, None, None]
        return F.pixel_shuffle(F.pixel_shuffle(found, 2), 2)


def blocks(x: Tensor) -> Tensor:
    """Pictures (B, 3, h, w) as (B, 48, h/4, w/4)."""
    return F.pixel_unshuffle(F.pixel_unshuffle(x, 2), 2)


def fitted(x: Tensor, channels: int) -> Linear:
    """The first `channels` principal components of the blocks of x (B, 3, h, w)."""
    rows = blocks(x).permute(0, 2, 3, 1).reshape(-1, BLOCK).double()
    mean = rows.mean(0)
    values, vectors = torch.linalg.eigh((rows - mean).T @ (rows - mean) / len(rows))
    basis = vectors[:, -channels:].T.flip(0).contiguous()
    deviation = float(values[-channels:].mean().sqrt())
    return Linear(basis.float(), mean.float(), deviation)


@torch.no_grad()
def start_from(net: nn.Module, linear: Linear) -> None:
    """Make an AutoencoderDC of two halvings (its encoder's blocks by strided convolution) compute `linear`, almost.

    Its last normalisation divides by the root mean square over channels: one loud constant channel makes that constant.
    """
    for name, value in net.named_parameters():
        if ".norm.weight" in name:
            value.fill_(QUIET)
        elif name.endswith("bias"):
            value.zero_()
    _encoder(net.encoder, linear)
    _decoder(net.decoder, linear)


def _encoder(encoder: Any, linear: Linear) -> None:
    channels = len(linear.basis)
    first = encoder.conv_in.conv.weight
    first[:12] = 0
    for c in range(3):
        for place in range(4):
            first[4 * c + place, c, 1 + place // 2, 1 + place % 2] = 1
    down = encoder.down_blocks[1][-1]
    weight = down.conv.weight
    weight[:channels] = 0
    for k in range(BLOCK):
        weight[:channels, k // 4, 1 + k % 4 // 2, 1 + k % 2] = linear.basis[:, k]
    for o in range(channels):
        for k in range(o * down.group_size, (o + 1) * down.group_size):
            weight[o, k // 4, 1 + k % 4 // 2, 1 + k % 2] -= 1 / down.group_size
    down.conv.bias[:channels] = -linear.basis @ linear.mean
    encoder.conv_out.weight.zero_()
    for o in range(channels):
        encoder.conv_out.weight[o, o, 1, 1] = 1


def _decoder(decoder: Any, linear: Linear) -> None:
    channels = len(linear.basis)
    decoder.conv_in.weight[:BLOCK] = 0
    decoder.conv_in.weight[:BLOCK, :channels, 1, 1] = linear.basis.T
    decoder.conv_in.bias[:BLOCK] = linear.mean
    up = decoder.up_blocks[1][0]
    up.conv.weight[:BLOCK] = 0
    for o in range(BLOCK + 4):
        up.conv.weight[o, o // up.repeats, 1, 1] -= 1 if o < BLOCK else 0
        if o < BLOCK:
            up.conv.weight[o, o, 1, 1] += 1
        else:
            up.conv.weight[o] = 0
            up.conv.weight[o, o // up.repeats, 1, 1] = -1
            up.conv.bias[o] = LOUD
    width = decoder.norm_out.weight.numel()
    decoder.norm_out.weight[:12] = LOUD / width**0.5
    decoder.norm_out.bias[:12] = LIFT
    last = decoder.conv_out.conv
    last.weight.zero_()
    last.bias.fill_(-LIFT)
    for o in range(12):
        last.weight[o, o, 1, 1] = 1
