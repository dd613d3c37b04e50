"""What is no veil: ink on paper, and a bare wall."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.pictures import bad, scene
from upzeroir_plugin.estimate.haze import denied
from upzeroir_plugin.estimate.readings import Reading
from upzeroir_plugin.estimate.run import estimate
from upzeroir_plugin.estimate.view import contrast
from upzeroir_plugin.photo.image import Photo

EVEN = np.ones((24, 32), np.float32)


def page() -> np.ndarray:
    """A printed page as a JPEG of quality 70."""
    image = Image.new("RGB", (520, 680), (238, 236, 230))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for row in range(34):
        draw.text(
            (30, 24 + 19 * row), "The quick brown fox jumps over the lazy dog, twice " * 2, (25, 25, 30), font
        )
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=70)
    return np.asarray(Image.open(stream), np.float32) / np.float32(255)


def veil(depth: float) -> tuple[Reading, ...]:
    air = (Reading(f"haze.{name}", 0.9, 0.05, 1.0) for name in ("red", "green", "blue"))
    return (Reading("haze.depth", depth, 0.1, 1.0), *air)


def test_a_page_is_not_behind_a_veil() -> None:
    assert denied(page(), EVEN, veil(0.8)) > 0.99
    assert estimate(Photo(page(), bit_depth=8)).theta["haze.depth"] < 0.02


@pytest.mark.parametrize("noise", [0, 15])
@pytest.mark.parametrize("depth", [0.3, 0.7, 1.3])
def test_what_is_behind_it_is_not_denied(depth: float, noise: float) -> None:
    hazy = bad(scene(96, 128), haze_depth=depth, noise_file=float(noise))
    assert denied(hazy, EVEN, veil(depth)) < 0.2


@pytest.mark.parametrize("tone", [0.5, 0.9, 1.0])
def test_a_bare_wall_is_neither_hazy_nor_dark(tone: float) -> None:
    noise = np.random.default_rng(0).normal(0, 6 / 255, (200, 300, 3))
    wall = (tone + noise).clip(0, 1).astype(np.float32)
    assert contrast(wall) < 0.04
    theta = estimate(Photo(wall, bit_depth=8)).theta
    assert (theta["haze.depth"], theta["light.ev"]) == (0, 0)
