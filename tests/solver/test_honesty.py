"""The *invented* map: the part of it that tones have, as wide as θ's own intervals."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import spearmanr

from tests.pictures import scene
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, Entry, ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import forward, invert_pointwise
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver.annealed import make_plan, to_pixels, to_tensor
from upzeroir_plugin.solver.honesty import Subject, invented

DARK = {"light.ev": 2.0, "light.midtones": 1.4}


def shown(theta: ParameterVector, amount: float = 1.0) -> np.ndarray:
    """The map of a dark scene restored by θ, without noise: no network call."""
    before = to_pixels(
        forward(to_tensor(scene(96, 128)), ParameterVector().with_values(DARK).values(), Fields())
    )
    amounts = Amounts({"light": amount})
    plan = make_plan(before, theta, Maps(), amounts, embedded(), False, None)
    assert not plan.denoise
    after = to_pixels(invert_pointwise(to_tensor(before), theta.values(), Fields())[0])
    return invented(
        Subject(before, after, (0, 0, 128, 96), plan, amounts, 1.0), embedded(), lambda: None
    ).values


def between(low: float, high: float) -> ParameterVector:
    return ParameterVector().with_values(DARK).with_entries({"light.ev": Entry(2.0, low, high, 0.8)})


def test_open_tones_are_as_wide_as_the_interval() -> None:
    narrow, wide = shown(between(1.8, 2.2)), shown(between(1.2, 2.8))
    assert 0.005 < narrow.mean() < 0.1
    assert wide.mean() > 2 * narrow.mean()


def test_what_the_user_pinned_is_certain() -> None:
    assert not shown(ParameterVector().pinned(DARK)).any()


def test_open_tones_are_where_a_wrong_exposure_shows() -> None:
    """True error of a reading that is one standard deviation off, against the map, place by place."""
    dark = forward(to_tensor(scene(96, 128)), ParameterVector().with_values(DARK).values(), Fields())
    off = {**ParameterVector().with_values(DARK).values(), "light.ev": 2.3}
    wrong = (
        (invert_pointwise(dark, off, Fields())[0].clamp(0, 1) - to_tensor(scene(96, 128))).square().mean(1)[0]
    )
    assert isinstance(wrong, torch.Tensor)
    assert spearmanr(shown(between(1.5, 2.5)).ravel(), wrong.numpy().ravel()).statistic > 0.9
