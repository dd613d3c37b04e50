"""Colour blotches come off without the brightness of anything being touched."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import bad, calm, compressed, photo, psnr
from tests.restore.helpers import run, told
from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver import blotches
from upzeroir_plugin.solver.annealed import to_pixels, to_tensor
from upzeroir_plugin.solver.slack import SLACK_STD

X = calm()[:192, :256]


@pytest.mark.parametrize("quality", [None, 92])
def test_most_of_them_goes(quality: int | None) -> None:
    y = bad(X, noise_blotches=8.0)
    seen = photo(*compressed(y, quality, 2)) if quality else photo(y)
    result = run(seen, told(noise_blotches=8.0))
    assert psnr(result.photo.pixels, X) > psnr(seen.pixels, X) + 3


def test_brightness_stays_as_it_was() -> None:
    y = bad(X, noise_blotches=8.0)
    taken = y - run(y, told(noise_blotches=8.0)).photo.pixels
    inside = (np.minimum(y, y - taken).min(2) > 0.02) & (np.maximum(y, y - taken).max(2) < 0.98)
    assert np.abs(taken.mean(2)[inside]).max() < 1.5 / 255
    assert np.abs(taken).mean() > 2 / 255


def test_fine_noise_goes_with_them() -> None:
    y = bad(X, noise_file=8.0, noise_blotches=8.0)
    alone, both = (run(y, told(noise_file=8.0, noise_blotches=b)).photo.pixels for b in (0.0, 8.0))
    assert psnr(both, X) > psnr(alone, X) + 1


@pytest.mark.parametrize("exposure", [1.0, 4.0])
def test_a_dark_photo_is_seen_as_bright(exposure: float) -> None:
    """The spots of a photo and of the same photo at a quarter of its light are the same but for that factor."""
    y = to_tensor(bad(X, noise_blotches=8.0))
    bright = blotches.found(y, 8 / 255, 1.0, embedded(), lambda: None)
    dark = blotches.found(y / exposure, 8 / 255 / exposure, exposure, embedded(), lambda: None)
    assert np.abs(to_pixels(exposure * dark - bright)).max() < 2 / 255


def test_amounts_and_strength_put_them_back() -> None:
    y = bad(X, noise_blotches=8.0)
    found = told(noise_blotches=8.0)
    whole = run(y, found).photo.pixels
    assert np.array_equal(run(y, found, amounts=Amounts({"noise": 0.0})).photo.pixels, y)
    for half in (run(y, found, amounts=Amounts({"noise": 0.5})), run(y, found, strength=0.5)):
        assert np.abs(half.photo.pixels - (y + whole) / 2).max() < 1.01 / 255


def test_they_are_no_part_of_the_residual() -> None:
    y = bad(X, noise_file=8.0, noise_blotches=8.0)
    report = run(y, told(noise_file=8.0, noise_blotches=8.0)).quality
    assert report["accepted"]
    assert report["residual_std"] < 1 + SLACK_STD
