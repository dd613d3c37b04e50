"""Where the user's latent priors lie: one folder each below the user's data folder. Imports no torch."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.folders import data_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
EMBEDDED, SMALL_LATENT = "embedded", "small-latent"
FOLDER = Path(__file__).parent / "weights" / EMBEDDED
"""The embedded prior's."""
OWN = {EMBEDDED: FOLDER, SMALL_LATENT: FOLDER.with_name(SMALL_LATENT)}
"""Folders of the priors that come with the program."""
RECORD = "upzeroir_prior.json"


def shelf() -> Path:
    """The folder that holds them."""
    return data_folder() / "priors"


def names() -> list[str]:
    """Priors by name: our own, the latent one only where diffusers is there to run it, and all that were added."""
    own = [name for name in OWN if name == EMBEDDED or find_spec("diffusers") is not None]
    return [*own, *added()]


def added() -> list[str]:
    """Names of the priors that the user added."""
    folder = shelf()
    return sorted(p.name for p in folder.iterdir() if (p / RECORD).is_file()) if folder.is_dir() else []


def checked_name(name: str) -> str:
    """A name that can be a folder's. Raises UsageError."""
    if not NAME.fullmatch(name) or name in OWN:
        raise UsageError(
            f"{name!r} cannot be a prior's name.",
            "Take up to 64 letters, digits, dots, dashes and underscores.",
        )
    return name


def place_of(prior: str, paths: bool = True) -> Path:
    """The folder of a prior: one of ours, one that was added, or a path if `paths`. Raises UsageError for none."""
    if prior in OWN:
        return OWN[prior]
    folder = shelf() / prior
    if NAME.fullmatch(prior) and (folder / RECORD).is_file():
        return folder
    if paths and Path(prior).is_dir():
        return Path(prior).resolve()
    raise UsageError(f"There is no prior {prior!r}.", "`upzeroir prior list` shows those that are there.")
