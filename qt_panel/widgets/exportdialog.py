"""Export: format, depth, quality, metadata, name and place; never over anything."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from qt_panel.exports import ExportOptions
from qt_panel.files import FORMATS
from qt_panel.texts import N_, tr
from qt_panel.widgets.parts import label
from upzeroir_plugin.errors import UnwritableError

FORMS = (
    ("same", N_("As the original")),
    ("jpeg", N_("JPEG")),
    ("png", N_("PNG, lossless")),
    ("tiff", N_("TIFF, lossless")),
    ("webp", N_("WebP, lossless")),
)
DEPTHS = ((0, N_("As the original")), (8, N_("8 bits")), (16, N_("16 bits")))
POLICIES = (
    ("keep", N_("Keep everything")),
    ("no-gps", N_("Keep, but not the place")),
    ("strip", N_("Remove everything")),
)
DEEP = ("same", "png", "tiff")


class ExportDialog(QDialog):
    """`options()` after it was accepted. `example`: a photo whose name is shown as it will be."""

    def __init__(
        self, options: ExportOptions, example: Path, count: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.example = example
        self.folder = options.folder
        self.setWindowTitle(tr("Export {n} photos").format(n=count) if count > 1 else tr("Export"))
        self.setMinimumWidth(460)
        self.form = _combo(FORMS, options.form, tr("Format"))
        self.bits = _combo(DEPTHS, options.depth, tr("Depth"))
        self.metadata = _combo(POLICIES, options.metadata, tr("Metadata"))
        self.quality = QSpinBox()
        self.quality.setRange(40, 100)
        self.quality.setValue(options.quality)
        self.quality.setAccessibleName(tr("JPEG quality"))
        self.pattern = QLineEdit(options.pattern)
        self.pattern.setAccessibleName(tr("Name"))
        self.pattern.setToolTip(
            tr("{name}: the original's name. {number}: 001, 002, … {ending}: jpg, nef, …")
        )
        self.place = QPushButton()
        self.preview = label("", "dim", True)
        self._lay_out()
        self.place.clicked.connect(self._choose)
        for signal in (
            self.form.currentIndexChanged,
            self.bits.currentIndexChanged,
            self.pattern.textChanged,
        ):
            signal.connect(lambda *_: self._show())
        self._show()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(tr("Format"), self.form)
        form.addRow(tr("Depth"), self.bits)
        form.addRow(tr("JPEG quality"), self.quality)
        form.addRow(tr("Metadata"), self.metadata)
        form.addRow(tr("Name"), self.pattern)
        row = QHBoxLayout()
        row.addWidget(self.place, 1)
        self.beside = QPushButton(tr("Beside the original"))
        self.beside.clicked.connect(lambda: self._set_folder(None))
        row.addWidget(self.beside)
        form.addRow(tr("Place"), row)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.preview)
        column.addWidget(self.buttons)

    def options(self) -> ExportOptions:
        """As they are set."""
        return ExportOptions(
            str(self.form.currentData()), int(self.bits.currentData()), self.quality.value(),
            str(self.metadata.currentData()), self.pattern.text(), self.folder,
        )  # fmt: skip

    def _choose(self) -> None:
        start = str(self.folder or self.example.parent)
        found = QFileDialog.getExistingDirectory(self, tr("Where to write"), start)
        if found:
            self._set_folder(Path(found))

    def _set_folder(self, folder: Path | None) -> None:
        self.folder = folder
        self._show()

    def _show(self) -> None:
        form = str(self.form.currentData())
        self.bits.setEnabled(form in DEEP)
        self.quality.setEnabled(form in ("same", "jpeg"))
        self.place.setText(str(self.folder) if self.folder else tr("Choose a folder…"))
        self.beside.setVisible(self.folder is not None)
        written = form
        if form == "same":
            endings = {ending: name for name, ending in FORMATS.items()}
            ending = self.example.suffix.lower().replace("jpeg", "jpg").replace("tiff", "tif")
            written = endings.get(ending, "tiff")
        try:
            target = self.options().target(self.example, written)
        except UnwritableError as error:
            self.preview.setText(str(error))
            self._allow(False)
            return
        self.preview.setText(tr("Will be written as {name}").format(name=target.name))
        self._allow(True)

    def _allow(self, on: bool) -> None:
        if self.ok is not None:
            self.ok.setEnabled(on)


def _combo(rows: tuple[tuple[str | int, str], ...], chosen: str | int, name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for key, text in rows:
        made.addItem(tr(text), key)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    return made
