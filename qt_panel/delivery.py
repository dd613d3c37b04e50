"""Results to GIMP: to the plug-in that waits for them under a name, else as a file that GIMP opens as a new image."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject

from qt_panel.exports import Exports
from qt_panel.item import Item
from qt_panel.problems import Problem
from qt_panel.texts import tr
from upzeroir_plugin import launch

if TYPE_CHECKING:
    from qt_panel.session import Session

FLATPAK = "org.gimp.GIMP"


class Delivery(QObject):
    """`to`: the name under which the plug-in waits, empty if it did not open the panel."""

    def __init__(self, session: Session, exports: Exports, to: str = "") -> None:
        super().__init__(session)
        self.session, self.exports, self.to = session, exports, to
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def folder(self) -> Path:
        """For files that other programs read; gone with the panel."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="upzeroir-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def send(self, item: Item, done: Callable[[], None] = lambda: None) -> None:
        """The present result; restores first if need be."""
        if self.to:
            self.exports.ready(item, lambda: self._deliver(item, done))
        else:
            self.exports.temporary(item, self.folder, lambda path: self._open(item, path, done))

    def close(self) -> None:
        """The program ends. What was handed to a GIMP stays until the system clears its temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def _deliver(self, item: Item, done: Callable[[], None]) -> None:
        result = item.result
        if result is None:
            return
        note: dict[str, Any] = {**result.settings.order(), "name": item.name}

        def said(_: str) -> None:
            result.kept = True
            self.session.told.emit(tr("Handed to GIMP."))
            done()

        self.session.background.run(
            lambda: self.session.backend.client().deliver(result.job, self.to, note), said, self.session.fail
        )

    def _open(self, item: Item, path: Path, done: Callable[[], None]) -> None:
        command = gimp_command()
        if not command:
            self.session.failed.emit(
                Problem(
                    "gimp",
                    tr("GIMP was not found."),
                    tr("Install GIMP 3, or save the photo and open it there."),
                )
            )
            return
        try:
            process = subprocess.Popen(  # noqa: S603 - a program found on the PATH, no shell
                [*command, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=launch.clean_environment(), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self.session.fail(error)
            return
        threading.Thread(target=process.wait, daemon=True).start()
        self._keep()
        if item.result is not None:
            item.result.kept = True
        self.session.told.emit(tr("Opened in GIMP."))
        done()

    def _keep(self) -> None:
        """GIMP reads the file in its own time: the folder must outlive us."""
        if self._folder is not None:
            finalizer: Any = getattr(self._folder, "_finalizer", None)
            if finalizer is not None:
                finalizer.detach()
            self._folder = None


def gimp_command() -> list[str]:
    """How to start GIMP 3 here, or nothing."""
    for name in ("gimp-3.2", "gimp-3.0", "gimp-3", "gimp"):
        found = shutil.which(name)
        if found:
            return [found]
    if sys.platform == "darwin" and Path("/Applications/GIMP.app").is_dir():
        return ["open", "-a", "GIMP"]
    flatpak = shutil.which("flatpak")
    places = (Path.home() / ".var/app" / FLATPAK, Path("/var/lib/flatpak/app") / FLATPAK)
    if flatpak and any(place.is_dir() for place in places):
        return [flatpak, "run", FLATPAK]
    return []
