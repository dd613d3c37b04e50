"""How the window's parts lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from qt_panel.window import Window

SIZE = (1360, 880)


def lay_out(window: Window) -> None:
    """First page or stage on the left, filmstrip below, side bar on the right, alert on top."""
    window.setWindowTitle("UP-ZeroIR")
    window.setAcceptDrops(True)
    window.resize(*SIZE)
    window.pages.addWidget(window.welcome)
    window.pages.addWidget(window.stage)
    middle = QWidget()
    row = QHBoxLayout(middle)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    left = QVBoxLayout()
    left.setContentsMargins(0, 0, 0, 0)
    left.setSpacing(0)
    left.addWidget(window.alert)
    left.addWidget(window.pages, 1)
    left.addWidget(window.filmstrip)
    row.addLayout(left, 1)
    row.addWidget(window.sidebar)
    window.setCentralWidget(middle)
    bar = window.statusBar()
    if bar is not None:
        bar.setSizeGripEnabled(False)
        bar.addPermanentWidget(window.readout)
        bar.addPermanentWidget(window.service)
