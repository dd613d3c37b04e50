"""Where the user's latent priors lie: one folder each below the user's data folder. Imports no torch."""

from __future__ import annotations

import re
from pathlib import Path

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.folders import data_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
EMBEDDED = "embedded"
FOLDER = Path(__file__).parent / "weights" / EMBEDDED
"""The embedded prior's."""
RECORD = "upzeroir_prior.json"


def shelf() -> Path:
    """The folder that holds them."""
    return data_folder() / "priors"


def names() -> list[str]:
    """The embedded prior and all that were added, by name."""
    folder = shelf()
    added = sorted(p.name for p in folder.iterdir() if (p / RECORD).is_file()) if folder.is_dir() else []
    return [EMBEDDED, *added]


def checked_name(name: str) -> str:
    """A name that can be a folder's. Raises UsageError."""
    if not NAME.fullmatch(name) or name == EMBEDDED:
        raise UsageError(
            f"{name!r} cannot be a prior's name.",
            "Take up to 64 letters, digits, dots, dashes and underscores.",
        )
    return name


def place_of(prior: str, paths: bool = True) -> Path:
    """The folder of a prior: the embedded one, one that was added, or a path if `paths`. Raises UsageError for none."""
    if prior == EMBEDDED:
        return FOLDER
    added = shelf() / prior
    if NAME.fullmatch(prior) and (added / RECORD).is_file():
        return added
    if paths and Path(prior).is_dir():
        return Path(prior).resolve()
    raise UsageError(f"There is no prior {prior!r}.", "`upzeroir prior list` shows those that are there.")
