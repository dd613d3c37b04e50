"""Queue, export, presets, preferences, autosave, external editor, GIMP."""

from __future__ import annotations

import errno
import json
import os
from argparse import Namespace
from pathlib import Path

import pytest
from PIL import Image
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from qt_panel import app, autosave, diagnose, places, prefs, presets
from qt_panel.delivery import gimp_command
from qt_panel.exports import ExportOptions
from qt_panel.files import free_name, pictures_in
from qt_panel.item import Status
from qt_panel.settings import Settings
from qt_panel.widgets.exportdialog import ExportDialog
from qt_panel.widgets.prefsdialog import PrefsDialog
from qt_panel.widgets.welcome import Welcome, examples
from qt_panel.window import Window
from tests.qt.fakes import FakeClient
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.errors import UnreadableError, UnwritableError


@pytest.fixture
def roll(photo: Path) -> list[Path]:
    made = []
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        path = photo.parent / "roll" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photo.read_bytes())
        made.append(path)
    return made


@pytest.fixture
def batch(window: Window, qtbot: QtBot, roll: list[Path]) -> Window:
    window.session.open(roll)
    qtbot.waitUntil(lambda: all(item.estimate for item in window.session.items))
    return window


# queue


def test_all_are_looked_at_then_restored_and_written(batch: Window, qtbot: QtBot, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    options = ExportOptions(form="png", depth=16, metadata="no-gps", pattern="{number}-{name}", folder=out)
    batch.queue.start(batch.session.items, options)
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)
    assert sorted(p.name for p in out.iterdir()) == ["001-a.png", "002-b.png", "003-c.png"]
    assert batch.queue.counts() == (3, 0, 3)
    assert all(item.status is Status.SAVED for item in batch.session.items)
    fake: FakeClient = batch.session.backend.client()  # type: ignore[assignment]
    assert fake.asked == {"form": "png", "metadata": "no-gps", "depth": "16", "quality": 95}
    assert "3 of 3 done" in batch.filmstrip.counts.text()


def test_one_bad_photo_stops_nobody_and_can_be_retried(batch: Window, qtbot: QtBot, fake: FakeClient) -> None:
    fake.run_errors.append(ClientError("result", "The result is one flat colour."))
    batch.queue.start(batch.session.items, None)
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)
    assert batch.queue.counts() == (2, 1, 3) and not batch.filmstrip.retrying.isHidden()
    batch.filmstrip.retrying.click()
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)
    assert not batch.queue.failed and batch.session.items[0].status is Status.DONE


def test_a_missing_backend_pauses_the_queue_and_blames_no_photo(
    batch: Window, qtbot: QtBot, fake: FakeClient
) -> None:
    fake.run_errors.append(ClientError("service-lost", "gone"))
    batch.queue.start(batch.session.items, None)
    qtbot.waitUntil(lambda: batch.queue.paused)
    assert batch.queue.counts()[1] == 0 and len(batch.queue.waiting) == 3
    batch.alert.retrying.click()
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)
    assert batch.queue.counts() == (3, 0, 3)


def test_pause_finishes_the_running_photo_and_waits(batch: Window, qtbot: QtBot, fake: FakeClient) -> None:
    fake.gate.clear()
    batch.queue.start(batch.session.items, None)
    qtbot.waitUntil(lambda: batch.queue.working is not None)
    batch.filmstrip.pausing.click()
    fake.gate.set()
    qtbot.waitUntil(lambda: batch.queue.working is None)
    assert len(batch.queue.waiting) == 2 and batch.filmstrip.pausing.text() == "Go on"
    batch.filmstrip.pausing.click()
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)


def test_what_is_set_for_one_is_set_for_the_chosen_ones_on_request(batch: Window) -> None:
    a, b, c = batch.session.items
    batch.filmstrip.strip.item(0).setSelected(True)  # type: ignore[union-attr]
    batch.filmstrip.strip.item(1).setSelected(True)  # type: ignore[union-attr]
    batch.session.set_amount("haze", 0.5)
    assert (a.settings.amounts["haze"], b.settings.amounts["haze"]) == (0.5, 1.0)
    batch.filmstrip.syncing.setChecked(True)
    batch.session.pin({"light.ev": 1.0})
    assert a.settings.theta["light.ev"] == b.settings.theta["light.ev"] == 1.0
    assert c.settings.theta["light.ev"] == 2.0


