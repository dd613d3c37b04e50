"""Regions and tiles: the same pixels as of the whole photo, without seams."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.pictures import Pixels, bad, noisy, photo, scene
from tests.restore.helpers import MIXED, cut, events, run, told
from upzeroir_plugin import restore as module
from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.photo.image import FileEvidence, Photo
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.restore import Options, estimate

BLURS = {"blur_sigma", "blur_focus", "blur_shake"}
REGIONS = pytest.mark.parametrize("region", [(40, 33, 101, 90), (0, 100, 64, 60), (151, 7, 9, 5)], ids=str)


@cache
def whole_and_crop(named: tuple[tuple[str, float], ...]) -> tuple[Pixels, Estimate, Pixels]:
    """A bad photo whose haze has a map, its Estimate, and the full result."""
    y = bad(scene(160, 208, seed=2), **dict(named))
    shape = 1 + 0.3 * np.random.default_rng(0).standard_normal((4, 5))
    found = told(maps=Maps(depth=shape.astype(np.float32)), **dict(named))
    return y, found, run(y, found, steps=3).photo.pixels


@pytest.mark.parametrize(
    "values",
    [
        {"noise_file": 12.0},
        {"noise_file": 6.0, "noise_blotches": 8.0},
        {"noise_file": 2.0, "blur_shake": 2.5},
        {"jpeg_quality": 25.0},
        {"haze_depth": 0.8, "light_ev": 1.5, "colour_tint": 20.0},
        MIXED,
        {"blur_sigma": 1.4, "noise_file": 3.0},
        {"blur_focus": 2.0, "noise_file": 3.0},
    ],
    ids="+".join,
)
@REGIONS
def test_a_region_is_the_crop_of_the_full_result(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, float], region: Box
) -> None:
    cut(monkeypatch, 112)
    y, found, full = whole_and_crop(tuple(values.items()))
    part = run(y, found, region=region, steps=3)
    left, top, w, h = region
    assert part.photo.size == (w, h)
    assert part.photo.evidence.crop_offset == (left, top)
    crop = (slice(top, top + h), slice(left, left + w))
    off = np.abs(part.photo.pixels - full[crop])
    # bfloat16 rounds a deblurred pixel by up to 1.5 levels (0.25 on average): in float32 below
    assert off.max() <= (2 if values.keys() & BLURS else 1) / 255
    assert np.sqrt((off**2).mean()) <= 0.4 / 255
    assert np.abs(full - y)[crop].max() > 2 / 255


@pytest.mark.parametrize(
    "values", [{"blur_sigma": 1.4, "noise_file": 3.0}, {"blur_focus": 2.0, "noise_file": 3.0}]
)
@REGIONS
def test_a_deblurred_region_is_the_crop_but_for_the_arithmetic(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, float], region: Box
) -> None:
    exact = EmbeddedPrior()
    exact.half = False
    monkeypatch.setattr(module, "embedded", lambda _folder, _device: exact)
    y, found, _ = whole_and_crop(tuple(values.items()))
    full = run(y, found, steps=3).photo.pixels
    cut(monkeypatch, 112)
    left, top, w, h = region
    off = run(y, found, region=region, steps=3).photo.pixels - full[top : top + h, left : left + w]
    assert np.abs(off).max() <= 0.15 / 255


@pytest.mark.parametrize(
    ("values", "exact"),
    [
        ({"noise_file": 12.0}, False),
        ({"light_ev": 1.5}, False),
        ({"noise_file": 12.0}, True),
        (MIXED, True),
        ({"haze_depth": 0.8, "light_ev": 1.5, "noise_file": 8.0}, True),
    ],
    ids=lambda v: "+".join(v) if isinstance(v, dict) else "float32" if v else "",
)
def test_tiles_leave_no_seams(
    monkeypatch: pytest.MonkeyPatch, exact_prior: EmbeddedPrior, values: dict[str, float], exact: bool
) -> None:
    """Lifted, bfloat16's own rounding is more than a level here and there: there only float32 tells."""
    if exact:
        monkeypatch.setattr(module, "embedded", lambda _folder, _device: exact_prior)
    y = bad(scene(160, 160, seed=2), **values)
    whole = run(y, told(**values), steps=2).photo.pixels
    cut(monkeypatch, 64)
    worst = np.abs(run(y, told(**values), steps=2).photo.pixels - whole).max()
    assert worst <= (0.2 if exact else 1) / 255


def test_a_region_keeps_alpha_and_the_phase_of_the_grid() -> None:
    alpha = np.linspace(0, 1, 96 * 96, dtype=np.float32).reshape(96, 96)
    y = Photo(noisy(scene(96, 96), 10), alpha=alpha, evidence=FileEvidence(crop_offset=(3, 5)))
    made = run(y, told(noise_file=10), region=(10, 20, 40, 30)).photo
    assert made.alpha is not None
    assert np.array_equal(made.alpha, alpha[20:50, 10:50])
    assert made.evidence.crop_offset == (13, 25)


def test_a_region_with_nothing_to_fix_is_the_crop() -> None:
    y = scene(64, 64)
    assert np.array_equal(run(y, told(), region=(8, 4, 20, 30)).photo.pixels, y[4:34, 8:28])


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 65, 5), (60, 60, 5, 5), (0, 0, 0, 5)])
def test_a_region_outside_the_photo_is_refused(region: Box) -> None:
    y = photo(scene(64, 64))
    with pytest.raises(UsageError, match="64 by 64"):
        events(y, told(noise_file=5), Options(region=region))
    with pytest.raises(UsageError, match="64 by 64"):
        estimate(y, region=region)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 5), (8, 9), (17, 130)])
@pytest.mark.parametrize(
    "values", [{"noise_file": 10.0}, MIXED, {"blur_sigma": 2.0}, {"blur_length": 20.0, "blur_angle": 30.0}]
)
def test_any_size(size: tuple[int, int], values: dict[str, float]) -> None:
    y = np.random.default_rng(0).random((*size, 3), np.float32)
    made = run(y, told(**values)).photo.pixels
    assert made.shape == y.shape
    assert np.isfinite(made).all()


def test_grey_photos_stay_grey() -> None:
    y = np.repeat(noisy(scene(96, 96), 12)[..., :1], 3, axis=2)
    made = run(replace(photo(y), grey=True), told(noise_file=12)).photo.pixels
    assert np.array_equal(made[..., 0], made[..., 1])
    assert np.array_equal(made[..., 0], made[..., 2])
