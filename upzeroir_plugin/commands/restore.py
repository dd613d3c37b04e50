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
from upzeroir_plugin.errors import CancelledError, UnreadableError, UnwritableError, UsageError
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.photo.atomic import refuse_existing, written
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
        except Exception as error:
            worst = max(worst, fail(error, args.debug, f"{photo}: " if len(args.photos) > 1 else ""))
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
    if args.report and len(args.photos) > 1:
        raise UsageError("--report takes one photo.", "Restore the photos one by one, or leave it out.")
    made = [*outputs, *([args.report] if args.report else [])]
    inputs = {path.resolve() for path in (*args.photos, args.mask, args.repeat) if path}
    for path in made:
        if path.resolve() in inputs:
            raise UsageError(f"{path} is an input.", "Choose another name: inputs are never overwritten.")
        refuse_existing(path, args.overwrite)
    if folder:
        try:
            args.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableError(f"The folder {args.output} cannot be made: {error.strerror}.") from error
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
    from upzeroir_plugin.photo.save import check_target, save
    from upzeroir_plugin.restore import estimate, record

    clock = _Clock(time.monotonic())
    line = ProgressLine(path.name)
    try:
        line.update(0, "reading", None)
        photo = load(path, args.max_pixels * 1e6)
        check_target(photo, output, args.overwrite)
        old = _recorded(args.repeat) if args.repeat else None
        options = _wanted(args, photo, old)
        line.update(0, "looking at the photo", None)
        start = time.monotonic()
        found = estimate(photo, dict(args.pins))
        if old is not None:
            found = replace(found, theta=old.theta.pinned(dict(args.pins)))
        clock.estimate = time.monotonic() - start
        start = time.monotonic()
        previews = args.preview_dir / path.stem if args.preview_dir and many else args.preview_dir
        result = _drive(photo, found, options, line, previews)
        if old is not None and old.prior != result.prior["sha256"]:
            print(
                f"upzeroir: {args.repeat} was made with another prior: expect differences.", file=sys.stderr
            )
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
        _write(args.report, _report(found.theta, result, clock), args.overwrite)


@dataclass(frozen=True, slots=True)
class _Old:
    """What made a former result."""

    theta: ParameterVector
    options: Options
    masked: bool
    prior: str


def _wanted(args: Namespace, photo: Photo, old: _Old | None) -> Options:
    """Options from the arguments; where they say nothing, those of a former result, or the defaults."""
    from upzeroir_plugin.photo.mask import load_mask
    from upzeroir_plugin.restore import Options

    if old is not None and old.masked and args.mask is None:
        raise UsageError(f"{args.repeat} was made with a mask.", "Give it with --mask.")
    options = old.options if old is not None else Options()
    said = {name: getattr(args, name) for name in ("strength", "effort", "steps", "seed", "region")}
    return replace(
        options,
        **{name: value for name, value in said.items() if value is not None},
        amounts=Amounts({**options.amounts.amount, **dict(args.amount)}, options.amounts.on),
        mask=load_mask(args.mask, photo.size) if args.mask else None,
        device=args.device,
        prior=args.prior,
    )


def _recorded(path: Path) -> _Old:
    """The record of a former result. Raises UnreadableError if there is none, or none that makes sense."""
    from upzeroir_plugin.photo.record import read_record
    from upzeroir_plugin.restore import Options

    found = read_record(path)
    if found is None:
        raise UnreadableError(f"{path} carries no restoration record.", "Give a file that upzeroir restored.")
    try:
        options = Options(
            amounts=Amounts.from_json(found["amounts"]),
            strength=float(found["strength"]),
            effort=str(found["effort"]),
            steps=None if found["steps"] is None else int(found["steps"]),
            seed=int(found["seed"]),
            region=tuple(map(int, found["region"])) if found["region"] else None,  # type: ignore[arg-type]
        )
        theta = ParameterVector.from_json(found["parameters"])
        return _Old(theta, options, bool(found["masked"]), str(found["prior"]["sha256"]))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(
            f"The restoration record of {path} is damaged.", "Give another file that upzeroir restored."
        ) from error


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


def _write(path: Path, data: dict[str, Any], overwrite: bool) -> None:
    with written(path, overwrite) as stream:
        stream.write(json.dumps(data, indent=1).encode() + b"\n")
