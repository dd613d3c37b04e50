"""Joining restored tiles over the photo."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from upzeroir_plugin.photo.image import Pixels
from upzeroir_plugin.prior.tiles import Box, Tile, grown, weights

RAMP = 8
FEATHER = 6


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
    """The mask with its hard edges softened inwards: nowhere above the mask itself, so the outside stays outside."""
    side = 2 * FEATHER + 1
    inner = ndimage.uniform_filter(ndimage.minimum_filter(mask, side, mode="nearest"), side, mode="nearest")
    soft: Pixels = np.minimum(mask, inner).astype(np.float32)
    return soft


def inside(weight: Pixels, box: Box) -> Pixels:
    """The rectangle (x, y, w, h) of a weight map (H, W)."""
    x, y, w, h = box
    return weight[y : y + h, x : x + w]
