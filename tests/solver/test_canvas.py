"""Masks softened inwards."""

from __future__ import annotations

import numpy as np
import pytest

from upzeroir_plugin.solver.canvas import feathered, restorable


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


def test_a_frame_is_not_restored_with_or_without_a_mask() -> None:
    box = (10, 20, 40, 30)
    whole = restorable(None, box, (80, 60))
    assert whole is not None and whole.shape == (60, 80)
    assert whole[20:50, 10:50].min() == 1 and whole.sum() == 40 * 30
    mask = np.linspace(0, 1, 60 * 80, dtype=np.float32).reshape(60, 80)
    both = restorable(mask, box, (80, 60))
    assert both is not None and np.array_equal(both, mask * whole)
    assert restorable(None, None, (80, 60)) is None
    alone = restorable(mask, None, (80, 60))
    assert alone is not None and np.array_equal(alone, mask)
