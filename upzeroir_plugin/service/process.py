"""A child process that does the pixels' work, and the pipe to it. Either may die without harm to the other.

The child ends when its pipe breaks, so that it never outlives the service; it is started with `spawn` everywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from upzeroir_plugin.service.answers import Refusal
from upzeroir_plugin.service.child import LOADED

Message = dict[str, Any]
Target = Callable[["Connection[Any, Any]", Message], None]


class Ended(Refusal):
    """The process is gone. `ready`: whether it had started at all, so that what it was asked may be at fault."""

    def __init__(self, message: str, hint: str, ready: bool) -> None:
        super().__init__("worker", message, hint)
        self.ready = ready


class Child:
    """One process, started when it is needed, again after a crash. All methods belong to the loop's thread.

    `heard(message)` gets what it says; `ended(exitcode)` is called once when it is gone unasked.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        settings: Message,
        heard: Callable[[Message], None] = lambda _: None,
        ended: Callable[[int | None], None] = lambda _: None,
    ) -> None:
        self.name, self.target, self.settings, self.heard, self.ended = name, target, settings, heard, ended
        self.process: multiprocessing.process.BaseProcess | None = None
        self._ready = False
        self._pipe: Connection[Any, Any] | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Message]] = {}

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self.process.pid if self.process is not None else None

    def start(self) -> None:
        """Start it unless it runs."""
        if self.process is not None:
            return
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self.target, args=(theirs, self.settings), name=f"upzeroir-{self.name}", daemon=True
        )
        self._ready = False
        try:
            process.start()
        except OSError as error:
            ours.close()
            raise self._dead(None) from error
        finally:
            theirs.close()
        self.process, self._pipe = process, ours
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop, process, ours), daemon=True, name=self.name).start()

    def tell(self, message: Message) -> None:
        """Send, starting the process if need be. Raises Ended if it cannot be started, or is just dying."""
        self.start()
        assert self._pipe is not None  # noqa: S101
        try:
            self._pipe.send(message)
        except OSError as error:
            raise self._dead(None) from error

    async def ask(self, message: Message) -> Message:
        """Send, and wait for the answer; an error there is raised here as Refusal."""
        number = next(self._numbers)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            self.tell({**message, "number": number})
            return await future
        finally:
            self._asked.pop(number, None)

    def kill(self) -> None:
        """End it at once; nobody is told but those who asked it something."""
        process, self.process, self._pipe = self.process, None, None
        if process is None:
            return
        process.kill()
        self._fail(None)

    def _listen(
        self,
        loop: asyncio.AbstractEventLoop,
        process: multiprocessing.process.BaseProcess,
        pipe: Connection[Any, Any],
    ) -> None:
        """In a thread of its own: pass messages to the loop until the pipe breaks."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the service has ended
            with contextlib.suppress(EOFError, OSError):
                while True:
                    loop.call_soon_threadsafe(self._hear, process, pipe.recv())
            process.join()
            pipe.close()
            loop.call_soon_threadsafe(self._end, process)

    def _hear(self, process: multiprocessing.process.BaseProcess, message: Message) -> None:
        if process is not self.process:
            return
        if message.get("is") == LOADED["is"]:
            self._ready = True
            return
        future = self._asked.get(message.get("number", 0))
        if future is None:
            self.heard(message)
        elif not future.done():
            error = message.get("error")
            if error is None:
                future.set_result(message)
            else:
                future.set_exception(Refusal(**error))

    def _end(self, process: multiprocessing.process.BaseProcess) -> None:
        if process is not self.process:
            return
        self.process, self._pipe = None, None
        self._fail(process.exitcode)
        self.ended(process.exitcode)

    def _fail(self, exitcode: int | None) -> None:
        for future in self._asked.values():
            if not future.done():
                future.set_exception(self._dead(exitcode))

    def _dead(self, exitcode: int | None) -> Ended:
        process = f"The process that {self.settings['does']}"
        if not self._ready:
            hint = "Close other programs and try again; upzeroir doctor says what is missing."
            return Ended(f"{process} could not be started{_why(exitcode)}.", hint, False)
        hint = "Try again: a new one is started. If it happens again, restore a smaller region."
        return Ended(f"{process} ended unexpectedly{_why(exitcode)}.", hint, True)


def _why(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f" (status {exitcode})" if exitcode else ""
    return f" (signal {-exitcode}{', perhaps for want of memory' if exitcode == -9 else ''})"
