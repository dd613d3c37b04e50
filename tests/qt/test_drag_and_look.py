"""Dragging the result out of the window, and light and dark by the system's wish."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData, Qt
from PyQt6.QtGui import QDrag, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qt_panel import theme
from qt_panel.window import Window


class Drags:
    """What was dragged, instead of the system's drag and drop, which waits for a mouse."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[Path] = []
        self.actions: list[Qt.DropAction] = []
        self.held = Qt.MouseButton.LeftButton

        def data(_drag: QDrag, mime: QMimeData) -> None:
            self.paths += [Path(url.toLocalFile()) for url in mime.urls()]

        def execute(_drag: QDrag, action: Qt.DropAction) -> Qt.DropAction:
            self.actions.append(action)
            return action

        monkeypatch.setattr(QDrag, "setMimeData", data)
        monkeypatch.setattr(QDrag, "exec", execute)
        monkeypatch.setattr(QGuiApplication, "mouseButtons", lambda: self.held)


@pytest.fixture
def restored(opened: Window, qtbot: QtBot) -> Window:
    """With a photo that has been restored."""
    opened.sidebar.run.go.click()
    qtbot.waitUntil(lambda: bool(opened.session.current and opened.session.current.result))
    return opened


def test_the_result_is_dragged_as_a_file(
    restored: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drags = Drags(monkeypatch)
    qtbot.mousePress(restored.sidebar.run.dragging, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(drags.actions))
    assert drags.actions == [Qt.DropAction.CopyAction]
    (path,) = drags.paths
    assert path.name == "photo-restored.jpg"
    with Image.open(path) as picture:
        assert picture.size == (320, 240)


def test_a_button_let_go_meanwhile_drags_nothing(
    restored: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drags = Drags(monkeypatch)
    drags.held = Qt.MouseButton.NoButton
    qtbot.mousePress(restored.sidebar.run.dragging, Qt.MouseButton.LeftButton)
    assert restored.session.background.busy
    qtbot.waitUntil(lambda: not restored.session.background.busy)
    assert drags.actions == []


def system(monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme) -> None:
    """The system goes light or dark (the offscreen one never does of itself)."""
    hints = QGuiApplication.styleHints()
    assert hints is not None
    monkeypatch.setattr(theme, "system_is_dark", lambda: scheme is Qt.ColorScheme.Dark)
    hints.colorSchemeChanged.emit(scheme)


def test_the_systems_wish_is_followed_while_the_window_is_open(
    opened: Window, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for scheme, wanted in (
        (Qt.ColorScheme.Light, theme.LIGHT),
        (Qt.ColorScheme.Dark, theme.DARK),
        (Qt.ColorScheme.Light, theme.LIGHT),
    ):
        system(monkeypatch, scheme)
        assert theme.theme() is wanted
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == wanted.window
        seen.append(opened.sidebar.grab().toImage().pixelColor(3, 3).lightness())
    assert seen[0] == seen[2] > seen[1] + 100, "what is there is painted anew"


def test_a_chosen_look_stays_whatever_the_system_says(
    opened: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.dialogs.remember(look="dark")
    try:
        system(monkeypatch, Qt.ColorScheme.Light)
        assert theme.theme() is theme.DARK
    finally:
        opened.dialogs.remember(look="system")