def test_closing_a_photo_in_mid_batch(batch: Window, qtbot: QtBot, fake: FakeClient) -> None:
    fake.gate.clear()
    batch.queue.start(batch.session.items, None)
    qtbot.waitUntil(lambda: batch.queue.working is not None)
    batch.session.close(batch.session.items[0])
    fake.gate.set()
    qtbot.waitUntil(lambda: not batch.queue.active, timeout=10_000)
    assert len(batch.session.items) == 2 and len(batch.queue.done) == 2


# export


@pytest.mark.parametrize("pattern", ["", " ", "{nonsense}", "{name", "a/b", "..", "x:y", "{0}"])
def test_patterns_that_make_no_name(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(UnwritableError):
        ExportOptions(pattern=pattern).target(tmp_path / "a.jpg", "jpeg")


def test_names_are_never_taken_twice(tmp_path: Path) -> None:
    for expected in ("a.png", "a-2.png", "a-3.png"):
        path = free_name(tmp_path, "a", ".png")
        assert path.name == expected
        path.touch()


def test_the_export_dialog_shows_the_name_and_gives_the_options(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ExportDialog(ExportOptions(form="tiff", depth=16, folder=tmp_path), tmp_path / "one.jpg", 1)
    qtbot.addWidget(dialog)
    assert "one-restored.tif" in dialog.preview.text() and not dialog.quality.isEnabled()
    dialog.pattern.setText("{name}/x")
    assert dialog.ok is not None and not dialog.ok.isEnabled()
    dialog.pattern.setText("{name}_{number}")
    dialog.form.setCurrentIndex(dialog.form.findData("jpeg"))
    dialog.quality.setValue(80)
    made = dialog.options()
    assert (made.form, made.quality, made.pattern, made.folder) == ("jpeg", 80, "{name}_{number}", tmp_path)
    assert dialog.quality.isEnabled() and not dialog.bits.isEnabled() and dialog.ok.isEnabled()


def test_a_full_disk_is_said_and_the_result_is_kept(
    opened: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = opened.session.current
    assert item is not None
    opened.session.restore()
    qtbot.waitUntil(lambda: item.fresh)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("upzeroir_plugin.photo.atomic.os.fsync", full)
    opened.save()
    qtbot.waitUntil(lambda: opened.alert.isVisible())
    assert "the disk is full" in opened.alert.message.text()
    assert (
        item.fresh
        and not list(item.path.parent.glob("*restored*"))
        and not list(item.path.parent.glob(".*part"))
    )
    monkeypatch.undo()
    with qtbot.waitSignal(opened.exports.saved):
        opened.save()
    assert not opened.alert.isVisible()


def test_a_result_that_the_service_forgot_is_made_again(
    opened: Window, qtbot: QtBot, fake: FakeClient
) -> None:
    item = opened.session.current
    assert item is not None
    opened.session.restore()
    qtbot.waitUntil(lambda: item.restored is not None)
    fake.errors["result_file"] = [ClientError("not-found", "There is no such job.", "", 404)]
    with qtbot.waitSignal(opened.exports.saved):
        opened.save()
    assert len(fake.jobs) == 2


# external editor


def test_save_replaces_the_file_for_another_program_with_a_backup(
    opened: Window, qtbot: QtBot, photo: Path
) -> None:
    before = photo.read_bytes()
    opened.exports.replacing = photo
    for _ in range(2):
        with qtbot.waitSignal(opened.exports.saved):
            opened.save()
    with Image.open(photo) as picture:
        assert picture.getpixel((0, 0)) == (200, 200, 200)
    assert photo.with_name("photo.before-upzeroir.jpg").read_bytes() == before
    assert sorted(p.name for p in photo.parent.glob("*.jpg")) == ["photo.before-upzeroir.jpg", "photo.jpg"]


# presets


def test_presets_are_files_of_pins_and_amounts(opened: Window) -> None:
    opened.session.pin({"jpeg.quality": 50})
    opened.session.set_amount("noise", 0.3)
    item = opened.session.current
    assert item is not None
    path = presets.save("my look", item.settings)
    assert presets.names() == ["my look"] and set(json.loads(path.read_text())) >= {"pins", "amount", "on"}
    opened.session.reset()
    opened.presets.fill()
    action = next(a for a in opened.presets.actions() if a.text() == "my look")
    action.trigger()
    assert item.settings.theta.pins() == {"jpeg.quality": 50} and item.settings.amounts["noise"] == 0.3
    assert item.settings.theta["light.ev"] == 2.0, "what was found stays"
    presets.remove("my look")
    assert presets.names() == []
    with pytest.raises(UnwritableError):
        presets.save("a/b", Settings())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"kind": "other"}', '{"kind": "upzeroir-preset", "pins": {"nothing": 1}}',
             '{"kind": "upzeroir-preset", "pins": {"light.ev": 99}}', "\x00\xff", '{"kind":' * 2000]
)  # fmt: skip
def test_a_corrupt_preset_changes_nothing(opened: Window, text: str) -> None:
    item = opened.session.current
    assert item is not None
    before = item.settings
    path = presets.folder() / ("bad" + presets.ENDING)
    path.write_text(text)
    with pytest.raises(UnreadableError):
        presets.load(path)
    opened.presets.use("bad")
    assert opened.alert.isVisible() and "bad" in opened.alert.message.text()
    assert item.settings is before


