"""The window's dialogs: export, preferences, diagnose, log, help, about."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QMessageBox

from qt_panel import diagnose, prefs, theme
from qt_panel.app_parts import running_application
from qt_panel.exports import ExportOptions
from qt_panel.item import Item
from qt_panel.picture import Display
from qt_panel.problems import problem_of
from qt_panel.texts import tr
from qt_panel.widgets.exportdialog import ExportDialog
from qt_panel.widgets.prefsdialog import PrefsDialog
from qt_panel.widgets.reportdialog import ReportDialog
from upzeroir_plugin import __version__, launch
from upzeroir_plugin.errors import UpzeroirError

if TYPE_CHECKING:
    from qt_panel.window import Window


class Dialogs:
    """Each method opens one; what was chosen is done at once."""

    def __init__(self, window: Window) -> None:
        self.window, self.session = window, window.session
        self.preferences = prefs.load()
        self.apply(self.preferences)

    def remember(self, **changes: object) -> None:
        """Change preferences and write them; a disk that refuses is said."""
        self.preferences = replace(self.preferences, **changes)  # type: ignore[arg-type]
        try:
            prefs.save(self.preferences)
        except (UpzeroirError, OSError) as error:
            self.session.failed.emit(problem_of(error))

    def opened(self, paths: list[Path]) -> None:
        """Keep in mind what was opened last."""
        names = [str(path) for path in paths[:12]]
        recent = [*names, *(name for name in self.preferences.recent if name not in names)][:12]
        self.remember(recent=tuple(recent), seen=True)

    def ask_export(self, items: list[Item]) -> ExportOptions | None:
        """The export dialog for these; None if it was cancelled."""
        dialog = ExportDialog(self.preferences.export_options(), items[0].path, len(items), self.window)
        if not dialog.exec():
            return None
        options = dialog.options()
        kept = asdict(options)
        kept["folder"] = str(options.folder) if options.folder else None
        self.remember(export=kept)
        return options

    def ask_preferences(self) -> None:
        """Preferences."""
        dialog = PrefsDialog(self.preferences, self.window)
        if dialog.exec():
            self.remember(**asdict(dialog.preferences()))
            self.apply(self.preferences)

    def apply(self, now: prefs.Preferences) -> None:
        """What takes effect at once."""
        theme.apply(running_application(), now.look)
        self.session.device = now.device
        self.session.previewer.enabled = now.live
        self.session.backend.options = now.backend_options()
        self.window.exports.metadata = now.metadata
        screen = Path(now.screen) if now.screen else None
        self.session.display = Display(screen if screen and screen.is_file() else None)

    def diagnose(self) -> ReportDialog:
        """The report."""
        intro = tr("This helps to help you. It holds no names of users, photos or folders.")
        dialog = ReportDialog(tr("Diagnose"), intro, parent=self.window)
        self.session.background.run(lambda: diagnose.report(self.session.backend), dialog.show_text)
        dialog.open()
        return dialog

    def log(self) -> ReportDialog:
        """The backend's log."""
        path = launch.log_path(self.session.backend.state_file)
        dialog = ReportDialog(tr("Log"), str(path), str(path.parent), self.window)
        try:
            text = diagnose.log_tail(self.session.backend, 400)
        except OSError:
            text = tr("There is no log yet.")
        dialog.show_text(text)
        dialog.open()
        return dialog

    def help(self) -> ReportDialog:
        """What to do when the backend is missing."""
        dialog = ReportDialog(tr("When the backend is missing"), tr("Try these in turn."), parent=self.window)
        steps = (
            tr("1. Press Retry. The backend starts in a few seconds."),
            tr(
                "2. In a sandbox (Flatpak, Snap) one program may not start another. Start it yourself, in a terminal:"
            )
            + " upzeroir serve",
            tr(
                "3. If it ends at once, its log says why: press Log. Often the disk is full or memory is short."
            ),
            tr("4. If another version is running, end it, in a terminal:") + " upzeroir stop",
            tr("5. Help ▸ Diagnose makes a report that you can send."),
        )
        dialog.show_text("\n\n".join(steps))
        dialog.open()
        return dialog

    def about(self) -> None:
        """What this is."""
        text = tr(
            "UP-ZeroIR {version}: measures what is wrong with a photo, and undoes it. Free software, GPL 3 or later."
        )
        QMessageBox.about(self.window, "UP-ZeroIR", text.format(version=__version__))
