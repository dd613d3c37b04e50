"""Rectangles: what of one lies in another, and a picture mirrored over what is around it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import scene
from upzeroir_plugin.photo.crop import Box, continued, overlap


@pytest.mark.parametrize(
    ("box", "area", "wanted"),
    [
        ((10, 20, 30, 40), (0, 0, 100, 100), (10, 20, 30, 40)),
        ((10, 20, 30, 40), (15, 5, 10, 30), (0, 15, 10, 15)),
        ((10, 20, 30, 40), (20, 30, 5, 5), (0, 0, 5, 5)),
        ((10, 20, 30, 40), (40, 20, 30, 40), None),
        ((10, 20, 30, 40), (0, 0, 100, 20), None),
    ],
)
def test_overlap(box: Box, area: Box, wanted: Box | None) -> None:
    assert overlap(box, area) == wanted


def test_a_picture_is_mirrored_over_its_frame_however_wide() -> None:
    x = scene(30, 40)
    wide = continued(np.pad(x, ((8, 5), (50, 0), (0, 0))), (50, 8, 40, 30))
    assert np.array_equal(wide[8:38, 50:], x)
    assert np.array_equal(wide[7, 50:], x[0]) and np.array_equal(wide[38, 50:], x[-1])
    assert np.array_equal(wide[8:38, 49], x[:, 0]) and np.array_equal(wide[8:38, 9], x[:, 39])
    assert continued(x, None) is x
