"""The session on the disk while it lasts, so that a crash costs nothing: photos, what was set, what was found."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from PyQt6.QtCore import QObject

from qt_panel import places
from qt_panel.background import once
from qt_panel.item import Item, Status
from qt_panel.settings import History, Settings
from upzeroir_plugin.errors import UnwritableError
from upzeroir_plugin.parameters import InvalidParameter, ParameterVector

if TYPE_CHECKING:
    from qt_panel.session import Session

DELAY_MS = 1000
PATTERN = "session-*.json"


class Autosave(QObject):
    """Writes a moment after each change; `end` takes the file away when the program ends as it should."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.path = places.folder() / f"session-{os.getpid()}.json"
        self._soon = once(self, DELAY_MS)
        self._soon.timeout.connect(self.write)
        session.listed.connect(self._soon.start)
        session.changed.connect(lambda _, what: self._soon.start() if what in ("settings", "found") else None)

    def write(self) -> None:
        """Now. A disk that is full is no reason to disturb: the next change tries again."""
        items = [_item(item) for item in self.session.items]
        current = self.session.current
        place = self.session.items.index(current) if current in self.session.items else 0
        try:
            if items:
                places.write_json(self.path, {"version": 1, "items": items, "current": place})
            else:
                self.path.unlink(missing_ok=True)
        except (UnwritableError, OSError) as error:
            logging.getLogger(__name__).warning("autosave: %s", error)

    def end(self) -> None:
        """The program ends as it should: nothing is to be restored."""
        self._soon.stop()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            logging.getLogger(__name__).warning("autosave: %s", error)


def left_behind() -> list[Item]:
    """Photos of sessions whose program did not end as it should, those whose files are still there; taken once."""
    items: list[Item] = []
    for path in sorted(places.folder().glob(PATTERN)):
        if _lives(path):
            continue
        items += _items(places.read_json(path) or {})
        path.unlink(missing_ok=True)
    return items


def _lives(path: Path) -> bool:
    """Whether the program that wrote the file still runs (and is not another one with its number)."""
    try:
        number = int(path.stem.rpartition("-")[2])
        return psutil.Process(number).create_time() < path.stat().st_mtime + 1
    except (ValueError, OSError, psutil.Error):
        return False


def _items(data: dict[str, Any]) -> list[Item]:
    """The present photo first."""
    found = data.get("items")
    items = [item for entry in found if (item := _back(entry)) is not None] if isinstance(found, list) else []
    place = data.get("current", 0)
    if isinstance(place, int) and 0 < place < len(items):
        items = [items[place], *items[:place], *items[place + 1 :]]
    return items


def _item(item: Item) -> dict[str, Any]:
    return {
        "path": str(item.path),
        "settings": item.settings.to_json(),
        "saved": str(item.saved) if item.saved else None,
    }


def _back(entry: Any) -> Item | None:
    try:
        path = Path(entry["path"])
        settings = Settings.from_json(entry["settings"])
        saved = Path(entry["saved"]) if entry.get("saved") else None
    except (InvalidParameter, KeyError, TypeError, ValueError, AttributeError):
        return None
    if not path.is_file():
        return None
    kept = replace(settings, theta=ParameterVector().pinned(settings.theta.pins()), reading="")
    return Item(path, status=Status.NEW, history=History(kept), saved=saved)
