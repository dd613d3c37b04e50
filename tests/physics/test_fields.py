from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.physics.fields import fields

GRID = np.random.default_rng(0).random((7, 11), np.float32)


def test_uniform_maps_stay_none() -> None:
    found = fields(Maps(), (40, 30))
    assert found.depth is None
    assert found.illumination is None
    assert found.blur is None


def test_stretch_is_bilinear_at_pixel_centres() -> None:
    found = fields(Maps(depth=GRID), (57, 40)).depth
    expected = functional.interpolate(torch.from_numpy(GRID)[None, None], (40, 57), mode="bilinear")
    assert found is not None
    assert found.shape == (1, 1, 40, 57)
    assert torch.allclose(found, expected, atol=1e-5)


def test_a_window_is_exactly_the_crop_of_the_whole() -> None:
    maps = Maps(depth=GRID, illumination=GRID - 0.5, blur=GRID)
    whole, part = fields(maps, (501, 333)), fields(maps, (501, 333), (123, 77, 200, 111))
    for name in ("depth", "illumination", "blur"):
        assert torch.equal(getattr(part, name), getattr(whole, name)[..., 77:188, 123:323])


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 1)])
def test_one_line_maps_stretch(shape: tuple[int, int]) -> None:
    grid = np.full(shape, 0.5, np.float32)
    found = fields(Maps(blur=grid), (9, 8)).blur
    assert found is not None
    assert torch.equal(found, torch.full((1, 1, 8, 9), 0.5))


@pytest.mark.parametrize("window", [(-1, 0, 5, 5), (0, 0, 41, 5), (38, 0, 5, 5), (0, 0, 0, 5)])
def test_a_window_outside_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="does not lie in a photo of 40 x 30"):
        fields(Maps(depth=GRID), (40, 30), window)
