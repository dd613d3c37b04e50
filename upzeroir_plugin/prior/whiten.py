"""Codes in which white noise of a picture is white: a change of basis, folded into an autoencoder's own weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

NOISE = 0.16
"""Standard deviation of the noise that is encoded, in units of [-1, 1] pixels: 20/255 of a photo."""


@torch.no_grad()
def whitening(net: Any, x: Tensor) -> Tensor:
    """The symmetric matrix A (C, C) of determinant 1 by which codes of pictures x (B, 3, h, w) have noise alike in all
    channels, and independent between them.

    Ours: a denoiser of codes knows one σ for all channels. Trained freely, an autoencoder gives its faint channels
    twice the noise of the strong ones, and whatever σ the denoiser is told is wrong for most of them.
    """
    grain = NOISE * torch.randn_like(x)
    moved = 0.5 * (net.encoder(x + grain) - net.encoder(x - grain))
    rows = moved.permute(0, 2, 3, 1).reshape(-1, moved.shape[1]).double()
    values, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
    inverse = values.rsqrt() * values.log().mean().mul(0.5).exp()
    matrix: Tensor = ((vectors * inverse) @ vectors.T).float()
    return matrix


def folded(state: Mapping[str, Tensor], matrix: Tensor) -> dict[str, Tensor]:
    """Weights of an AutoencoderDC without shortcuts at its code, whose codes are those of `state` times `matrix`."""
    made = dict(state)
    for name in ("encoder.conv_out.weight", "encoder.conv_out.bias"):
        made[name] = torch.einsum("oc,c...->o...", matrix, state[name].float())
    entry = "decoder.conv_in.weight"
    made[entry] = torch.einsum("dcyx,co->doyx", state[entry].float(), torch.linalg.inv(matrix))
    return made
