"""One photo of a batch, in whatever process does it."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upzeroir_plugin.batch.ledger import short
from upzeroir_plugin.batch.series import to_json
from upzeroir_plugin.errors import UnwritableError, known
from upzeroir_plugin.estimate.series import Look
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.single import Order, restore_file


@dataclass(frozen=True, slots=True)
class Task:
    """Restore `source` to `output`, and its report to `report`; with `look` only say what is wrong with it.

    `theta`: what was decided for this photo, as JSON values, instead of what it says by itself.
    """

    source: Path
    output: Path
    report: Path
    look: bool = False
    theta: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`found`: the short report, or the look as JSON; or `error`: code, message, hint, exit_code, trace."""

    task: Task
    found: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


def do(task: Task, order: Order) -> Outcome:
    """Do it; whatever goes wrong becomes the outcome's error. The report is written first, the result last."""
    from upzeroir_plugin.photo.atomic import written

    try:
        if task.look:
            return Outcome(task, found=_look(task.source, order))
        theta = ParameterVector.from_json(task.theta) if task.theta is not None else None
        for folder in (task.output.parent, task.report.parent):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnwritableError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        made = restore_file(task.source, task.output, order, overwrite=False, theta=theta)
        report = made.report()
        with written(task.report, overwrite=True) as stream:
            stream.write(json.dumps(report, indent=1).encode() + b"\n")
        made.save(task.output, overwrite=False)
        return Outcome(task, found=short(report))
    except Exception as error:
        return failed(task, error, "".join(traceback.format_exception(error)))


def failed(task: Task, error: Exception, trace: str = "") -> Outcome:
    """The outcome of an error, in the words of the errors that we know."""
    found = known(error)
    return Outcome(task, error={**found.to_json(), "exit_code": found.exit_code, "trace": trace})


def _look(source: Path, order: Order) -> dict[str, Any]:
    from upzeroir_plugin.photo.load import load
    from upzeroir_plugin.restore import estimate

    photo = load(source, order.max_pixels)
    found = estimate(photo, dict(order.pins))
    told = photo.evidence
    histogram = tuple(found.evidence["light"]["histogram"])
    return to_json(Look(found.theta, told.camera, told.iso, told.lens, histogram))
