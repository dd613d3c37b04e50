"""How thick a veil can be at most: there is no negative light behind it.

Ours: what is seen is x·t + A·(1 − t) with x ≥ 0, so that no place can be darker than A·(1 − t). A network that reads
too deep a veil in a pale photo of sand would leave it black; the photo itself says how far that can be true.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from upzeroir_plugin.estimate.undo import AIRLIGHT, FLOOR
from upzeroir_plugin.estimate.view import block_means, luma

Array = NDArray[np.float32]

BLOCKS = 90
"""Blocks along the view's long side whose means bound a place: of single pixels a wrong airlight makes too much."""
REACH, SMOOTH = 1 / 8, 1 / 9
"""Neighbourhood whose darkest block bounds a place, and deviation by which the cut is smoothed, of the long side."""
DARKER = 0.003
"""Share of the view's pixels whose luma may be darker than the veil alone: a caption's, as for `haze.denied`."""
PLACE, WHOLE = 0.5, 2.5
"""Standard deviations of noise by which a block, and a pixel, may be darker than seen."""
DARK = 0.3
"""Share of the view, its darkest part, in which that noise is measured."""


def bounded(depth: Array, light: Array, veil: Mapping[str, float], trust: float = 1.0) -> tuple[Array, float]:
    """The shape (mean 1) and the depth of a veil, no thicker than the view `light` (h, w, 3) allows, which has all else
    undone; told are its shape `depth` (h, w) and the parameters `veil`. `trust`: how far the view is believed.

    First place by place, by the least channel of the darkest block around; then as a whole, by luma. Ours: 160 crops of
    val behind even and uneven veils, blind, dB in the mean: bright +.7, in strong noise +.3.
    """
    air = np.maximum(np.array([veil[name] for name in AIRLIGHT], np.float32), 0.05)
    told = np.float32(veil["haze.depth"]) * depth
    thick = np.maximum(told - _cut(told, light, air), 0)
    bright = luma(light)
    room = _most((bright + WHOLE * _noise(bright, bright)) / luma(air)) / np.maximum(thick, 1e-6)
    thick *= min(1.0, float(np.quantile(room, DARKER, method="lower")))
    thick = told + np.float32(trust) * (thick - told)
    mean = float(thick.mean())
    return (thick / mean if mean else depth), mean


def _cut(thick: Array, light: Array, air: Array) -> Array:
    """What is to be taken from the thickness (h, w) place by place."""
    block = max(1, round(max(thick.shape) / BLOCKS))
    means, blocks = block_means(light, block), block_means(thick[..., None], block)[..., 0]
    bright = luma(means)
    noise = np.array([_noise(means[..., c], bright) for c in range(3)], np.float32)
    most = _most(((means + PLACE * noise) / air).min(-1))
    side = max(most.shape)
    least = ndimage.minimum_filter(most, 2 * round(REACH * side / 2) + 1)
    over = ndimage.gaussian_filter(np.maximum(blocks - least, 0), SMOOTH * side)
    size = (thick.shape[1], thick.shape[0])
    return np.asarray(Image.fromarray(over).resize(size, Image.Resampling.BILINEAR))


def _most(part: Array) -> Array:
    """Thickness of a veil that alone would give `part` of its airlight; no bound where the inverse keeps the rest."""
    through = 1 - part
    bound: Array = np.where(through <= FLOOR, np.inf, -np.log(np.clip(through, FLOOR, 1))).astype(np.float32)
    return bound


def _noise(values: Array, bright: Array) -> float:
    """Standard deviation of the noise of (h, w) where `bright` (h, w) is darkest; texture that fine counts as noise.

    Median of diagonal differences over 2 x 2 px (Donoho and Johnstone 1994: the finest band of a wavelet transform).
    """
    height, width = (n // 2 * 2 for n in values.shape)
    if not height * width:
        return 0.0
    even = values[:height, :width]
    diagonal = np.abs(even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]) / 2
    light = block_means(bright[..., None], 2)[..., 0]
    return float(np.median(diagonal[light <= np.quantile(light, DARK)]) / 0.6745)
