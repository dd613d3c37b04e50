"""Colour cast: one gain a channel, from a shift of the white along and across the Planckian locus."""

from __future__ import annotations

import torch
from torch import Tensor

from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import PointOperator, Theta, scalar

D65_MIRED = 1e6 / 6504
D65_UV = (0.19783, 0.31221)
TINT_UNIT = 3000
"""colour.tint counts 3000ths of Duv, as raw developers do."""
ENCODING = 2.2
"""A gain g of linear light is g^(1/2.2) on encoded values: the mean power of the sRGB curve."""
LUMINANCE = (0.2126, 0.7152, 0.0722)
RGB_FROM_XYZ = (
    (3.2406, -1.5372, -0.4986),
    (-0.9689, 1.8758, 0.0415),
    (0.0557, -0.2040, 1.0570),
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
    u0, v0 = _locus(like.new_tensor(D65_MIRED))
    side = torch.where(temperature < 0, -1, 1)
    u, v = _locus(D65_MIRED + side * temperature)
    white = like.new_tensor(D65_UV)
    warm = _linear_rgb(white[0] + u - u0, white[1] + v - v0).log()
    along = side * (warm - _linear_rgb(white[0], white[1]).log())
    linear = (along + tint / TINT_UNIT * _across(like)).exp()
    linear = linear / (linear * like.new_tensor(LUMINANCE)).sum()
    return linear ** (1 / ENCODING)


def _locus(mired: Tensor) -> tuple[Tensor, Tensor]:
    """CIE 1960 (u, v) of a black body, 1000–15 000 K (Krystek 1985)."""
    kelvin = 1e6 / mired
    u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return u, v


def _linear_rgb(u: Tensor, v: Tensor) -> Tensor:
    """Linear sRGB (3,) of luminance 1 at CIE 1960 (u, v)."""
    x, z = 3 * u / (2 * v), (4 - u - 10 * v) / (2 * v)
    xyz = torch.stack([x, torch.ones_like(x), z])
    return torch.mv(u.new_tensor(RGB_FROM_XYZ), xyz)


def _across(like: Tensor) -> Tensor:
    """Derivative of log(linear RGB) in Duv at D65, across the locus towards green; (3,)."""
    here, step = like.new_tensor(D65_MIRED, dtype=torch.float64), 1e-3
    (u0, v0), (u1, v1) = _locus(here - 1), _locus(here + 1)
    length = torch.hypot(u1 - u0, v1 - v0)
    normal = (-(v1 - v0) / length, (u1 - u0) / length)
    white = here.new_tensor(D65_UV)
    ends = [_linear_rgb(white[0] + s * normal[0], white[1] + s * normal[1]).log() for s in (-step, step)]
    return ((ends[1] - ends[0]) / (2 * step)).to(like)


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
