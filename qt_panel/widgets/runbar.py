"""Restore, how it goes, and the two ways out of it."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from qt_panel.item import Item, Status
from qt_panel.texts import duration, tr
from qt_panel.widgets.parts import button, label, raise_role


class RunBar(QWidget):
    """`restore`, `keep`, `cancel`, `save`, `export` are asked for."""

    restore = pyqtSignal()
    keep = pyqtSignal()
    cancel = pyqtSignal()
    save = pyqtSignal()
    export = pyqtSignal()
    deliver = pyqtSignal()
    dragged = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.go = button(tr("Restore"), "primary", tr("Undo what is wrong (Ctrl+R)"))
        self.keeping = button(tr("Stop and keep this"), "", tr("End with the picture as it is now"))
        self.cancelling = button(tr("Cancel"), "", tr("Drop this run (Esc)"))
        self.saving = button(tr("Save"), "", "")
        self.say_where(False)
        self.exporting = button(tr("Export…"), "", tr("Choose format, name and place (Ctrl+E)"))
        self.handing = button(tr("Hand to GIMP"), "", tr("As a layer of the picture that it came from"))
        self.handing.hide()
        self.dragging = button(
            tr("Drag out"), "", tr("Drag this to another program or a folder: it gets the result")
        )
        self.dragging.pressed.connect(self.dragged)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.label = label("", "", True)
        self.numbers = label("", "dim", True)
        self._lay_out()
        pairs = (
            (self.go, self.restore), (self.keeping, self.keep), (self.cancelling, self.cancel),
            (self.saving, self.save), (self.exporting, self.export), (self.handing, self.deliver),
        )  # fmt: skip
        for made, signal in pairs:
            made.clicked.connect(signal)
        self.show_item(None)

    def say_where(self, replaced: bool) -> None:
        """Where Save writes: beside the photo, or in its place for another program."""
        beside = tr("Beside the original, never over it (Ctrl+S)")
        instead = tr("In place of the photo, of which a copy is kept beside it (Ctrl+S)")
        self.saving.setToolTip(instead if replaced else beside)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.running = QWidget()
        inner = QVBoxLayout(self.running)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.label)
        inner.addWidget(self.bar)
        inner.addWidget(self.numbers)
        stops = QHBoxLayout()
        stops.addWidget(self.keeping, 1)
        stops.addWidget(self.cancelling)
        inner.addLayout(stops)
        column.addWidget(self.go)
        column.addWidget(self.running)
        saves = QHBoxLayout()
        saves.addWidget(self.saving, 1)
        saves.addWidget(self.exporting, 1)
        saves.addWidget(self.dragging)
        column.addLayout(saves)
        column.addWidget(self.handing)

    def show_item(self, item: Item | None) -> None:
        """Buttons and progress of a photo."""
        running = item is not None and item.status is Status.RUNNING
        self.go.setVisible(not running)
        self.running.setVisible(running)
        fresh = item is not None and item.fresh
        self.go.setEnabled(item is not None and item.status is not Status.WAITING and not fresh)
        self.go.setText(self._word(item))
        for made in (self.saving, self.exporting, self.dragging, self.handing):
            made.setEnabled(item is not None and not running and bool(item.result))
        first = self.saving if self.handing.isHidden() else self.handing
        raise_role(first, "primary" if fresh else "")
        if item is not None and running and item.progress is not None:
            progress = item.progress
            self.label.setText(progress.label)
            self.bar.setRange(0, 1000 if progress.done > 0 else 0)
            self.bar.setValue(round(1000 * progress.done))
            said = []
            if progress.step is not None and progress.step[1]:
                said.append(tr("step {n} of {m}").format(n=progress.step[0], m=progress.step[1]))
            if progress.eta is not None:
                said.append(tr("about {time} left").format(time=duration(progress.eta)))
            self.numbers.setText(" · ".join(said))
            self.numbers.setVisible(bool(said))

    def _word(self, item: Item | None) -> str:
        if item is not None and item.fresh:
            return tr("Restored")
        return tr("Restore again") if item is not None and item.result is not None else tr("Restore")
