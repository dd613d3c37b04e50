"""Where the local service is known (its state file), and how it is started.

Standard library only, Python 3.9 and up; GIMP gets a copy of this file beside client.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UNWANTED = ("PYTHON", "LD_", "DYLD_", "GI_", "GIMP", "GEGL", "BABL", "GTK_")
"""Beginnings of environment variables of the caller that would lead another Python astray."""

ANOTHER_SECONDS = 4.0


def state_path() -> Path:
    """The service's state file: `UPZEROIR_STATE`, what the installer wrote into backend.json, or the platform's place.

    Where the home cannot be written, a folder of the user's own below XDG_RUNTIME_DIR or the temporary folder.
    """
    told = os.environ.get("UPZEROIR_STATE") or settings().get("state")
    if told:
        return Path(told)
    places = [_state_folder(), _spare_folder()]
    folder = next((place for place in places if _ours(place)), places[0])
    return folder / "service.json"


def log_path(state: Path) -> Path:
    """Where the service that belongs to this state file writes its log."""
    return beside(state, ".log")


def launch_log(state: Path) -> Path:
    """Where a service that is being started says what it says before it has a log."""
    return state.with_name("launch.log" if state.stem == "service" else f"{state.stem}.launch.log")


def beside(state: Path, ending: str) -> Path:
    """A file of the service that belongs to this state file: service.log for service.json. Two may share a folder."""
    return state.with_name(state.stem + ending)


def _state_folder() -> Path:
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "upzeroir"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "upzeroir"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "upzeroir"


def _spare_folder() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"upzeroir-{user}"


def _ours(folder: Path) -> bool:
    """Whether the folder is there (made if need be), writable, the user's own and closed to others."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    if hasattr(os, "getuid") and (
        found.st_uid != os.getuid() or folder.is_symlink() or found.st_mode & 0o022
    ):
        return False
    return os.access(folder, os.W_OK)


def settings() -> dict[str, Any]:
    """What `upzeroir install-gimp` wrote beside this file: the state file's path and the launch command."""
    try:
        found = json.loads(Path(__file__).with_name("backend.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def launch_command() -> list[str]:
    """How the service is started: from backend.json, else with this Python, else `upzeroir` on the PATH; or empty."""
    told = settings().get("command")
    if told:
        return [str(part) for part in told]
    if __package__:
        code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import upzeroir_plugin.cli as c; sys.exit(c.main())"
        root = Path(__file__).resolve().parent.parent
        return [sys.executable, "-c", code, str(root), "serve", "--foreground"]
    found = shutil.which("upzeroir")
    return [found, "serve", "--foreground"] if found else []


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would mislead the service's own Python."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(UNWANTED) and not name.lower().endswith("_proxy")
    }


def read_state(state: Path) -> dict[str, Any] | None:
    """The state file's content, or None if there is none that makes sense."""
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        return {"pid": int(found["pid"]), "port": int(found["port"]), "token": str(found["token"]), **found}
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Launched:
    """A service being started: detached, so that it outlives its caller. Raises OSError if it cannot be.

    One that ends well has found another one that holds the lock, and is about to answer: ANOTHER_SECONDS.
    """

    def __init__(self, state: Path, command: Sequence[str]) -> None:
        self.state, self.output = state, launch_log(state)
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self.output, "wb") as output:  # noqa: PTH123
            self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, close_fds=True,
                cwd=state.parent, env={**clean_environment(), "UPZEROIR_STATE": str(state)},
                start_new_session=True, creationflags=flags,
            )  # fmt: skip
        self._ended = 0.0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        self.process.wait()
        self._ended = time.monotonic()

    def failure(self) -> str | None:
        """Its last words if it ended with an error, or another one does not answer either; else None."""
        if not self._ended:
            return None
        if self.process.returncode == 0 and time.monotonic() < self._ended + ANOTHER_SECONDS:
            return None
        try:
            lines = self.output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else f"it ended with status {self.process.returncode}"
