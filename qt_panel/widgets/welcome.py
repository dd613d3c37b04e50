"""The first page: what this is, and examples to try at once."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QImageReader, QPixmap
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from qt_panel.texts import N_, tr
from qt_panel.widgets.parts import button, label

SIZE = QSize(180, 112)
EXAMPLES = (
    ("haze.jpg", N_("Haze")),
    ("dusk.jpg", N_("Dark and noisy")),
    ("soft.jpg", N_("Soft")),
    ("compressed.jpg", N_("Compressed")),
)
MOST = 4


def examples() -> list[tuple[Path, str]]:
    """The photos that come with the program: in the checkout, or beside the package."""
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "examples", here.parent / "examples"):
        found = [(folder / name, tr(text)) for name, text in EXAMPLES if (folder / name).is_file()]
        if found:
            return found
    return []


class Welcome(QWidget):
    """`opened(path)`: a photo was chosen; `open`: the dialog is asked for."""

    opened = pyqtSignal(object)
    open = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures: list[QToolButton] = []
        self.recents = QHBoxLayout()
        self.recent_label = label(tr("Opened last"), "head")
        column = QVBoxLayout(self)
        column.setContentsMargins(60, 20, 60, 20)
        column.setSpacing(14)
        column.addStretch(2)
        title = label(tr("See what is wrong with a photo. Watch it form anew."), "title", True)
        column.addWidget(_middle(title))
        text = tr(
            "Drop photos or folders here. Haze, blur, light, noise, colour and JPEG traces are measured and undone."
            " You can correct every number. Nothing leaves this computer."
        )
        column.addWidget(_middle(label(text, "dim", True)))
        self.opening = button(tr("Open photos…"), "primary", tr("Ctrl+O"))
        self.opening.clicked.connect(self.open)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.opening)
        row.addStretch(1)
        column.addSpacing(6)
        column.addLayout(row)
        column.addStretch(1)
        if examples():
            column.addWidget(_middle(label(tr("Or try an example"), "head")))
        shelf = QHBoxLayout()
        shelf.setSpacing(12)
        shelf.addStretch(1)
        for path, name in examples():
            made = self._picture(path, name)
            self.pictures.append(made)
            shelf.addWidget(made)
        shelf.addStretch(1)
        column.addLayout(shelf)
        column.addWidget(_middle(self.recent_label))
        column.addLayout(self.recents)
        column.addStretch(1)
        self.show_recent([])

    def show_recent(self, paths: list[Path]) -> None:
        """What was opened last, those that are still there."""
        while (item := self.recents.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.recents.addStretch(1)
        there = [path for path in paths if path.is_file()][:MOST]
        for path in there:
            made = QToolButton()
            made.setText(path.name)
            made.setToolTip(str(path))
            made.setAccessibleName(path.name)
            made.clicked.connect(lambda _=False, p=path: self.opened.emit(p))
            self.recents.addWidget(made)
        self.recents.addStretch(1)
        self.recent_label.setVisible(bool(there))

    def _picture(self, path: Path, name: str) -> QToolButton:
        made = QToolButton()
        reader = QImageReader(str(path))
        size = reader.size().scaled(SIZE * 2, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        reader.setScaledSize(size)
        picture = QPixmap.fromImage(reader.read())
        left, top = (size.width() - 2 * SIZE.width()) // 2, (size.height() - 2 * SIZE.height()) // 2
        made.setIcon(QIcon(picture.copy(left, top, 2 * SIZE.width(), 2 * SIZE.height())))
        made.setIconSize(SIZE)
        made.setText(name)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setAccessibleName(tr("Example: {name}").format(name=name))
        made.clicked.connect(lambda: self.opened.emit(path))
        return made


def _middle(made: QLabel) -> QLabel:
    made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return made
