from __future__ import annotations

import numpy as np
import pytest

from upzeroir_plugin.estimate.aim import aimed, veiled
from upzeroir_plugin.estimate.fuse import fuse
from upzeroir_plugin.estimate.learned import Learned
from upzeroir_plugin.estimate.light import decode, encode
from upzeroir_plugin.estimate.network import WANTED, has
from upzeroir_plugin.estimate.readings import Reading
from upzeroir_plugin.estimate.undo import undone
from upzeroir_plugin.estimate.view import Array

SCENE = np.random.default_rng(0).uniform(0, 1, (40, 60, 3)).astype(np.float32)
DEPTH, AIR, EV, MIDTONES = 0.6, 0.85, 1.5, 1.2
EVEN = np.ones((40, 60), np.float32)
RAMP = np.repeat(np.linspace(1.8, 0.2, 40, dtype=np.float32)[:, None], 60, 1)


def faulty(depth: Array = EVEN) -> Array:
    """The scene behind a veil, in the dark."""
    through = np.exp(-np.float32(DEPTH) * depth)[..., None]
    veiled = AIR + (SCENE - AIR) * through
    dark: Array = (encode(2.0**-EV * decode(veiled)) ** MIDTONES).astype(np.float32)
    return dark


def readings(haze: float, light: float) -> dict[str, tuple[Reading, ...]]:
    """Each a little wrong: the veil too thin, the darkness too slight."""
    air = [Reading(f"haze.{name}", 0.8, 0.08, haze) for name in ("red", "green", "blue")]
    return {
        "haze": (Reading("haze.depth", 0.4, 0.2, haze), *air),
        "light": (Reading("light.ev", 1.2, 0.4, light), Reading("light.midtones", 1.3, 0.15, light)),
        "colour": (Reading("colour.temperature", 30.0, 9.0, 0.01),),
    }


def seen(found: dict[str, tuple[Reading, ...]], std: float = 0.02) -> Learned:
    wanted = has(SCENE.reshape(20, 2, 30, 2, 3).mean((1, 3)))
    return Learned(found, np.ones((10, 15), np.float32), wanted, np.full(WANTED, std, np.float32))


def error(found: dict[str, tuple[Reading, ...]], depth: Array = EVEN) -> float:
    theta = fuse(row for rows in found.values() for row in rows)
    return float(((undone(faulty(depth), theta.values(), depth) - SCENE) ** 2).mean() ** 0.5)


def test_wrong_readings_are_bent_until_the_tones_fit() -> None:
    before = readings(0.99, 0.99)
    after = aimed(faulty(), EVEN, seen(before), before)
    assert error(before) > 0.08
    assert error(after) < 0.3 * error(before)
    assert after["colour"] == before["colour"]
    assert [r.std for r in after["haze"]] == [r.std for r in before["haze"]]


def test_the_tones_are_those_behind_the_veil_that_is_there() -> None:
    before = readings(0.99, 0.99)
    flat, shaped = (aimed(faulty(RAMP), depth, seen(before), before) for depth in (EVEN, RAMP))
    assert error(shaped, RAMP) < 0.3 * error(before, RAMP)
    assert error(shaped, RAMP) < 0.7 * error(flat, RAMP)


def test_vague_tones_move_next_to_nothing() -> None:
    before = readings(0.99, 0.99)
    after = aimed(faulty(), EVEN, seen(before, std=50.0), before)
    for group in ("haze", "light"):
        assert [r.value for r in after[group]] == pytest.approx([r.value for r in before[group]], abs=0.02)


@pytest.mark.parametrize(("haze", "light"), [(0.01, 0.99), (0.99, 0.01), (0.05, 0.05)])
def test_one_fault_alone_keeps_its_readings(haze: float, light: float) -> None:
    before = readings(haze, light)
    assert aimed(faulty(), EVEN, seen(before), before) == before


def test_the_move_is_continuous_in_presence() -> None:
    values = [
        aimed(faulty(), EVEN, seen(r), r)["light"][0].value
        for r in (readings(p, 0.99) for p in (0.1, 0.101, 0.11))
    ]
    assert values[0] == readings(0.1, 0.99)["light"][0].value
    assert abs(values[1] - values[0]) < 0.01
    assert abs(values[2] - values[1]) < 0.1


def test_a_veil_in_the_dark_is_told_by_what_it_explains() -> None:
    there = readings(0.3, 0.99)
    dark: Array = (encode(2.0**-EV * decode(SCENE)) ** MIDTONES).astype(np.float32)
    assert veiled(faulty(), EVEN, seen(there), there)["haze"][0].present > 0.6
    assert veiled(dark, EVEN, seen(there), there)["haze"][0].present < 0.2


@pytest.mark.parametrize(("haze", "light"), [(0.3, 0.05), (0.0005, 0.99)])
def test_a_veil_in_the_light_is_left_to_others(haze: float, light: float) -> None:
    before = readings(haze, light)
    assert veiled(faulty(), EVEN, seen(before), before) == before


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (7, 1, 3), (3, 5, 3)])
def test_tiny_and_flat_views_pass(shape: tuple[int, int, int]) -> None:
    before = readings(0.9, 0.9)
    for value in (0.0, 0.4, 1.0):
        found = aimed(np.full(shape, value, np.float32), np.ones(shape[:2], np.float32), seen(before), before)
        assert all(np.isfinite(r.value) for rows in found.values() for r in rows)
