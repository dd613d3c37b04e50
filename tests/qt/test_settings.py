from __future__ import annotations

from dataclasses import replace

import pytest

from qt_panel.settings import History, Settings
from upzeroir_plugin.parameters import InvalidParameter, ParameterVector
from upzeroir_plugin.service import orders


def test_history_goes_back_and_forth_and_forgets_what_was_undone() -> None:
    history = History(0)
    for state in (1, 2, 3):
        history.push(state)
    assert [history.undo(), history.undo(), history.redo()] == [2, 1, 2]
    history.push(9)
    assert not history.can_redo and history.undo() == 2


def test_changes_of_one_kind_are_one_step() -> None:
    history = History(0)
    for state in range(1, 30):
        history.push(state, "slider")
    assert history.present == 29 and history.undo() == 0
    history.push(5, "slider")
    history.push(6, "other")
    assert history.undo() == 5


def test_pins_survive_a_new_estimate_and_can_be_let_go() -> None:
    found = ParameterVector().with_values({"light.ev": 2.0, "noise.file": 5.0})
    settings = Settings().pinned({"light.ev": 1.0}).found(found)
    assert settings.theta["light.ev"] == 1.0 and settings.theta["noise.file"] == 5.0
    free = settings.let_go("light.ev", found)
    assert free.theta["light.ev"] == 2.0 and not free.theta.pins()


def test_a_preset_keeps_pins_and_amounts_only() -> None:
    settings = Settings().pinned({"jpeg.quality": 60}).amount("haze", 0.5).switched("colour", False)
    preset = settings.preset()
    other = Settings(theta=ParameterVector().with_values({"light.ev": 3.0})).pinned({"blur.sigma": 1})
    made = other.with_preset(preset)
    assert made.theta.pins() == {"jpeg.quality": 60} and made.theta["light.ev"] == 3.0
    assert made.amounts["haze"] == 0.5 and made.amounts["colour"] == 0


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ({"pins": {"nothing": 1}}, "'nothing' is no parameter"),
        ({"pins": 3}, "form of a preset"),
        ({"amount": {"haze": 7}}, "amount of haze = 7"),
        ({"pins": {"light.ev": "x"}}, "form of a preset .*'x'"),
        ({"effort": "mad"}, "effort = 'mad'"),
        ({"strength": "all"}, "form of a preset .*'all'"),
        ({"amount": [1]}, "form of a preset"),
        ({"pins": {"latent.scale": 11}}, "latent.scale = 11"),
    ],
)
def test_a_wrong_preset_is_refused_in_words(preset: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        Settings().with_preset(preset)


def test_json_and_back() -> None:
    settings = Settings().pinned({"light.ev": 1.5}).amount("noise", 0.25)
    assert Settings.from_json(settings.to_json()) == settings


def test_latent_pins_are_pins_and_only_guided_sends_them() -> None:
    settings = Settings(effort="guided", prior="mine").pinned({"latent.scale": 0.5, "light.ev": 1.0})
    sent = settings.order()
    assert (sent["latent"], sent["prior"]) == ({"scale": 0.5}, "mine")
    asked = orders.order({"photo": "x", **sent})
    assert (asked.latent, asked.prior) == ((None, 0.5), "mine"), "the service understands it"
    assert not {"latent", "prior"} & set(replace(settings, effort="thorough").order())
    assert not {"latent", "prior"} & set(Settings(effort="guided").order())
    assert settings.let_go("latent.scale", ParameterVector()).pins() == {"light.ev": 1.0}
    assert Settings.from_json(settings.to_json()) == settings


def test_a_preset_keeps_latent_pins_but_no_prior() -> None:
    preset = Settings(effort="guided", prior="mine").pinned({"latent.shape": 0.7}).preset()
    made = Settings(prior="yours").pinned({"latent.scale": 1.0}).with_preset(preset)
    assert (dict(made.latent), made.effort, made.prior) == ({"latent.shape": 0.7}, "guided", "yours")
