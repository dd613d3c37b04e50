"""What of a batch is done: one small SQLite file, so that a stop loses no photo and repeats none.

A photo's result appears under its name whole or not at all (`photo.atomic`), and its report before it. So a result that
is there after a stop, for a photo that was being worked on, is complete: it is taken over, not made again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upzeroir_plugin.batch.find import Wanted, free, same
from upzeroir_plugin.errors import UnreadableError, UsageError

TABLES = """
CREATE TABLE IF NOT EXISTS batch (one INTEGER PRIMARY KEY CHECK (one = 1), settings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS photos (
  source BLOB PRIMARY KEY, output BLOB NOT NULL UNIQUE, report BLOB NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  begun INTEGER NOT NULL DEFAULT 0, found TEXT);
CREATE TABLE IF NOT EXISTS series (source BLOB PRIMARY KEY, look TEXT NOT NULL, theta TEXT);
"""


def results_in(folder: Path) -> set[Path]:
    """Results that earlier runs of a batch (its `folder`) made or were making: no photos to restore; none is empty."""
    file = folder / "ledger.sqlite"
    if not file.is_file():
        return set()
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as base:
            found = base.execute("SELECT output FROM photos WHERE state != 'waiting'").fetchall()
    except sqlite3.DatabaseError:
        return set()  # said when it is opened for the batch
    return {Path(os.fsdecode(output)) for (output,) in found}


@dataclass(frozen=True, slots=True)
class Row:
    """One photo. `found`: for a done one the short report, for a failed one the error. `begun`: how often."""

    source: Path
    output: Path
    report: Path
    state: str
    begun: int
    found: dict[str, Any]


class Ledger:
    """The file `ledger.sqlite` of a batch's folder. Not for several threads or processes at once."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """Open or make it. Raises UsageError if the folder's batch has other settings, UnreadableError if damaged."""
        self.folder = folder
        said = json.dumps(settings, sort_keys=True)
        try:
            self.base = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
            self.base.executescript(TABLES)
            self.base.execute("INSERT OR IGNORE INTO batch VALUES (1, ?)", (said,))
            (there,) = self.base.execute("SELECT settings FROM batch").fetchone()
        except sqlite3.DatabaseError as error:
            raise UnreadableError(
                f"The list {folder / 'ledger.sqlite'} cannot be used: {error}.",
                "If it is damaged, choose another output folder.",
            ) from error
        if there != said:
            old = json.loads(there)
            other = sorted(n for n in {*settings, *old} if settings.get(n) != old.get(n))
            raise UsageError(
                f"{folder.parent} holds a batch with other settings ({', '.join(other)}).",
                "Choose another output folder, or give the same settings to go on with it.",
            )

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    def add(self, photos: Sequence[Wanted], root: Path) -> None:
        """Note photos that are not in it yet, under free names; those that it knows keep their outputs."""
        there = list(self.rows())
        known, taken = {row.source for row in there}, {same(row.output) for row in there}
        self.base.execute("BEGIN")
        for photo in photos:
            if photo.source in known:
                continue
            output = free(photo.output, photo.source, taken)
            taken.add(same(output))
            name = output.relative_to(root)
            report = self.folder / "reports" / name.with_name(name.name + ".json")
            row = tuple(os.fsencode(p) for p in (photo.source, output, report))
            self.base.execute("INSERT INTO photos (source, output, report) VALUES (?, ?, ?)", row)
        self.base.execute("COMMIT")

    def recover(self) -> int:
        """After a stop: take over finished results, put the rest and what failed back in line; how many taken over."""
        adopted = 0
        for row in list(self.rows("running")):
            sweep(row.output)
            report = self.adopted(row)
            adopted += report is not None
            self._set(row, "waiting" if report is None else "done", report)
        for row in list(self.rows("done")):
            if not row.output.exists():
                self._set(row, "waiting", None)
        self.base.execute("UPDATE photos SET state = 'waiting' WHERE state = 'failed'")
        return adopted

    def rows(self, *states: str) -> Iterator[Row]:
        """Rows in these states (all, if none is named), in the order in which they were added."""
        marks = ",".join("?" * len(states))
        where = f"WHERE state IN ({marks})" if states else ""
        query = f"SELECT source, output, report, state, begun, found FROM photos {where} ORDER BY rowid"  # noqa: S608
        for source, output, report, state, begun, found in self.base.execute(query, states):
            paths = [Path(os.fsdecode(name)) for name in (source, output, report)]
            yield Row(paths[0], paths[1], paths[2], state, begun, json.loads(found) if found else {})

    def count(self, state: str) -> int:
        """How many photos are in that state."""
        return int(self.base.execute("SELECT count(*) FROM photos WHERE state = ?", (state,)).fetchone()[0])

    def begin(self, row: Row) -> None:
        """From now on a file under the output's name is this batch's."""
        self.base.execute(
            "UPDATE photos SET state = 'running', begun = begun + 1 WHERE source = ?",
            (os.fsencode(row.source),),
        )

    def done(self, row: Row, report: dict[str, Any]) -> None:
        """The result is there; `report` is its short form."""
        self._set(row, "done", report)

    def adopted(self, row: Row) -> dict[str, Any] | None:
        """The short report of a result that was finished although nobody said so; None if there is no result."""
        return _report(row.report) if row.output.exists() else None

    def failed(self, row: Row, error: dict[str, Any]) -> None:
        """It could not be restored: code, message, hint, exit_code."""
        self._set(row, "failed", error)

    def looked(self, source: Path, look: dict[str, Any]) -> None:
        """A photo of a series was looked at; nothing is decided yet."""
        self.base.execute(
            "INSERT OR REPLACE INTO series (source, look) VALUES (?, ?)",
            (os.fsencode(source), json.dumps(look)),
        )

    def series(self) -> dict[Path, tuple[dict[str, Any], dict[str, Any] | None]]:
        """{photo: (look, θ decided or None)} of all photos looked at."""
        rows = self.base.execute("SELECT source, look, theta FROM series")
        return {Path(os.fsdecode(s)): (json.loads(look), json.loads(t) if t else None) for s, look, t in rows}

    def decided(self, thetas: Mapping[Path, dict[str, Any]]) -> None:
        """Note what was decided for photos of a series: all of them or none."""
        rows = [(json.dumps(theta), os.fsencode(source)) for source, theta in thetas.items()]
        self.base.execute("BEGIN")
        self.base.executemany("UPDATE series SET theta = ? WHERE source = ?", rows)
        self.base.execute("COMMIT")

    def _set(self, row: Row, state: str, found: dict[str, Any] | None) -> None:
        said = json.dumps(found) if found is not None else None
        self.base.execute(
            "UPDATE photos SET state = ?, found = ? WHERE source = ?", (state, said, os.fsencode(row.source))
        )


def short(report: dict[str, Any]) -> dict[str, Any]:
    """What the summary tells of a photo's report."""
    quality = report.get("quality", {})
    jpeg = report.get("parameters", {}).get("jpeg.quality", {})
    return {
        "summary": report.get("summary", ""),
        "compressed": float(jpeg.get("value", 100)) < 100,
        "changed": report.get("changed"),
        "seconds": report.get("seconds", {}).get("total"),
        **{name: quality.get(name) for name in ("residual_std", "residual_whiteness", "accepted")},
    }


def _report(path: Path) -> dict[str, Any]:
    try:
        return short(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return {}


def sweep(output: Path) -> None:
    """Remove what a killed process left half-written for this output."""
    part = re.compile(re.escape(f".{output.stem[:40]}.") + "[0-9a-f]{8}\\.part")
    with contextlib.suppress(OSError):
        for path in output.parent.iterdir():
            if part.fullmatch(path.name):
                path.unlink()
