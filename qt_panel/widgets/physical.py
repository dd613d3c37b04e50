"""The physical view: every parameter of the table with value, unit, interval and confidence; automatic or pinned."""

from __future__ import annotations

import math

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QGridLayout, QToolButton, QVBoxLayout, QWidget

from qt_panel.texts import groups, tr, unit
from qt_panel.widgets.band import BandSlider
from qt_panel.widgets.parts import Fold, label, wheel_with_focus
from upzeroir_plugin.parameters import PARAMETERS, Entry, Parameter, ParameterVector

SURE, LIKELY = 0.8, 0.4


def sureness(confidence: float) -> str:
    """A confidence in a word."""
    word = tr("sure") if confidence >= SURE else tr("likely") if confidence >= LIKELY else tr("a guess")
    return word


class Spin(QDoubleSpinBox):
    """Takes the wheel only with the focus."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Only with the focus."""
        wheel_with_focus(self, event, super().wheelEvent)


class ParameterRow(QWidget):
    """`edited(name, value)` pins; `released(name)`: automatic again (the button, or a double click)."""

    edited = pyqtSignal(str, float)
    released = pyqtSignal(str)

    def __init__(self, row: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        name = tr(row.label)
        self.name = label(name)
        self.setToolTip(tr(row.help))
        self.slider = BandSlider(row, name)
        self.spin = Spin()
        self.spin.setAccessibleName(tr("{name}, value").format(name=name))
        self.spin.setRange(row.low, row.high)
        self.spin.setSingleStep(row.step)
        self.spin.setDecimals(max(0, math.ceil(-math.log10(row.step))))
        self.spin.setSuffix(unit(row))
        self.spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.spin.setKeyboardTracking(False)
        self.spin.setFixedWidth(92)
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.pin = QToolButton()
        self.pin.setCheckable(True)
        self.pin.setProperty("role", "pin")
        self.pin.setFixedWidth(66)
        self.pin.setAccessibleName(tr("{name}: keep this value").format(name=name))
        self.said = label("", "dim")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setVerticalSpacing(1)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.spin, 0, 1)
        grid.addWidget(self.pin, 0, 2)
        grid.addWidget(self.slider, 1, 0, 1, 3)
        grid.addWidget(self.said, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self.slider.edited.connect(lambda value: self.edited.emit(self.row.name, value))
        self.spin.valueChanged.connect(lambda value: self.edited.emit(self.row.name, value))
        self.pin.clicked.connect(self._pin)

    def show_entry(self, entry: Entry) -> None:
        """Value, interval, confidence, state; nobody is told."""
        self.slider.show_entry(entry)
        self.spin.blockSignals(True)
        self.spin.setValue(entry.value)
        self.spin.blockSignals(False)
        self.pin.setChecked(entry.pinned)
        self.pin.setText(tr("pinned") if entry.pinned else tr("auto"))
        self.pin.setToolTip(
            tr("You set this. Click, or double-click the row, to let it follow the photo again.")
            if entry.pinned
            else tr("Follows the photo. Click to keep this value.")
        )
        decimals = self.spin.decimals()
        span = f"{entry.low:.{decimals}f} – {entry.high:.{decimals}f}"
        found = f"{span} · {sureness(entry.confidence)} ({100 * entry.confidence:.0f} %)"
        self.say(tr("set by you") if entry.pinned else found)

    def say(self, text: str) -> None:
        """Where the value comes from."""
        self.said.setText(text)
        self.slider.setAccessibleDescription(text)

    def _pin(self, on: bool) -> None:
        if on:
            self.edited.emit(self.row.name, self.spin.value())
        else:
            self.released.emit(self.row.name)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        if event is not None and self.pin.isChecked():
            self.released.emit(self.row.name)


class Physical(QWidget):
    """A fold a group; `below(group)` is where a why-view goes."""

    edited = pyqtSignal(str, float)
    released = pyqtSignal(str)

    def __init__(self, why: dict[str, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, ParameterRow] = {}
        self.folds: dict[str, Fold] = {}
        column = self.column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for group, title in groups():
            body = QWidget()
            inner = QVBoxLayout(body)
            inner.setContentsMargins(14, 0, 0, 6)
            inner.setSpacing(2)
            for row in PARAMETERS:
                if row.group == group:
                    made = ParameterRow(row)
                    made.edited.connect(self.edited)
                    made.released.connect(self.released)
                    self.rows[row.name] = made
                    inner.addWidget(made)
            if group in why:
                inner.addWidget(why[group])
            self.folds[group] = Fold(title, body)
            column.addWidget(self.folds[group])

    def show_theta(self, theta: ParameterVector) -> None:
        """All values."""
        for name, row in self.rows.items():
            row.show_entry(theta.entries[name])
