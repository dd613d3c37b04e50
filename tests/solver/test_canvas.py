"""Masks softened inwards."""

from __future__ import annotations

import numpy as np
import pytest

from upzeroir_plugin.solver.canvas import feathered


def stripe(width: int) -> np.ndarray:
    mask = np.zeros((80, 80), np.float32)
    mask[:, 30 : 30 + width] = 1
    return mask


@pytest.mark.parametrize("width", [1, 3, 5, 12, 13, 25, 50])
def test_what_is_white_is_restored_however_narrow(width: int) -> None:
    soft = feathered(stripe(width))
    assert soft[:, 30 + width // 2].min() > 0.9
    assert soft[stripe(width) == 0].max() == 0


def test_the_edges_of_a_wide_area_are_soft() -> None:
    across = feathered(stripe(50))[40]
    assert (np.diff(across[30:42]) >= 0).all()
    assert across[30] < 0.1 and across[42] == 1
    assert np.abs(np.diff(across)).max() < 0.12


def test_a_mask_that_is_soft_already_stays_as_it_is() -> None:
    rows, columns = np.mgrid[:80, :80]
    brush = np.exp(-((rows - 40) ** 2 + (columns - 40) ** 2) / (2 * 12**2)).astype(np.float32)
    assert np.array_equal(feathered(brush), brush)
