"""A screen without a monitor for GIMP's windows: Xvfb, a window manager, keys, clicks, and screenshots."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gimp.gimp3 import Gimp3
from tests.waiting import until

SIZE = "1400x1000x24"


class Screen:
    """One X display, and what a user does on it."""

    def __init__(self, gimp: Gimp3, display: str) -> None:
        self.gimp, self.display = gimp, display

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool; what it prints."""
        return self.gimp.run("xdotool", *arguments, display=self.display).strip()

    def managed(self) -> bool:
        """Whether the window manager is at work."""
        try:
            return bool(self.xdotool("get_num_desktops"))
        except subprocess.CalledProcessError:
            return False

    def window(self, name: str, timeout: float = 30) -> str:
        """The visible window whose title matches; waits for it."""

        def look() -> str:
            try:
                return self.xdotool("search", "--onlyvisible", "--name", name).splitlines()[-1]
            except (subprocess.CalledProcessError, IndexError):
                return ""

        return until(look, timeout, f"a window {name!r}")

    def gone(self, window: str) -> bool:
        """Whether a window is no longer there."""
        try:
            return "IsViewable" not in self.gimp.run(
                "xdotool", "getwindowname", window, display=self.display
            ) and (window not in self.xdotool("search", "--onlyvisible", "--name", ".*").splitlines())
        except subprocess.CalledProcessError:
            return True

    def focus(self, window: str) -> None:
        """Give it the keyboard."""
        self.xdotool("windowactivate", "--sync", window)

    def key(self, *keys: str) -> None:
        """Press keys, one after another."""
        self.xdotool("key", "--delay", "60", *keys)

    def click(self, window: str, x: int, y: int, times: int = 1) -> None:
        """Click at a place of a window."""
        self.xdotool("mousemove", "--sync", "--window", window, str(x), str(y))
        self.xdotool("click", "--repeat", str(times), "--delay", "80", "1")

    def shot(self, path: Path, window: str = "root") -> Path:
        """Save a picture of a window, or of all."""
        self.gimp.run("import", "-window", window, self.gimp.inside(path), display=self.display)
        return path


@contextmanager
def opened(gimp: Gimp3) -> Iterator[Screen]:
    """A screen with a window manager."""
    command = gimp.command(["Xvfb", "-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"])
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/")
    manager = None
    try:
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], 20)
        number = os.read(server.stdout.fileno(), 20).decode().strip() if ready else ""
        assert number.isdigit(), "Xvfb did not start"
        manager = subprocess.Popen(
            gimp.command(["openbox"], f":{number}"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        screen = Screen(gimp, f":{number}")
        until(screen.managed, 30, "a window manager")
        yield screen
    finally:
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait(10)
        if server.stdout is not None:
            server.stdout.close()
