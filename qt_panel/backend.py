"""The way to the service: one client, found or launched when it is first needed, never in the main thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from qt_panel.background import Background
from qt_panel.problems import Problem, problem_of
from upzeroir_plugin import client as clients
from upzeroir_plugin import launch
from upzeroir_plugin.client import Client, ClientError

QUIET_SECONDS = 60.0
"""After so long without a call the service is asked whether it is still there; it ends after minutes of idleness."""
Connect = Callable[[Callable[[str], None]], Client]


class Backend(QObject):
    """`state`: "", "starting", "ready" or "missing"; `problem` says why it is missing, `hello` what it said."""

    changed = pyqtSignal()

    def __init__(self, background: Background, connect: Connect | None = None) -> None:
        super().__init__()
        self.background = background
        self.state, self.text = "", ""
        self.problem: Problem | None = None
        self.hello: dict[str, Any] = {}
        self.options: list[str] = []
        self._connect = connect or self._launch
        self._client: Client | None = None
        self._asked = 0.0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Look for the service, or launch it, so that it is there when it is needed."""
        self.background.run(self.client)

    def client(self) -> Client:
        """The client; from a working thread only, since it may wait seconds. Raises ClientError.

        A service that ended while nobody asked for anything (it does so when idle) is started again unasked.
        """
        with self._lock:
            if self._client is not None and self._there(self._client):
                return self._client
            self._say("starting", "", None, {})
            try:
                found = self._connect(lambda text: self._say("starting", text, None, {}))
                hello = found.hello()
            except Exception as error:
                self._say("missing", "", problem_of(error), {})
                raise
            self._client, self._asked = found, time.monotonic()
            self._say("ready", "", None, hello)
            return found

    def _there(self, client: Client) -> bool:
        """Whether the service lives: it was asked for just now, or answers."""
        before, self._asked = self._asked, time.monotonic()
        if self._asked - before < QUIET_SECONDS:
            return True
        try:
            client.hello(quiet=True)
        except ClientError:
            return False
        return True

    def lost(self, problem: Problem) -> None:
        """A call failed because nobody answered: the next one looks anew."""
        with self._lock:
            self._client = None
        self._set("missing", "", problem, {})

    def forget(self) -> None:
        """Connect anew next time (the preferences changed)."""
        with self._lock:
            self._client = None

    @property
    def state_file(self) -> Path:
        """Where the service says how to reach it."""
        return launch.state_path()

    def _launch(self, waiting: Callable[[str], None]) -> Client:
        command = launch.launch_command()
        return clients.connect(command=[*command, *self.options] if command else None, waiting=waiting)

    def _say(self, state: str, text: str, problem: Problem | None, hello: dict[str, Any]) -> None:
        self.background.post(lambda: self._set(state, text, problem, hello))

    def _set(self, state: str, text: str, problem: Problem | None, hello: dict[str, Any]) -> None:
        self.state, self.text, self.problem = state, text, problem
        self.hello = hello or self.hello
        self.changed.emit()
