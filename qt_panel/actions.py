"""Every action once: its text, shortcut, menu, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu, QWidgetAction

from qt_panel.texts import N_, tr
from qt_panel.widgets.canvas import Compare
from qt_panel.widgets.honesty import TITLES
from qt_panel.widgets.tools import Tool

if TYPE_CHECKING:
    from qt_panel.window import Window

FILE, EDIT, VIEW, PHOTO, HELP = N_("&File"), N_("&Edit"), N_("&View"), N_("&Photo"), N_("&Help")


class Actions:
    """`all`: by name. Menus are filled in the order in which actions are added."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.all: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        bar = window.menuBar()
        assert bar is not None  # noqa: S101
        for title in (FILE, EDIT, VIEW, PHOTO, HELP):
            menu = bar.addMenu(tr(title))
            assert menu is not None  # noqa: S101
            self.menus[title] = menu
        self._file()
        self._edit()
        self._view()
        self._photo()
        self._help()

    def add(
        self, menu: str, name: str, text: str, keys: str, do: Callable[[], object], checkable: bool = False
    ) -> QAction:
        """One action with its entry; `keys`: shortcuts, separated by "; "."""
        action = QAction(text, self.window)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys.split("; ") if key])
        action.setCheckable(checkable)
        action.triggered.connect(lambda _=False: do())
        self.menus[menu].addAction(action)
        self.window.addAction(action)
        self.all[name] = action
        return action

    def _file(self) -> None:
        window = self.window
        self.add(FILE, "open", tr("Open…"), "Ctrl+O", window.open_dialog)
        self.add(FILE, "folder", tr("Open folder…"), "Ctrl+Shift+O", window.open_folder)
        self.menus[FILE].addSeparator()
        self.add(FILE, "save", tr("Save"), "Ctrl+S", window.save)
        self.add(FILE, "export", tr("Export…"), "Ctrl+E", window.export)
        self.menus[FILE].addSeparator()
        self.add(FILE, "gimp", tr("Open in GIMP"), "Ctrl+G", window.deliver)
        self.menus[FILE].addSeparator()
        self.add(FILE, "close", tr("Close photo"), "Ctrl+W", self._close)
        self.add(FILE, "quit", tr("Quit"), "Ctrl+Q", window.close)

    def _close(self) -> None:
        session = self.window.session
        if session.current is not None:
            session.close(session.current)

    def _edit(self) -> None:
        session = self.window.session
        self.add(EDIT, "undo", tr("Undo"), "Ctrl+Z", session.undo)
        self.add(EDIT, "redo", tr("Redo"), "Ctrl+Shift+Z; Ctrl+Y", session.redo)
        self.add(EDIT, "reset", tr("As it was found"), "Ctrl+0", session.reset)
        self.menus[EDIT].addSeparator()
        self.menus[EDIT].addMenu(self.window.presets)
        self.add(EDIT, "preset", tr("Save as preset…"), "Ctrl+Shift+S", self.window.presets.save)
        self.menus[EDIT].addSeparator()
        self.add(EDIT, "preferences", tr("Preferences…"), "Ctrl+,", self.window.dialogs.ask_preferences)

    def _view(self) -> None:
        stage = self.window.stage
        canvas = stage.canvas
        self.add(VIEW, "fit", tr("Fit"), "F", canvas.fit)
        self.add(VIEW, "one", tr("1:1"), "1", lambda: canvas.zoom_to(1.0))
        self.add(VIEW, "in", tr("Zoom in"), "Ctrl++; +; =", lambda: canvas.zoom_to(canvas.view.zoom * 1.5))
        self.add(VIEW, "out", tr("Zoom out"), "Ctrl+-; -", lambda: canvas.zoom_to(canvas.view.zoom / 1.5))
        self.menus[VIEW].addSeparator()
        group = QActionGroup(self.window)
        compares = (
            (Compare.SPLIT, tr("Split before and after"), "S"),
            (Compare.SIDES, tr("Side by side"), "D"),
            (Compare.AFTER, tr("Only after"), "A"),
            (Compare.BEFORE, tr("Only before"), "O"),
        )
        for compare, text, key in compares:
            action = self.add(VIEW, compare.value, text, key, partial(stage.set_compare, compare), True)
            group.addAction(action)
        self.all[Compare.SPLIT.value].setChecked(True)
        stage.bar.compare.chosen.connect(lambda key: self.all[key].setChecked(True))
        self.menus[VIEW].addSeparator()
        maps = QActionGroup(self.window)
        for number, (kind, title) in enumerate(TITLES.items()):
            do = partial(stage.show_honesty, kind)
            maps.addAction(self.add(VIEW, f"map-{kind.value}", tr(title), f"Alt+{number}", do, True))
        stage.honest.connect(lambda key: self.all[f"map-{key}"].setChecked(True))
        self.all["map-none"].setChecked(True)
        self.menus[VIEW].addSeparator()
        details = self.window.sidebar.details
        self.add(VIEW, "details", tr("Details"), "I", lambda: details.open(not details.opened))
        self.add(VIEW, "loupes", tr("Loupes"), "L", lambda: None, True).toggled.connect(
            stage.loupes.setVisible
        )
        self.all["loupes"].setChecked(True)

    def _help(self) -> None:
        dialogs = self.window.dialogs
        self.add(HELP, "help", tr("When the backend is missing"), "F1", dialogs.help)
        self.add(HELP, "log", tr("Log"), "Ctrl+L", dialogs.log)
        self.add(HELP, "diagnose", tr("Diagnose"), "Ctrl+D", dialogs.diagnose)
        self.add(HELP, "free", tr("Free the backend's memory"), "Ctrl+M", self._free)
        self.menus[HELP].addSeparator()
        self.add(HELP, "about", tr("About"), "Shift+F1", dialogs.about)

    def _free(self) -> None:
        session = self.window.session
        told = tr("The backend's memory is free.")
        session.background.run(
            lambda: session.backend.client().free_memory(), lambda _: session.told.emit(told), session.fail
        )

    def _cancel(self) -> None:
        """Put the tool down; without one, drop the run."""
        tools = self.window.stage.canvas.tools
        if tools.tool is not Tool.NONE:
            tools.choose(Tool.NONE)
        else:
            self.window.session.cancel()

    def _photo(self) -> None:
        session = self.window.session
        queue = self.window.queue
        self.add(PHOTO, "all", tr("Restore all…"), "Ctrl+Shift+R", lambda: self.window.restore_all([]))
        self.add(PHOTO, "pause", tr("Pause or go on"), "P", lambda: queue.pause(not queue.paused))
        self.menus[PHOTO].addSeparator()
        self.add(PHOTO, "restore", tr("Restore"), "Ctrl+R", lambda: session.restore())
        self.add(PHOTO, "keep", tr("Stop and keep this"), "Ctrl+K", session.keep)
        self.add(PHOTO, "cancel", tr("Cancel"), "Esc", self._cancel)
        self.menus[PHOTO].addSeparator()
        for menu in (self.window.stage.bar.picks.menu(), self.window.stage.bar.masks.menu()):
            for action in menu.actions() if menu is not None else []:
                if not isinstance(action, QWidgetAction):
                    self.menus[PHOTO].addAction(action)
                    self.all[action.objectName() or "mask-clear"] = action
        self.menus[PHOTO].addSeparator()
        self.add(PHOTO, "next", tr("Next photo"), "PgDown", lambda: session.step(1))
        self.add(PHOTO, "previous", tr("Previous photo"), "PgUp", lambda: session.step(-1))
