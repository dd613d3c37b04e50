"""The inside of a child process: messages in, answers out, and an end as soon as the service is gone."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from upzeroir_plugin.errors import TooLargeError, UnwritableError, UpzeroirError
from upzeroir_plugin.parameters import InvalidParameter

Message = dict[str, Any]
Do = Callable[[Message], Message]
LOADED: Message = {"is": "loaded"}
"""Said once, when messages are answered from now on."""


def work(
    pipe: Connection[Any, Any], load: Callable[[], Do], at_once: Callable[[Message], bool] | None = None
) -> None:
    """Answer messages one after another until the pipe breaks.

    `load()` makes the handler (its imports take seconds, messages wait meanwhile); if it fails, every message is
    answered with why. `at_once(message)` sees each message as it arrives, in another thread, and says whether that was
    all.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, waiting, at_once), daemon=True).start()
    do: Do | None = None
    broken: BaseException | None = None
    try:
        do = load()
        _send(pipe, LOADED)
    except Exception as error:
        broken = error
        _log(pipe, "could not start:\n" + traceback.format_exc())
    while True:
        message = waiting.get()
        if message.get("number") is None and do is None:
            continue
        try:
            if do is None:
                raise UpzeroirError(
                    f"The engine could not start: {broken}.", "upzeroir doctor says what is missing."
                )
            answer = do(message)
        except BaseException as error:
            answer = {"error": _typed(error, pipe)}
        if "number" in message:
            _send(pipe, {**answer, "number": message["number"]})


def _receive(
    pipe: Connection[Any, Any], waiting: queue.SimpleQueue[Message], at_once: Callable[[Message], bool] | None
) -> None:
    """In a thread: the service's end is ours too, whatever is being done."""
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        if at_once is None or not at_once(message):
            waiting.put(message)


def _typed(error: BaseException, pipe: Connection[Any, Any]) -> dict[str, str]:
    """The error as it crosses the pipe: code, message, hint; what nobody foresaw is logged."""
    if isinstance(error, UpzeroirError):
        return error.to_json()
    if isinstance(error, InvalidParameter):
        return {"code": "parameter", "message": str(error), "hint": ""}
    if isinstance(error, MemoryError):
        return TooLargeError(
            "There is not enough memory.", "Close other programs, or restore a region."
        ).to_json()
    if isinstance(error, FileNotFoundError):
        return {
            "code": "not-found",
            "message": "The photo or the result has been forgotten meanwhile.",
            "hint": "Send the photo again.",
        }
    if isinstance(error, OSError):
        text = f"The backend cannot write to its folder: {error.strerror or error}."
        return UnwritableError(text, "Make room on the disk and try again.").to_json()
    _log(pipe, "".join(traceback.format_exception(error)))
    return {
        "code": "internal",
        "message": f"{type(error).__name__}: {error}",
        "hint": "Please report it with the log.",
    }


def _log(pipe: Connection[Any, Any], text: str) -> None:
    _send(pipe, {"is": "log", "level": 40, "text": text})


def _send(pipe: Connection[Any, Any], message: Message) -> None:
    try:
        pipe.send(message)
    except OSError:
        time.sleep(5)  # the service is gone: the other thread ends us
        os._exit(0)
