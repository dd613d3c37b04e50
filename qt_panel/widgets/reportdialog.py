"""Diagnose and Log: text that can be read and copied."""

from __future__ import annotations

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from qt_panel.texts import tr
from qt_panel.widgets.parts import label


class ReportDialog(QDialog):
    """`show_text` when it has come. `folder`: a button opens it."""

    def __init__(self, title: str, intro: str, folder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(720, 520)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(title)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlainText(tr("A moment…"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copying = QPushButton(tr("Copy report"))
        self.copying.setEnabled(False)
        buttons.addButton(self.copying, QDialogButtonBox.ButtonRole.ActionRole)
        if folder:
            opening = QPushButton(tr("Open folder"))
            opening.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
            buttons.addButton(opening, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.copying.clicked.connect(self.copy)
        column = QVBoxLayout(self)
        column.addWidget(label(intro, "", True))
        column.addWidget(self.text, 1)
        column.addWidget(buttons)

    def show_text(self, text: str) -> None:
        """It is here."""
        self.text.setPlainText(text)
        self.copying.setEnabled(True)

    def copy(self) -> None:
        """To the clipboard."""
        board = QGuiApplication.clipboard()
        if board is not None:
            board.setText(self.text.toPlainText())
        self.copying.setText(tr("Copied"))
