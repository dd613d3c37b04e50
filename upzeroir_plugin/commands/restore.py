"""`upzeroir restore`: photos in, restored photos out."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upzeroir_plugin.cli import fail
from upzeroir_plugin.commands.progress import ProgressLine
from upzeroir_plugin.errors import CancelledError, UnwritableError, UsageError
from upzeroir_plugin.photo.atomic import refuse_existing, written
from upzeroir_plugin.single import Order, ending, restore_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from upzeroir_plugin.photo.image import Photo

PREVIEW = "preview-{}.jpg"


def run(args: Namespace) -> int:
    """Restore one photo after another; the highest exit code wins, one bad photo does not stop the others."""
    outputs = _outputs(args)
    order = order_of(args)
    worst = 0
    for photo, output in zip(args.photos, outputs, strict=True):
        try:
            _one(photo, output, order, args)
        except CancelledError:
            raise
        except Exception as error:
            worst = max(worst, fail(error, args.debug, f"{photo}: " if len(args.photos) > 1 else ""))
    return worst


def order_of(args: Namespace) -> Order:
    """The command line's options as an order."""
    names = (field.name for field in fields(Order))
    said = {name: getattr(args, name) for name in names if hasattr(args, name)}
    said.update(pins=dict(args.pins), amounts=dict(args.amount), max_pixels=args.max_pixels * 1e6)
    return Order(**said)


def _outputs(args: Namespace) -> list[Path]:
    """Where each photo goes; all refusals that need no pixels happen here. Raises UsageError, OutputExistsError."""
    from upzeroir_plugin.photo.save import FORMATS

    folder = len(args.photos) > 1 or args.output.is_dir() or args.output.suffix == ""
    if folder and args.output.exists() and not args.output.is_dir():
        hint = (
            "Several photos need a folder."
            if len(args.photos) > 1
            else "Name a file with an ending, or a folder."
        )
        raise UsageError(f"{args.output} is a file.", hint)
    if folder and not args.output.is_dir() and args.output.suffix.lower() in FORMATS:
        raise UsageError(f"{args.output} is the name of one photo.", "Several photos need a folder.")
    outputs = [args.output / (p.stem + ending(p)) if folder else args.output for p in args.photos]
    if len(set(outputs)) < len(outputs):
        raise UsageError(
            "Two photos of the same name would overwrite each other.", "Restore them one by one."
        )
    if args.report and len(args.photos) > 1:
        raise UsageError("--report takes one photo.", "Restore the photos one by one, or leave it out.")
    made = [*outputs, *([args.report] if args.report else [])]
    if len({path.resolve() for path in made}) < len(made):
        raise UsageError(f"{args.report} is the result's name, too.", "Give the report another name.")
    inputs = {path.resolve() for path in (*args.photos, args.mask, args.repeat) if path}
    for path in made:
        if path.resolve() in inputs:
            raise UsageError(f"{path} is an input.", "Choose another name: inputs are never overwritten.")
        refuse_existing(path, args.overwrite)
    _check_previews(args, inputs)
    if folder:
        try:
            args.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableError(f"The folder {args.output} cannot be made: {error.strerror}.") from error
    return outputs


def _check_previews(args: Namespace, inputs: set[Path]) -> None:
    if args.preview_dir is None:
        return
    folders = [args.preview_dir / p.stem for p in args.photos] if len(args.photos) > 1 else [args.preview_dir]
    for folder in folders:
        hit = [p for p in inputs if p.parent == folder.resolve() and p.match(PREVIEW.format("*"))]
        if hit:
            raise UsageError(f"{hit[0]} is an input.", "Choose another folder for the previews.")
        refuse_existing(folder / PREVIEW.format("0000"), args.overwrite)


def _one(path: Path, output: Path, order: Order, args: Namespace) -> None:
    many = len(args.photos) > 1
    folder = args.preview_dir / path.stem if args.preview_dir and many else args.preview_dir
    line = ProgressLine(path.name)
    try:
        preview = _Previews(folder, args.overwrite).write if folder else None
        made = restore_file(path, output, order, args.overwrite, line.update, preview)
    finally:
        line.close()
    if made.other_prior:
        print(f"upzeroir: {args.repeat} was made with another prior: expect differences.", file=sys.stderr)
    made.save(output, args.overwrite)
    done = "Saved" if made.result.changed else "Nothing changed; saved"
    print(f"{f'{path.name}: ' if many else ''}{made.sentence} {done} as {output}.", file=sys.stderr)
    if args.report:
        _write(args.report, made.report(), args.overwrite)


@dataclass(slots=True)
class _Previews:
    """Writes the previews of one run, numbered, into a folder; over files that are there only with `overwrite`."""

    folder: Path
    overwrite: bool
    count: int = 0

    def write(self, picture: NDArray[np.uint8], photo: Photo) -> None:
        """uint8 (h, w, 3) in the photo's profile. Raises UnwritableError, OutputExistsError."""
        from PIL import Image

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / PREVIEW.format(f"{self.count:04d}")
            with written(path, self.overwrite) as stream:
                Image.fromarray(picture).save(stream, "JPEG", quality=90, icc_profile=photo.profile)
        except OSError as error:
            raise UnwritableError(f"The previews cannot be written to {self.folder}: {error}.") from error
        self.count += 1


def _write(path: Path, data: dict[str, Any], overwrite: bool) -> None:
    with written(path, overwrite) as stream:
        stream.write(json.dumps(data, indent=1).encode() + b"\n")
