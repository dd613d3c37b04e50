"""The backend as this GIMP can reach it: connecting, what to do when it is not there, its log, and the panel."""

from __future__ import annotations

import os
import secrets
import subprocess
from typing import TYPE_CHECKING

from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.client import Client, ClientError, connect
    from upzeroir_plugin.launch import clean_environment, log_path, settings, state_path
else:
    from client import ClientError, connect
    from launch import clean_environment, log_path, settings, state_path

LOG_LINES = 60


def sandbox() -> str:
    """`flatpak`, `snap`, or nothing: in these GIMP may not start programs of the system."""
    if os.path.exists("/.flatpak-info"):
        return "flatpak"
    return "snap" if os.environ.get("SNAP") else ""


def client() -> Client:
    """The running backend, or one started now. Raises ClientError."""
    return connect(launch=not sandbox())


def in_words(error: ClientError) -> str:
    """The error's sentence and what to do next."""
    if error.code == "too-long":
        return _("The restoration took too long and was ended. Choose a faster effort, or select a part.")
    return f"{error.message} {error.hint}".strip()


def advice(error: ClientError) -> str:
    """What to do next."""
    lines = [error.hint]
    if error.code == "no-service":
        command = {"snap": f"UPZEROIR_STATE={state_path()} upzeroir serve"}.get(sandbox(), "upzeroir serve")
        if sandbox():
            lines = [
                _("GIMP runs in a sandbox here and may not start programs. Open a terminal, and type:"),
                command,
            ]
        else:
            lines.append(_("You can also start it yourself, in a terminal:") + f" {command}")
    if error.code == "service-lost":
        lines.append(_("Your image is as it was. Try again: the backend is started anew."))
    return "\n".join(line for line in lines if line)


def log() -> str:
    """The end of the backend's log, as far as it can be read from here."""
    path = log_path(state_path())
    texts = []
    for file in (path, path.with_name("launch.log")):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            continue
        texts.append("\n".join([f"{file}:", *lines]))
    return "\n\n".join(texts) or _("There is no log yet: {}").format(path)


def open_panel(photo: str) -> str:
    """Start the panel with a photo that the backend has; the name that it is to deliver to. Raises ClientError."""
    name = f"gimp-{secrets.token_hex(8)}"
    command = [str(part) for part in settings().get("panel") or []]
    if not command or sandbox():
        raise ClientError("no-panel", _("The UP-ZeroIR panel cannot be started from here."))
    try:
        subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*command, "--photo-id", photo, "--deliver-to", name], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, close_fds=True, start_new_session=True,
            env={**clean_environment(), "UPZEROIR_STATE": str(state_path())},
        )  # fmt: skip
    except OSError as error:
        raise ClientError("no-panel", _("The UP-ZeroIR panel did not start: {}.").format(error)) from error
    return name
