"""Colour cast: one gain a channel, from a shift of the white along and across the Planckian locus."""

from __future__ import annotations

import torch
from torch import Tensor

from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import PointOperator, Theta, scalar
from upzeroir_plugin.white import (
    D65_MIRED,
    D65_UV,
    ENCODING,
    LUMINANCE,
    RGB_FROM_XYZ,
    TINT_UNIT,
    across,
    locus,
)


def gains(theta: Theta, like: Tensor) -> Tensor:
    """What the cast multiplies encoded red, green and blue by: (3,), positive, 1 for neutral.

    Ours, in the manner of von Kries: a photo too warm by t mired shows a neutral surface as D65 moved t mired
    down the Planckian locus; a cast too cool by t is the reciprocal, since the locus ends at infinite
    temperature. Tint moves it across the locus by Duv (CIE 1960 uv; positive is green), to first order in the
    logarithm, so that any value leaves positive gains. The luminance of neutral surfaces is kept.
    """
    temperature = scalar(theta, "colour.temperature", like)
    tint = scalar(theta, "colour.tint", like)
    u0, v0 = locus(like.new_tensor(D65_MIRED))
    side = torch.where(temperature < 0, -1, 1)
    u, v = locus(D65_MIRED + side * temperature)
    white = like.new_tensor(D65_UV)
    warm = _linear_rgb(white[0] + u - u0, white[1] + v - v0).log()
    along = side * (warm - _linear_rgb(white[0], white[1]).log())
    linear = (along + tint / TINT_UNIT * like.new_tensor(across())).exp()
    linear = linear / (linear * like.new_tensor(LUMINANCE)).sum()
    return linear ** (1 / ENCODING)


def _linear_rgb(u: Tensor, v: Tensor) -> Tensor:
    """Linear sRGB (3,) of luminance 1 at CIE 1960 (u, v)."""
    x, z = 3 * u / (2 * v), (4 - u - 10 * v) / (2 * v)
    xyz = torch.stack([x, torch.ones_like(x), z])
    return torch.mv(u.new_tensor(RGB_FROM_XYZ), xyz)


class Colour(PointOperator):
    """y = gains · x, on encoded values."""

    name = "colour"
    group = "colour"
    switches = ("colour.temperature", "colour.tint")
    linear = True

    def __call__(self, x: Tensor, theta: Theta, _fields: Fields, /) -> Tensor:
        """Tint x."""
        return x * gains(theta, x)[:, None, None]

    def invert(self, y: Tensor, theta: Theta, _fields: Fields, /) -> tuple[Tensor, Tensor]:
        """Exact inverse."""
        gain = 1 / gains(theta, y)[:, None, None]
        return y * gain, gain.expand_as(y)
