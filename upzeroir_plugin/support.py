"""What support needs in one file: `upzeroir doctor --report FILE.zip`. No photos, no tokens, no names (`redact`)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Any

from upzeroir_plugin import client, launch
from upzeroir_plugin.photo.atomic import written
from upzeroir_plugin.redact import redacted

LONGEST = 1_000_000


def bundle(path: Path, findings: Mapping[str, Any]) -> None:
    """Write `findings`, the state of a running service, and its logs as a zip file; over no other file.

    Raises UnwritableError, OutputExistsError.
    """
    state = launch.state_path()
    known = launch.read_state(state) or {}
    token = str(known.get("token", ""))
    parts = {"doctor.json": json.dumps(dict(findings), indent=2), "service.json": _service(state, known)}
    for log in (
        *sorted(state.parent.glob(f"{escape(launch.log_path(state).name)}*")),
        launch.launch_log(state),
    ):
        if log.is_file():
            parts[log.name] = _tail(log)
    with (
        written(path, overwrite=False, hint="Choose another name.") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name, text in parts.items():
            out.writestr(name, redacted(text, token))


def _service(state: Path, known: Mapping[str, Any]) -> str:
    """What the service says of itself, or why it does not."""
    try:
        said = client.connect(launch=False, state=state, quiet=True).hello(quiet=True)
    except client.ClientError as error:
        return json.dumps({"running": False, "code": error.code, "message": error.message})
    shown = {name: said[name] for name in ("api", "build", "engine", "memory", "jobs", "limits")}
    return json.dumps(
        {"running": True, "pid": known.get("pid"), "started": known.get("started"), **shown}, indent=2
    )


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-LONGEST:]
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
