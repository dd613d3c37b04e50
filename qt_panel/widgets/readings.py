"""Close readings of the photo as small pictures: one click chooses."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import numpy as np
from PIL import Image
from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from qt_panel.texts import reading_label, tr
from qt_panel.widgets.paint import pixmap_of
from qt_panel.widgets.parts import label

SIZE = QSize(96, 72)
MOST, COLUMNS = 4, 2


class Readings(QWidget):
    """`chosen(index)`; hidden where the photo has one reading only."""

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QToolButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(tr("It may be meant like this. Which is right?"), "dim", True))
        self.grid = QGridLayout()
        self.grid.setSpacing(6)
        column.addLayout(self.grid)
        self.hide()

    def show_readings(self, readings: list[dict[str, Any]], chosen: str) -> None:
        """The service's hypotheses, best first; `chosen`: the label of the one in use, empty: the first."""
        readings = readings[:MOST]
        if len(readings) != len(self.buttons) or any(
            b.property("reading") != r["label"] for b, r in zip(self.buttons, readings, strict=False)
        ):
            self._build(readings)
        for index, made in enumerate(self.buttons):
            made.setChecked(made.property("reading") == chosen if chosen else index == 0)
        self.setVisible(len(readings) > 1)

    def _build(self, readings: list[dict[str, Any]]) -> None:
        for old in self.buttons:
            self.grid.removeWidget(old)
            old.deleteLater()
        self.buttons = []
        for index, reading in enumerate(readings):
            made = QToolButton()
            made.setProperty("reading", reading["label"])
            text = reading_label(reading["label"])
            made.setText(text)
            made.setAccessibleName(tr("Reading: {name}").format(name=text))
            made.setToolTip(tr("{n} % likely").format(n=round(100 * float(reading.get("weight", 0)))))
            made.setCheckable(True)
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            made.setSizePolicy(
                QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed
            )  # never wider than its share
            made.setIconSize(SIZE)
            icon = _icon(reading.get("jpeg", ""))
            if icon is not None:
                made.setIcon(icon)
            made.clicked.connect(lambda _=False, i=index: self.chosen.emit(i))
            self.grid.addWidget(made, *divmod(index, COLUMNS))
            self.buttons.append(made)


def _icon(text: str) -> QIcon | None:
    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            return QIcon(pixmap_of(np.array(picture.convert("RGB"))))
    except (OSError, ValueError, binascii.Error):
        return None
