"""Where an installation lies, which version is current, and what it put outside its own folder.

DATA/versions/NAME/   one environment a version; `ready` in it once it is complete
DATA/current          the version in use (a link; on Windows a file with the name), switched atomically
DATA/previous         the one before, for roll-back
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from upzeroir_plugin.folders import WINDOWS

MARK = "Made by the installer of upzeroir."


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one installation below `data`."""

    data: Path

    @property
    def versions(self) -> Path:
        """One folder a version."""
        return self.data / "versions"

    @property
    def cache(self) -> Path:
        """What pip has fetched so far: kept when an installation is cut off, gone when it is complete."""
        return self.data / "cache"

    @property
    def log(self) -> Path:
        """What the last installation did."""
        return self.data / "install.log"

    @property
    def launcher(self) -> Path:
        """The command `upzeroir` on the user's path."""
        if WINDOWS:
            return self.data / "bin" / "upzeroir.cmd"
        return Path.home() / ".local" / "bin" / "upzeroir"

    @property
    def desktop(self) -> Path:
        """The entry in the desktop's menu (Linux)."""
        return self._shared / "applications" / "upzeroir.desktop"

    @property
    def icon(self) -> Path:
        """Its icon (Linux)."""
        return self._shared / "icons" / "hicolor" / "scalable" / "apps" / "upzeroir.svg"

    @property
    def _shared(self) -> Path:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")

    def environment(self, name: str) -> Path:
        """The folder of a version."""
        return self.versions / name

    def python(self, name: str) -> Path:
        """Its Python."""
        return self.environment(name) / ("Scripts/python.exe" if WINDOWS else "bin/python")

    def ready(self, name: str) -> bool:
        """Whether that version is complete."""
        return bool(name) and (self.environment(name) / "ready").is_file()

    def pointed(self, pointer: str) -> str:
        """The version that `current` or `previous` names; "" if none."""
        path = self.data / pointer
        try:
            return path.read_text("utf-8").strip() if WINDOWS else path.readlink().name
        except OSError:
            return ""

    def point(self, pointer: str, name: str) -> None:
        """Let `current` or `previous` name a version, from one moment to the next."""
        path, new = self.data / pointer, self.data / f".{pointer}.new"
        new.unlink(missing_ok=True)
        if WINDOWS:
            new.write_text(name, "utf-8")
        else:
            new.symlink_to(Path("versions") / name)
        new.replace(path)

    def switch(self, name: str) -> None:
        """Make a version the current one, and the one before the previous one."""
        before = self.pointed("current")
        if before == name:
            return
        if self.ready(before):
            self.point("previous", before)
        self.point("current", name)

    def prune(self) -> list[str]:
        """Remove complete versions that are neither current nor previous; their names."""
        kept = {self.pointed("current"), self.pointed("previous")}
        old = (
            [p.name for p in self.versions.iterdir() if p.name not in kept] if self.versions.is_dir() else []
        )
        for name in old:
            shutil.rmtree(self.environment(name), ignore_errors=True)
        return old

    def outside(self) -> list[Path]:
        """Files of ours outside the data folder that are there; never one that somebody else made."""
        return [p for p in (self.launcher, self.desktop, self.icon) if self.ours(p)]

    def ours(self, path: Path) -> bool:
        """Whether a file is there and was made by us: a link into our folder, or one that bears our mark."""
        if path.is_symlink():
            return Path(os.path.abspath(path.parent / path.readlink())).is_relative_to(self.data)  # noqa: PTH100
        try:
            return MARK in path.read_text("utf-8", errors="replace")
        except OSError:
            return False
