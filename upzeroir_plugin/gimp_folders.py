"""Where this user's GIMPs keep their plug-ins, on every system and for every way to install GIMP."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROFILE = re.compile(r"(\d+)\.(\d+)")
PROGRAM = re.compile(r"gimp(?:-console)?-(\d+)\.(\d+)(?:\.exe)?")
FLATPAK = "org.gimp.GIMP"


@dataclass(frozen=True, slots=True)
class Profile:
    """A GIMP's user folder; `kind`: native, flatpak or snap (what a sandbox sees differs)."""

    folder: Path
    kind: str
    version: tuple[int, int]

    @property
    def plugin(self) -> Path:
        """Our folder in it."""
        return self.folder / "plug-ins" / "upzeroir"


@dataclass(frozen=True, slots=True)
class Found:
    """User folders of GIMP 3, and whether an older GIMP is all that there is."""

    profiles: tuple[Profile, ...]
    old: bool


def find(home: Path | None = None) -> Found:
    """Every GIMP 3.x of this user: those that have run, and installed ones that have not run yet.

    `GIMP3_DIRECTORY` names the only one, as it does for GIMP itself.
    """
    told = os.environ.get("GIMP3_DIRECTORY")
    if told:
        return Found((Profile(Path(told), "native", (3, 0)),), False)
    home = home or Path.home()
    profiles: dict[Path, Profile] = {}
    old = False
    for parent, kind in parents(home):
        for folder in sorted(parent.glob("*")) if parent.is_dir() else ():
            version = _version(folder.name)
            if version is None or not folder.is_dir():
                continue
            if version >= (3, 0):
                profiles[folder] = Profile(folder, kind, version)
            old |= version < (3, 0)
    for version, parent, kind in _installed(home):
        if version < (3, 0):
            old = True
        elif not any(p.kind == kind and p.version == version for p in profiles.values()):
            folder = parent / f"{version[0]}.{version[1]}"
            profiles[folder] = Profile(folder, kind, version)
    return Found(tuple(profiles.values()), old and not profiles)


def parents(home: Path) -> list[tuple[Path, str]]:
    """Folders that hold one folder a version. AppImages use the native one."""
    found = [(_native(home), "native")]
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        store = (local / "Packages").glob("GIMP.GIMP*/LocalCache/Roaming/GIMP")
        found += [(path, "native") for path in sorted(store)]
    elif sys.platform != "darwin":
        found += [
            (home / ".var" / "app" / FLATPAK / "config" / "GIMP", "flatpak"),
            (home / "snap" / "gimp" / "current" / ".config" / "GIMP", "snap"),
        ]
    return found


def _native(home: Path) -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "GIMP"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP"


def _installed(home: Path) -> list[tuple[tuple[int, int], Path, str]]:
    """(version, folder of its user folders, kind) of the GIMPs whose program is here."""
    native = _native(home)
    found = [(version, native, "native") for version in sorted(_programs(home))]
    if sys.platform not in ("win32", "darwin"):
        version = _flatpak()
        if version is not None:
            found.append((version, native, "flatpak"))  # its manifest gives it the user's own ~/.config/GIMP
    return found


def _programs(home: Path) -> set[tuple[int, int]]:
    places: Iterable[Path] = (Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part)
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("ProgramFiles", "LOCALAPPDATA")]
        folders = [Path(root) / part for root in roots if root for part in ("", "Programs")]
        places = [*places, *(path for folder in folders for path in folder.glob("GIMP*/bin"))]
    elif sys.platform == "darwin":
        apps = [Path("/Applications"), home / "Applications"]
        places = [*places, *(path for folder in apps for path in folder.glob("GIMP*.app/Contents/MacOS"))]
    found = set()
    for place in places:
        for program in place.glob("gimp*") if place.is_dir() else ():
            match = PROGRAM.fullmatch(program.name)
            if match:
                found.add((int(match[1]), int(match[2])))
    return found


def _flatpak() -> tuple[int, int] | None:
    """The version of the Flatpak, if it is installed."""
    program = shutil.which("flatpak")
    if program is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 - a fixed command
            [program, "info", FLATPAK], capture_output=True, text=True, timeout=10, check=False,
            stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"Version:\s*(\d+)\.(\d+)", said.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _version(name: str) -> tuple[int, int] | None:
    match = PROFILE.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None
