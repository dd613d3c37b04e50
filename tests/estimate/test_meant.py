"""Pictures that are dark or pale on purpose and saved as JPEG: starry skies, dark screens, products, toned prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file
from safetensors.torch import load_file as torch_load_file
from scipy import ndimage

from tests.pictures import Pixels, as_image, bad, compressed, photo, rounded, scene
from upzeroir_plugin.estimate import colour, kind, learned, meant, train_kind
from upzeroir_plugin.estimate.learned import view_of
from upzeroir_plugin.estimate.simulate import Simulator
from upzeroir_plugin.estimate.view import LUMA
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.restore import estimate

ROWS, COLUMNS = np.mgrid[:400, :600].astype(np.float32)
SEEDS = (0, 1, 2)


def starry(rng: Generator) -> Pixels:
    down = (ROWS / 400)[..., None]
    sky = rng.uniform(0.02, 0.09) * np.array([0.7, 0.9, 1.5]) * (1 - down) + rng.uniform(0.05, 0.2) * down**2
    points = np.zeros((400, 600))
    points[rng.integers(0, 400, 2000), rng.integers(0, 600, 2000)] = 0.05 * rng.pareto(1.2, 2000)
    hills = 340 + 300 * ndimage.gaussian_filter(rng.normal(size=600), 30)
    sky += 3.5 * ndimage.gaussian_filter(points, 0.7)[..., None]
    return rounded(np.where((hills < ROWS)[..., None], 0.02, sky).astype(np.float32))


def screen(rng: Generator) -> Pixels:
    image = Image.new("RGB", (600, 400), (30, 30, 34))
    draw = ImageDraw.Draw(image)
    for row in range(20, 380, 18):
        ink = tuple(int(v) for v in rng.integers(120, 220, 3))
        words = " ".join(rng.choice(["return", "photo", "value", "for", "in", "light"], rng.integers(2, 9)))
        draw.text((40 + 16 * int(rng.integers(0, 4)), row), words, ink, ImageFont.load_default(13))
    return np.asarray(image, np.float32) / np.float32(255)


def product(rng: Generator) -> Pixels:
    away = np.hypot((ROWS - 200) / rng.uniform(70, 130), (COLUMNS - 300) / rng.uniform(70, 170))
    inside = np.clip(60 * (1 - away), 0, 1)[..., None]
    shade = np.clip(1 - 0.5 * (ROWS - 130) / 270, 0, 1)[..., None]
    return rounded((0.97 * (1 - inside) + inside * shade * rng.uniform(0.3, 0.95, 3)).astype(np.float32))


def toned(rng: Generator) -> Pixels:
    grey = scene(400, 600, int(rng.integers(99))) @ LUMA
    return rounded(grey[..., None] * np.array([1.0, 0.88, 0.7], np.float32))


def tones(x: Pixels) -> ParameterVector:
    return estimate(photo(*compressed(x, 92))).theta


@pytest.mark.parametrize("drawn", [starry, screen, product])
@pytest.mark.parametrize("seed", SEEDS)
def test_they_are_neither_lifted_nor_cleared(drawn: Callable[[Generator], Pixels], seed: int) -> None:
    theta = tones(drawn(np.random.default_rng(seed)))
    assert abs(theta["light.ev"]) < 0.25 and abs(theta["light.midtones"] - 1) < 0.1
    assert theta["haze.depth"] < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_toned_print_keeps_its_tone(seed: int) -> None:
    assert abs(tones(toned(np.random.default_rng(seed)))["colour.temperature"]) < 12


def test_colour_photos_are_not_toned_nor_is_a_cast() -> None:
    view = view_of(scene(400, 600, 1))
    grey = np.repeat((view @ LUMA)[..., None], 3, 2)
    two_inks = np.array([0.1, 0.05, 0.3], np.float32) + grey * np.array([0.9, 0.8, 0.5], np.float32)
    assert colour.toned(view) < 0.01 and colour.toned(view * np.array([1.0, 0.9, 0.7], np.float32)) < 0.01
    assert colour.toned(grey) > 0.99 and colour.toned(two_inks) > 0.99
    assert 0 <= colour.toned(np.full((1, 1, 3), 0.5, np.float32)) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_faults_are_found_all_the_same(seed: int) -> None:
    x = scene(400, 600, seed)
    assert tones(bad(x, 0, light_ev=3.0))["light.ev"] > 1.5
    assert tones(bad(x, 0, haze_depth=1.0))["haze.depth"] > 0.4


@pytest.mark.parametrize(
    "draw", [meant.lamps, meant.stars, meant.studio, meant.screen, meant.smooth, meant.rare]
)
def test_each_kind_is_a_view_like_others(draw: Callable[[torch.Tensor, Generator], torch.Tensor]) -> None:
    rng = np.random.default_rng(0)
    for height, width in ((56, 96), (96, 64)):
        x = torch.from_numpy(scene(height, width).transpose(2, 0, 1).copy())
        before = x.clone()
        views = [draw(x, rng) for _ in range(8)]
        assert torch.equal(x, before)
        assert all(v.shape == x.shape and v.dtype == x.dtype and v.isfinite().all() for v in views)
        assert not torch.equal(views[0], views[1])


def test_what_tells_them_is_learned_from_photos(tmp_path: Path) -> None:
    for seed in range(2):
        as_image(scene(120, 160, seed)).save(tmp_path / f"{seed}.png")
    out = tmp_path / "kind.safetensors"
    train_kind.train(sorted(tmp_path.glob("*.png")), out, 0)
    weights = {name: value.astype(np.float32) for name, value in load_file(out).items()}
    simulator = Simulator(sorted(tmp_path.glob("*.png")), 5)
    estimator = {name: value.float() for name, value in torch_load_file(learned.FILE).items()}

    def mean(views: torch.Tensor) -> float:
        seen = train_kind.seen(views, estimator).numpy()
        return float(np.mean([kind.log_odds(features, weights) for features in seen]))

    assert mean(simulator.rare(24)) > mean(simulator.batch(24).degraded) + 1
