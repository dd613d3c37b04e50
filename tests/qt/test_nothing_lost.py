"""What would be lost, mixed up or left standing without a word."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from qt_panel.exports import ExportOptions
from qt_panel.item import Item, Status
from qt_panel.problems import PresetError, problem_of
from qt_panel.widgets.tools import Tool
from qt_panel.window import Window
from tests.qt.fakes import FakeClient, estimate
from upzeroir_plugin.client import ClientError

NOISE = ("a.jpg", 6.0), ("b.jpg", 3.0), ("c.jpg", 9.0)


@pytest.fixture
def roll(window: Window, qtbot: QtBot, fake: FakeClient, photo: Path) -> Window:
    """Three photos, each with noise of its own."""
    names: dict[str, str] = {}
    upload = fake.upload_file

    def looked(photo: str, *_: object) -> dict[str, object]:
        return estimate({"noise.file": dict(NOISE)[names[photo]]})

    fake.estimate = looked  # type: ignore[assignment,method-assign]

    def uploaded(path: Path) -> dict[str, object]:
        about = upload(path)
        names[about["id"]] = path.name
        return about

    fake.upload_file = uploaded  # type: ignore[method-assign]
    paths = [photo.parent / "roll" / name for name, _ in NOISE]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_bytes(photo.read_bytes())
    window.session.open(paths)
    qtbot.waitUntil(lambda: all(item.estimate for item in window.session.items))
    return window


def noise(window: Window) -> list[float]:
    return [item.settings.theta["noise.file"] for item in window.session.items]


def present(window: Window) -> Item:
    item = window.session.current
    assert item is not None
    return item


def disc(at: int) -> np.ndarray:
    mask = np.zeros((60, 80), np.uint8)
    mask[20:40, at : at + 20] = 255
    return mask


# masks


def test_another_mask_is_another_result(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    item = present(opened)
    painted = disc(5)
    opened.session.set_mask(painted)
    opened.session.restore()
    qtbot.waitUntil(lambda: item.status is Status.DONE)
    assert item.fresh
    painted[20:40, 50:70] = 255  # the brush goes on in its own array
    assert item.fresh
    opened.session.set_mask(painted)
    assert not item.fresh
    runs = len(fake.jobs)
    with qtbot.waitSignal(opened.exports.saved):
        opened.save()
    assert len(fake.jobs) > runs and item.fresh


def test_drafts_know_the_mask(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    opened.session.set_mask(disc(5))
    opened.session.pin({"light.ev": 1.0})
    qtbot.waitUntil(lambda: opened.session.previewer.shown > 0)
    assert all(order["mask"] == "mask" for order in fake.jobs.values())


# photos set together


def test_what_was_found_stays_each_photos_own(roll: Window) -> None:
    session = roll.session
    session.together = list(session.items)
    session.pin({"noise.file": 12.0})
    assert noise(roll) == [12.0, 12.0, 12.0]
    session.let_go("noise.file")
    assert noise(roll) == [6.0, 3.0, 9.0]
    session.pin({"noise.file": 12.0})
    session.reset()
    assert noise(roll) == [6.0, 3.0, 9.0]


def test_a_step_made_together_is_undone_together(roll: Window) -> None:
    session = roll.session
    a, b, c = session.items
    session.choose(c)
    session.set_amount("haze", 0.5)  # c alone, before
    session.choose(a)
    session.together = [a, b]
    session.pin({"noise.file": 12.0})
    session.together = []
    session.undo()
    assert noise(roll) == [6.0, 3.0, 9.0] and c.settings.amounts["haze"] == 0.5
    session.redo()
    assert noise(roll) == [12.0, 12.0, 9.0]


def test_noise_measured_on_one_photo_stays_there(roll: Window, qtbot: QtBot) -> None:
    session = roll.session
    a, b, _ = session.items
    session.estimate_from((0, 0, 64, 64), ("noise",), pin=True)
    session.choose(b)
    qtbot.waitUntil(lambda: bool(a.settings.theta.pins()))
    assert not b.settings.theta.pins()


def test_undo_does_not_lose_what_was_found_meanwhile(
    window: Window, qtbot: QtBot, fake: FakeClient, photo: Path
) -> None:
    gate, look = threading.Event(), fake.estimate

    def slow(*args: object) -> dict[str, object]:
        gate.wait(5)
        return look(*args)  # type: ignore[arg-type]

    fake.estimate = slow  # type: ignore[assignment,method-assign]
    window.session.open([photo])
    window.session.set_strength(0.5)
    gate.set()
    qtbot.waitUntil(lambda: bool(present(window).estimate))
    window.session.undo()
    assert present(window).settings.theta["light.ev"] == 2.0 and present(window).settings.strength == 1.0


# the queue


def test_a_photo_that_runs_already_is_waited_for(
    roll: Window, qtbot: QtBot, fake: FakeClient, tmp_path: Path
) -> None:
    fake.gate.clear()
    roll.session.restore()
    roll.queue.start(roll.session.items, ExportOptions(folder=tmp_path, pattern="{number}"))
    fake.gate.set()
    qtbot.waitUntil(lambda: not roll.queue.active, timeout=10_000)
    assert roll.queue.counts() == (3, 0, 3)
    assert all((tmp_path / f"00{n}.jpg").is_file() for n in (1, 2, 3))


def test_a_write_that_fails_stops_nobody(roll: Window, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    roll.queue.start(roll.session.items, ExportOptions(folder=folder))
    qtbot.waitUntil(lambda: not roll.queue.active, timeout=10_000)
    assert roll.queue.counts() == (0, 3, 3)
    folder.mkdir()
    roll.queue.retry()
    qtbot.waitUntil(lambda: not roll.queue.active, timeout=10_000)
    assert roll.queue.counts() == (3, 0, 3) and len(list(folder.iterdir())) == 3


def test_a_photo_with_a_result_that_is_cancelled_stops_nobody(
    roll: Window, qtbot: QtBot, fake: FakeClient
) -> None:
    item = present(roll)
    roll.session.restore()
    qtbot.waitUntil(lambda: item.status is Status.DONE)
    roll.session.pin({"light.ev": 1.0})
    fake.gate.clear()
    roll.queue.start(roll.session.items, None)
    qtbot.waitUntil(lambda: roll.queue.working is item)
    roll.session.cancel(item)
    fake.gate.set()
    qtbot.waitUntil(lambda: not roll.queue.active, timeout=10_000)
    assert roll.queue.counts() == (2, 1, 3)


def test_one_export_in_mid_batch_changes_nothing_for_the_others(
    roll: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    a, *_ = roll.session.items
    roll.queue.start(roll.session.items, ExportOptions("tiff", folder=one))
    qtbot.waitUntil(lambda: a.status is Status.SAVED)
    monkeypatch.setattr(roll.dialogs, "ask_export", lambda _: ExportOptions("png", folder=two))
    roll.restore_all([a])
    qtbot.waitUntil(lambda: not roll.queue.active and (two / "a-restored.png").is_file(), timeout=10_000)
    assert len(list(one.iterdir())) == 3 and len(list(two.iterdir())) == 1


def test_saving_in_mid_run_saves_what_is_set_in_the_end(
    opened: Window, qtbot: QtBot, fake: FakeClient
) -> None:
    fake.gate.clear()
    opened.session.restore()
    opened.save()
    opened.session.pin({"light.ev": 1.0})
    with qtbot.waitSignal(opened.exports.saved):
        fake.gate.set()
    assert list(fake.jobs.values())[-1]["parameters"]["light.ev"]["value"] == 1.0


# the end


def test_a_window_is_closed_once_its_file_is_written(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    gate, whole = threading.Event(), fake.result_file

    def slow(*args: object) -> bytes:
        gate.wait(5)
        return whole(*args)  # type: ignore[arg-type]

    fake.result_file = slow  # type: ignore[assignment,method-assign]
    opened.save()
    qtbot.waitUntil(lambda: bool(opened.exports.writing))
    opened.close()
    assert opened.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: not opened.isVisible())
    saved = present(opened).saved
    assert saved is not None and saved.is_file()


def test_an_unsaved_result_is_asked_about(
    opened: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.session.restore()
    qtbot.waitUntil(lambda: present(opened).status is Status.DONE)
    asked: list[str] = []

    def answer(*args: object) -> QMessageBox.StandardButton:
        asked.append(str(args[2]))
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    opened.close()
    assert opened.isVisible() and "not saved: 1" in asked[0]
    with qtbot.waitSignal(opened.exports.saved):
        opened.save()
    opened.close()
    assert not opened.isVisible() and len(asked) == 1


def test_only_the_file_that_was_handed_over_is_replaced(opened: Window, qtbot: QtBot, photo: Path) -> None:
    other = photo.with_name("original.jpg")
    other.write_bytes(photo.read_bytes())
    opened.exports.replacing = photo
    opened.session.open([other])
    qtbot.waitUntil(lambda: bool(present(opened).estimate))
    assert "never over it" in opened.sidebar.run.saving.toolTip()
    before = other.read_bytes()
    with qtbot.waitSignal(opened.exports.saved):
        opened.save()
    assert other.read_bytes() == before and other.with_name("original-restored.jpg").is_file()


# and


def test_a_setting_moved_in_mid_run_is_shown_after_it(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    fake.gate.clear()
    opened.session.restore()
    opened.session.pin({"light.ev": 1.0})
    fake.gate.set()
    qtbot.waitUntil(lambda: opened.session.previewer.shown > 0)
    assert list(fake.jobs.values())[-1]["parameters"]["light.ev"]["value"] == 1.0


def test_escape_puts_the_tool_down_before_it_drops_the_run(opened: Window, fake: FakeClient) -> None:
    fake.gate.clear()
    opened.session.restore()
    tools = opened.stage.canvas.tools
    tools.choose(Tool.BRUSH)
    opened.actions_.all["cancel"].trigger()
    assert tools.tool is Tool.NONE and present(opened).status is Status.RUNNING
    opened.actions_.all["cancel"].trigger()
    assert present(opened).status is Status.READY
    fake.gate.set()


def test_before_is_let_go_whatever_else_is_held(opened: Window, qtbot: QtBot) -> None:
    canvas = opened.stage.canvas
    opened.activateWindow()
    canvas.hold_before(True)
    qtbot.keyRelease(opened, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert not canvas.held_before


def test_measuring_on_a_photo_that_the_service_forgot(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    fake.photos.clear()
    opened.session.estimate_from((0, 0, 64, 64), ("noise",), pin=True)
    qtbot.waitUntil(lambda: bool(present(opened).settings.theta.pins()))
    assert not opened.alert.isVisible()


def test_a_picture_that_only_the_service_had_is_asked_back_from_where_it_came(
    window: Window, qtbot: QtBot, fake: FakeClient, tmp_path: Path
) -> None:
    window.session.add([Item(tmp_path / "gimp.png", photo="gone", title="Picture from GIMP")])
    qtbot.waitUntil(lambda: window.alert.isVisible())
    assert "Open it from there again" in window.alert.message.text() + window.alert.hint.text()
    assert "upload_file" not in fake.calls


def test_the_panels_own_words_stay_in_every_language() -> None:
    said = problem_of(PresetError("Die Voreinstellung passt nicht.", "Nichts wurde geändert."))
    assert said.message == "Die Voreinstellung passt nicht." and said.code == "unreadable"
    assert problem_of(ClientError("unreadable", "x")).code == "unreadable"


def test_retry_looks_at_a_few_photos_at_a_time(roll: Window, qtbot: QtBot) -> None:
    items = roll.session.items
    for item in items:
        item.estimate = {}
        roll.session.set_status(item, Status.FAILED)
    roll.retry()
    assert len(roll.session.loader.looking) <= 2
    qtbot.waitUntil(lambda: all(item.estimate for item in items), timeout=10_000)
