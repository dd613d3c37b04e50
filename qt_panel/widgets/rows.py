"""The simple view's rows: a switch, what was found in words and number, and how much of it to undo."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel, QToggleSwitch

from qt_panel.settings import Settings
from qt_panel.texts import groups, in_numbers, in_words, tr
from qt_panel.widgets.parts import Slider, label, line
from upzeroir_plugin.parameters import ParameterVector


class GroupRow(QWidget):
    """One group. `switched(group, on)`, `changed(group, amount 0–1)`; a double click on the name asks for all of it."""

    switched = pyqtSignal(str, bool)
    changed = pyqtSignal(str, float)

    def __init__(self, group: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        self.switch = QToggleSwitch()
        self.switch.setAccessibleName(tr("Undo {name}").format(name=name))
        self.switch.setToolTip(tr("Whether this is undone at all"))
        self.name = label(name, "head")
        self.words = QElidingLabel("–")
        self.words.setElideMode(Qt.TextElideMode.ElideRight)
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.numbers = label("", "dim")
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.amount = Slider(tr("Amount of {name}").format(name=name))
        self.amount.setRange(0, 100)
        self.amount.setValue(100)
        self.amount.setToolTip(tr("How much of it to undo"))
        self.share = label("100 %", "dim")
        self.share.setMinimumWidth(44)
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lay_out()
        self.switch.toggled.connect(lambda on: self.switched.emit(self.group, on))
        self.amount.valueChanged.connect(self._slid)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 7, 0, 7)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        head = QHBoxLayout()
        head.addWidget(self.name)
        head.addWidget(self.words, 1)
        slide = QHBoxLayout()
        slide.addWidget(self.amount, 1)
        slide.addWidget(self.share)
        grid.addWidget(self.switch, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addLayout(head, 0, 1)
        grid.addLayout(slide, 1, 1)
        grid.addWidget(self.numbers, 2, 1)
        grid.setColumnStretch(1, 1)

    def show_found(self, theta: ParameterVector | None) -> None:
        """What was found; None: not known yet."""
        self.words.setText("…" if theta is None else in_words(theta, self.group))
        numbers = "" if theta is None else in_numbers(theta, self.group)
        self.words.setToolTip(self.words.text())
        self.numbers.setText(numbers)
        self.numbers.setVisible(bool(numbers))
        self.setAccessibleName(f"{self.name.text()}: {self.words.text()} {numbers}")

    def show_amount(self, on: bool, amount: float) -> None:
        """How it is set; nobody is told."""
        for widget in (self.switch, self.amount):
            widget.blockSignals(True)
        self.switch.setChecked(on)
        if not self.amount.isSliderDown():
            self.amount.setValue(round(100 * amount))
        for widget in (self.switch, self.amount):
            widget.blockSignals(False)
        self.share.setText(f"{100 * amount:.0f} %")
        for part in (self.amount, self.share, self.words, self.numbers):
            part.setEnabled(on)

    def _slid(self, value: int) -> None:
        self.share.setText(f"{value} %")
        self.changed.emit(self.group, value / 100)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """All of it again."""
        if event is not None:
            self.amount.setValue(100)


class Rows(QWidget):
    """The six rows."""

    switched = pyqtSignal(str, bool)
    changed = pyqtSignal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows: dict[str, GroupRow] = {}
        for group, name in groups():
            row = GroupRow(group, name)
            row.switched.connect(self.switched)
            row.changed.connect(self.changed)
            self.rows[group] = row
            if len(self.rows) > 1:
                column.addWidget(line())
            column.addWidget(row)

    def show_settings(self, settings: Settings, known: bool) -> None:
        """Values found and amounts set."""
        for group, row in self.rows.items():
            row.show_found(settings.theta if known else None)
            row.show_amount(settings.amounts.on[group], settings.amounts.amount[group])
