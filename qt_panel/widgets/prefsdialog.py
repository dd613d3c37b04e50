"""The preferences' dialog."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from qt_panel.prefs import Preferences
from qt_panel.texts import N_, tr
from qt_panel.widgets.exportdialog import POLICIES
from qt_panel.widgets.parts import label

LOOKS = (("system", N_("As the system")), ("light", N_("Light theme")), ("dark", N_("Dark theme")))
DEVICES = (
    ("auto", N_("The fastest there is")),
    ("cpu", N_("Processor")),
    ("cuda", N_("NVIDIA graphics card")),
    ("mps", N_("Apple graphics")),
)
LANGUAGES = (("", N_("As the system")), ("en", "English"), ("de", "Deutsch"))


class PrefsDialog(QDialog):
    """`preferences()` after it was accepted."""

    def __init__(self, now: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.now = now
        self.setWindowTitle(tr("Preferences"))
        self.setMinimumWidth(480)
        self.look = _combo(LOOKS, now.look, tr("Look"))
        self.language = _combo(LANGUAGES, now.language, tr("Language"))
        self.device = _combo(DEVICES, now.device, tr("Compute with"))
        self.metadata = _combo(POLICIES, now.metadata, tr("Metadata when saving"))
        self.memory = _number(now.memory, 0, 512, tr("GB"), tr("Memory for pictures"), tr("as it comes"))
        self.idle = _number(now.idle, 0, 1440, tr("minutes"), tr("End the backend after"), tr("10 minutes"))
        self.prior = _Path(now.prior, tr("Denoiser's folder"), tr("the one that comes with it"), folder=True)
        self.monitor = _Path(now.screen, tr("Screen profile"), tr("sRGB"), folder=False)
        self.live = QCheckBox(tr("Show the effect while I move a slider"))
        self.live.setChecked(now.live)
        form = QFormLayout()
        form.addRow(tr("Look"), self.look)
        form.addRow(tr("Language"), self.language)
        form.addRow(tr("Screen profile"), self.monitor)
        form.addRow("", self.live)
        form.addRow(tr("Metadata when saving"), self.metadata)
        form.addRow(tr("Compute with"), self.device)
        form.addRow(tr("Memory for pictures"), self.memory)
        form.addRow(tr("End the backend after"), self.idle)
        form.addRow(tr("Denoiser's folder"), self.prior)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addLayout(form)
        note = tr("Memory, time and denoiser: from the backend's next start. Language: from the panel's.")
        column.addWidget(label(note, "dim", True))
        column.addWidget(buttons)

    def preferences(self) -> Preferences:
        """As they are set."""
        return replace(
            self.now, look=str(self.look.currentData()), language=str(self.language.currentData()),
            device=str(self.device.currentData()), metadata=str(self.metadata.currentData()),
            memory=self.memory.value(), idle=self.idle.value(), prior=self.prior.text(), screen=self.monitor.text(),
            live=self.live.isChecked(),
        )  # fmt: skip


class _Path(QWidget):
    def __init__(self, path: str, name: str, nothing: str, folder: bool) -> None:
        super().__init__()
        self.folder = folder
        self.edit = QLineEdit(path)
        self.edit.setPlaceholderText(nothing)
        self.edit.setAccessibleName(name)
        self.edit.setClearButtonEnabled(True)
        choose = QPushButton(tr("Choose…"))
        choose.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit, 1)
        row.addWidget(choose)

    def text(self) -> str:
        """The path, or empty."""
        return self.edit.text().strip()

    def _choose(self) -> None:
        if self.folder:
            found = QFileDialog.getExistingDirectory(self, self.edit.accessibleName(), self.text())
        else:
            found, _ = QFileDialog.getOpenFileName(
                self, self.edit.accessibleName(), self.text(), "ICC (*.icc *.icm)"
            )
        if found:
            self.edit.setText(found)


def _combo(rows: tuple[tuple[str, str], ...], chosen: str, name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for key, text in rows:
        made.addItem(tr(text), key)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    return made


def _number(value: float, low: float, high: float, unit: str, name: str, nothing: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(low, high)
    made.setDecimals(1)
    made.setSpecialValueText(nothing)
    made.setSuffix(f" {unit}")
    made.setValue(value)
    made.setAccessibleName(name)
    return made
