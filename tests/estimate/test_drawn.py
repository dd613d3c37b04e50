"""Screenshots, charts and pages are drawings; photos are not, however flat a fault has made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import Pixels, bad, photo, scene
from upzeroir_plugin.estimate.drawn import drawn
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.readings import Findings
from upzeroir_plugin.restore import estimate

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def read(path: Path) -> Pixels:
    return np.asarray(Image.open(path).convert("RGB"), np.float32) / np.float32(255)


def found(pixels: Pixels) -> float:
    return drawn(pixels, estimate_jpeg(photo(pixels)))


@pytest.mark.parametrize("name", ["gimp-start", "gimp-german", "gimp-running"])
def test_screenshots_are_drawings_though_there_are_photos_in_them(name: str) -> None:
    assert found(read(PICTURES / f"{name}.png")) > 0.95


def test_the_tones_of_a_dark_window_are_meant() -> None:
    theta = estimate(photo(read(PICTURES / "gimp-start.png"))).theta
    assert theta["light.ev"] == theta["haze.depth"] == theta["colour.temperature"] == 0
    assert theta["light.midtones"] == 1


@pytest.mark.parametrize(
    "values", [{}, {"light_ev": 4.0}, {"haze_depth": 1.5}, {"light_ev": 3.0, "noise_file": 4.0}]
)
def test_photos_are_not(values: dict[str, float]) -> None:
    assert found(bad(scene(256, 320), 1, **values)) < 0.05


def test_a_clipped_ground_does_not_make_a_drawing() -> None:
    x = scene(256, 320).copy()
    x[:, :200] = 1
    x[:40] = 0
    assert found(x) < 0.05


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (2, 2)])
def test_any_size(size: tuple[int, int]) -> None:
    assert 0 <= drawn(np.full((*size, 3), 0.4, np.float32), Findings()) <= 1


def test_a_sky_that_compression_made_flat_is_none() -> None:
    """A veiled, dark sky behind a tower at quality 60: nearly all blocks are one value."""
    ramp = np.linspace(0.5, 0.8, 320, dtype=np.float32)[:, None, None] * np.array([0.8, 0.95, 1], np.float32)
    x = np.broadcast_to(ramp, (320, 400, 3)).copy()
    x[120:, 250:] = scene(200, 150)
    y = bad(x, 1, haze_depth=0.7, light_ev=1.5, jpeg_quality=60)
    assert drawn(y, Findings()) > 0.5
    assert found(y) < 0.05
