"""Several photos one after another: all are looked at first, then restored and written; pause, retry, go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from qt_panel.exports import ExportOptions, Exports
from qt_panel.item import Item, Status
from qt_panel.problems import Problem

if TYPE_CHECKING:
    from qt_panel.session import Session


class Queue(QObject):
    """`changed` when counts or state changed. A photo that fails stops nobody; a backend that is missing pauses all."""

    changed = pyqtSignal()

    def __init__(self, session: Session, exports: Exports) -> None:
        super().__init__(session)
        self.session, self.exports = session, exports
        self.waiting: list[Item] = []
        self.working: Item | None = None
        self.done: list[Item] = []
        self.failed: list[Item] = []
        self.paused = False
        self._options: dict[Item, ExportOptions | None] = {}
        self._numbers: dict[Item, int] = {}
        session.changed.connect(self._news)
        session.listed.connect(self._listed)
        session.runs.cancelled.connect(self._cancelled)

    @property
    def active(self) -> bool:
        """Whether anything is left to do."""
        return bool(self.waiting or self.working)

    def start(self, items: list[Item], options: ExportOptions | None) -> None:
        """Restore these, and write each as `options` say (None: only restore)."""
        if not self.active:
            self.done, self.failed = [], []
            self._numbers, self._options = {}, {}
        self._add(items, dict.fromkeys(items, options))

    def _add(self, items: list[Item], options: dict[Item, ExportOptions | None]) -> None:
        for item in items:
            if item not in self.waiting and item is not self.working:
                self.waiting.append(item)
                self._options[item] = options.get(item)
                self._numbers.setdefault(item, len(self._numbers) + 1)
                if item.status in (Status.READY, Status.DONE, Status.SAVED, Status.FAILED) and item.estimate:
                    self.session.set_status(item, Status.WAITING)
        self.paused = False
        self.changed.emit()
        self._next()

    def pause(self, paused: bool = True) -> None:
        """The running photo is finished; no other one begins until `pause(False)`."""
        self.paused = paused
        self.changed.emit()
        if not paused:
            self._next()

    def retry(self) -> None:
        """Those that failed, once more."""
        again, self.failed = self.failed, []
        for item in again:
            item.problem = None
            if not item.estimate:
                self.session.loader.look(item)
        self._add(again, dict(self._options))

    def stop(self) -> None:
        """Forget what waits; the running photo is dropped."""
        waiting, self.waiting = self.waiting, []
        for item in waiting:
            if item.status is Status.WAITING:
                self.session.set_status(item, Status.DONE if item.result else Status.READY)
        if self.working is not None:
            item, self.working = self.working, None
            self.session.runs.cancel(item)
        self.changed.emit()

    def counts(self) -> tuple[int, int, int]:
        """(done, failed, all) of this batch."""
        total = len(self.done) + len(self.failed) + len(self.waiting) + bool(self.working)
        return len(self.done), len(self.failed), total

    def _next(self) -> None:
        """Begin with the next photo, once every one of them has been looked at."""
        if self.paused or self.working is not None or not self.waiting:
            return
        for item in [i for i in self.waiting if i.status is Status.FAILED and not i.estimate]:
            self._fail(item)
        if any(not item.estimate for item in self.waiting):
            self.session.loader.look_at_all()
            return  # _news comes back here
        if not self.waiting:
            return
        item = self.working = self.waiting.pop(0)
        self.changed.emit()
        if item.fresh:
            self._finished(item)
        else:
            self.session.runs.start(item, self._finished)

    def _finished(self, item: Item) -> None:
        """Restored: write it, unless nothing is to be written."""
        if item is not self.working:
            return
        options = self._options.get(item)
        if options is not None:
            self.exports.export(item, options, self._numbers.get(item, 1), self._written)
        elif item.fresh:
            self._over(item, self.done)
        else:  # set anew while it ran
            self.session.runs.start(item, self._finished)

    def _written(self, item: Item, problem: Problem | None) -> None:
        """On the disk, or not: the next one is not kept waiting."""
        if item is not self.working:
            return
        if problem is not None and problem.backend:
            self._wait_for_backend(item)
        else:
            self._over(item, self.done if problem is None else self.failed)

    def _cancelled(self, item: Item) -> None:
        """By hand."""
        if item is self.working:
            self._over(item, self.failed)

    def _wait_for_backend(self, item: Item) -> None:
        """The photo is not to blame."""
        self.working = None
        self.waiting.insert(0, item)
        self.pause()

    def _over(self, item: Item, where: list[Item]) -> None:
        where.append(item)
        self.working = None
        self.changed.emit()
        self._next()

    def _fail(self, item: Item) -> None:
        if item in self.waiting:
            self.waiting.remove(item)
        self.failed.append(item)
        self.changed.emit()

    def _listed(self) -> None:
        """What was closed is no longer waited for."""
        there = set(self.session.items)
        self.waiting = [item for item in self.waiting if item in there]
        self.failed = [item for item in self.failed if item in there]
        if self.working is not None and self.working not in there:
            self.working = None
        self.changed.emit()
        self._next()

    def _news(self, item: Item, what: str) -> None:
        if what != "status":
            if what == "found":
                if item in self.waiting:
                    self.session.set_status(item, Status.WAITING)
                self._next()
            return
        if item.status is Status.FAILED and item is self.working:
            lost = item.problem is not None and item.problem.backend
            if lost:
                self._wait_for_backend(item)
            else:
                self._over(item, self.failed)
        elif item.status is Status.FAILED and item in self.waiting:
            if item.problem is not None and item.problem.backend:
                self.pause()
            else:
                self._fail(item)
                self._next()
