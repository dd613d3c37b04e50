"""Progress on stderr: a bar with the time left on a terminal, plain lines at most once a second elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 28


class ProgressLine:
    """Shows how far a run is; does nothing once closed."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self.title, self.stream = title, stream or sys.stderr
        self.terminal = self.stream.isatty()
        self.last, self.text = 0.0, ""

    def update(self, done: float, label: str, eta: float | None) -> None:
        """`done` 0–1, what is being done, and the seconds left if known."""
        now = time.monotonic()
        if now - self.last < (0.1 if self.terminal else 1.0):
            return
        self.last = now
        left = f", {eta:.0f} s left" if eta is not None else ""
        if self.terminal:
            filled = round(done * WIDTH)
            bar = "#" * filled + "." * (WIDTH - filled)
            text = f"{self.title} [{bar}] {done:4.0%} {label}{left}"
            self.stream.write("\r" + text.ljust(len(self.text)))
            self.text = text
        elif (text := f"{done:.0%} {label}") != self.text:
            self.text = text
            self.stream.write(f"{self.title}: {text}{left}\n")
        self.stream.flush()

    def close(self) -> None:
        """Clear the bar."""
        if self.terminal and self.text:
            self.stream.write("\r" + " " * len(self.text) + "\r")
            self.stream.flush()
