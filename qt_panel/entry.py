"""The desktop entry and icon of this user: where menus and "Open with" find the panel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from upzeroir_plugin.installation.shell import quoted, write_entry


def places(data: Path | None = None) -> tuple[Path, Path]:
    """(entry, icon) below XDG_DATA_HOME."""
    base = data or Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return (
        base / "applications" / "upzeroir.desktop",
        base / "icons" / "hicolor" / "scalable" / "apps" / "upzeroir.svg",
    )


def register(data: Path | None = None) -> list[Path]:
    """Write both, the entry with this Python's path; what was written. Raises OSError."""
    entry, icon = places(data)
    write_entry(entry, icon, f"{quoted(sys.executable)} -m qt_panel %F")
    return [entry, icon]


def unregister(data: Path | None = None) -> list[Path]:
    """Remove both; what was there. Raises OSError."""
    there = [path for path in places(data) if path.exists()]
    for path in there:
        path.unlink()
    return there
