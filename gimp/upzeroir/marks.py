"""When things happened, for tests and for whoever measures: lines in the file that UPZEROIR_TRACE names."""

from __future__ import annotations

import os
import time
from typing import Any


def mark(what: str, more: object = "") -> None:
    """Append "seconds-since-1970 what more"."""
    path = os.environ.get("UPZEROIR_TRACE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{time.time():.3f} {what} {more}".rstrip() + "\n")


def where(widget: Any) -> str:
    """The middle of a widget in its window, "x y" px: for whoever moves the mouse there."""
    x, y = widget.get_allocated_width() // 2, widget.get_allocated_height() // 2
    found = widget.translate_coordinates(widget.get_toplevel(), x, y)
    return f"{found[-2]} {found[-1]}" if found else ""
