"""Noise that the user told of: more of it is always more removed, what is right is done as ever, and blind runs are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import noisy, scene
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.restore import Options, Step, restore
from upzeroir_plugin.solver.told import BEARABLE, grain, made_up, shown

TRUE = 8.0
CLEAN = scene(160, 208, seed=2)
PHOTO = Photo(noisy(CLEAN, TRUE))


def made(theta: ParameterVector, **options: object) -> np.ndarray:
    *_, last = restore(PHOTO, Estimate(theta), Options(**options))  # type: ignore[arg-type]
    assert isinstance(last, Step)
    assert last.result is not None
    return last.result.photo.pixels


def error(pixels: np.ndarray) -> float:
    return float(np.sqrt(np.mean((pixels - CLEAN) ** 2))) * 255


def told(**pins: float) -> ParameterVector:
    return ParameterVector().pinned({n.replace("_", ".", 1): v for n, v in pins.items()})


def test_it_sees_how_much_noise_there_is() -> None:
    found = shown(PHOTO.pixels, told(noise_file=30))
    assert len(set(np.round(found, 5))) > 3, "at several brightnesses"
    assert all(0.6 * TRUE < 255 * s < 1.3 * TRUE for s in found)


@pytest.mark.parametrize(
    "theta",
    [
        ParameterVector().with_values({"noise.file": 30.0}),
        told(noise_file=30, jpeg_quality=60),
        told(light_ev=1),
    ],
    ids=["found", "a JPEG", "something else"],
)
def test_only_told_noise_is_looked_for(theta: ParameterVector) -> None:
    assert shown(PHOTO.pixels, theta) == ()


def test_what_is_told_rightly_is_done_as_what_is_found() -> None:
    found = ParameterVector().with_values({"noise.file": TRUE})
    np.testing.assert_array_equal(made(told(noise_file=TRUE)), made(found))


def test_more_told_is_more_removed_and_never_left() -> None:
    pictures = [made(told(noise_file=n)) for n in (TRUE, 1.5 * TRUE, 2.5 * TRUE, 5 * TRUE)]
    removed = [float(np.abs(x - PHOTO.pixels).mean()) for x in pictures]
    assert all(b > a for a, b in pairwise(removed)), removed
    errors = [error(x) for x in pictures]
    assert errors[1] < TRUE, f"told of half as much again it is still better than it was: {errors}"


def test_a_region_is_the_crop_of_the_whole() -> None:
    theta = told(noise_file=3 * TRUE)
    whole, part = made(theta), made(theta, region=(56, 40, 96, 80))
    assert float(np.abs(whole[40:120, 56:152] - part).max()) <= 1 / 255


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_grain_belongs_to_the_place(x: int, y: int) -> None:
    wide, part = grain((x, y, 24, 16)), grain((x + 5, y + 3, 8, 8))
    assert torch.equal(wide[..., 3:11, 5:13], part)


def test_the_grain_is_white_and_of_variance_1() -> None:
    n = grain((1000, 2000, 256, 256))[0].double()
    assert abs(float(n.mean())) < 0.01
    assert abs(float(n.var()) - 1) < 0.02
    for dim, step in ((-1, 1), (-1, 2), (-2, 1), (0, 1)):
        assert abs(float((n * n.roll(step, dim)).mean())) < 0.01
    assert 0.66 < float((n.abs() < 1).double().mean()) < 0.71


def test_noise_is_made_up_only_beyond_what_is_bearable() -> None:
    y, there = torch.full((1, 3, 40, 40), 0.5), (0.02,) * 16
    right = torch.full((1, 1, 40, 40), 0.999 * BEARABLE * 0.02)
    assert made_up(y, right, there, (0, 0, 40, 40)) is y
    more = made_up(y, 3 * right, there, (0, 0, 40, 40))
    assert float(more.std()) == pytest.approx(BEARABLE * 0.02 * 8**0.5, rel=0.05)


def test_colour_noise_is_taken_and_the_grain_left() -> None:
    """Of a photo whose noise is mostly in its colours, more comes right if that is told."""
    from upzeroir_plugin.physics.noise import sample

    x = torch.from_numpy(CLEAN).permute(2, 0, 1)[None]
    generator = torch.Generator().manual_seed(1)
    y = x + sample(x, {**ParameterVector().values(), "noise.file": 16.0, "noise.chroma": 4.0}, generator)
    photo = Photo(np.ascontiguousarray(y[0].permute(1, 2, 0).numpy()))
    left = []
    for theta in (told(noise_file=16), told(noise_file=16, noise_chroma=4)):
        *_, last = restore(photo, Estimate(theta), Options())
        left.append(error(last.result.photo.pixels))  # type: ignore[union-attr]
    assert left[1] < 0.85 * left[0], left
