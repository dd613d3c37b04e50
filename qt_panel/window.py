"""The window: canvas, loupes, side bar, and the menus that reach everything."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from qt_panel.actions import Actions
from qt_panel.exports import Exports
from qt_panel.files import filters
from qt_panel.item import Item
from qt_panel.problems import Problem
from qt_panel.session import Session
from qt_panel.sidebar import Sidebar
from qt_panel.stage import Stage
from qt_panel.texts import tr
from qt_panel.widgets.alert import Alert

TOLD_MS = 6000


class Window(QMainWindow):
    """One window for one session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.exports = Exports(session)
        self.setWindowTitle("UP-ZeroIR")
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        self.alert = Alert()
        self.stage = Stage(session)
        self.sidebar = Sidebar(session)
        self.readout = QLabel("")
        self.service = QLabel("")
        self._lay_out()
        self.actions_ = Actions(self)
        self._connect()
        self._show_backend()

    def _lay_out(self) -> None:
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.alert)
        left.addWidget(self.stage, 1)
        row.addLayout(left, 1)
        row.addWidget(self.sidebar)
        self.setCentralWidget(middle)
        bar = self.statusBar()
        assert bar is not None  # noqa: S101
        bar.setSizeGripEnabled(False)
        bar.addPermanentWidget(self.readout)
        bar.addPermanentWidget(self.service)

    def _connect(self) -> None:
        session = self.session
        session.failed.connect(self.alert.show_problem)
        session.told.connect(lambda text: self.tell(text))
        session.chosen.connect(self._chosen)
        session.changed.connect(self._news)
        session.backend.changed.connect(self._show_backend)
        self.exports.saved.connect(self._saved)
        self.sidebar.run.save.connect(self.save)
        self.sidebar.run.export.connect(self.export)
        self.stage.read.connect(self.readout.setText)
        self.alert.retry.connect(self.retry)

    # -- what the actions do ---------------------------------------------------------------------------------

    def open_dialog(self) -> None:
        """Choose photos."""
        names, _ = QFileDialog.getOpenFileNames(self, tr("Open photos"), "", filters(tr("Photos")))
        if names:
            self.session.open(Path(name) for name in names)

    def save(self) -> None:
        """The present result beside its photo."""
        if self.session.current is not None:
            self.exports.save(self.session.current)

    def export(self) -> None:
        """The present result as chosen."""
        self.save()

    def retry(self) -> None:
        """Try again what the alert speaks of."""
        self.alert.clear()
        item = self.session.current
        if item is None or not item.estimate:
            self.session.backend.start()
        for other in self.session.items:
            if not other.estimate:
                self.session.loader.look(other)
        if item is not None and item.estimate and not item.fresh:
            self.session.restore(item)

    def tell(self, text: str) -> None:
        """A passing word."""
        bar = self.statusBar()
        if bar is not None:
            bar.showMessage(text, TOLD_MS)

    # -- news ------------------------------------------------------------------------------------------------

    def _chosen(self, item: Item | None) -> None:
        self.setWindowTitle(f"{item.name} – UP-ZeroIR" if item is not None else "UP-ZeroIR")
        if item is not None and item.problem is not None:
            self.alert.show_problem(item.problem)
        elif self.alert.problem is not None and not self.alert.problem.backend:
            self.alert.clear()

    def _news(self, item: Item, what: str) -> None:
        said = self.alert.problem
        better = item is self.session.current and what == "status" and item.problem is None
        if better and said is not None and not said.backend:
            self.alert.clear()

    def _saved(self, _item: Item, path: Path) -> None:
        self.alert.clear()
        self.tell(tr("Saved as {name}").format(name=path))

    def _show_backend(self) -> None:
        backend = self.session.backend
        words = {
            "": "",
            "starting": backend.text or tr("Starting the backend…"),
            "ready": tr("Ready"),
            "missing": tr("Backend missing"),
        }
        self.service.setText(words.get(backend.state, ""))
        if backend.state == "ready" and self.alert.problem is not None and self.alert.problem.backend:
            self.alert.clear()
        elif backend.state == "missing" and backend.problem is not None:
            self.show_backend_problem(backend.problem)

    def show_backend_problem(self, problem: Problem) -> None:
        """Nobody is there to work: say so, with what can be done."""
        self.alert.show_problem(problem)

    # -- Qt --------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Files are welcome."""
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None and mime.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None:
            paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
            event.acceptProposedAction()
            QTimer.singleShot(0, lambda: self.session.open(paths) if paths else None)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask before a run is dropped."""
        if event is None:
            return
        if self.session.runs.running and not self._may_close():
            event.ignore()
            return
        self.session.shut()
        event.accept()

    def _may_close(self) -> bool:
        answer = QMessageBox.question(
            self, tr("Still restoring"),
            tr("A photo is being restored. Close and drop it? Settings are kept."),
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )  # fmt: skip
        return answer == QMessageBox.StandardButton.Close

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """B, held anywhere in the window, shows the photo as it was."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        if not isinstance(event, QKeyEvent) or event.type() not in kinds or event.isAutoRepeat():
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_B and not event.modifiers():
            self.stage.canvas.hold_before(event.type() == QEvent.Type.KeyPress)
        return super().eventFilter(watched, event)
