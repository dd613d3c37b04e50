"""`upzeroir restore`: photos in, restored photos out."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upzeroir_plugin.cli import fail
from upzeroir_plugin.commands.progress import ProgressLine
from upzeroir_plugin.errors import (
    CancelledError,
    OutputExistsError,
    UnreadableError,
    UnwritableError,
    UpzeroirError,
    UsageError,
)
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.summary import summary

if TYPE_CHECKING:
    from upzeroir_plugin.photo.image import Photo
    from upzeroir_plugin.restore import Options, Result

NEW_ENDING = {".heic": ".tif", ".heif": ".tif", ".gif": ".png", ".bmp": ".png"}
WRITABLE = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


def run(args: Namespace) -> int:
    """Restore one photo after another; the highest exit code wins, one bad photo does not stop the others."""
    outputs = _outputs(args)
    worst = 0
    for photo, output in zip(args.photos, outputs, strict=True):
        try:
            _one(photo, output, args, len(args.photos) > 1)
        except CancelledError:
            raise
        except UpzeroirError as error:
            if args.debug or len(args.photos) == 1:
                raise
            print(f"upzeroir: {photo}:", end=" ", file=sys.stderr)
            worst = max(worst, fail(error, False))
    return worst


def _outputs(args: Namespace) -> list[Path]:
    """Where each photo goes; all refusals that need no pixels happen here. Raises UsageError, OutputExistsError."""
    folder = len(args.photos) > 1 or args.output.is_dir() or args.output.suffix == ""
    if folder and args.output.exists() and not args.output.is_dir():
        raise UsageError(f"{args.output} is a file.", "Several photos need a folder.")
    outputs = [args.output / _name(p) if folder else args.output for p in args.photos]
    if len(set(outputs)) < len(outputs):
        raise UsageError(
            "Two photos of the same name would overwrite each other.", "Restore them one by one."
        )
    for path in outputs:
        if path.exists() and not args.overwrite:
            raise OutputExistsError(f"{path} exists already.", "Choose another name, or add --overwrite.")
    if folder:
        try:
            args.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableError(f"The folder {args.output} cannot be made: {error.strerror}.") from error
    if args.report and len(args.photos) > 1:
        raise UsageError("--report takes one photo.", "Restore the photos one by one, or leave it out.")
    return outputs


def _name(photo: Path) -> str:
    ending = photo.suffix.lower()
    return photo.stem + (photo.suffix if ending in WRITABLE else NEW_ENDING.get(ending, ".tif"))


@dataclass(slots=True)
class _Clock:
    """Seconds by part, for the report."""

    began: float
    estimate: float = 0.0
    restore: float = 0.0


def _one(path: Path, output: Path, args: Namespace, many: bool) -> None:
    from upzeroir_plugin.photo.load import load
    from upzeroir_plugin.photo.save import save
    from upzeroir_plugin.restore import estimate, record

    clock = _Clock(time.monotonic())
    line = ProgressLine(path.name)
    try:
        line.update(0, "reading", None)
        photo = load(path, args.max_pixels * 1e6)
        old = _recorded(args.repeat) if args.repeat else None
        options = _wanted(args, photo, old)
        line.update(0, "looking at the photo", None)
        start = time.monotonic()
        found = estimate(photo, dict(args.pins))
        if old is not None:
            theta = ParameterVector.from_json(old["parameters"]).pinned(dict(args.pins))
            found = replace(found, theta=theta)
        clock.estimate = time.monotonic() - start
        start = time.monotonic()
        result = _drive(photo, found, options, line, args.preview_dir)
        clock.restore = time.monotonic() - start
    finally:
        line.close()
    source = photo if options.region is None else None
    save(
        result.photo,
        output,
        source=source,
        metadata=args.metadata,
        record=record(found.theta, options, result),
        overwrite=args.overwrite,
    )
    sentence = summary(found.theta)
    prefix = f"{path.name}: " if many else ""
    print(
        f"{prefix}{sentence} {'Saved' if result.changed else 'Nothing changed; saved'} as {output}.",
        file=sys.stderr,
    )
    if args.report:
        _write(args.report, _report(found.theta, result, clock))


def _wanted(args: Namespace, photo: Photo, old: dict[str, Any] | None) -> Options:
    """Options from the arguments, or from the record `old` of a former result where the arguments say nothing."""
    from upzeroir_plugin.photo.mask import load_mask
    from upzeroir_plugin.restore import Options

    options = Options(
        amounts=Amounts(dict(args.amount)),
        strength=args.strength,
        effort=args.effort or "fast",
        steps=args.steps,
        region=args.region,
        mask=load_mask(args.mask, photo.size) if args.mask else None,
        seed=args.seed or 0,
        device=args.device,
        prior=args.prior,
    )
    if old is None:
        return options
    return replace(
        options,
        amounts=Amounts.from_json(old["amounts"]),
        strength=old["strength"],
        effort=args.effort or old["effort"],
        steps=args.steps or old["steps"],
        seed=old["seed"] if args.seed is None else args.seed,
        region=args.region or (tuple(old["region"]) if old["region"] else None),
    )


def _recorded(path: Path) -> dict[str, Any]:
    from upzeroir_plugin.photo.record import read_record

    found = read_record(path)
    if found is None:
        raise UnreadableError(f"{path} carries no restoration record.", "Give a file that upzeroir restored.")
    return found


def _drive(photo: Photo, found: Any, options: Options, line: ProgressLine, previews: Path | None) -> Result:
    """Run the restoration, showing progress; closing the iterator on the way out stops its work."""
    from upzeroir_plugin.restore import Progress, restore

    events = restore(photo, found, options)
    shown = None
    count = 0
    try:
        for event in events:
            if isinstance(event, Progress):
                line.update(event.done, event.label, event.eta_seconds)
            elif event.result is not None:
                result = event.result
            if previews is not None and event.preview is not None and event.preview is not shown:
                shown = event.preview
                _write_preview(previews, count, shown, photo)
                count += 1
    finally:
        events.close()  # type: ignore[attr-defined]
    return result


def _write_preview(folder: Path, count: int, picture: Any, photo: Photo) -> None:
    from PIL import Image

    try:
        folder.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(picture)
        image.save(folder / f"preview-{count:04d}.jpg", quality=90, icc_profile=photo.profile)
    except OSError as error:
        raise UnwritableError(f"The previews cannot be written to {folder}: {error}.") from error


def _report(theta: ParameterVector, result: Result, clock: _Clock) -> dict[str, Any]:
    return {
        "summary": summary(theta),
        "parameters": theta.to_json(),
        "changed": result.changed,
        "seconds": {
            "estimate": round(clock.estimate, 4),
            "restore": round(clock.restore, 4),
            "total": round(time.monotonic() - clock.began, 4),
        },
        "network_calls": result.network_calls,
        "effort": result.effort,
        "solver": result.solver,
        "seed": result.seed,
        "device": result.device,
        "dtype": result.dtype,
        "prior": result.prior,
        "quality": result.quality,
    }


def _write(path: Path, data: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnwritableError(f"The report {path} cannot be written: {error.strerror}.") from error
