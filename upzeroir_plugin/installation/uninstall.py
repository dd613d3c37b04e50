"""Everything that the installer made, listed and then removed. Photos, results and ledgers are the user's and stay."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from upzeroir_plugin import launch
from upzeroir_plugin.errors import UnwritableError
from upzeroir_plugin.folders import PICTURES, WINDOWS
from upzeroir_plugin.gimp_folders import find
from upzeroir_plugin.installation import shell
from upzeroir_plugin.installation.layout import Layout

DATA = ("versions", "current", "previous", ".current.new", ".previous.new", "cache", "lock", "install.log", "bin",
        "priors")  # fmt: skip
"""What the installer and `upzeroir prior` make in the data folder."""


def uninstall(layout: Layout, yes: bool) -> int:
    """List what is there; remove it after a yes. Returns 0, also if the user would rather keep it.

    Raises UnwritableError for what could not be removed.
    """
    plugins = [profile.plugin for profile in find().profiles if profile.plugin.is_dir()]
    state = launch.state_path()
    parts = [
        *plugins,
        *layout.outside(),
        *_made(state.parent, _beside(state)),
        *_made(layout.data, DATA),
    ]
    if not parts:
        print("Nothing is installed.")
        return 0
    print("This will be removed:")
    for part in parts:
        print(f"  {part}  ({_size(part)})")
    print("Photos, results and their reports stay.")
    if not yes and not _agreed():
        print("Nothing was removed. To remove it: upzeroir uninstall --yes")
        return 0
    _stop_service(layout)
    left = [part for part in parts if not _removed(part)]
    for folder in (state.parent, layout.data):
        with contextlib.suppress(OSError):
            folder.rmdir()  # only if nothing of anybody else's is in it
    if left:
        raise UnwritableError(
            f"Not removed: {', '.join(map(str, left))}.", "Close GIMP and the panel; then run it again."
        )
    print("Removed.")
    return 0


def _beside(state: Path) -> tuple[str, ...]:
    """What the service and the batch make beside the state file, and it itself."""
    logs = (f"{launch.log_path(state).name}*", f"{launch.launch_log(state).name}*")
    lock = launch.beside(state, ".lock").name
    return (state.name, f".{state.stem}*.part", lock, *logs, "cameras.sqlite*", f"{PICTURES}*")


def _made(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """What we made in a folder: the folder itself if it holds nothing else. Users may name any folder for us."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    ours = [path for path in there if any(fnmatchcase(path.name, pattern) for pattern in patterns)]
    return [folder] if ours and ours == there else ours


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Remove it? [y/N] ").strip().lower() in ("y", "yes")


def _stop_service(layout: Layout) -> None:
    """End a running service, so that nothing writes into what goes."""
    name = layout.pointed("current")
    if name and not WINDOWS:
        command = [str(layout.python(name)), "-I", "-m", "upzeroir_plugin", "stop"]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603
                command, capture_output=True, timeout=30, check=False, env=shell.clean_environment()
            )


def _removed(path: Path) -> bool:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def _size(path: Path) -> str:
    files = [path] if not path.is_dir() or path.is_symlink() else path.rglob("*")
    total = 0
    for file in files:
        with contextlib.suppress(OSError):
            total += file.lstat().st_size
    return f"{total / 1e6:.1f} MB"
