"""What the guided solver is told: shown and steered in the details, with guided only."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qt_panel.autosave import left_behind
from qt_panel.item import Item, Status
from qt_panel.widgets.guided import Guided, Priors
from qt_panel.window import Window
from tests.qt.fakes import FakeClient


@pytest.fixture
def fake() -> FakeClient:
    made = FakeClient()
    made.priors = ["embedded", "mine"]
    return made


@pytest.fixture
def guided(opened: Window) -> Guided:
    """Of a window with a photo, details unfolded and guided chosen."""
    opened.sidebar.details.open()
    opened.sidebar.effort.buttons["guided"].click()
    return opened.sidebar.guided


def ran(window: Window, qtbot: QtBot) -> Item:
    """The present photo, restored."""
    item = window.session.current
    assert item is not None
    window.session.restore()
    qtbot.waitUntil(lambda: item.status is Status.DONE)
    return item


def test_it_is_there_with_guided_in_the_details_only(opened: Window, guided: Guided) -> None:
    assert guided.isVisible() and guided.choice.isVisible()
    opened.sidebar.details.open(False)
    assert not guided.isVisible(), "the simple view has none of it"
    opened.sidebar.details.open()
    opened.sidebar.effort.buttons["fast"].click()
    assert not guided.isVisible()


def test_automatic_then_measured_then_told(
    opened: Window, guided: Guided, qtbot: QtBot, fake: FakeClient
) -> None:
    row = guided.rows["latent.scale"]
    assert row.spin.text() == "automatic" and not row.pin.isEnabled()
    assert "more restoration" in row.toolTip()
    item = ran(opened, qtbot)
    assert row.spin.value() == 0.08 and row.said.text() == "measured by the last run" and item.fresh
    previews = len(fake.jobs)
    row.spin.setValue(0.3)
    assert row.pin.isChecked() and row.said.text() == "set by you" and not item.fresh
    guided.priors.setCurrentIndex(1)
    guided.priors.activated.emit(1)
    assert opened.session.previewer.job is None and len(fake.jobs) == previews, (
        "a preview would show nothing of it"
    )
    ran(opened, qtbot)
    sent = list(fake.jobs.values())[-1]
    assert (sent["effort"], sent["latent"], sent["prior"]) == ("guided", {"scale": 0.3}, "mine")
    assert guided.rows["latent.shape"].said.text() == "measured by the last run"
    qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not row.pin.isChecked() and row.spin.text() == "automatic", "what was told was not measured"
    assert opened.session.current is item and not item.settings.latent


def test_undo_and_redo_know_it_and_a_preview_stays_fast(
    opened: Window, guided: Guided, qtbot: QtBot, fake: FakeClient
) -> None:
    session, item = opened.session, opened.session.current
    assert item is not None
    session.pin({"latent.shape": 99.0})
    assert item.settings.pins() == {"latent.shape": 10.0}, "brought into its range"
    session.set_prior("mine")
    session.undo()
    assert item.settings.prior == "" and guided.priors.currentText() == "Embedded"
    session.undo()
    assert guided.rows["latent.shape"].spin.text() == "automatic"
    session.redo()
    session.redo()
    assert guided.priors.currentText() == "mine" and guided.rows["latent.shape"].spin.value() == 10.0
    session.pin({"light.ev": 1.0})
    qtbot.waitUntil(lambda: item.draft is not None)
    sent = list(fake.jobs.values())[-1]
    assert sent["effort"] == "fast" and not {"latent", "prior"} & set(sent)


@pytest.mark.usefixtures("guided")
def test_a_crash_keeps_it(opened: Window) -> None:
    opened.session.pin({"latent.scale": 0.25})
    opened.session.set_prior("mine")
    opened.autosave.write()
    of_the_dead = opened.autosave.path.with_name("session-999999999.json")
    of_the_dead.write_bytes(opened.autosave.path.read_bytes())
    back = left_behind()[0].settings
    assert (dict(back.latent), back.prior, back.effort) == ({"latent.scale": 0.25}, "mine", "guided")


def test_keys_reach_every_part_and_each_has_a_name(guided: Guided, qtbot: QtBot) -> None:
    shape = guided.rows["latent.shape"]
    for part in (guided.priors, shape.slider, shape.spin):
        part.setFocus()
        assert QApplication.focusWidget() is part and part.accessibleName()
    qtbot.keyClick(shape.spin, Qt.Key.Key_Up)
    assert shape.spin.value() == 2.0 and shape.pin.isChecked(), "from automatic to plain noise"
    qtbot.keyClick(shape.slider, Qt.Key.Key_Right)
    assert shape.spin.value() > 2.0 and shape.pin.accessibleName()


def test_a_single_prior_is_no_choice_and_one_that_is_gone_is_shown(qtbot: QtBot, photo: Path) -> None:
    guided = Guided()
    qtbot.addWidget(guided)
    guided.show_item(Item(photo), ["embedded"])
    assert guided.choice.isHidden() and guided.isHidden()
    priors = Priors()
    qtbot.addWidget(priors)
    priors.show_names(["embedded"], "gone")
    assert (priors.count(), priors.currentText()) == (2, "gone")
