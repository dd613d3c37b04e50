from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from qt_panel.item import Status
from qt_panel.window import Window
from tests.qt.fakes import FakeClient
from upzeroir_plugin.client import ClientError


def test_a_photo_is_looked_at_when_it_is_opened(opened: Window) -> None:
    item = opened.session.current
    assert item is not None and item.status is Status.READY
    assert item.settings.theta["light.ev"] == 2.0
    assert opened.sidebar.sentence.text().startswith("Very noisy, two stops under-exposed")


def test_a_run_streams_drafts_and_ends_with_the_result(
    opened: Window, qtbot: QtBot, fake: FakeClient
) -> None:
    item = opened.session.current
    assert item is not None
    fake.gate.clear()
    opened.session.restore()
    qtbot.waitUntil(lambda: item.draft is not None)
    assert item.status is Status.RUNNING and opened.sidebar.run.keeping.isVisible()
    fake.gate.set()
    qtbot.waitUntil(lambda: item.restored is not None)
    assert item.status is Status.DONE and item.fresh and item.draft is None
    assert item.restored is not None and item.restored.picture.levels[0][0, 0, 0] == 200
    order = fake.jobs["job1"]
    assert order["parameters"]["light.ev"]["value"] == 2.0 and order["photo"] == "photo1"


def test_stop_and_keep_keeps(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    item = opened.session.current
    assert item is not None
    fake.gate.clear()
    opened.session.restore()
    qtbot.waitUntil(lambda: item.draft is not None)
    opened.session.keep()
    qtbot.waitUntil(lambda: item.status is Status.DONE)
    assert item.result is not None and item.result.about["kept"] is True


def test_cancel_leaves_all_as_it_was(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    item = opened.session.current
    assert item is not None
    fake.gate.clear()
    opened.session.restore()
    qtbot.waitUntil(lambda: item.draft is not None)
    opened.session.cancel()
    assert item.status is Status.READY and item.draft is None and item.result is None
    qtbot.waitUntil(lambda: "job1" in fake.cancelled)


def test_an_edit_pins_shows_a_draft_and_can_be_undone(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    session, item = opened.session, opened.session.current
    assert item is not None
    session.pin({"light.ev": 1.0})
    qtbot.waitUntil(lambda: item.draft is not None)
    assert item.settings.theta.pins() == {"light.ev": 1.0} and session.previewer.shown >= 1
    assert fake.jobs["job1"]["parameters"]["light.ev"]["pinned"] is True
    session.undo()
    assert item.settings.theta["light.ev"] == 2.0 and not item.settings.theta.pins()
    session.redo()
    session.let_go("light.ev")
    assert item.settings.theta["light.ev"] == 2.0


def test_many_edits_make_few_jobs(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    item = opened.session.current
    assert item is not None
    for step in range(40):
        opened.session.set_amount("haze", step / 40)
    qtbot.waitUntil(lambda: opened.session.previewer.job is None and item.draft is not None)
    qtbot.wait(100)
    assert len(fake.jobs) <= 3
    assert list(fake.jobs.values())[-1]["amounts"]["amount"]["haze"] == 39 / 40


def test_save_writes_beside_and_never_over(opened: Window, qtbot: QtBot, photo: Path) -> None:
    before = photo.read_bytes()
    for name in ("photo-restored.jpg", "photo-restored-2.jpg"):
        with qtbot.waitSignal(opened.exports.saved):
            opened.save()
        assert (photo.parent / name).is_file()
    assert photo.read_bytes() == before and opened.session.current.status is Status.SAVED  # type: ignore[union-attr]


def test_a_lost_service_is_said_and_retry_goes_on(opened: Window, qtbot: QtBot, fake: FakeClient) -> None:
    item = opened.session.current
    assert item is not None
    opened.session.pin({"light.ev": 1.0})
    fake.run_errors.append(ClientError("service-lost", "The connection to the backend broke."))
    opened.session.previewer.stop()
    opened.session.restore()
    qtbot.waitUntil(lambda: item.status is Status.FAILED)
    assert opened.alert.isVisible() and opened.alert.retrying.isVisible()
    fake.photos.clear()  # the new service knows nothing
    opened.alert.retrying.click()
    qtbot.waitUntil(lambda: item.status is Status.DONE)
    assert item.settings.theta.pins() == {"light.ev": 1.0} and not opened.alert.isVisible()


def test_a_service_that_ended_while_nobody_was_there_is_started_again_unasked(
    opened: Window, qtbot: QtBot, fake: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The photo is sent once more, and a moved slider shows its effect as if nothing had been."""
    item = opened.session.current
    assert item is not None
    monkeypatch.setattr("qt_panel.backend.QUIET_SECONDS", 0.0)
    fake.errors["hello"] = [ClientError("service-lost", "The connection to the backend broke.")]
    fake.photos.clear()
    for ev in (1.0, 0.5):
        item.draft, shown = None, opened.session.previewer.shown
        opened.session.pin({"light.ev": ev})
        qtbot.waitUntil(lambda: opened.session.previewer.shown > shown and item.draft is not None)  # noqa: B023
        assert not opened.alert.isVisible() and opened.session.backend.state == "ready"
    assert fake.calls.count("upload_file") == 2 and item.photo == "photo2"


def test_a_file_that_was_pulled_away_is_said_and_nothing_is_lost(
    opened: Window, qtbot: QtBot, fake: FakeClient, photo: Path
) -> None:
    item = opened.session.current
    assert item is not None
    fake.photos.clear()
    moved = photo.rename(photo.with_name("elsewhere.jpg"))
    opened.session.restore()
    qtbot.waitUntil(lambda: item.status is Status.FAILED)
    assert "not there any more" in opened.alert.message.text() and item.original is not None
    moved.rename(photo)
    opened.alert.retrying.click()
    qtbot.waitUntil(lambda: item.status is Status.DONE)


def test_folders_are_opened_with_their_subfolders(window: Window, qtbot: QtBot, photo: Path) -> None:
    below = photo.parent / "roll" / "second"
    below.mkdir(parents=True)
    for path in (photo.parent / "roll" / "a.jpg", below / "b.JPG"):
        path.write_bytes(photo.read_bytes())
    (below / "notes.txt").write_text("no photo")
    added = window.session.open([photo.parent / "roll"])
    assert [item.name for item in added] == ["a.jpg", "b.JPG"]
    qtbot.waitUntil(lambda: all(item.estimate for item in added))
    window.session.step(1)
    assert window.session.current is added[1] and added[0].original is None
    assert window.session.open([photo.parent / "roll"]) == []
