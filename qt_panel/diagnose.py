"""A report that helps to help: versions, devices, memory, the log's end; without names of users, photos and folders."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

from qt_panel.backend import Backend
from qt_panel.problems import problem_of
from upzeroir_plugin import __version__, launch
from upzeroir_plugin import client as clients
from upzeroir_plugin.redact import redacted

DOCTOR_SECONDS = 60
LINES = 60


def report(backend: Backend) -> str:
    """In a thread: the whole report as text. Never raises: what cannot be had is said."""
    parts = [
        f"UP-ZeroIR {__version__}, Python {platform.python_version()}, Qt {QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        "",
        "== Backend ==",
        _service(backend),
        "",
        "== Machine ==",
        _doctor(),
        "",
        "== Log ==",
        _log(backend),
    ]
    return redacted("\n".join(parts))


def _service(backend: Backend) -> str:
    try:
        said = backend.client().hello(quiet=True)
    except Exception as error:
        return f"does not answer: {problem_of(error)}"
    kept = {name: said.get(name) for name in ("api", "build", "engine", "memory", "jobs", "limits")}
    return json.dumps(kept, indent=1)


def _doctor() -> str:
    """Of `upzeroir doctor`, in a process of its own: it imports torch, the panel never does."""
    root = str(Path(clients.__file__).resolve().parent.parent)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import upzeroir_plugin.cli as c; sys.exit(c.main())"
    )
    command = [sys.executable, "-c", code, root, "doctor"]
    try:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command, capture_output=True, text=True, timeout=DOCTOR_SECONDS, check=False, stdin=subprocess.DEVNULL,
            env=launch.clean_environment(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return f"doctor did not run: {error}"
    return done.stdout.strip() or done.stderr.strip()


def _log(backend: Backend) -> str:
    """From the service if it answers, else from the file."""
    try:
        return log_tail(backend)
    except OSError as error:
        return f"no log: {error.strerror}"


def log_tail(backend: Backend, lines: int = LINES) -> str:
    """The log's last lines. Raises OSError."""
    path = launch.log_path(backend.state_file)
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def facts(hello: dict[str, Any]) -> str:
    """The backend in a few words, for the status bar's tooltip."""
    engine, memory = hello.get("engine") or {}, hello.get("memory") or {}
    held = sum(int(memory.get(name) or 0) for name in ("service", "reader", "engine"))
    return f"{engine.get('device_name') or engine.get('device') or ''} · {held / 1e6:.0f} MB".strip(" ·")
