"""The maps of a photo, stretched to the pixels of the photo or of a window of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upzeroir_plugin.maps import Maps

Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Fields:
    """`Maps` at pixel resolution: (1, 1, H, W) float tensors, None where uniform; `path` (k, k). Units as in `Maps`."""

    depth: Tensor | None = None
    illumination: Tensor | None = None
    blur: Tensor | None = None
    path: Tensor | None = None


def fields(
    maps: Maps,
    size: tuple[int, int],
    window: Window | None = None,
    device: torch.device | str | None = None,
) -> Fields:
    """Stretch `maps` over a photo of `size` (W, H), bilinear between pixel centres, edges held.

    `window` (x, y, w, h) gives the crop of the whole, bit for bit, without making the whole. Raises
    ValueError if it does not lie in the photo.
    """
    width, height = size
    x, y, w, h = window or (0, 0, width, height)
    if min(x, y) < 0 or min(w, h) < 1 or x + w > width or y + h > height:
        raise ValueError(f"window {window} does not lie in a photo of {width} x {height}")

    def stretch(grid: NDArray[np.float32] | None) -> Tensor | None:
        if grid is None:
            return None
        whole = torch.from_numpy(np.ascontiguousarray(grid, np.float32)).to(device)
        rows = _lerp(whole, height, y, h)
        return _lerp(rows.T, width, x, w).T[None, None].contiguous()

    path = None if maps.path is None else torch.from_numpy(maps.path).to(device)
    return Fields(stretch(maps.depth), stretch(maps.illumination), stretch(maps.blur), path)


def _lerp(grid: Tensor, length: int, start: int, count: int) -> Tensor:
    """Rows `start` … `start + count` of `grid`'s first axis stretched to `length`; (n, m) to (count, m)."""
    n = grid.shape[0]
    centre = torch.arange(start, start + count, dtype=torch.float64) + 0.5
    place = (centre * n / length - 0.5).clamp(0, n - 1)
    low = place.floor().long().clamp(max=max(n - 2, 0))
    high = (low + 1).clamp(max=n - 1)
    share = (place - low).to(grid)[:, None]
    low, high = low.to(grid.device), high.to(grid.device)
    return grid[low] * (1 - share) + grid[high] * share
