"""A bar that says what went wrong and offers the next step; it stays until it is dealt with."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from qt_panel.problems import Problem
from qt_panel.texts import tr
from qt_panel.widgets.parts import button, label


class Alert(QFrame):
    """`retry`, `log` and `help` are asked for."""

    retry = pyqtSignal()
    log = pyqtSignal()
    help = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "alert")
        self.problem: Problem | None = None
        self.message = label("", "head", True)
        self.hint = label("", "dim", True)
        self.retrying = button(tr("Retry"))
        self.logging = button(tr("Log"))
        self.helping = button(tr("Help"))
        self.closing = button(tr("Dismiss"))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.message)
        texts.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.addLayout(texts, 1)
        for made in (self.retrying, self.logging, self.helping, self.closing):
            row.addWidget(made)
        self.retrying.clicked.connect(self.retry)
        self.logging.clicked.connect(self.log)
        self.helping.clicked.connect(self.help)
        self.closing.clicked.connect(self.clear)
        self.hide()

    def show_problem(self, problem: Problem) -> None:
        """Say it. Retry is offered for what may be different next time."""
        self.problem = problem
        self.message.setText(problem.message)
        self.hint.setText(problem.hint)
        self.hint.setVisible(bool(problem.hint))
        self.setToolTip(problem.detail)
        again = problem.backend or problem.code in (
            "gone",
            "unwritable",
            "worker",
            "internal",
            "timeout",
            "queue-full",
        )
        self.retrying.setVisible(again)
        self.logging.setVisible(problem.backend or problem.code in ("worker", "internal"))
        self.helping.setVisible(problem.backend)
        self.setAccessibleName(str(problem))
        self.show()

    def clear(self) -> None:
        """It is dealt with."""
        self.problem = None
        self.hide()
