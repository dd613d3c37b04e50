"""The process that restores: torch, the prior, and the pictures kept between jobs."""

from __future__ import annotations

import contextlib
import os
from multiprocessing.connection import Connection
from typing import Any

from upzeroir_plugin.service.child import Do, Message, work

NICENESS = 5
"""Below the programs that the user looks at."""


def main(pipe: Connection[Any, Any], settings: Message) -> None:
    """Entry point of the process."""
    stops = Stops()
    _step_back()

    def load() -> Do:
        from upzeroir_plugin.service.restoring import Engine

        return Engine(pipe, stops, settings.get("prior"))

    work(pipe, load, stops.heard)


class Stops:
    """What was said about running and coming jobs: cancel and keep. Written by the thread that listens."""

    def __init__(self) -> None:
        self.cancelled: set[str] = set()
        self.kept: set[str] = set()
        self.control: Any = None
        self.job = ""

    def heard(self, message: Message) -> bool:
        """Take in a message if it is one of these."""
        said = message["do"]
        if said not in ("cancel", "keep"):
            return False
        (self.cancelled if said == "cancel" else self.kept).add(message["job"])
        self.apply()
        return True

    def begin(self, job: str, control: Any) -> None:
        """`control` belongs to the job that runs from now on."""
        self.job, self.control = job, control
        self.apply()

    def apply(self) -> None:
        """Pass on to the running job what is for it."""
        control = self.control
        if control is not None and self.job in self.cancelled:
            control.cancel()
        elif control is not None and self.job in self.kept:
            control.keep()


def _step_back() -> None:
    with contextlib.suppress(OSError, AttributeError):
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        else:
            import psutil

            psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS"))  # noqa: B009 - only there on Windows
