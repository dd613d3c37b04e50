"""Typed errors: a code, one sentence in plain words, and what to do next. Standard library only."""

from __future__ import annotations

from upzeroir_plugin.parameters import InvalidParameter

EXTRAS = "panel,raw,heif"
"""What the installer brings along unless it is told otherwise."""


class UpzeroirError(Exception):
    """Base of all errors that a user may see.

    `message` says what happened in plain words, `hint` what to do next; `exit_code` is the command line's.
    """

    code = "internal"
    exit_code = 5

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def to_json(self) -> dict[str, str]:
        """The error as it crosses a border: code, message, hint."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class UsageError(UpzeroirError):
    """Asked for something that does not exist or does not fit."""

    code, exit_code = "usage", 2


class ParameterError(UsageError):
    """A parameter's name or value is not in the table."""

    code = "parameter"


class OutputExistsError(UsageError):
    """The output is there already and overwriting was not allowed."""

    code = "output-exists"


class DeviceError(UsageError):
    """The device asked for is not there."""

    code = "device"


class UnreadableError(UpzeroirError):
    """The input is missing, empty, truncated, no picture, or of a kind that we cannot read."""

    code, exit_code = "unreadable", 3


class TooLargeError(UpzeroirError):
    """More pixels than allowed, or more than the memory holds."""

    code, exit_code = "too-large", 4


class UnwritableError(UpzeroirError):
    """The output could not be written."""

    code, exit_code = "unwritable", 5


class ResultError(UpzeroirError):
    """The result failed the sanity gate: not finite, constant, or wildly off."""

    code, exit_code = "result", 5


class CancelledError(UpzeroirError):
    """The user stopped the work."""

    code, exit_code = "cancelled", 130


def extra_hint(extra: str, installer: bool = True) -> str:
    """How to get an optional part; `installer=False` for one that only a checkout uses.

    It names no package of an index: ours is on none, and one of our name there would be a stranger's.
    """
    checkout = f".venv/bin/pip install -e '.[{extra}]'."
    if not installer:
        return f"In the checkout: {checkout}"
    usual = EXTRAS.split(",")
    command = "installer/install" + ("" if extra in usual else f" --extras {','.join([*usual, extra])}")
    return f"Run {command}, or in a checkout: {checkout}"


def known(error: BaseException) -> UpzeroirError:
    """Any error as one of ours: what a border (command line, batch) may say of it."""
    if isinstance(error, UpzeroirError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return CancelledError("Cancelled; nothing half-written is left.")
    if isinstance(error, InvalidParameter):
        return ParameterError(str(error))
    if isinstance(error, MemoryError):
        return TooLargeError("There is not enough memory.", "Close other programs, or restore a region.")
    return UpzeroirError(f"{type(error).__name__}: {error}", "(--debug shows more)")
