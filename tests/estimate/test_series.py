"""Photos judged together: what agrees becomes one, what differs stays apart, and one odd estimate moves nothing."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from upzeroir_plugin.batch.memory import Memory
from upzeroir_plugin.batch.series import decide, from_json, to_json
from upzeroir_plugin.estimate.series import Known, Look, joint, scenes
from upzeroir_plugin.parameters import Entry, ParameterVector

FLAT = tuple([1 / 64] * 64)


def entry(value: float, error: float = 0.3) -> Entry:
    return Entry(value, max(0.0, value - 1.645 * error), value + 1.645 * error, 0.7)


def look(histogram: tuple[float, ...] = FLAT, **values: float) -> Look:
    theta = ParameterVector(
        {name.replace("_", ".", 1): entry(v, 0.1 * v + 0.05) for name, v in values.items()}
    )
    return Look(theta, "Nikon D90", 1600.0, "50 mm", histogram)


def peak(at: int) -> tuple[float, ...]:
    return tuple(1.0 if i == at else 0.0 for i in range(64))


def flicker(values: list[float]) -> float:
    return max(abs(a - b) for a, b in pairwise(values))


def test_light_of_one_scene_does_not_flicker() -> None:
    rng = random.Random(0)
    series = [look(light_ev=2 + rng.gauss(0, 0.25), haze_depth=0.6 + rng.gauss(0, 0.1)) for _ in range(20)]
    for name in ("light.ev", "haze.depth"):
        before = [item.theta[name] for item in series]
        after = [theta[name] for theta in joint(series, {})]
        assert flicker(after) < 0.15 * flicker(before)
        assert sum(after) / 20 == pytest.approx(sum(before) / 20, rel=0.06)


def test_one_photo_that_was_misread_follows_the_others() -> None:
    series = [look(light_ev=2.0) for _ in range(9)]
    series[4] = look(light_ev=0.0)
    assert [theta["light.ev"] for theta in joint(series, {})] == pytest.approx([2.0] * 9)


def test_a_sunset_is_followed() -> None:
    series = [look(light_ev=0.5 + 0.1 * i) for i in range(30)]
    after = [theta["light.ev"] for theta in joint(series, {})]
    assert all(b > a for a, b in pairwise(after[3:27]))
    assert after[15] == pytest.approx(2.0, abs=0.1)


def test_another_scene_has_no_say() -> None:
    dark, day = peak(6), peak(40)
    series = [look(dark, light_ev=2.5) for _ in range(3)] + [look(day, light_ev=0.0) for _ in range(20)]
    assert [(r.start, r.stop) for r in scenes(series)] == [(0, 3), (3, 23)]
    after = [theta["light.ev"] for theta in joint(series, {})]
    assert after == pytest.approx([2.5] * 3 + [0.0] * 20)


def test_noise_that_agrees_becomes_one() -> None:
    rng = random.Random(1)
    series = [look(peak(i % 60), noise_shot=20 * (1 + rng.gauss(0, 0.1))) for i in range(30)]
    before = [item.theta["noise.shot"] for item in series]
    after = [theta["noise.shot"] for theta in joint(series, {})]
    assert max(after) - min(after) < 0.35 * (max(before) - min(before))
    assert abs(sum(after) / 30 - 20) < 1


def test_noise_that_differs_stays_apart() -> None:
    """Half of the folder went through another developer: twice the noise."""
    series = [look(peak(i), noise_shot=10.0 if i % 2 else 40.0) for i in range(20)]
    after = [theta["noise.shot"] for theta in joint(series, {})]
    moved = [abs(a - item.theta["noise.shot"]) for a, item in zip(after, series, strict=True)]
    assert max(moved[1::2]) < 1.05 and max(moved[::2]) < 4.05, "by less than their standard errors"


def test_a_clean_photo_gets_no_noise() -> None:
    series = [look(noise_shot=20.0) for _ in range(5)] + [look()]
    assert joint(series, {})[-1]["noise.shot"] == 0


def test_pins_stay() -> None:
    series = [look(light_ev=2.0, noise_shot=20.0) for _ in range(4)]
    pinned = series[0].theta.pinned({"light.ev": 1.0, "noise.shot": 5.0})
    series[0] = Look(pinned, "Nikon D90", 1600.0, "50 mm", FLAT)
    first = joint(series, {})[0]
    assert (first["light.ev"], first["noise.shot"]) == (1.0, 5.0)


def test_what_is_known_of_a_camera_steadies_a_single_photo(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "cameras.sqlite")
    assert memory.known("Nikon D90", 1600.0) == {}
    rng = random.Random(2)
    for _ in range(40):
        memory.learn("Nikon D90", 1600.0, [look(noise_shot=20 + rng.gauss(0, 1)).theta])
    known = memory.known("Nikon D90", 1600.0)["noise.shot"]
    assert known.mean == pytest.approx(20, abs=0.6) and 0.5 < known.spread < 1.5 and known.count == 40
    assert memory.known("Nikon D90", 100.0) == {}
    (one,) = joint([look(noise_shot=25.0)], memory.known("Nikon D90", 1600.0))
    assert 20 < one["noise.shot"] < 22
    (other,) = joint([look(noise_shot=60.0)], memory.known("Nikon D90", 1600.0))
    assert other["noise.shot"] > 58, "it comes from elsewhere"
    assert joint([look(noise_shot=25.0)], {"noise.shot": Known(20.0, 1.0, 2)})[0]["noise.shot"] == 25.0


def test_a_damaged_memory_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cameras.sqlite"
    path.write_bytes(b"no database" * 500)
    memory = Memory(path)
    memory.learn("Nikon D90", 1600.0, [look(noise_shot=20.0).theta])
    assert memory.known("Nikon D90", 1600.0) == {}
    assert Memory(tmp_path / "file" / "x").known("A", 1.0) == {}


def test_kinds_are_kept_apart_and_taught_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "cameras.sqlite")
    looks = {Path(f"{i}.jpg"): look(light_ev=1.0 + 0.1 * (i % 2), noise_shot=20.0) for i in range(6)}
    other = look(light_ev=3.0)
    looks[Path("2b.jpg")] = Look(other.theta, "Other", 100.0, "", FLAT)
    looks[Path("nothing.jpg")] = Look(other.theta, "", None, "", FLAT)
    made = decide(looks, memory, set(looks))
    assert Path("nothing.jpg") not in made and Path("2b.jpg") not in made
    assert flicker([made[Path(f"{i}.jpg")]["light.ev"] for i in range(6)]) < 0.05
    assert memory.known("Nikon D90", 1600.0)["noise.shot"].count == 6
    decide(looks, memory, set())
    assert memory.known("Nikon D90", 1600.0)["noise.shot"].count == 6


def test_a_look_crosses_processes() -> None:
    item = look(light_ev=1.5, noise_shot=3.0)
    assert from_json(to_json(item)) == item
