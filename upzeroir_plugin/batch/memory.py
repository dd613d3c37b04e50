"""What is known of cameras: noise by camera and ISO, in a small SQLite file of the user's own. No names of photos."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from upzeroir_plugin.estimate.series import NOISE, Known, error, noisy
from upzeroir_plugin.launch import state_path
from upzeroir_plugin.parameters import ParameterVector

TABLE = """
CREATE TABLE IF NOT EXISTS noise (
  camera TEXT, iso REAL, name TEXT, count INTEGER NOT NULL, weight REAL NOT NULL, mean REAL NOT NULL,
  squares REAL NOT NULL, PRIMARY KEY (camera, iso, name));
"""
FORGET = 2000
"""Photos after which older ones slowly lose their say: a camera's firmware, and its owner's habits, change."""


def place() -> Path:
    """Beside the service's state file, in the user's own folder."""
    return state_path().with_name("cameras.sqlite")


class Memory:
    """Means of noise by camera and ISO. A damaged or unwritable file counts as empty: it is only a help."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            base = sqlite3.connect(self.path, timeout=10)
        except (OSError, sqlite3.Error):
            yield None
            return
        with contextlib.closing(base):
            try:
                base.executescript(TABLE)
            except sqlite3.Error:
                yield None
                return
            yield base

    def known(self, camera: str, iso: float) -> dict[str, Known]:
        """{parameter: what was measured} of that camera at that ISO."""
        with self._open() as base:
            if base is None:
                return {}
            query = "SELECT name, mean, squares, weight, count FROM noise WHERE camera = ? AND iso = ?"
            rows = base.execute(query, (camera, iso)).fetchall()
        return {
            name: Known(mean, math.sqrt(max(0.0, squares / weight)), count)
            for name, mean, squares, weight, count in rows
            if name in NOISE and weight > 0
        }

    def learn(self, camera: str, iso: float, thetas: Sequence[ParameterVector]) -> None:
        """Add photos, each by what its fit is worth (West 1979: running mean and squares with weights)."""
        with self._open() as base:
            if base is None:
                return
            with base:
                for theta in (t for t in thetas if noisy(t)):
                    for name in NOISE:
                        _add(
                            base,
                            camera,
                            iso,
                            name,
                            theta.entries[name].value,
                            error(theta.entries[name], name),
                        )


def _add(base: sqlite3.Connection, camera: str, iso: float, name: str, value: float, spread: float) -> None:
    query = "SELECT count, weight, mean, squares FROM noise WHERE camera = ? AND iso = ? AND name = ?"
    count, weight, mean, squares = base.execute(query, (camera, iso, name)).fetchone() or (0, 0.0, 0.0, 0.0)
    if count >= FORGET:
        weight, squares = weight * (1 - 1 / FORGET), squares * (1 - 1 / FORGET)
    worth = 1 / spread**2
    total = weight + worth
    moved = value - mean
    mean += moved * worth / total
    squares += worth * moved * (value - mean)
    base.execute(
        "INSERT OR REPLACE INTO noise VALUES (?, ?, ?, ?, ?, ?, ?)",
        (camera, iso, name, min(count + 1, FORGET), total, mean, squares),
    )
