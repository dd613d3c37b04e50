"""The strip of photos under a real mouse: which are chosen, and that it follows the session."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from qt_panel.item import Item
from qt_panel.widgets.filmstrip import Filmstrip

PLAIN, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


class Strip:
    """A filmstrip whose session does what it says, as the window's does."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.film = qtbot, Filmstrip()
        qtbot.addWidget(self.film)
        self.film.resize(800, 200)
        self.film.show()
        self.items = [Item(path=Path(f"{name}.jpg")) for name in "abcd"]
        self.current = self.items[0]
        self.heard: list[list[str]] = []
        self.film.chosen.connect(self.go)
        self.film.strip.itemSelectionChanged.connect(lambda: self.heard.append(self.chosen()))
        self.film.show_items(self.items, self.current)

    def go(self, item: Item) -> None:
        """The session goes to a photo, and the window tells the strip."""
        self.current = item
        self.film.show_items(self.items, item)

    def click(self, place: int, modifier: Qt.KeyboardModifier = PLAIN) -> list[str]:
        """Which are chosen after a click on a photo."""
        strip = self.film.strip
        spot = strip.visualItemRect(strip.item(place)).center()
        self.qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, modifier, spot)
        return self.chosen()

    def chosen(self) -> list[str]:
        return [item.name[0] for item in self.film.selected()]

    def present(self) -> str:
        return self.film.strip.currentItem().data(Qt.ItemDataRole.UserRole).name[0]  # type: ignore[union-attr]


@pytest.fixture
def strip(qtbot: QtBot) -> Strip:
    return Strip(qtbot)


def test_a_click_chooses_one_and_the_session_goes_there(strip: Strip) -> None:
    assert strip.chosen() == ["a"]
    assert strip.click(2) == ["c"]
    assert strip.current is strip.items[2]
    assert strip.click(1) == ["b"]


def test_ctrl_adds_and_takes_away(strip: Strip) -> None:
    strip.click(1)
    assert strip.click(3, CTRL) == ["b", "d"]
    assert strip.click(0, CTRL) == ["a", "b", "d"]
    assert strip.click(3, CTRL) == ["a", "b"]
    assert strip.click(2) == ["c"]


def test_shift_chooses_a_row_of_them(strip: Strip) -> None:
    strip.click(1)
    assert strip.click(3, SHIFT) == ["b", "c", "d"]


def test_the_arrow_keys_walk(strip: Strip) -> None:
    strip.click(1)
    strip.qtbot.keyClick(strip.film.strip, Qt.Key.Key_Right)
    assert strip.chosen() == ["c"]
    assert strip.current is strip.items[2]


def test_it_follows_the_session_out_of_what_is_chosen_and_says_so(strip: Strip) -> None:
    strip.click(0)
    strip.click(1, CTRL)
    strip.go(strip.items[0])
    assert strip.chosen() == ["a", "b"], "within what is chosen it stays chosen"
    strip.go(strip.items[3])
    assert (strip.chosen(), strip.present()) == (["d"], "d")
    assert strip.heard[-1] == ["d"], "those set together are told"


def test_a_closed_photo_is_chosen_no_more(strip: Strip) -> None:
    strip.click(0)
    del strip.items[0]
    strip.go(strip.items[0])
    assert (strip.chosen(), strip.present(), strip.film.strip.count()) == (["b"], "b", 3)
