from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from upzeroir_plugin.parameters import MODIFIERS, PARAMETERS, Parameter, ParameterVector
from upzeroir_plugin.physics import noise, tone
from upzeroir_plugin.summary import GRADES, noise_on_grey, summary

NEUTRAL = ParameterVector()


def said(**values: float) -> str:
    named = {name.replace("_", "."): value for name, value in values.items()}
    return summary(NEUTRAL.with_values(named))


def test_neutral_is_nothing_to_fix() -> None:
    assert summary(NEUTRAL) == "Nothing to fix."


def test_what_only_describes_a_fault_is_none() -> None:
    assert said(haze_red=0.2, blur_angle=90, noise_size=3, noise_chroma=2) == "Nothing to fix."


def test_less_than_a_word_is_next_to_nothing() -> None:
    assert said(noise_file=0.4) == "Next to nothing to fix."


def test_the_sentence_of_the_design() -> None:
    found = said(noise_shot=30, noise_read=10, light_ev=2.1, haze_depth=0.15)
    assert found == "Very noisy, two stops under-exposed, slight haze; no blur found."


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"haze_depth": 1.0}, "Thick haze; no blur found."),
        ({"blur_sigma": 1.4}, "Soft."),
        ({"blur_focus": 4}, "Out of focus."),
        ({"blur_length": 30, "blur_angle": 20}, "Strongly motion-blurred."),
        ({"light_ev": 0.5}, "Half a stop under-exposed; no blur found."),
        ({"light_ev": 1.0}, "One stop under-exposed; no blur found."),
        ({"light_ev": -1.6}, "One and a half stops over-exposed; no blur found."),
        ({"light_ev": 6}, "Six stops under-exposed; no blur found."),
        ({"light_midtones": 1.3}, "Dark mid-tones; no blur found."),
        ({"light_midtones": 0.6}, "Very pale mid-tones; no blur found."),
        ({"light_local": 0.4}, "Uneven light; no blur found."),
        ({"noise_file": 5}, "Noisy; no blur found."),
        ({"colour_temperature": 50}, "Warm cast; no blur found."),
        ({"colour_temperature": -120}, "Strong cool cast; no blur found."),
        ({"colour_tint": 12}, "Slight green cast; no blur found."),
        ({"colour_tint": -30}, "Magenta cast; no blur found."),
        ({"jpeg_quality": 20}, "Strongly compressed (quality about 20); no blur found."),
        ({"sampling_scale": 2}, "Enlarged about 2.0 times; no blur found."),
    ],
)
def test_every_group_is_heard(values: dict[str, float], expected: str) -> None:
    assert said(**values) == expected


FAULTS = [row for row in PARAMETERS if row.name not in MODIFIERS]


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_every_fault_of_the_table_is_heard_at_its_worst(row: Parameter) -> None:
    """At either end of its range a parameter that makes a fault is named."""
    for end in {row.low, row.high} - {row.neutral}:
        assert "othing to fix" not in summary(NEUTRAL.with_values({row.name: end}))


ROWS = {
    "noise.file": ("noise", 1),
    "noise.shot": ("noise", 1),
    "noise.blotches": ("blotches", 1),
    "haze.depth": ("haze", 1),
    "blur.sigma": ("sigma", 1),
    "blur.focus": ("focus", 1),
    "blur.length": ("length", 1),
    "blur.shake": ("shake", 1),
    "light.local": ("local", 1),
    "jpeg.quality": ("jpeg", -1),
}


@pytest.mark.parametrize("name", ROWS)
@given(data=st.data())
def test_grades_are_monotone(name: str, data: st.DataObject) -> None:
    """A worse value never gets a milder word."""
    row = next(r for r in PARAMETERS if r.name == name)
    key, sense = ROWS[name]
    phrases = [phrase for _, phrase in GRADES[key]]

    def rank(value: float) -> int:
        sentence = summary(NEUTRAL.with_values({name: value})).lower()
        return max((i + 1 for i, phrase in enumerate(phrases) if sentence.startswith(phrase)), default=0)

    low, high = sorted(data.draw(st.tuples(st.floats(row.low, row.high), st.floats(row.low, row.high))))
    assert sense * rank(low) <= sense * rank(high)


@settings(deadline=None)
@given(st.floats(0, 6), st.floats(0.4, 2.5))
def test_noise_on_grey_agrees_with_the_physics(ev: float, midtones: float) -> None:
    """The words stand on the same formula as physics/noise.py."""
    theta = NEUTRAL.with_values(
        {"light.ev": ev, "light.midtones": midtones, "noise.shot": 4, "noise.read": 3, "noise.file": 2}
    )
    grey = tone.encode(2.0**-ev * tone.decode(torch.tensor(0.5, dtype=torch.float64))) ** midtones
    expected = (noise.variance(grey, theta.values()) - noise.LSB**2 / 12).sqrt() * 255
    assert noise_on_grey(theta) == pytest.approx(float(expected), rel=1e-3)


@given(st.fixed_dictionaries({row.name: st.floats(row.low, row.high) for row in PARAMETERS}))
def test_it_is_always_one_sentence(values: dict[str, float]) -> None:
    found = summary(NEUTRAL.with_values(values))
    assert found[0].isupper()
    assert found.endswith(".")
    assert "{}" not in found
    assert ", ," not in found