# preferences


def test_preferences_survive_and_nonsense_is_ignored(qtbot: QtBot) -> None:
    prefs.save(
        prefs.Preferences(look="light", idle=3.0, memory=4.0, prior="/x", device="cpu", recent=("a", "b"))
    )
    again = prefs.load()
    assert (again.look, again.idle, again.recent) == ("light", 3.0, ("a", "b"))
    assert again.backend_options() == ["--idle-exit", "3", "--memory", "4", "--prior", "/x"]
    path = places.folder() / prefs.NAME
    path.write_text('{"look": "pink", "idle": "x", "device": 3, "live": 0, "export": {"form": 1, "zzz": 2}}')
    assert prefs.load().look == "system" and prefs.load().idle == 0.0 and prefs.load().live is True
    prefs.load().export_options()
    path.write_text("no json")
    assert prefs.load() == prefs.Preferences()
    dialog = PrefsDialog(prefs.Preferences())
    qtbot.addWidget(dialog)
    dialog.look.setCurrentIndex(2)
    dialog.idle.setValue(5)
    assert (dialog.preferences().look, dialog.preferences().idle) == ("dark", 5.0)


def test_preferences_take_effect(opened: Window) -> None:
    opened.dialogs.remember(device="cpu", live=False, metadata="strip", idle=2.0)
    opened.dialogs.apply(opened.dialogs.preferences)
    assert opened.session.device == "cpu" and not opened.session.previewer.enabled
    assert opened.exports.metadata == "strip" and opened.session.backend.options == ["--idle-exit", "2"]


# autosave


def test_a_session_comes_back_after_a_crash(opened: Window, photo: Path) -> None:
    opened.session.pin({"light.ev": 1.5})
    opened.session.set_amount("haze", 0.2)
    opened.autosave.write()
    path = opened.autosave.path
    assert autosave.left_behind() == [], "this program still runs"
    path.rename(path.with_name("session-999999.json"))
    items = autosave.left_behind()
    assert [item.path for item in items] == [photo]
    again = items[0].settings
    assert again.theta.pins() == {"light.ev": 1.5} and again.amounts["haze"] == 0.2
    assert autosave.left_behind() == [], "it is taken once"


def test_a_damaged_autosave_is_no_harm() -> None:
    folder = places.folder()
    for number, text in enumerate(("", "[]", '{"items": 3}', '{"items": [1, {"path": 5}, {}]}')):
        (folder / f"session-99999{number}.json").write_text(text)
    (folder / "session-x.json").write_text("{}")
    assert autosave.left_behind() == []


def test_ending_as_it_should_leaves_nothing_behind(opened: Window) -> None:
    opened.autosave.write()
    assert opened.autosave.path.is_file()
    opened.close()
    assert not opened.autosave.path.exists()


def test_closing_in_mid_run_asks_and_keeps_or_drops(
    opened: Window, qtbot: QtBot, fake: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = opened.session.current
    assert item is not None
    fake.gate.clear()
    opened.session.restore()
    qtbot.waitUntil(lambda: item.draft is not None)
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Close]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    opened.close()
    assert opened.isVisible() and item.status is Status.RUNNING
    opened.close()
    assert not opened.isVisible()
    qtbot.waitUntil(lambda: "job1" in fake.cancelled)


# GIMP


