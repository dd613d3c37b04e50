from __future__ import annotations

import numpy as np
import pytest

from upzeroir_plugin.estimate.illumination import illumination


def test_shade_is_darker_than_the_average() -> None:
    view = np.full((60, 90, 3), 0.8, np.float32)
    view[:, :45] = 0.1
    stops = illumination(view)
    assert stops.shape == (60, 90)
    assert abs(float(stops.mean())) < 1e-3
    assert stops[:, :30].mean() > 1.5
    assert stops[:, 60:].mean() < -1.5


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (17, 9)])
def test_an_even_view_needs_nothing(shape: tuple[int, int]) -> None:
    stops = illumination(np.full((*shape, 3), 0.3, np.float32))
    assert stops.shape == shape
    np.testing.assert_allclose(stops, 0, atol=1e-3)
