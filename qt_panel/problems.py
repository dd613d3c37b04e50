"""Whatever went wrong, in words: one sentence, and what to do next."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from qt_panel.texts import tr
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.errors import UpzeroirError
from upzeroir_plugin.parameters import InvalidParameter

BACKEND = ("no-service", "service-lost", "version")
"""Codes that mean: there is nobody to talk to."""


@dataclass(frozen=True)
class Problem:
    """`code` for programs, `message` in plain words, `hint` what to do next."""

    code: str
    message: str
    hint: str = ""

    @property
    def backend(self) -> bool:
        """Whether the backend itself is missing."""
        return self.code in BACKEND

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def problem_of(error: BaseException) -> Problem:
    """Any exception as a Problem."""
    if isinstance(error, ClientError):
        return _of_client(error)
    if isinstance(error, UpzeroirError):
        return Problem(error.code, error.message, error.hint)
    if isinstance(error, InvalidParameter):
        return Problem("parameter", str(error))
    if isinstance(error, FileNotFoundError):
        return Problem(
            "gone",
            tr("The file {name} is not there any more.").format(name=error.filename or ""),
            tr("Put it back where it was and try again. Nothing that you set was lost."),
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("unwritable", tr("The disk is full."), tr("Make room, or choose another place."))
    if isinstance(error, PermissionError):
        return Problem(
            "forbidden",
            tr("{name} may not be opened.").format(name=error.filename or tr("The file")),
            tr("Check your rights, or choose another place."),
        )
    if isinstance(error, OSError):
        return Problem("unreadable", f"{error.strerror or error}.", "")
    if isinstance(error, MemoryError):
        return Problem("too-large", tr("There is not enough memory."), tr("Close other programs."))
    return Problem("internal", f"{type(error).__name__}: {error}", tr("Help ▸ Diagnose makes a report."))


def _of_client(error: ClientError) -> Problem:
    """The client speaks of commands; here there are buttons."""
    if error.code == "service-lost":
        return Problem(
            error.code,
            tr("The connection to the backend broke."),
            tr("Press Retry: it is started anew. Your photo and settings are kept."),
        )
    return Problem(error.code, error.message, error.hint)
