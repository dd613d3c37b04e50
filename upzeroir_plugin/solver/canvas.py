"""Joining restored tiles over the photo."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from upzeroir_plugin.photo.image import Pixels
from upzeroir_plugin.prior.tiles import Box, Tile, grown, weights

RAMP = 8
FEATHERS = (6, 3, 1, 0)
"""Reach in px of the softening of a mask's edges, where it is at least four times as wide; else the next."""
SOFT = 0.2
"""Step between neighbours below which a mask's edges are soft already."""


class Canvas:
    """The area being restored: tiles are pasted with weights that sum to one, the rest stays as it was.

    `source` (h, w, 3): the area's pixels. With one tile nothing is blended, and its pixels come out bit for bit.
    """

    def __init__(self, source: Pixels, area: Box, blended: bool) -> None:
        self.source, self.area, self.blended = source, area, blended
        self.pixels = np.zeros_like(source) if blended else source.copy()
        self.share = np.zeros((*source.shape[:2], 1), np.float32)

    def paste(self, tile: Tile, made: Pixels) -> Box:
        """Add a tile's grown core; returns its box in the photo."""
        box = x, y, w, h = grown(tile, self.area, RAMP)
        rows = slice(y - self.area[1], y - self.area[1] + h)
        columns = slice(x - self.area[0], x - self.area[0] + w)
        if self.blended:
            share = weights(tile, self.area, RAMP)
            self.pixels[rows, columns] += share * made
            self.share[rows, columns] += share
        else:
            self.pixels[rows, columns] = made
        return box

    def finished(self, weight: Pixels | None, grey: bool) -> Pixels:
        """The area's pixels; `weight` (h, w) in [0, 1]: how far what was made counts (0: the source bit for bit)."""
        out = self.pixels
        if self.blended:  # torch's arithmetic is on all cores
            made, share, source = map(torch.from_numpy, (out, self.share, np.ascontiguousarray(self.source)))
            out = torch.where(share > 0, made + (1 - share.clamp(max=1)) * source, source).numpy()
        if grey:
            out = np.repeat(out.mean(2, keepdims=True), 3, axis=2)
        if weight is not None:
            part = weight[..., None]
            out = np.where(part > 0, self.source + part * (out - self.source), self.source)
        return np.ascontiguousarray(out, np.float32)


def feathered(mask: NDArray[np.float32]) -> Pixels:
    """The mask with its hard edges softened inwards: nowhere above the mask itself, so the outside stays outside.

    A part that is too narrow for that is softened less, or not at all: what is white is restored. A mask that has no
    hard edges stays as it is.
    """
    steps = [float(np.abs(np.diff(mask, axis=axis)).max(initial=0)) for axis in (0, 1)]
    if max(steps) < SOFT:
        return mask.astype(np.float32)
    soft, left = np.zeros(mask.shape, np.float32), mask > 0
    for reach in FEATHERS:
        wide = ndimage.minimum_filter(mask, 4 * reach + 1, mode="nearest")
        here = left & (ndimage.maximum_filter(wide, 4 * reach + 1, mode="nearest") >= mask / 2)
        side = 2 * reach + 1
        inner = ndimage.minimum_filter(mask, side, mode="nearest")
        inner = ndimage.uniform_filter(inner, side, mode="nearest")
        soft = np.where(here, np.minimum(mask, inner), soft)
        left &= ~here
        if not left.any():
            break
    return soft.astype(np.float32)


def restorable(mask: Pixels | None, picture: Box | None, size: tuple[int, int]) -> Pixels | None:
    """How far each pixel of a photo of `size` (w, h) is to be restored, (H, W) in [0, 1]; None: all of them.

    By the mask, its hard edges softened; what lies around the picture, a frame, not at all.
    """
    weight = None if mask is None else feathered(mask)
    if picture is None:
        return weight
    x, y, w, h = picture
    framed = np.zeros((size[1], size[0]), np.float32)
    framed[y : y + h, x : x + w] = 1 if weight is None else weight[y : y + h, x : x + w]
    return framed


def inside(weight: Pixels, box: Box) -> Pixels:
    """The rectangle (x, y, w, h) of a weight map (H, W)."""
    x, y, w, h = box
    return weight[y : y + h, x : x + w]
