"""`upzeroir panel`: the window."""

from __future__ import annotations

from argparse import Namespace
from importlib import util

from upzeroir_plugin.errors import UsageError, extra_hint

NEEDED = {"PyQt6": "PyQt6", "superqt": "superqt"}


def run(args: Namespace) -> int:
    """Open the panel, and stay until its window is closed. Raises UsageError if the extra is not installed."""
    missing = [name for name, module in NEEDED.items() if util.find_spec(module) is None]
    if missing:
        raise UsageError(
            f"The panel needs {' and '.join(missing)}, which is not installed.",
            extra_hint("panel"),
        )
    try:
        from qt_panel.app import run as show
    except ImportError as error:  # Qt's own libraries are there, the system's are not
        raise UsageError(
            f"The panel cannot start: {error}.",
            "On Debian and Ubuntu: apt install libegl1 libgl1 libxkbcommon0 libdbus-1-3 libxcb-cursor0.",
        ) from error
    return show(args)
