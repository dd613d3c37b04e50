"""A slider that shows how sure the program is: the 90 % interval as a band, the neutral value as a tick."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractSlider, QWidget

from qt_panel.theme import colour
from upzeroir_plugin.parameters import Entry, Parameter

POSITIONS = 1000
WIDE = 1000
"""Steps in a row's range from which on small values get more room."""
EDGE = 8


def curve(row: Parameter) -> int:
    """The power from place to value: rows with a huge range and neutral at its lower end have fine small values."""
    return 3 if (row.high - row.low) / row.step >= WIDE and row.neutral == row.low else 1


def place_of(row: Parameter, value: float) -> float:
    """Value to place, 0–1; rises with the value."""
    share = (min(max(value, row.low), row.high) - row.low) / (row.high - row.low)
    return math.pow(share, 1 / curve(row))


def value_at(row: Parameter, place: float) -> float:
    """Place to value, the inverse, on the row's steps."""
    share = min(1.0, max(0.0, place)) ** curve(row)
    value = row.low + share * (row.high - row.low)
    stepped = row.low + round((value - row.low) / row.step) * row.step
    return min(row.high, max(row.low, round(stepped, 6)))


class BandSlider(QAbstractSlider):
    """`edited(value)`: moved by the user. Arrow keys go by a step, Page keys by ten."""

    edited = pyqtSignal(float)

    def __init__(self, row: Parameter, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self.entry = Entry(row.neutral, row.neutral, row.neutral)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, POSITIONS)
        self.setSingleStep(5)
        self.setPageStep(50)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._quiet = False
        self.valueChanged.connect(self._moved)

    def show_entry(self, entry: Entry) -> None:
        """Value and interval; nobody is told."""
        self.entry = entry
        self._quiet = True
        if not self.isSliderDown():
            self.setValue(round(place_of(self.row, entry.value) * POSITIONS))
        self._quiet = False
        self.update()

    def _moved(self, position: int) -> None:
        if not self._quiet:
            self.edited.emit(value_at(self.row, position / POSITIONS))
        self.update()

    def sizeHint(self) -> QSize:
        """Low."""
        return QSize(120, 20)

    def minimumSizeHint(self) -> QSize:
        """Low."""
        return QSize(60, 20)

    def _x(self, place: float) -> float:
        return EDGE + place * (self.width() - 2 * EDGE)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Groove, band, tick, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(QRectF(EDGE, middle - 2, self.width() - 2 * EDGE, 4), 2, 2)
        low, high = (self._x(place_of(self.row, v)) for v in (self.entry.low, self.entry.high))
        painter.setBrush(colour("accent", 110))
        painter.drawRoundedRect(QRectF(low - 2, middle - 4, high - low + 4, 8), 4, 4)
        neutral = self._x(place_of(self.row, self.row.neutral))
        painter.setPen(QPen(colour("dim"), 1))
        painter.drawLine(QPointF(neutral, middle - 7), QPointF(neutral, middle + 7))
        at = self._x(self.value() / POSITIONS)
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "window"), 1.5))
        painter.setBrush(colour("text" if self.isEnabled() else "dim"))
        painter.drawEllipse(QPointF(at, middle), 6, 6)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """The handle comes to the pointer."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """And follows it."""
        if event is not None and self.isSliderDown():
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Until it is let go."""
        if event is not None:
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """The row's affair: it lets go."""
        if event is not None:
            event.ignore()

    def _go(self, event: QMouseEvent) -> None:
        place = (event.position().x() - EDGE) / max(1, self.width() - 2 * EDGE)
        self.setValue(round(min(1.0, max(0.0, place)) * POSITIONS))
