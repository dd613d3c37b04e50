"""Light: exposure in stops of linear light, global or along an illumination map, then a mid-tone power."""

from __future__ import annotations

import torch
from torch import Tensor

from upzeroir_plugin.physics import tone
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.operator import PointOperator, Theta, scalar


def stops(theta: Theta, fields: Fields, like: Tensor) -> Tensor:
    """Stops under-exposed: ev + local · illumination map; (1, 1, H, W), or 0-d without a map."""
    ev = scalar(theta, "light.ev", like)
    if fields.illumination is None:
        return ev
    return ev + scalar(theta, "light.local", like) * fields.illumination.to(like)


class Light(PointOperator):
    """u = encode(2^−stops · decode(x)), y = u^midtones."""

    name = "light"
    group = "light"
    switches = ("light.ev", "light.midtones", "light.local")

    def __call__(self, x: Tensor, theta: Theta, fields: Fields, /) -> Tensor:
        """Darken x (for positive stops). Values above 1 are not clipped."""
        u = tone.encode(torch.exp2(-stops(theta, fields, x)) * tone.decode(x))
        return tone.midtones(u, scalar(theta, "light.midtones", x))

    def invert(self, y: Tensor, theta: Theta, fields: Fields, /) -> tuple[Tensor, Tensor]:
        """Exact inverse; gain = dz/dy through power and exposure by the chain rule."""
        exponent = scalar(theta, "light.midtones", y)
        lift = torch.exp2(stops(theta, fields, y))
        u = tone.midtones_inverse(y, exponent)
        z = tone.encode(lift * tone.decode(u))
        gain = lift * tone.slope(u) / (tone.slope(z) * tone.midtones_slope(u, exponent))
        return z, gain
