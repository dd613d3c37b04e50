from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.parameters import (
    BY_NAME,
    GROUP_LABELS,
    GROUPS,
    LATENT,
    NAMES,
    PARAMETERS,
    Amounts,
    Entry,
    InvalidParameter,
    Parameter,
    ParameterVector,
    parameter,
)
from upzeroir_plugin.service import orders
from upzeroir_plugin.solver.area import check_told

every = pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)


@st.composite
def vectors(draw: st.DrawFn) -> ParameterVector:
    entries = {}
    for name in draw(st.sets(st.sampled_from(NAMES))):
        row = BY_NAME[name]
        low, value, high = sorted(draw(st.floats(row.low, row.high)) for _ in range(3))
        entries[name] = Entry(value, low, high, draw(st.floats(0, 1)), draw(st.booleans()))
    return ParameterVector(entries)


@every
def test_rows_are_sound(row: Parameter) -> None:
    assert row.low <= row.neutral <= row.high
    assert row.low < row.high
    assert 0 < row.step < row.high - row.low
    assert row.group in GROUPS
    assert row.label
    assert row.help.endswith(".")


def test_names_are_unique_and_every_group_has_rows() -> None:
    assert len(set(NAMES)) == len(PARAMETERS)
    assert {row.group for row in PARAMETERS} == set(GROUPS) == set(GROUP_LABELS)


@every
def test_out_of_range_names_parameter_value_unit_and_range(row: Parameter) -> None:
    for value in (row.low - 1, row.high + 1):
        with pytest.raises(InvalidParameter) as caught:
            ParameterVector().with_values({row.name: value})
        for part in (row.name, f"{value:g}", row.unit, f"{row.low:g}", f"{row.high:g}"):
            assert part in str(caught.value)


