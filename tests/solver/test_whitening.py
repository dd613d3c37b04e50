"""Noise whose colour is stronger or weaker than its brightness is made white, and comes off as well as white noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tests.pictures import bad, psnr, scene
from tests.solver.helpers import automatic, nothing, planned, theta_of
from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver import annealed, ensemble, honesty
from upzeroir_plugin.solver.annealed import to_pixels, to_tensor
from upzeroir_plugin.solver.whitening import COMPRESSED, UNSURE, WHITE, loudest, whitening
from upzeroir_plugin.solver.window import restore_window

SIDE = 128
BOX = (0, 0, SIDE, SIDE)


def parts(noise: torch.Tensor) -> tuple[float, float]:
    """σ along (1, 1, 1)/√3, and along each of the chroma axes."""
    grey = noise.mean(1, keepdim=True)
    return float(grey.std()) * 3**0.5, float((noise - grey).square().sum(1).mean() / 2) ** 0.5


@pytest.mark.parametrize("ratio", [0.5, 0.7, 1.5, 2.0, 4.0])
def test_the_noise_is_nearly_white(ratio: float) -> None:
    y = bad(0 * scene(SIDE, SIDE) + 0.5, noise_file=20.0, noise_chroma=ratio)
    white = whitening(theta_of(noise_file=20.0, noise_chroma=ratio))
    noise = white.squeezed(to_tensor(y)) - 0.5
    for part in parts(noise):
        assert 255 * part == pytest.approx(20 * white.share, rel=math.log(UNSURE) + 0.02)


@given(st.floats(0, 4), st.sampled_from([30.0, 100.0]))
def test_it_is_undone(ratio: float, quality: float) -> None:
    white = whitening(theta_of(noise_file=9.0, noise_chroma=ratio, jpeg_quality=quality))
    z = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(white.spread_again(white.squeezed(z)), z)
    assert max(white.luma, white.chroma) == 1, "squeezed, never stretched"
    assert min(white.luma, white.chroma) >= 0.25


def test_an_error_grows_as_is_said() -> None:
    white = whitening(theta_of(noise_file=9.0, noise_chroma=3.0))
    error = torch.randn(1, 3, 200, 200, generator=torch.Generator().manual_seed(1))
    grown = white.spread_again(0.5 + error) - white.spread_again(torch.full_like(error, 0.5))
    assert float(grown.std()) == pytest.approx(white.spread, rel=0.01)


def test_what_is_white_grey_or_not_there_is_left() -> None:
    for values in ({"noise_file": 9.0}, {"noise_file": 9.0, "noise_chroma": 1.1}, {"noise_chroma": 3.0}):
        assert whitening(theta_of(**values)) is WHITE
    assert whitening(theta_of(noise_file=9.0, noise_chroma=0)) == WHITE
    z = torch.rand(1, 3, 8, 8)
    assert WHITE.squeezed(z) is z
    assert WHITE.spread_again(z) is z


def test_behind_jpeg_less_is_squeezed() -> None:
    whole, half = (
        whitening(theta_of(noise_file=9.0, noise_chroma=2.0, jpeg_quality=quality))
        for quality in (100.0, 90.0)
    )
    assert math.log(half.chroma) / math.log(whole.chroma) == pytest.approx(COMPRESSED)


def test_deblurring_is_told_of_brightness_own_noise_where_that_is_the_louder_one() -> None:
    told = [loudest(theta_of(noise_file=9.0, noise_chroma=ratio)) for ratio in (0.0, 0.5, 1.0, 2.0)]
    assert told == pytest.approx([math.sqrt(3), math.sqrt(2), 1.0, 1.0])
    assert loudest(theta_of(noise_file=9.0, noise_chroma=0.0, jpeg_quality=90.0)) == 1.0


@pytest.mark.parametrize("quality", [100.0, 60.0])
def test_noise_in_colour_is_no_more_of_it_while_blur_is_undone(quality: float) -> None:
    """What JPEG did is not multiplied by what the noise's colour asks for."""
    values = {"noise_file": 4.0, "blur_sigma": 1.5, "jpeg_quality": quality}
    y = bad(scene(SIDE, SIDE, seed=2), **values)
    plain, coloured = (planned(y, automatic(**values, noise_chroma=ratio)) for ratio in (1.0, 3.0))
    assert coloured.blur_sigma == plain.blur_sigma


@pytest.mark.parametrize(
    ("values", "least"),
    [
        ({"noise_file": 16.0, "noise_chroma": 3.0}, 0.5),
        ({"noise_file": 12.0, "noise_chroma": 0.5}, 0.1),
        ({"noise_file": 12.0, "noise_chroma": 2.5, "haze_depth": 0.9}, 0.6),
        ({"noise_file": 12.0, "noise_chroma": 0.5, "blur_sigma": 0.8}, 0.05),
        ({"noise_file": 12.0, "noise_chroma": 0.05, "blur_sigma": 0.8}, 0.5),
    ],
)
def test_it_comes_nearer_to_the_truth(
    values: dict[str, float], least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In as many calls as without it."""
    gain = 0.0
    for seed in range(2):
        x = scene(SIDE, SIDE, seed=seed)
        y = bad(x, seed, **values)
        found = []
        for off in (False, True):
            with monkeypatch.context() as patch:
                if off:
                    patch.setattr(annealed, "loudest", lambda _theta: 1.0)
                    for module in (annealed, ensemble):
                        patch.setattr(module, "whitening", lambda _theta: WHITE)
                plan = planned(y, automatic(**values))
                done = restore_window(to_tensor(y), BOX, plan, embedded(), nothing, lambda *_: None)
                found.append((psnr(to_pixels(done.full), x), done.calls))
        assert found[0][1] == found[1][1]
        gain += (found[0][0] - found[1][0]) / 2
    assert gain > least


def test_the_map_of_what_is_invented_draws_noise_of_the_photos_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It follows the true error better than one that draws white noise."""
    x = scene(SIDE, SIDE, seed=2)
    values = {"noise_file": 25.0, "noise_chroma": 4.0}
    y = bad(x, **values)
    plan = planned(y, automatic(**values))
    full = to_pixels(restore_window(to_tensor(y), BOX, plan, embedded(), nothing, lambda *_: None).full)
    subject = honesty.Subject(y, full, BOX, plan, Amounts(), 1.0)
    true = np.sqrt(np.square(full - x).mean(2))
    told = honesty.invented(subject, embedded(), nothing).values
    assert 0.3 * true.mean() < told.mean() < 3 * true.mean()
    monkeypatch.setattr(honesty, "whitening", lambda _theta: WHITE)
    white = honesty.invented(subject, embedded(), nothing).values
    alike = [spearmanr(_coarse(found), _coarse(true)).statistic for found in (told, white)]
    assert alike[0] > alike[1] + 0.01


def _coarse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over 8 × 8 px, in a row."""
    return values.reshape(SIDE // 8, 8, SIDE // 8, 8).mean((1, 3)).ravel()
