from __future__ import annotations

import numpy as np

from upzeroir_plugin.estimate.refine import edge_aware


def test_a_flat_map_stays_flat() -> None:
    view = np.random.default_rng(0).uniform(0, 1, (40, 60, 3)).astype(np.float32)
    np.testing.assert_allclose(edge_aware(np.ones((5, 7), np.float32), view), 1, atol=1e-4)


def test_a_soft_step_moves_to_the_edge_of_the_photo() -> None:
    view = np.zeros((64, 96, 3), np.float32)
    view[:, 48:] = 0.8
    coarse = np.repeat(np.array([[0.5, 0.5, 0.5, 0.7, 1.3, 1.5, 1.5, 1.5]], np.float32), 5, 0)
    bent = edge_aware(coarse, view)
    step = bent[:, 52].mean() - bent[:, 43].mean()
    plain = edge_aware(coarse, np.zeros_like(view))
    assert step > 1.5 * (plain[:, 52].mean() - plain[:, 43].mean())


def test_the_mean_is_kept_and_small_views_work() -> None:
    coarse = np.random.default_rng(1).uniform(0.5, 1.5, (3, 4)).astype(np.float32)
    for shape in ((1, 1), (2, 9), (50, 30)):
        view = np.random.default_rng(2).uniform(0, 1, (*shape, 3)).astype(np.float32)
        bent = edge_aware(coarse, view)
        assert bent.shape == shape
        assert np.isfinite(bent).all()
