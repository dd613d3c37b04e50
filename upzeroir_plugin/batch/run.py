"""A batch from its first photo to its summary."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from upzeroir_plugin import __version__
from upzeroir_plugin.batch.find import FOLDER, Found, Names
from upzeroir_plugin.batch.ledger import Ledger, Row, sweep
from upzeroir_plugin.batch.pool import auto_jobs, cores, free_memory, largest, run_all
from upzeroir_plugin.batch.summary import write_summary
from upzeroir_plugin.batch.task import Outcome, Task
from upzeroir_plugin.errors import OutputExistsError, UnwritableError, UsageError
from upzeroir_plugin.single import Order

AGAIN = {"worker", "internal", "result", "too-large"}
"""Codes of errors that may not come again, with one worker and more memory."""
HOPELESS = 5
"""So many results in a row that could not be written end the batch: the rest would fare no better."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How to work; no result depends on it. `jobs` None: as many as memory and cores carry. `ray`: a cluster."""

    jobs: int | None = None
    threads: int | None = None
    retries: int = 1
    ray: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """`made`: done by this run. `exit_code`: the highest of the photos'. `summary`: the page to look at."""

    made: int
    done: int
    failed: int
    adopted: int
    exit_code: int
    summary: Path
    jobs: int
    threads: int


@dataclass(frozen=True, slots=True)
class Count:
    """Where the batch is, told after each photo. `error`: of this photo, in words. `looked`: of a series, so far."""

    done: int
    failed: int
    total: int
    eta_seconds: float | None
    source: Path | None = None
    error: str = ""
    trace: str = ""
    looked: int | None = None


Tell = Callable[[Count], None]
Work = Callable[[Iterator[Task], Order, int, int, Callable[[Task], bool]], Iterator[Outcome]]
"""What `pool.run_all` is: tasks, order, jobs, threads, begin → outcomes as they come."""


def run(
    found: Found,
    output: Path,
    order: Order,
    ways: Ways,
    tell: Tell,
    series: bool = False,
    names: Names = Names(),  # noqa: B008 - frozen
) -> Ended:
    """Restore the photos found; goes on where an earlier run of the same output folder was stopped.

    `series`: photos of one camera, ISO and lens are judged together.

    Raises UsageError (another batch runs there, or one with other settings was begun), UnwritableError, DeviceError.
    One photo's failure stops nothing; see `Ended.exit_code`.
    """
    folder = output.absolute() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            together = {"series": True} if series else {}
            named = {"name": names.pattern, "format": names.format}
            ledger = Ledger(folder, {"version": __version__, **order.settings(), **named, **together})
            with contextlib.closing(ledger):
                try:
                    return _Batch(ledger, found, output.absolute(), order, ways, tell, series).run()
                finally:
                    for row in ledger.rows("running"):  # their workers were ended in mid-work
                        sweep(row.output)
    except Timeout as error:
        raise UsageError(
            f"Another batch is writing to {output}.", "Wait for it, or choose another folder."
        ) from error
    except OSError as error:
        raise UnwritableError(f"{folder} cannot be written: {error.strerror or error}.") from error


