"""Dark photos are read by weights of their own, as far as they are dark."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.pictures import as_image, bad, scene
from upzeroir_plugin.estimate import learned
from upzeroir_plugin.estimate.simulate import DARK_SHARES, Simulator


def test_a_bright_photo_is_read_by_the_first_weights_alone() -> None:
    view = learned.view_of(scene(120, 160, 3))
    assert learned.read(view).readings == learned.read(view, dark=None).readings


def test_a_dark_one_by_both_but_whether_it_is_dark_by_the_first() -> None:
    view = learned.view_of(bad(scene(120, 160, 3), 0, light_ev=3))
    both, first = learned.read(view), learned.read(view, dark=None)
    assert both.readings["light"][0].present == first.readings["light"][0].present > 0.9
    assert both.readings["light"][0].value != first.readings["light"][0].value
    assert not np.array_equal(both.wanted, first.wanted)


def test_they_learn_from_dark_views_alone(tmp_path: Path) -> None:
    for seed in range(2):
        as_image(scene(120, 160, seed)).save(tmp_path / f"{seed}.png")
    paths = sorted(tmp_path.iterdir())
    assert Simulator(paths, 1, DARK_SHARES).batch(16).present[:, 1].all()
    assert not Simulator(paths, 1).batch(16).present[:, 1].all()