@pytest.mark.parametrize("value", ["much", None, [1], float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter, match=r"blur\.sigma = .*: it takes a number from 0 to 5 px\."):
        parameter("blur.sigma").check(value)


def test_numbers_as_text_are_taken() -> None:
    assert parameter("light.ev").check("-1.5") == -1.5


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(InvalidParameter, match=r"'blur\.sigmo' is no parameter\. They are: haze\.depth, "):
        ParameterVector().pinned({"blur.sigmo": 1})
    with pytest.raises(InvalidParameter, match="'nope' is no parameter"):
        ParameterVector()["nope"]
    with pytest.raises(InvalidParameter, match="'nope' is no parameter"):
        ParameterVector({"nope": Entry(0, 0, 0)})


@pytest.mark.parametrize("entry", [Entry(1, 1.2, 2), Entry(1, 0, 0.9), Entry(1, -1, 2), Entry(1, 0, 9)])
def test_an_interval_contains_its_value_and_lies_in_range(entry: Entry) -> None:
    with pytest.raises(
        InvalidParameter, match=r"blur\.sigma: the interval .* must contain 1 and lie in 0 to 5 px"
    ):
        ParameterVector({"blur.sigma": entry})


@pytest.mark.parametrize("confidence", [-0.1, 1.1])
def test_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(InvalidParameter, match="confidence"):
        ParameterVector({"blur.sigma": Entry(1, 0, 2, confidence)})


def test_a_new_vector_is_neutral() -> None:
    theta = ParameterVector()
    assert theta.values() == {row.name: row.neutral for row in PARAMETERS}
    assert tuple(theta) == NAMES
    assert theta.pins() == {}


@given(vectors())
def test_json_round_trip(theta: ParameterVector) -> None:
    assert ParameterVector.from_json(json.loads(json.dumps(theta.to_json()))) == theta


def test_json_has_the_fields_of_the_report_and_missing_names_are_neutral() -> None:
    entry = ParameterVector().to_json()["noise.file"]
    assert entry == {"value": 0, "unit": "1/255", "low": 0, "high": 0, "confidence": 0.0, "pinned": False}
    assert ParameterVector.from_json({}) == ParameterVector()
    assert ParameterVector.from_json({"light.ev": {"value": 2}})["light.ev"] == 2


@pytest.mark.parametrize("item", [{}, {"value": "x"}, {"value": 9}, {"value": 1, "low": 2}])
def test_wrong_json_is_refused(item: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter, match=r"blur\.sigma"):
        ParameterVector.from_json({"blur.sigma": item})


@given(vectors(), st.floats(0, 80))
def test_pinning_is_certain_and_touches_nothing_else(theta: ParameterVector, value: float) -> None:
    pinned = theta.pinned({"noise.file": value})
    assert pinned.entries["noise.file"] == Entry(value, value, value, 1.0, True)
    assert pinned.pins() == {**theta.pins(), "noise.file": value}
    rest = set(NAMES) - {"noise.file"}
    assert all(pinned.entries[name] == theta.entries[name] for name in rest)


@given(vectors(), st.floats(0, 80))
def test_a_new_value_widens_its_interval_and_keeps_its_state(theta: ParameterVector, value: float) -> None:
    old, new = theta.entries["noise.file"], theta.with_values({"noise.file": value}).entries["noise.file"]
    assert new.value == value
    assert new.low <= min(old.low, value)
    assert new.high >= max(old.high, value)
    assert (new.pinned, new.confidence) == (old.pinned, old.confidence)


def test_vectors_do_not_change() -> None:
    given_entries = {"light.ev": Entry(1, 0, 2)}
    theta = ParameterVector(given_entries)
    changed = theta.with_values({"light.ev": 2}).pinned({"blur.sigma": 1}).with_entries({})
    given_entries["light.ev"] = Entry(2, 2, 2)
    assert theta["light.ev"] == 1
    assert theta["blur.sigma"] == 0
    assert changed.pins() == {"blur.sigma": 1}
    for frozen, name in ((theta, "entries"), (theta.entries["light.ev"], "value"), (PARAMETERS[0], "low")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, name, 1)


def test_amounts_default_to_all_of_every_group() -> None:
    assert [Amounts()[group] for group in GROUPS] == [1.0] * len(GROUPS)


def test_a_group_switched_off_counts_as_none_of_it() -> None:
    amounts = Amounts({"haze": 0.3, "noise": 0.6}, {"noise": False})
    assert (amounts["haze"], amounts["noise"], amounts["blur"]) == (0.3, 0.0, 1.0)
    assert amounts.amount["noise"] == 0.6


@given(
    st.dictionaries(st.sampled_from(GROUPS), st.floats(0, 1)),
    st.dictionaries(st.sampled_from(GROUPS), st.booleans()),
)
def test_amounts_json_round_trip(amount: dict[str, float], on: dict[str, bool]) -> None:
    amounts = Amounts(amount, on)
    assert Amounts.from_json(json.loads(json.dumps(amounts.to_json()))) == amounts


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ({"fog": 1.0}, "'fog' is no group. They are: haze, blur, light, noise, colour, jpeg."),
        ({"haze": 1.1}, "amount of haze = 1.1: it takes a number from 0 to 1."),
        ({"haze": -0.1}, "amount of haze = -0.1: it takes a number from 0 to 1."),
        ({"haze": float("nan")}, "amount of haze = nan: it takes a number from 0 to 1."),
        ({"haze": "all"}, "amount of haze = 'all': it takes a number from 0 to 1."),
    ],
)
def test_wrong_amounts_are_refused(amount: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        Amounts(amount)
    assert str(caught.value) == said


def test_the_table_and_the_summary_need_only_the_standard_library() -> None:
    code = (
        "import sys, upzeroir_plugin.parameters, upzeroir_plugin.summary\n"
        "own = {m.split('.')[0] for m in sys.modules} - {'upzeroir_plugin', '__main__', '__mp_main__'}\n"
        "print(sorted(m for m in ('numpy', 'torch', 'scipy', 'PIL') if m in own))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_service_and_solver_take_the_latents_that_the_table_says() -> None:
    for told in zip(*((row.low, row.high) for row in LATENT.values()), strict=True):
        assert orders.latent(dict(zip(("shape", "scale"), told, strict=True))) == told
        check_told(*told)
    for name, shape, scale in (("shape", 10.1, None), ("scale", None, 1e-5), ("scale", None, 10.1)):
        with pytest.raises(UsageError, match=name):
            orders.latent({"shape": shape, "scale": scale})
        with pytest.raises(UsageError, match=f"latent.{name}"):
            check_told(shape, scale)