class _Batch:
    """One run over a ledger."""

    def __init__(
        self, ledger: Ledger, found: Found, output: Path, order: Order, ways: Ways, tell: Tell, series: bool
    ) -> None:
        self.series = series
        self.thetas: dict[Path, dict[str, Any] | None] = {}
        self.ledger, self.found, self.order, self.ways, self.tell = ledger, found, order, ways, tell
        self.adopted = ledger.recover()
        ledger.add(found.photos, output)
        self.wanted = {photo.source for photo in found.photos}
        self.rows = {row.source: row for row in ledger.rows() if row.source in self.wanted}
        self.began = time.monotonic()
        self.made = self.done = self.failed = self.unwritten = 0

    def run(self) -> Ended:
        """All passes, then the summary."""
        waiting = [row for row in self.rows.values() if row.state == "waiting"]
        self.done = len(self.rows) - len(waiting)
        jobs, threads = self._restore(waiting) if waiting else (0, 0)
        rows = [row for row in self.ledger.rows() if row.source in self.wanted]
        seconds = time.monotonic() - self.began
        page = write_summary(self.ledger.folder, rows, self.found.left, seconds, self.order)
        failed = [row for row in rows if row.state != "done"]
        code = max((int(row.found.get("exit_code", 5)) for row in failed), default=0)
        return Ended(
            self.made - self.failed,
            len(rows) - len(failed),
            len(failed),
            self.adopted,
            code,
            page,
            jobs,
            threads,
        )

    def _restore(self, waiting: list[Row]) -> tuple[int, int]:
        """All passes; how many photos at a time, and threads for each."""
        with self._means(waiting) as (work, jobs, threads):
            if self.series:
                self._judge_together(work, jobs, threads)
            again = self._pass(work, waiting, jobs, threads, self.ways.retries > 0)
            for left in range(self.ways.retries - 1, -1, -1):
                again = self._pass(work, again, 1, threads, left > 0)
        return jobs, threads

    def _judge_together(self, work: Work, jobs: int, threads: int) -> None:
        """Look at what was not looked at yet, then decide what was not decided yet."""
        from upzeroir_plugin.batch.memory import Memory, place
        from upzeroir_plugin.batch.series import decide, from_json

        known = self.ledger.series()
        new = [row for row in self.rows.values() if row.source not in known]
        tasks = (Task(row.source, row.output, row.report, look=True) for row in new)
        with contextlib.closing(work(tasks, self.order, jobs, threads, lambda _: True)) as outcomes:  # type: ignore[type-var]
            for count, outcome in enumerate(outcomes, 1):
                if outcome.found is not None:  # what cannot be looked at fails when it is restored
                    self.ledger.looked(outcome.task.source, outcome.found)
                self.tell(Count(self.done, self.failed, len(self.rows), None, looked=len(known) + count))
        known = self.ledger.series()
        fresh = {source for source, (_, theta) in known.items() if theta is None}
        if fresh:
            looks = {source: from_json(look) for source, (look, _) in known.items()}
            made = decide(looks, Memory(place()), fresh)
            self.ledger.decided({source: made.get(source, looks[source].theta).to_json() for source in fresh})
        self.thetas = {source: theta for source, (_, theta) in self.ledger.series().items()}

    @contextlib.contextmanager
    def _means(self, waiting: list[Row]) -> Iterator[tuple[Work, int, int]]:
        """Who works, on how many photos at a time, with how many threads for each."""
        pixels = largest(row.source for row in waiting)
        if self.ways.ray is not None:
            from upzeroir_plugin.batch.cluster import Cluster

            with Cluster(self.ways.ray, pixels) as cluster:
                share = cluster.share(self.ways.threads, self.ways.jobs, self.order.device)
                yield cluster.run, self.ways.jobs or 0, share.threads
            return
        jobs = self.ways.jobs or auto_jobs(pixels, free_memory(), cores(), _shares_gpu(self.order))
        jobs = max(1, min(jobs, len(waiting)))
        yield run_all, jobs, self.ways.threads or max(1, cores() // jobs)

    def _pass(self, work: Work, rows: list[Row], jobs: int, threads: int, more: bool) -> list[Row]:
        """Restore the rows; those that may do better another time are given back, if there is one (`more`)."""
        again = []
        thetas = self.thetas
        tasks = (Task(r.source, r.output, r.report, theta=thetas.get(r.source)) for r in rows)
        outcomes = work(tasks, self.order, jobs, threads, self._begin)
        with contextlib.closing(outcomes):  # type: ignore[type-var]
            for outcome in outcomes:
                row = self.rows[outcome.task.source]
                error = self._settled(row, outcome)
                if error is None:
                    self._said(row)
                elif more and error["code"] in AGAIN:
                    again.append(row)
                else:
                    self._fail(row, error)
        return again

    def _begin(self, task: Task) -> bool:
        """Claim the output's name; a file that is there already is not ours and stays."""
        row = self.rows[task.source]
        if task.output.exists():
            refused = OutputExistsError(
                f"{task.output} exists already.", "Move it away, or choose another folder."
            )
            self._fail(row, {**refused.to_json(), "exit_code": refused.exit_code})
            return False
        self.ledger.begin(row)
        return True

    def _settled(self, row: Row, outcome: Outcome) -> dict[str, object] | None:
        """Note a success; else the error. A worker that died after its last step has succeeded."""
        found = outcome.found
        if found is None and outcome.error is not None and outcome.error["code"] == "worker":
            found = self.ledger.adopted(row)
        if found is not None:
            self.ledger.done(row, found)
            self.unwritten = 0
            return None
        return outcome.error

    def _fail(self, row: Row, error: dict[str, object]) -> None:
        trace = str(error.pop("trace", ""))
        self.ledger.failed(row, error)
        self.failed += 1
        self.unwritten = self.unwritten + 1 if error["code"] == "unwritable" else 0
        self._said(row, f"{error['message']} {error['hint']}".strip(), trace)
        if self.unwritten >= HOPELESS:
            raise UnwritableError(
                str(error["message"]), "Make room or choose another folder; then run it again."
            )

    def _said(self, row: Row, error: str = "", trace: str = "") -> None:
        self.made += 1
        self.done += not error
        left = len(self.rows) - self.done - self.failed
        eta = (time.monotonic() - self.began) / self.made * left
        self.tell(Count(self.done, self.failed, len(self.rows), eta, row.source, error, trace))


def _shares_gpu(order: Order) -> bool:
    """Whether all workers would use one graphics processor. Raises DeviceError."""
    if order.device == "cpu":
        return False
    from upzeroir_plugin.solver.means import choose_device

    return choose_device(order.device) != "cpu"
