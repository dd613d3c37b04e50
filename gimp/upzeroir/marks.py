"""When things happened, for tests and for whoever measures: lines in the file that UPZEROIR_TRACE names."""

from __future__ import annotations

import os
import time


def mark(what: str, more: object = "") -> None:
    """Append "seconds-since-1970 what more"."""
    path = os.environ.get("UPZEROIR_TRACE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{time.time():.3f} {what} {more}".rstrip() + "\n")
