from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from upzeroir_plugin.physics.box import box_mean


@pytest.mark.parametrize("side", [1, 3, 5, 7, 15])
@pytest.mark.parametrize("shape", [(1, 1, 40, 33), (2, 3, 16, 50), (1, 1, 4, 3)])
def test_it_is_the_mean_of_the_pixels_inside(side: int, shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    wide = functional.pad(x, (side, side, side, side))
    count = functional.pad(torch.ones_like(x), (side, side, side, side))
    sums, there = (functional.avg_pool2d(t, side, 1, side // 2) * side**2 for t in (wide, count))
    inner = (..., slice(side, -side), slice(side, -side))
    torch.testing.assert_close(box_mean(x, side), sums[inner] / there[inner], rtol=1e-5, atol=1e-6)