def test_results_are_handed_to_the_plug_in_that_waits(qtbot: QtBot, fake: FakeClient) -> None:
    fake.photos.add("from-gimp")
    window = app.build(lambda _: fake, deliver_to="gimp-42")  # type: ignore[arg-type,return-value]
    qtbot.addWidget(window, before_close_func=Window.shut)
    window.show()
    app.begin(
        window,
        Namespace(
            photos=[], external_editor=None, photo_id="from-gimp", deliver_to="gimp-42", register=False
        ),
    )
    item = window.session.current
    assert item is not None and item.name == "Picture from GIMP"
    qtbot.waitUntil(lambda: item.original is not None and bool(item.estimate))
    assert item.size == (320, 240) and not window.sidebar.run.handing.isHidden()
    window.sidebar.run.handing.setEnabled(True)
    window.deliver()
    qtbot.waitUntil(lambda: bool(fake.delivered))
    job, to, note = fake.delivered[0]
    assert (job, to) == ("job1", "gimp-42") and note["parameters"]["light.ev"]["value"] == 2.0
    assert "upload_file" not in fake.calls
    window.shut()


def test_else_gimp_opens_a_file(
    opened: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, told = tmp_path / "bin" / "gimp", tmp_path / "told"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncp "$1" "{told}.part" && mv "{told}.part" "{told}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert gimp_command() == [str(program)]
    opened.deliver()
    qtbot.waitUntil(told.is_file, timeout=10_000)
    with Image.open(told) as picture:
        assert picture.size == (320, 240)


def test_without_gimp_it_says_so(opened: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qt_panel.delivery.gimp_command", list)
    opened.deliver()
    qtbot.waitUntil(lambda: opened.alert.isVisible())
    assert "GIMP was not found" in opened.alert.message.text()


# first page, help, diagnose


def test_the_first_page_offers_the_examples(qtbot: QtBot, window: Window) -> None:
    assert window.pages.currentIndex() == 0 and window.sidebar.isHidden()
    assert len(examples()) == 4
    page = Welcome()
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.opened) as heard:
        page.pictures[0].click()
    assert heard.args[0].name == "haze.jpg"
    window.welcome.pictures[1].click()
    assert window.pages.currentIndex() == 1 and window.session.current is not None
    assert prefs.load().recent[0].endswith("dusk.jpg") and prefs.load().seen


def test_diagnose_makes_a_report_without_names(
    opened: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    monkeypatch.setattr(diagnose, "_doctor", lambda: f"torch here, at {Path.home()}/x")
    dialog = opened.dialogs.diagnose()
    qtbot.waitUntil(dialog.copying.isEnabled)
    text = dialog.text.toPlainText()
    assert "== Backend ==" in text and str(Path.home()) not in text and "photo.jpg" not in text
    assert "torch here, at ~/x" in text
    dialog.copy()
    assert dialog.copying.text() == "Copied"


def test_log_and_help_open(opened: Window) -> None:
    assert opened.dialogs.log().text.toPlainText()
    assert "upzeroir serve" in opened.dialogs.help().text.toPlainText()


def test_a_backend_that_is_missing_is_a_clear_state(qtbot: QtBot) -> None:
    def nobody(_: object) -> FakeClient:
        raise ClientError("no-service", "The backend did not start: no room.", "Its log: x")

    window = app.build(nobody)  # type: ignore[arg-type]
    qtbot.addWidget(window, before_close_func=Window.shut)
    window.show()
    window.session.backend.start()
    qtbot.waitUntil(lambda: window.alert.isVisible())
    assert window.service.text() == "Backend missing"
    assert all(b.isVisible() for b in (window.alert.retrying, window.alert.logging, window.alert.helping))
    window.shut()


# everything is reachable


def test_every_action_has_a_shortcut_a_menu_entry_and_no_other_has_the_same(window: Window) -> None:
    keys: dict[str, str] = {}
    for name, action in window.actions_.all.items():
        assert action.text(), name
        assert action.shortcuts(), f"{name} has no shortcut"
        assert any(action in menu.actions() for menu in window.actions_.menus.values()), (
            f"{name} is in no menu"
        )
        for key in action.shortcuts():
            assert key.toString() not in keys, f"{name} and {keys.get(key.toString())} share {key.toString()}"
            keys[key.toString()] = name


def test_what_can_be_focused_has_an_accessible_name(opened: Window) -> None:
    from PyQt6.QtCore import Qt
    from PyQt6.QtWidgets import (
        QAbstractButton,
        QAbstractSlider,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QWidget,
    )

    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    for widget in opened.findChildren(QWidget):
        inner = isinstance(widget, QLineEdit) or widget.objectName().startswith("qt_")
        if isinstance(widget, kinds) and not inner and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, f"{widget} {widget.parent()}"


def test_pictures_in_folders_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.NEF", ".hidden.jpg", "x.txt"):
        (tmp_path / name).touch()
    assert [p.name for p in pictures_in([tmp_path])] == ["a.NEF", "b.jpg"]
