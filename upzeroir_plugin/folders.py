"""Where this user's programs keep their data. Standard library only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

WINDOWS = sys.platform == "win32"
PICTURES = ".upzeroir-pictures-"
"""Begins the name of the folder where the service keeps pictures, beside its state file. Nobody else would give such a
one: what a killed service left is found, and removed, by it."""


def data_folder() -> Path:
    """The user's folder for programs' data; UPZEROIR_HOME names another."""
    told = os.environ.get("UPZEROIR_HOME")
    if told:
        return Path(told).absolute()
    home = Path.home()
    if WINDOWS:
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "upzeroir" / "program"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "upzeroir" / "program"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "upzeroir"
