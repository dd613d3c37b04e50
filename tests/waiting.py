"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(what: Callable[[], Found], seconds: float = 60.0, words: str = "it", pause: float = 0.05) -> Found:
    """Ask `what` until it answers something true, and return that; an AssertionError with `words` after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for {words}"
        time.sleep(pause)
    return found
