from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from upzeroir_plugin.prior.synthetic import KINDS, picture

every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
Kind = Callable[[int, np.random.Generator], Image.Image]


@every
def test_each_kind_draws_structure(kind: Kind) -> None:
    made = np.asarray(kind(96, np.random.default_rng(1)))
    assert made.shape == (96, 96, 3)
    assert made.dtype == np.uint8
    assert np.abs(np.diff(made.astype(float), axis=1)).mean() > 1


@every
def test_the_same_seed_draws_the_same(kind: Kind) -> None:
    first, again = (np.asarray(kind(64, np.random.default_rng(7))) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, np.asarray(kind(64, np.random.default_rng(8))))


def test_a_picture_is_drawn_twice_as_large_so_that_its_edges_are_optical() -> None:
    rng = np.random.default_rng(3)
    kind = KINDS[np.random.default_rng(3).choice(len(KINDS), p=[0.5, 0.3, 0.2])]
    made = picture(64, rng)
    rng = np.random.default_rng(3)
    rng.choice(len(KINDS), p=[0.5, 0.3, 0.2])
    large = np.asarray(kind(128, rng), float).reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert made.shape == (64, 64, 3)
    assert np.abs(made - large).max() <= 1
