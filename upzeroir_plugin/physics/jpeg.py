"""JPEG compression (ITU-T T.81, as the IJG's libjpeg does it), and the error that it leaves."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.jpeg_tables import CHROMA, LUMA
from upzeroir_plugin.physics.operator import Operator, Theta, scalar

# ITU-R BT.601 full range (JFIF): Y, Cb, Cr from R, G, B.
YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def equivalent_sigma(quality: float) -> float:
    """Root mean square error that JPEG at this IJG quality (1–100) leaves, in [0, 1] units.

    Ours: fitted to the median over 29 photos of train/ reduced by two, compressed in 4:4:4.
    """
    scale = (5000 / quality if quality < 50 else 200 - 2 * quality) / 100
    return 6.2 / 255 * math.pow(scale, 0.45)


class Jpeg(Operator):
    """Compressed and decoded, 4:4:4, the grid from the top left corner; RGB is not clipped or rounded after.

    Y, Cb and Cr are rounded and clipped to 8 bits and the coefficients rounded to their steps, but gradients
    pass straight through that (Bengio et al. 2013): the derivative in x is that of the identity.
    """

    name = "jpeg"
    group = "jpeg"
    switches = ("jpeg.quality",)

    def __call__(self, x: Tensor, theta: Theta, _fields: Fields, /) -> Tensor:
        """Compress x; sides that are no multiple of 8 are continued by their last pixels, as libjpeg does."""
        height, width = x.shape[2:]
        full = functional.pad(x, (0, -width % 8, 0, -height % 8), mode="replicate")
        to_ycc, grey, basis = x.new_tensor(YCC), x.new_tensor([0, 128, 128])[:, None, None], _dct(x)
        ycc = _byte(torch.einsum("ij,bjhw->bihw", to_ycc, full * 255) + grey) - 128
        blocks = ycc.reshape(*ycc.shape[:2], ycc.shape[2] // 8, 8, ycc.shape[3] // 8, 8)
        coefficients = torch.einsum("ui,bcyixj,vj->bcyuxv", basis, blocks, basis)
        steps = _steps(scalar(theta, "jpeg.quality", x))[:, None, :, None, :]
        coefficients = _straight(coefficients / steps, _nearest(coefficients / steps)) * steps
        blocks = torch.einsum("ui,bcyuxv,vj->bcyixj", basis, coefficients, basis)
        ycc = _byte(blocks.reshape(ycc.shape) + 128)
        rgb = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_ycc), ycc - grey) / 255
        return rgb[:, :, :height, :width]


def _straight(exact: Tensor, rounded: Tensor) -> Tensor:
    """`rounded`, with the gradient of `exact`."""
    return exact + (rounded - exact).detach()


def _nearest(value: Tensor) -> Tensor:
    """Rounded with ties away from zero, as libjpeg does; flat areas have many."""
    return value.sign() * (value.abs() + (0.5 + 1e-6)).floor()


def _byte(value: Tensor) -> Tensor:
    """Rounded and clipped to 0–255, with the gradient of the identity."""
    return _straight(value, value.round().clamp(0, 255))


def _steps(quality: Tensor) -> Tensor:
    """`ijg_tables` for any real quality, as (3, 8, 8) for Y, Cb, Cr; differentiable."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    base = torch.stack([quality.new_tensor(table) for table in (LUMA, CHROMA, CHROMA)])
    exact = base * _straight(scale, scale.floor()) / 100
    return _straight(exact, (exact + 0.5).floor()).clamp(1, 255)


def _dct(like: Tensor) -> Tensor:
    """Orthonormal DCT-II of 8 values: (frequency, place)."""
    place = torch.arange(8, dtype=torch.float64)
    basis = 0.5 * torch.cos(math.pi / 8 * torch.outer(place, place + 0.5))
    basis[0] /= math.sqrt(2)
    return basis.to(like)
