"""Results to files: Save beside the original, Export by choice, or in place of the file for an external editor."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from qt_panel.files import FORMATS, free_name, restored_name
from qt_panel.item import Item, Status
from qt_panel.problems import PlaceError, Problem
from qt_panel.texts import tr
from upzeroir_plugin.client import Client, ClientError
from upzeroir_plugin.errors import OutputExistsError
from upzeroir_plugin.photo.atomic import written

if TYPE_CHECKING:
    from qt_panel.session import Session

POLICIES = ("keep", "no-gps", "strip")
PATTERN = "{name}-restored"
BACKUP = ".before-upzeroir"


@dataclass(frozen=True)
class ExportOptions:
    """`form`: same, jpeg, png, tiff or webp; `depth`: 0 as the photo, 8 or 16 bits; `folder`: None beside the photo.

    `pattern`: {name}, {number} (001, 002, …) and {ending} of the original; never overwrites.
    """

    form: str = "same"
    depth: int = 0
    quality: int = 95
    metadata: str = "keep"
    pattern: str = PATTERN
    folder: Path | None = None

    def target(self, path: Path, form: str, number: int = 1) -> Path:
        """The file to write for a photo: the first free name. Raises PlaceError for a pattern that makes none."""
        try:
            stem = self.pattern.format(name=path.stem, number=f"{number:03d}", ending=path.suffix.lstrip("."))
        except (KeyError, IndexError, ValueError):
            stem = ""
        if not stem.strip(" .") or any(mark in stem for mark in '/\\:*?"<>|\0'):
            raise PlaceError(
                tr("The name pattern “{pattern}” does not make a file name.").format(pattern=self.pattern),
                tr("Use letters, digits and {parts}.").format(parts="{name}, {number}, {ending}"),
            )
        return free_name(self.folder or path.parent, stem, FORMATS[form])


Heard = Callable[[Item, Problem | None], None]
"""Called with a photo once its file is written, or with the problem why it is not."""


class Exports(QObject):
    """`saved(item, path)` when a file is safe on the disk, `failed(item, problem)` when it could not be written.

    `replacing`: the file that another program handed over, and wants to have changed.
    """

    saved = pyqtSignal(object, object)
    failed = pyqtSignal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.metadata = "keep"
        self.replacing: Path | None = None
        self.writing: set[Item] = set()

    def save(self, item: Item) -> None:
        """Beside the original, in its format; for `replacing`, in its place. Restores first if need be."""
        if item in self.writing:
            return
        if self.replaces(item):
            self.ready(item, lambda: self._replace(item))
            return

        def target(form: str) -> Path:
            return restored_name(item.path, form)

        self.ready(item, lambda: self._write(item, ExportOptions(metadata=self.metadata), target))

    def replaces(self, item: Item) -> bool:
        """Whether Save puts the result in the file's place."""
        return item.path.absolute() == self.replacing

    def export(self, item: Item, options: ExportOptions, number: int = 1, heard: Heard | None = None) -> None:
        """As chosen."""

        def target(form: str) -> Path:
            return options.target(item.path, form, number)

        self.ready(item, lambda: self._write(item, options, target, heard))

    def temporary(self, item: Item, folder: Path, done: Callable[[Path], None]) -> None:
        """A file of the present result for another program (drag out, GIMP). Restores first if need be."""
        self.ready(item, lambda: self._temporary(item, folder, done))

    def _temporary(self, item: Item, folder: Path, done: Callable[[Path], None]) -> None:
        result = item.result
        if result is None:
            return
        form = self._form(item, "same")

        def work() -> Path:
            data = self.session.backend.client().result_file(result.job, form, "keep")
            path = free_name(folder, item.path.stem + "-restored", FORMATS[form])
            with written(path, overwrite=False) as stream:
                stream.write(data)
            return path

        self.session.background.run(work, done, lambda error: self.session.fail(error))

    def ready(self, item: Item, go: Callable[[], None]) -> None:
        """Once there is a result of the present settings, whatever was set while it was made."""
        if item.fresh:
            go()
        else:
            self.session.restore(item, lambda _: self.ready(item, go))

    def _form(self, item: Item, form: str) -> str:
        if form != "same":
            return form
        said = str(item.about.get("result") or item.about.get("format") or "")
        return said if said in FORMATS else "tiff"

    def _write(
        self, item: Item, options: ExportOptions, target: Callable[[str], Path], heard: Heard | None = None
    ) -> None:
        result, form = item.result, self._form(item, options.form)
        if result is None:
            return
        self.writing.add(item)

        def work() -> Path:
            path = target(form)
            if not path.parent.is_dir():
                raise PlaceError(
                    tr("The folder {name} is not there.").format(name=path.parent),
                    tr("Choose another place."),
                )
            data = file_of(self.session.backend.client(), result.job, form, options)
            while True:
                try:
                    with written(path, overwrite=False) as stream:
                        stream.write(data)
                    return path
                except OutputExistsError:  # it came into being meanwhile
                    path = target(form)

        self.session.background.run(
            work,
            lambda path: self._written(item, path, heard),
            lambda error: self._failed(item, error, lambda: self._write(item, options, target, heard), heard),
        )

    def _replace(self, item: Item) -> None:
        """In place of the file, in its format, depth and profile, after a backup beside it."""
        result = item.result
        if result is None:
            return
        form = self._form(item, "same")
        fits = {
            ".jpg": "jpeg",
            ".jpeg": "jpeg",
            ".png": "png",
            ".tif": "tiff",
            ".tiff": "tiff",
            ".webp": "webp",
        }
        form = fits.get(item.path.suffix.lower(), form)
        self.writing.add(item)

        def work() -> Path:
            if item.path.suffix.lower() not in fits:
                raise PlaceError(
                    tr("{name} is of a kind that is not written in place.").format(name=item.name),
                    tr("Have the other program hand over a TIFF, or use Export."),
                )
            data = file_of(
                self.session.backend.client(), result.job, form, ExportOptions(metadata=self.metadata)
            )
            backup = item.path.with_name(item.path.stem + BACKUP + item.path.suffix)
            if item.path.exists() and not backup.exists():
                with written(backup, overwrite=False) as copy, item.path.open("rb") as source:
                    shutil.copyfileobj(source, copy)
                shutil.copystat(item.path, backup)
            with written(item.path, overwrite=True) as stream:
                stream.write(data)
            item.backup = backup
            return item.path

        self.session.background.run(
            work,
            lambda path: self._written(item, path),
            lambda error: self._failed(item, error, lambda: self._replace(item)),
        )

    def _written(self, item: Item, path: Path, heard: Heard | None = None) -> None:
        self.writing.discard(item)
        item.saved = path
        if item.result is not None:
            item.result.kept = True
        self.session.set_status(item, Status.SAVED)
        self.saved.emit(item, path)
        if heard is not None:
            heard(item, None)

    def _failed(
        self, item: Item, error: Exception, go: Callable[[], None], heard: Heard | None = None
    ) -> None:
        """The result is still there: only the writing failed. One that the service forgot is made again first."""
        self.writing.discard(item)
        if isinstance(error, ClientError) and error.code == "not-found" and item.result is not None:
            item.result = None
            self.ready(item, go)
            return
        problem = self.session.fail(error)
        self.failed.emit(item, problem)
        if heard is not None:
            heard(item, problem)


def file_of(client: Client, job: str, form: str, options: ExportOptions) -> bytes:
    """In a thread: the result as a file's bytes. Raises ClientError."""
    return client.result_file(job, form, options.metadata, str(options.depth or "same"), options.quality)
