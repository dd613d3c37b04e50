"""Ctrl+C and the system's request to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PyQt6.QtCore import QSocketNotifier
from PyQt6.QtWidgets import QApplication
from PyQt6.sip import voidptr


class Interrupts:
    """Ends the program without a question when it is asked to from outside; kept as long as it is to listen.

    Python runs no handler while Qt waits for events: the signal's number comes through a socket that wakes Qt up.
    """

    def __init__(self, shut: Callable[[], None]) -> None:
        """`shut`: what is left to do before the end."""
        self._shut = shut
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)
        signal.set_wakeup_fd(self._there.fileno())
        self._notifier = QSocketNotifier(voidptr(self._here.fileno()), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._heard)
        self._before = {n: signal.signal(n, self._end) for n in (signal.SIGINT, signal.SIGTERM)}

    def close(self) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._notifier.setEnabled(False)
        self._here.close()
        self._there.close()

    def _heard(self) -> None:
        self._here.recv(64)

    def _end(self, number: int, _frame: object) -> None:
        self._shut()
        QApplication.exit(128 + number)
