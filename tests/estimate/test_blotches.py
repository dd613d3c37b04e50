"""Colour blotches are heard at a quarter of the size, and nothing else is taken for them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import Pixels, bad, calm, compressed, noisy, photo
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.noise import as_seen, estimate_noise
from upzeroir_plugin.estimate.readings import Findings, Reading


def findings(y: Pixels, quality: int | None = None) -> Findings:
    seen = photo(*compressed(y, quality, 2)) if quality else photo(y)
    return estimate_noise(seen, estimate_jpeg(seen))


def reading(y: Pixels, quality: int | None = None) -> Reading:
    return findings(y, quality).reading("noise.blotches")


@pytest.mark.parametrize("quality", [None, 92, 60])
@pytest.mark.parametrize("sigma", [5.0, 10.0])
def test_blotches_are_found_within_a_quarter(sigma: float, quality: int | None) -> None:
    found = reading(bad(calm(), 1, noise_blotches=sigma), quality)
    assert found.present > 0.9
    assert found.value == pytest.approx(sigma, rel=0.25)


def test_they_are_found_beside_fine_noise_and_do_not_pass_for_it() -> None:
    plain, both = (findings(bad(calm(), 1, noise_file=6.0, noise_blotches=sigma)) for sigma in (0.0, 8.0))
    assert both.reading("noise.blotches").value == pytest.approx(8, rel=0.25)
    assert both.evidence["sigma"] == pytest.approx(plain.evidence["sigma"], rel=0.25)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"noise_file": 20.0},
        {"noise_file": 12.0, "noise_chroma": 3.0},
        {"noise_file": 12.0, "noise_size": 1.5, "noise_chroma": 1.5},
        {"noise_shot": 30.0, "noise_read": 5.0, "light_ev": 2.0},
        {"jpeg_quality": 15.0},
    ],
    ids=str,
)
def test_nothing_else_is_taken_for_them(values: dict[str, float]) -> None:
    assert reading(bad(calm(), 1, **values)).present < 0.1


def test_a_coloured_weave_is_texture() -> None:
    """Threads of two colours some px wide are louder in brightness than in colour."""
    v, u = np.mgrid[:448, :576]
    weave = np.where(((u // 5) + (v // 5))[..., None] % 2 == 0, (0.6, 0.3, 0.3), (0.35, 0.3, 0.5))
    assert reading(noisy(weave.astype(np.float32), 1)).present < 0.1


def test_weak_ones_count_where_the_dark_is_lifted() -> None:
    found = findings(bad(calm(), 1, noise_blotches=1.2))
    assert found.reading("noise.blotches").present < 0.1
    lifted = as_seen(found, 1.0, lambda brightness: np.full_like(brightness, 4.0))
    assert lifted.reading("noise.blotches").present > 0.9


def test_a_photo_of_few_pixels_has_none() -> None:
    assert reading(bad(calm()[:24, :24], 1, noise_blotches=8.0)).present == 0
