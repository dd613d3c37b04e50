"""The desktop entry and icon of this user: where menus and "Open with" find the panel."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from qt_panel.app_parts import HERE, ICON
from upzeroir_plugin.photo.atomic import written

ENTRY = HERE / "upzeroir.desktop"
EXEC = "Exec=upzeroir panel %F"


def places(data: Path | None = None) -> tuple[Path, Path]:
    """(entry, icon) below XDG_DATA_HOME."""
    base = data or Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return (
        base / "applications" / "upzeroir.desktop",
        base / "icons" / "hicolor" / "scalable" / "apps" / "upzeroir.svg",
    )


def register(data: Path | None = None) -> list[Path]:
    """Write both, the entry with this Python's path; what was written. Raises UnwritableError, OSError."""
    entry, icon = places(data)
    command = f"Exec={shlex.quote(sys.executable)} -m qt_panel %F"
    texts = {
        entry: ENTRY.read_text(encoding="utf-8").replace(EXEC, command).encode(),
        icon: ICON.read_bytes(),
    }
    for path, content in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path, overwrite=True) as stream:
            stream.write(content)
    return list(texts)


def unregister(data: Path | None = None) -> list[Path]:
    """Remove both; what was there. Raises OSError."""
    there = [path for path in places(data) if path.exists()]
    for path in there:
        path.unlink()
    return there
