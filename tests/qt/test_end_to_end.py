"""Against the real service with the embedded prior, in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from qt_panel.app import build
from qt_panel.item import Status
from qt_panel.window import Window
from upzeroir_plugin.client import Client


def test_open_estimate_edit_run_keep_save(
    service: Callable[[], Client], bad_photo: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = build(lambda _: service())
    qtbot.addWidget(window, before_close_func=Window.shut)
    window.show()
    session = window.session
    path = tmp_path / bad_photo.name
    large = np.tile(np.asarray(Image.open(bad_photo)), (2, 2, 1))  # so that there is time to say "keep"
    Image.fromarray(large).save(path, quality=95)
    session.open([path])
    qtbot.waitUntil(lambda: bool(session.current and session.current.estimate), timeout=60_000)
    item = session.current
    assert item is not None and item.found["light.ev"] > 0.5
    assert "under-exposed" in window.sidebar.sentence.text()

    session.pin({"light.ev": 1.0})
    qtbot.waitUntil(lambda: item.draft is not None, timeout=60_000)
    draft = item.draft
    assert draft is not None and item.original is not None
    brighter = draft.picture.levels[0].mean() - item.original.picture.levels[0].mean()
    assert brighter > 10, "a draft of a brighter photo is brighter"

    session.set_effort("thorough")
    pictures: list[int] = []
    session.changed.connect(lambda i, what: pictures.append(1) if what == "picture" and i.draft else None)
    session.restore()
    qtbot.waitUntil(lambda: len(pictures) >= 2, timeout=60_000)
    assert item.status is Status.RUNNING
    session.keep()
    qtbot.waitUntil(lambda: item.restored is not None, timeout=60_000)
    assert item.result is not None and item.result.about["kept"] is True

    with qtbot.waitSignal(window.exports.saved, timeout=60_000):
        window.save()
    saved = np.asarray(Image.open(path.with_name("bad-restored.jpg")), float)
    before = np.asarray(Image.open(path), float)
    assert saved.shape == before.shape and saved.mean() > before.mean() + 10
    shown = item.restored
    assert shown is not None
    assert np.abs(shown.picture.levels[0].astype(float) - saved).mean() < 3, "what is shown is what is saved"
    window.shut()


def test_at_most_three_clicks(
    service: Callable[[], Client],
    bad_photo: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Open, Restore, Save: three clicks in the panel (and the choice in the system's own dialog)."""
    path = tmp_path / "small.png"
    Image.open(bad_photo).resize((160, 120)).save(path)
    window = build(lambda _: service())
    qtbot.addWidget(window, before_close_func=Window.shut)
    window.show()
    monkeypatch.setattr("qt_panel.window.QFileDialog.getOpenFileNames", lambda *_: ([str(path)], ""))
    clicks = 0
    window.open_dialog()
    clicks += 1
    qtbot.waitUntil(lambda: bool(window.session.current and window.session.current.estimate), timeout=60_000)
    window.sidebar.run.go.click()
    clicks += 1
    item = window.session.current
    assert item is not None
    qtbot.waitUntil(lambda: item.status is Status.DONE, timeout=60_000)
    with qtbot.waitSignal(window.exports.saved, timeout=30_000):
        window.sidebar.run.saving.click()
        clicks += 1
    assert clicks <= 3 and path.with_name("small-restored.png").is_file()
    window.shut()
