"""The window: stage, side bar, filmstrip, first page, and what their buttons ask for."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer, QUrl
from PyQt6.QtGui import QCloseEvent, QDrag, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QFileDialog, QLabel, QMainWindow, QMessageBox, QStackedWidget

from qt_panel.actions import Actions
from qt_panel.app_parts import running_application
from qt_panel.autosave import Autosave
from qt_panel.delivery import Delivery
from qt_panel.diagnose import facts
from qt_panel.dialogs import Dialogs
from qt_panel.exports import Exports
from qt_panel.files import filters
from qt_panel.item import Item, Status
from qt_panel.layout import lay_out
from qt_panel.queue import Queue
from qt_panel.session import Session
from qt_panel.sidebar import Sidebar
from qt_panel.stage import Stage
from qt_panel.texts import tr
from qt_panel.widgets.alert import Alert
from qt_panel.widgets.filmstrip import Filmstrip
from qt_panel.widgets.paint import pixmap_of
from qt_panel.widgets.presetmenu import PresetMenu
from qt_panel.widgets.welcome import Welcome

TOLD_MS = 8000


class Window(QMainWindow):
    """One window for one session."""

    def __init__(self, session: Session, deliver_to: str = "") -> None:
        super().__init__()
        self.session = session
        self.exports = Exports(session)
        self.queue = Queue(session, self.exports)
        self.delivery = Delivery(session, self.exports, deliver_to)
        self.autosave = Autosave(session)
        self.dialogs = Dialogs(self)
        self.alert, self.stage, self.sidebar = Alert(), Stage(session), Sidebar(session)
        self.filmstrip, self.welcome, self.pages = Filmstrip(), Welcome(), QStackedWidget()
        self.readout, self.service = QLabel(""), QLabel("")
        self.presets = PresetMenu(session, self)
        self.sidebar.presets.setMenu(self.presets)
        lay_out(self)
        self.actions_ = Actions(self)
        self._connect()
        self._connect_queue()
        self._leaving = self._over = False
        self._show_backend()
        self._listed()
        self.sidebar.run.handing.setVisible(bool(deliver_to))
        running_application().installEventFilter(self)

    def _connect(self) -> None:
        session, run, alert = self.session, self.sidebar.run, self.alert
        session.failed.connect(alert.show_problem)
        session.told.connect(self.tell)
        session.chosen.connect(self._chosen)
        session.changed.connect(self._news)
        session.backend.changed.connect(self._show_backend)
        self.exports.saved.connect(self._saved)
        self.exports.saved.connect(lambda *_: self._go_on_leaving())
        self.exports.failed.connect(lambda _, problem: self._go_on_leaving(problem))
        run.save.connect(self.save)
        run.export.connect(self.export)
        run.deliver.connect(self.deliver)
        run.dragged.connect(self.drag_out)
        self.stage.read.connect(self.readout.setText)
        alert.retry.connect(self.retry)
        alert.log.connect(self.dialogs.log)
        alert.help.connect(self.dialogs.help)
        self.welcome.open.connect(self.open_dialog)
        self.welcome.opened.connect(lambda path: self.open([path]))
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._repaint_all)  # bound: a closed window hears it no more

    def _connect_queue(self) -> None:
        strip, queue = self.filmstrip, self.queue
        self.session.listed.connect(self._listed)
        strip.chosen.connect(self.session.choose)
        strip.start.connect(self.restore_all)
        strip.pause.connect(queue.pause)
        strip.retry.connect(queue.retry)
        strip.stop.connect(queue.stop)
        strip.sync.connect(lambda _: self._sync())
        strip.strip.itemSelectionChanged.connect(self._sync)
        queue.changed.connect(self._show_queue)

    def _repaint_all(self) -> None:
        self.dialogs.apply(self.dialogs.preferences)

    # -- what is asked for

    def open_dialog(self) -> None:
        """Choose photos."""
        names, _ = QFileDialog.getOpenFileNames(self, tr("Open photos"), "", filters(tr("Photos")))
        if names:
            self.open([Path(name) for name in names])

    def open_folder(self) -> None:
        """Choose a folder; its photos and those below it are opened."""
        name = QFileDialog.getExistingDirectory(self, tr("Open a folder"))
        if name:
            self.open([Path(name)])

    def open(self, paths: list[Path]) -> None:
        """Open photos and folders, and keep them in mind."""
        added = self.session.open(paths)
        if added:
            self.dialogs.opened([item.path for item in added])

    def save(self) -> None:
        """The present result beside its photo; in its place for another program; elsewhere if it has no place."""
        item = self.session.current
        if item is not None and item.title:
            self.export()
        elif item is not None:
            self.exports.save(item)

    def export(self) -> None:
        """The present result, or those of the chosen photos, as the dialog says."""
        chosen = self.filmstrip.selected() if self.filmstrip.isVisible() else []
        items = chosen if len(chosen) > 1 else [i for i in (self.session.current,) if i is not None]
        if items:
            self.restore_all(items)

    def restore_all(self, items: list[Item]) -> None:
        """Restore and write these (none: all photos), after asking how."""
        items = items or list(self.session.items)
        options = self.dialogs.ask_export(items) if items else None
        if options is None:
            return
        if len(items) == 1 and items[0].fresh:
            self.exports.export(items[0], options)
        else:
            self.queue.start(items, options)

    def deliver(self) -> None:
        """The present result to GIMP."""
        if self.session.current is not None:
            self.delivery.send(self.session.current)

    def drag_out(self) -> None:
        """A file of the present result, dragged to where the user lets go."""
        item = self.session.current
        if item is None:
            return

        def drag(path: Path) -> None:
            if not QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
                return
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(path))])
            made = QDrag(self)
            made.setMimeData(mime)
            if item.thumbnail is not None:
                made.setPixmap(pixmap_of(item.thumbnail))
            made.exec(Qt.DropAction.CopyAction)

        self.exports.temporary(item, self.delivery.folder, drag)

    def retry(self) -> None:
        """Try again what the alert speaks of."""
        problem = self.alert.problem
        self.alert.clear()
        item = self.session.current
        self.session.backend.start()
        for other in self.session.items:
            if not other.estimate and other.status is Status.FAILED:
                self.session.set_status(other, Status.NEW)
        if item is not None and not item.estimate:
            self.session.loader.look(item)
        self.session.loader.look_at_all()
        if self.queue.active:
            self.queue.pause(False)
        elif item is not None and item.fresh and problem is not None and problem.code == "unwritable":
            self.export()
        elif item is not None and item.estimate and not item.fresh:
            self.session.restore(item)

    def tell(self, text: str) -> None:
        """A passing word."""
        bar = self.statusBar()
        if bar is not None:
            bar.showMessage(text, TOLD_MS)

    # -- news

    def _chosen(self, item: Item | None) -> None:
        self.setWindowTitle(f"{item.name} – UP-ZeroIR" if item is not None else "UP-ZeroIR")
        self.filmstrip.show_items(self.session.items, item)
        self.sidebar.run.say_where(item is not None and self.exports.replaces(item))
        if item is not None and item.problem is not None:
            self.alert.show_problem(item.problem)
        elif self.alert.problem is not None and not self.alert.problem.backend:
            self.alert.clear()

    def _news(self, item: Item, what: str) -> None:
        if what in ("status", "progress"):
            self.filmstrip.show_item(item)
        said = self.alert.problem
        better = item is self.session.current and what == "status" and item.problem is None
        if better and said is not None and not said.backend:
            self.alert.clear()

    def _listed(self) -> None:
        items = self.session.items
        self.pages.setCurrentIndex(1 if items else 0)
        self.sidebar.setVisible(bool(items))
        self.filmstrip.setVisible(len(items) > 1)
        self.filmstrip.show_items(items, self.session.current)
        if not items:
            self.welcome.show_recent([Path(name) for name in self.dialogs.preferences.recent])
        self._show_queue()

    def _show_queue(self) -> None:
        done, failed, total = self.queue.counts()
        self.filmstrip.show_queue(done, failed, total, self.queue.active, self.queue.paused)

    def _sync(self) -> None:
        """Set together what is chosen, if that is wanted."""
        wanted = self.filmstrip.syncing.isChecked()
        self.session.together = self.filmstrip.selected() if wanted else []

    def _saved(self, item: Item, path: Path) -> None:
        if item is self.session.current:
            self.alert.clear()
        said = tr("Saved as {name}").format(name=path)
        if item.backup is not None:
            said += " · " + tr("the file before: {name}").format(name=item.backup.name)
        self.tell(said)

    def _show_backend(self) -> None:
        backend = self.session.backend
        words = {
            "starting": backend.text or tr("Starting the backend…"),
            "ready": tr("Ready"),
            "missing": tr("Backend missing"),
        }
        self.service.setText(words.get(backend.state, ""))
        self.service.setToolTip(facts(backend.hello))
        if backend.state == "ready" and self.alert.problem is not None and self.alert.problem.backend:
            self.alert.clear()
        elif backend.state == "missing" and backend.problem is not None:
            self.alert.show_problem(backend.problem)

    # -- Qt

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Files are welcome."""
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None and mime.hasUrls() and event.source() is not self:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None:
            paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
            event.acceptProposedAction()
            QTimer.singleShot(0, lambda: self.open(paths) if paths else None)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask before a run or a result is lost; what is being written is written first."""
        if event is None or self._over:
            return
        if self.exports.writing:
            self._leaving = True
            self.tell(tr("Saving first…"))
            event.ignore()
            return
        if not self._may_close():
            event.ignore()
            return
        self.shut()
        event.accept()

    def _go_on_leaving(self, problem: object = None) -> None:
        """A file was written while the window waits to be closed; one that could not be is said instead."""
        if self._leaving and (problem is not None or not self.exports.writing):
            self._leaving = False
            if problem is None:
                self.close()

    def shut(self, ended: bool = True) -> None:
        """End the work. `ended` as it should: nothing is left behind; else the next start has the session again."""
        self._over = True
        running_application().removeEventFilter(self)
        if ended:
            self.autosave.end()
        else:
            self.autosave.write()
        self.session.shut()
        self.delivery.close()

    def _may_close(self) -> bool:
        unsaved = sum(item.result is not None and not item.result.kept for item in self.session.items)
        if self.session.runs.running or self.queue.active:
            title, text = tr("Still restoring"), tr("A photo is being restored. Close and drop it?")
        elif unsaved:
            title = tr("Not saved")
            text = tr("Restored photos that are not saved: {n}. Close and drop them?").format(n=unsaved)
        else:
            return True
        answer = QMessageBox.question(
            self, title, text,
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )  # fmt: skip
        return answer == QMessageBox.StandardButton.Close

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """B, held anywhere in the window, shows the photo as it was, until it is let go or the window is left."""
        canvas, down = self.stage.canvas, QEvent.Type.KeyPress
        if watched is self and event is not None and event.type() == QEvent.Type.WindowDeactivate:
            canvas.hold_before(False)
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_B or event.isAutoRepeat():
            return False
        if event.type() == QEvent.Type.KeyRelease:
            canvas.hold_before(False)
        elif event.type() == down and not event.modifiers() and self.isActiveWindow():
            canvas.hold_before(True)
        return False
