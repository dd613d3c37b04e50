"""Blocking work in threads of its own; answers arrive in the thread that shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

T = TypeVar("T")


def once(parent: QObject, milliseconds: int) -> QTimer:
    """A timer that goes off once after each start; starting it again begins anew."""
    made = QTimer(parent)
    made.setSingleShot(True)
    made.setInterval(milliseconds)
    return made


class Background(QObject):
    """`run(work, done, failed)` calls `work` in a thread, then `done` or `failed` in the thread that made this object.

    Threads are daemons: a call that hangs never keeps the program from ending.
    """

    _arrived = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._busy = 0
        self._arrived.connect(self._deliver, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    @property
    def busy(self) -> int:
        """How many pieces of work have not answered yet."""
        return self._busy

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Start `work`; call from the thread that made this object."""
        self._busy += 1

        def target() -> None:
            try:
                found = work()
            except Exception as error:
                self.post(lambda error=error: self._answer(failed, error))  # type: ignore[misc]
            else:
                self.post(lambda: self._answer(done, found))

        threading.Thread(target=target, daemon=True, name="panel-work").start()

    def post(self, function: Callable[[], None]) -> None:
        """Have `function` called in the thread that made this object; from any thread."""
        if self._open:
            try:
                self._arrived.emit(function)
            except RuntimeError:  # the object is gone: the program ends
                self._open = False

    def close(self) -> None:
        """Answers that come from now on are dropped."""
        self._open = False

    def _answer(self, function: Callable[[T], object] | None, found: T) -> None:
        self._busy -= 1
        if function is not None:
            function(found)

    def _deliver(self, function: Callable[[], None]) -> None:
        if self._open:
            function()
