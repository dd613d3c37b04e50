"""The menu of presets: one click uses one; save, load from a file, delete."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from qt_panel import presets
from qt_panel.problems import problem_of
from qt_panel.texts import tr
from upzeroir_plugin.errors import UpzeroirError

if TYPE_CHECKING:
    from qt_panel.session import Session


class PresetMenu(QMenu):
    """Filled anew each time it opens."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(tr("Presets"), parent)
        self.session = session
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """With what lies in the folder now."""
        self.clear()
        there = presets.names()
        for name in there:
            self._add(name, partial(self.use, name))
        if there:
            self.addSeparator()
        self._add(tr("Save as preset…"), self.save)
        self._add(tr("From a file…"), self.choose)
        if there:
            below = self.addMenu(tr("Delete"))
            for name in there if below is not None else []:
                action = below.addAction(name)  # type: ignore[union-attr]
                if action is not None:
                    action.triggered.connect(partial(self._remove, name))

    def use(self, name: str) -> None:
        """Its pins and amounts, on top of what was found."""
        self._load(presets.folder() / (name + presets.ENDING))

    def choose(self) -> None:
        """Of a file that someone gave."""
        wanted = f"{tr('Presets')} (*{presets.ENDING} *.json)"
        found, _ = QFileDialog.getOpenFileName(self.parentWidget(), tr("Preset"), "", wanted)
        if found:
            self._load(Path(found))

    def save(self) -> None:
        """The present photo's pins and amounts."""
        item = self.session.current
        if item is None:
            return
        name, sure = QInputDialog.getText(self.parentWidget(), tr("Save as preset"), tr("Name"))
        if sure:
            try:
                presets.save(name, item.settings)
            except (UpzeroirError, OSError) as error:
                self.session.failed.emit(problem_of(error))
            else:
                self.session.told.emit(tr("Preset saved."))

    def _load(self, path: Path) -> None:
        try:
            found = presets.load(path)
        except (UpzeroirError, OSError) as error:
            self.session.failed.emit(problem_of(error))
        else:
            self.session.use_preset(found)

    def _remove(self, name: str, _checked: bool = False) -> None:
        try:
            presets.remove(name)
        except OSError as error:
            self.session.failed.emit(problem_of(error))

    def _add(self, text: str, do: object) -> None:
        action = self.addAction(text)
        if action is not None:
            action.triggered.connect(lambda _=False: do())  # type: ignore[operator]
