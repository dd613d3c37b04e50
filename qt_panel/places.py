"""Where the panel keeps things: preferences, presets, the autosaved session. `UPZEROIR_PANEL` overrides."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QStandardPaths

from upzeroir_plugin.photo.atomic import written


def folder() -> Path:
    """The panel's own folder, made if need be. Raises OSError."""
    told = os.environ.get("UPZEROIR_PANEL")
    kind = QStandardPaths.StandardLocation.GenericConfigLocation
    path = Path(told) if told else Path(QStandardPaths.writableLocation(kind)) / "upzeroir"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def read_json(path: Path) -> dict[str, Any] | None:
    """An object, or None for what is not there or makes no sense."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Whole or not at all. Raises UnwritableError."""
    with written(path, overwrite=True) as stream:
        stream.write(json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8"))
