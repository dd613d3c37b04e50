"""Whatever went wrong, in words: one sentence, and what to do next."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from qt_panel.texts import N_, tr
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.errors import UnreadableError, UnwritableError, UpzeroirError
from upzeroir_plugin.parameters import InvalidParameter

BACKEND = ("no-service", "service-lost", "version")
"""Codes that mean: there is nobody to talk to."""

SAID = {
    "usage": (
        N_("The backend did not understand what was asked."), N_("Bring panel and backend to the same version.")),
    "parameter": (N_("A value is out of its range."), N_("Choose a value that the slider has.")),
    "device": (N_("The device that was chosen is not there."), N_("Choose another in the preferences.")),
    "output-exists": (N_("A file of that name is there already."), N_("Choose another name.")),
    "unauthorized": (N_("Another backend answers now."), N_("Press Retry.")),
    "forbidden": (N_("The backend refused that."), N_("Close programs that come between (proxies), and try again.")),
    "not-found": (
        N_("The backend has forgotten this photo or result."), N_("Open the photo again. Your settings are kept.")),
    "method": (
        N_("The backend did not understand what was asked."), N_("Bring panel and backend to the same version.")),
    "timeout": (N_("The photo took too long to reach the backend."), N_("Try again.")),
    "conflict": (N_("That is not possible now: the run is over, or has not begun."), N_("Try again in a moment.")),
    "cancelled": (N_("It was cancelled."), ""),
    "too-long": (N_("The restoration hung and was ended."), N_("Try again, or restore a smaller part.")),
    "result": (N_("What came out is no picture, and was not taken."), N_("Try again with other values.")),
    "too-large": (
        N_("The photo is too large for the memory, or for this effort."),
        N_("Choose another effort, close other programs, or restore a part of it.")),
    "media-type": (N_("This is no picture that can be opened."), N_("Save it anew in another program.")),
    "host": (N_("The backend refused that."), N_("Close programs that come between (proxies), and try again.")),
    "unreadable": (N_("The picture is damaged, or of a kind that cannot be opened."),
                   N_("Save it anew in another program.")),
    "queue-full": (N_("Too many photos are waiting."), N_("Try again when some are done.")),
    "unwritable": (N_("The backend cannot write to its folder."), N_("Make room on the disk and try again.")),
    "worker": (N_("The process that restores ended unexpectedly."),
               N_("Try again: a new one is started. If it happens again, restore a smaller part.")),
    "version": (N_("The running backend is of another version than the panel."),
                N_("End it with upzeroir stop, and bring both to the same version.")),
    "no-service": (N_("The backend did not start."), N_("Press Retry. The log says more.")),
    "internal": (N_("Something unforeseen happened in the backend."), N_("Help ▸ Diagnose makes a report.")),
}  # fmt: skip
"""What the backend's error codes mean, for languages that it does not speak. Its own English says more."""


class Spoken(UpzeroirError):
    """An error whose words are the panel's own, in the user's language."""


class PlaceError(Spoken, UnwritableError):
    """A file cannot be written as asked."""


class PresetError(Spoken, UnreadableError):
    """A preset cannot be used."""


class GoneError(Spoken, UnreadableError):
    """A picture cannot be had again."""


@dataclass(frozen=True)
class Problem:
    """`code` for programs, `message` in plain words, `hint` what to do next, `detail` what the backend itself said."""

    code: str
    message: str
    hint: str = ""
    detail: str = ""

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
    if isinstance(error, Spoken):
        return Problem(error.code, error.message, error.hint)
    if isinstance(error, UpzeroirError):
        return _translated(Problem(error.code, error.message, error.hint))
    if isinstance(error, InvalidParameter):
        return _translated(Problem("parameter", str(error)))
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
    return _translated(Problem(error.code, error.message, error.hint))


def _translated(problem: Problem) -> Problem:
    """In the user's language by its code; what the backend itself said, with its numbers and names, goes along."""
    message, hint = SAID.get(problem.code, SAID["internal"])
    if tr(message) == message:  # the panel speaks English, too
        return problem
    return Problem(problem.code, tr(message), tr(hint) if hint else "", str(problem))
