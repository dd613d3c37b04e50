from __future__ import annotations

import numpy as np
import pytest

from upzeroir_plugin.estimate.hypotheses import Array, reweighed, weigh
from upzeroir_plugin.estimate.readings import Reading

VIEW = np.random.default_rng(0).uniform(0.1, 0.3, (8, 12, 3)).astype(np.float32)


def readings(haze: float, light: float, colour: float = 0.001) -> dict[str, tuple[Reading, ...]]:
    return {
        "haze": (Reading("haze.depth", 0.5, 0.1, haze), Reading("haze.red", 0.8, 0.1, haze)),
        "light": (Reading("light.ev", 2.0, 0.3, light), Reading("light.midtones", 1.1, 0.1, light)),
        "colour": (Reading("colour.temperature", 30.0, 9.0, colour),),
    }


def pleased(_view: Array) -> dict[str, float]:
    return {"haze": 0.1, "light": 0.1, "colour": 0.1}


def test_one_clear_reading_stands_alone() -> None:
    found = weigh(VIEW, None, readings(0.001, 0.999), pleased, dict)
    assert [h.label for h in found] == ["lift"]
    assert found[0].weight == pytest.approx(1)
    assert found[0].values["light.ev"] == 2.0
    assert found[0].values["haze.depth"] == 0


def test_doubt_is_tried_both_ways_and_ranked() -> None:
    found = weigh(VIEW, None, readings(0.4, 0.7), pleased, dict)
    assert {h.label for h in found} == {"as shot", "lift", "clear haze", "clear haze and lift"}
    assert sum(h.weight for h in found) == pytest.approx(1)
    assert found[0].label == "lift"
    assert [h.weight for h in found] == sorted((h.weight for h in found), reverse=True)


def test_a_result_that_looks_wrong_loses_weight() -> None:
    def judge(view: Array) -> dict[str, float]:
        return {"haze": 0.02, "light": 0.02 if view.mean() > 0.3 else 0.98}

    fair = {h.label: h.weight for h in weigh(VIEW, None, readings(0.001, 0.5), pleased, dict)}
    strict = {h.label: h.weight for h in weigh(VIEW, None, readings(0.001, 0.5), judge, dict)}
    assert fair["lift"] == pytest.approx(0.5)
    assert strict["lift"] > 0.8


def test_presence_is_the_weight_of_those_who_hold_it() -> None:
    before = readings(0.4, 0.7)
    found = weigh(VIEW, None, before, pleased, dict)
    after = reweighed(before, found)
    assert after["light"][0].present == pytest.approx(0.7, abs=1e-6)
    assert after["haze"][1].present == pytest.approx(0.4, abs=1e-6)
    assert after["haze"][0].value == before["haze"][0].value


def test_pictures_are_what_the_reading_would_give() -> None:
    found = {h.label: h.picture for h in weigh(VIEW, None, readings(0.001, 0.5), pleased, dict)}
    np.testing.assert_array_equal(found["as shot"], VIEW)
    assert found["lift"].mean() > 1.5 * VIEW.mean()
