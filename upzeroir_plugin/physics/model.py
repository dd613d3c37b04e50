"""The image-formation model y = JPEG(scale(C · T(B(x·t + A·(1 − t))) + n)) and its point-wise inverse."""

from __future__ import annotations

import torch
from torch import Tensor

from upzeroir_plugin.physics import clipping, noise
from upzeroir_plugin.physics.blur import Blur
from upzeroir_plugin.physics.colour import Colour
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.haze import Haze
from upzeroir_plugin.physics.jpeg import Jpeg
from upzeroir_plugin.physics.light import Light
from upzeroir_plugin.physics.operator import Operator, PointOperator, Theta
from upzeroir_plugin.physics.sampling import Sampling

BEFORE_NOISE: tuple[Operator, ...] = (Haze(), Blur(), Light(), Colour())
AFTER_NOISE: tuple[Operator, ...] = (Sampling(), Jpeg())
OPERATORS = BEFORE_NOISE + AFTER_NOISE
"""In image-formation order."""

LEVELS = 255


def forward(x: Tensor, theta: Theta, fields: Fields, jpeg: bool = True) -> Tensor:
    """H(x; θ): the photo without noise, rounding or clipping; (B, 3, H, W) to the same, encoded values.

    Operators that are neutral are left out, so that a neutral θ returns x itself. `jpeg=False` leaves
    compression out, for solvers that count its error as noise.
    """
    for operator in OPERATORS if jpeg else OPERATORS[:-1]:
        x = _apply(operator, x, theta, fields)
    return x


def expected(x: Tensor, theta: Theta, fields: Fields) -> Tensor:
    """What a file shows of x on average: `forward` without compression, its tones moved as clipped noise moves them."""
    return clipping.expected(forward(x, theta, fields, jpeg=False), theta)


def degrade(
    x: Tensor,
    theta: Theta,
    fields: Fields,
    generator: torch.Generator | None = None,
    levels: int | None = LEVELS,
) -> Tensor:
    """A photo as a file would hold it: `forward` with noise in its place, clipped and rounded to `levels`.

    The noise comes after light and colour (few photons) and before enlargement and compression, and is
    clipped and rounded there too, as a camera does. `levels=None`: neither clipped nor rounded.
    """
    for operator in BEFORE_NOISE:
        x = _apply(operator, x, theta, fields)
    if not noise.is_neutral(theta) or noise.blotchy(theta):
        x = _noisy(x, theta, generator, levels)
    x = _as_file(x, levels)
    for operator in AFTER_NOISE:
        x = _apply(operator, x, theta, fields)
    return _as_file(x, levels)


def _noisy(x: Tensor, theta: Theta, generator: torch.Generator | None, levels: int | None) -> Tensor:
    """X with noise; where that was stronger when it was clipped, the mean of as many clipped draws as make it so."""
    times = float(theta["noise.clipped"])
    draws = round(times**2) if levels is not None else 1
    if draws <= 1:
        return x + noise.sample(x, theta, generator)
    stronger = (x + draws**0.5 * noise.sample(x, theta, generator) for _ in range(draws))
    return torch.stack([_as_file(drawn, levels) for drawn in stronger]).mean(0)


def invert_pointwise(y: Tensor, theta: Theta, fields: Fields) -> tuple[Tensor, Tensor]:
    """Undo colour, light and haze: (z, gain), both (B, 3, H, W).

    gain = |dz/dy|: noise of small σ in y has σ·gain in z (delta rule). It is bounded: transmission is floored
    at `haze.FLOOR` and the mid-tone power is straight near black. z is not clipped. Where y is `clipped`, z
    is only a bound, and such values should carry no weight.
    """
    z, gain = y, torch.ones_like(y)
    for operator in reversed(BEFORE_NOISE):
        if isinstance(operator, PointOperator) and not operator.is_neutral(theta):
            z, step = operator.invert(z, theta, fields)
            gain = gain * step
    return z, gain


def clipped(y: Tensor) -> Tensor:
    """Where a file's values sit at either end of the 8-bit range (within half a step): bool, shape of y."""
    half = 0.5 / LEVELS
    return (y <= half) | (y >= 1 - half)


def _apply(operator: Operator, x: Tensor, theta: Theta, fields: Fields) -> Tensor:
    return x if operator.is_neutral(theta) else operator(x, theta, fields)


def _as_file(x: Tensor, levels: int | None) -> Tensor:
    return x if levels is None else (x.clamp(0, 1) * levels).round() / levels
