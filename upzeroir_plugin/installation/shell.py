"""What makes the installed program reachable: the command, the desktop's menu entry, its icon, GIMP."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from upzeroir_plugin.folders import WINDOWS
from upzeroir_plugin.installation.layout import MARK, Layout

ICON = Path(__file__).with_name("upzeroir.svg")
"""The program's one icon: of its window, of the menu entry."""
ENTRY = Path(__file__).with_name("upzeroir.desktop")
EXEC = "Exec=upzeroir panel %F"
CMD = f"""@rem {MARK}
@set /p UPZEROIR_VERSION=<"%~dp0..\\current"
@"%~dp0..\\versions\\%UPZEROIR_VERSION%\\Scripts\\upzeroir.exe" %*
"""


def launcher(layout: Layout) -> str:
    """Make the command; what the user should know, in words, or ""."""
    path = layout.launcher
    if (path.exists() or path.is_symlink()) and not layout.ours(path):
        return f"{path} is another program and was left alone; start ours as {program(layout)}."
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(".upzeroir.new")
    new.unlink(missing_ok=True)
    if WINDOWS:
        new.write_text(CMD, "utf-8")
    else:
        new.symlink_to(program(layout))
    new.replace(path)
    there = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    if path.parent in there:
        return ""
    return f"{path.parent} is not on your PATH: add it, or start {path}."


def program(layout: Layout) -> Path:
    """The current version's program."""
    return layout.launcher if WINDOWS else layout.data / "current" / "bin" / "upzeroir"


def menu_entry(layout: Layout) -> None:
    """The desktop's menu entry and icon, where desktops have such (Linux)."""
    if WINDOWS or sys.platform == "darwin":
        return
    write_entry(layout.desktop, layout.icon, f"{quoted(str(program(layout)))} panel %F")


def write_entry(entry: Path, icon: Path, command: str) -> None:
    """Write menu entry and icon, each whole or not at all; `command` as the desktop entry specification wants it."""
    text = ENTRY.read_text("utf-8").replace(EXEC, f"Exec={command}")
    for path, content in ((entry, text.encode()), (icon, ICON.read_bytes())):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(content)
        new.replace(path)


def quoted(argument: str) -> str:
    """As the desktop entry specification wants it: in quotes, with special signs escaped, `%` doubled."""
    for sign in '\\"`$':
        argument = argument.replace(sign, "\\" + sign)
    return '"' + argument.replace("\\", "\\\\").replace("%", "%%") + '"'


def gimp(python: Path, uninstall: bool = False) -> tuple[bool, str]:
    """Put the plug-in into every GIMP 3, or take it out; whether that went well, and what was said."""
    command = [
        str(python),
        "-I",
        "-m",
        "upzeroir_plugin",
        "install-gimp",
        *(["--uninstall"] if uninstall else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())  # noqa: S603
    said = " ".join((done.stdout + done.stderr).split())
    return done.returncode == 0, said


def clean_environment() -> dict[str, str]:
    """Ours without what would lead another Python astray."""
    astray = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_USER", "PIP_TARGET")
    return {name: value for name, value in os.environ.items() if name not in astray}
