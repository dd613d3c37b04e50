"""The state file: how clients find the running service."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

API = 1


@dataclass(frozen=True, slots=True)
class State:
    """What stands in the file. `started`: seconds since 1970."""

    pid: int
    port: int
    token: str
    api: int
    started: float


def publish(path: Path, state: State) -> None:
    """Write atomically, readable by the user only. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def withdraw(path: Path, pid: int) -> None:
    """Remove the file if it is that process's own."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        if json.loads(path.read_text(encoding="utf-8"))["pid"] == pid:
            path.unlink()
