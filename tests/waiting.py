"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(what: Callable[[], Found], seconds: float = 60.0, pause: float = 0.02) -> Found:
    """Ask `what` until it answers something true, and return that; an AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"waited {seconds:g} s for nothing"
        time.sleep(pause)
    return found
