"""The command line. Parsing only: no torch, no numpy, so that `--help` answers at once."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import known
from upzeroir_plugin.parameters import EFFORTS, GROUPS, LATENT, PARAMETERS, InvalidParameter, parameter
from upzeroir_plugin.solver import heap


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Errors are one line on stderr, a traceback only with --debug."""
    # The estimators' matrices are small: a second thread of numpy's BLAS only spins, and rounds differently.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    heap.shared()
    parser = build_parser()
    args, rest = parser.parse_known_args(argv)
    if args.command == "bench":
        args.rest = rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        run = import_module(f"upzeroir_plugin.commands.{args.command.replace('-', '_')}").run
        return int(run(args))
    except BrokenPipeError:
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if getattr(args, "json", False):
            print(json.dumps({"error": known(error).to_json()}))
        return fail(error, args.debug)


def fail(error: BaseException, debug: bool, prefix: str = "") -> int:
    """Say an error in one line, after a traceback if `debug`; returns its exit code."""
    if debug:
        traceback.print_exception(error)
    found = known(error)
    print(f"upzeroir: {prefix}{' '.join(str(found).split())}", file=sys.stderr)
    return found.exit_code


def build_parser() -> argparse.ArgumentParser:
    """All commands and options; what concerns parameters comes from the table."""
    parser = argparse.ArgumentParser(
        prog="upzeroir", description="Restores photos: noise, blur, haze, light, JPEG."
    )
    parser.add_argument("--version", action="version", version=f"upzeroir {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _estimate(commands.add_parser("estimate", help="say what is wrong with a photo"))
    _restore(
        commands.add_parser(
            "restore",
            help="restore photos",
            epilog=_table(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _batch(commands.add_parser("batch", help="restore whole folders, and go on after a stop"))
    _train(commands.add_parser("train", help="train the embedded prior"))
    _prior(
        commands.add_parser(
            "prior", help="add, list, check or remove latent priors (Stable Diffusion and such)"
        )
    )
    commands.add_parser("bench", help="measure quality and speed", add_help=False)
    panel_options(commands.add_parser("panel", help="open the window: see what is wrong, watch, correct"))
    doctor = commands.add_parser("doctor", help="show versions, devices, memory and what is missing")
    doctor.add_argument("--json", action="store_true", help="as one JSON object")
    doctor.add_argument(
        "--report", type=Path, metavar="FILE.zip", help="bundle it with the logs, for support"
    )
    serve = commands.add_parser("serve", help="start the local service for GIMP, the panel and scripts")
    serve.add_argument("--foreground", action="store_true", help="stay here until it is told to stop")
    serve.add_argument(
        "--idle-exit", type=_minutes, metavar="MIN", help="end after so long without use (default 10)"
    )
    serve.add_argument(
        "--memory", type=_gigabytes, metavar="GB", help="hold at most so many pictures (default 8)"
    )
    serve.add_argument(
        "--prior", type=Path, metavar="FOLDER", help="the denoiser's folder (default: the embedded)"
    )
    status = commands.add_parser("status", help="say whether the service runs, and what it does")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    commands.add_parser("stop", help="end the service")
    _install_gimp(commands.add_parser("install-gimp", help="put the plug-in into every GIMP 3 of yours"))
    _update(commands.add_parser("update", help="switch to another version, or back"))
    uninstall = commands.add_parser("uninstall", help="list what the installer made, and remove it")
    uninstall.add_argument("--yes", action="store_true", help="remove it without asking")
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _estimate(command: argparse.ArgumentParser) -> None:
    command.add_argument("photo", type=Path, metavar="PHOTO")
    command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    _shared(command)
    _region_option(command)


def _restore(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("photos", type=Path, nargs="+", metavar="PHOTO")
    add(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE|DIR",
        help="a file, or a folder for several photos",
    )
    _shared(command)
    _region_option(command)
    _how(command)
    add("--mask", type=Path, metavar="FILE", help="a grey picture of the photo's size, white = restore")
    add("--preview-dir", type=Path, metavar="DIR", help="write the previews there")
    add("--report", type=Path, metavar="FILE.json", help="write what was found and done")
    add("--repeat", type=Path, metavar="RESULT", help="do again exactly what made this result")
    add("--overwrite", action="store_true", help="replace outputs that exist")


def _batch(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("photos", nargs="+", metavar="DIR|PATTERN", help='folders, photos, or patterns such as "2024/*.NEF"')
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder for the results")
    add("-r", "--recursive", action="store_true", help="sub-folders too")
    add("--name", default="{stem}", metavar="PATTERN",
        help="what results are called, of {stem} and {folder} (default {stem})")  # fmt: skip
    add("--format", choices=("same", "jpeg", "png", "tiff", "webp"), default="same")
    add("--pairs", choices=("raw", "jpeg", "both"), default="raw",
        help="which to take of a raw file and the JPEG beside it (default raw)")  # fmt: skip
    add("--jobs", type=_jobs, metavar="auto|N", help="photos at a time (default auto: by memory and cores)")
    add("--threads", type=_count, metavar="N", help="processor threads for each")
    add("--retries", type=_retries, default=1, metavar="N",
        help="how often a photo is tried again, alone, where that may help (default 1)")  # fmt: skip
    add("--series", action="store_true",
        help="judge photos of one camera, ISO and lens together: no flicker from one to the next")  # fmt: skip
    add(
        "--ray",
        metavar="ADDRESS",
        help="restore on this Ray cluster (extra `ray`), such as 192.168.1.5:6379 or auto",
    )
    _shared(command)
    _how(command)


def _how(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--amount", type=_amount, action="append", default=[], metavar="GROUP=0-1",
        help=f"how much of a group to undo ({', '.join(GROUPS)})")  # fmt: skip
    add("--strength", type=_share, metavar="0-1", help="blend with the original (default 1)")
    add("--effort", choices=EFFORTS, help="fast (default), thorough, or the paper's guided")
    add("--steps", type=_count, metavar="N", help="network calls of the iterative part")
    add("--seed", type=_seed, metavar="N", help="seed of what is random (default 0)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add(
        "--prior",
        metavar="embedded|NAME|PATH",
        help="which prior (default embedded; see upzeroir prior list)",
    )
    shape = LATENT["latent.shape"]
    add("--latent-shape", type=_real, metavar="N",
        help=f"guided: shape of the degradation's distribution, {shape.low:g}-{shape.high:g}")  # fmt: skip
    add("--latent-scale", type=_real, metavar="N",
        help="guided: its scale; more than the report says asks for more restoration")  # fmt: skip
    add("--metadata", choices=("keep", "no-gps", "strip"), default="keep")


def panel_options(command: argparse.ArgumentParser) -> None:
    """The panel's options; `python -m qt_panel` has the same."""
    add = command.add_argument
    add("photos", type=Path, nargs="*", metavar="PHOTO", help="photos or folders to open")
    add(
        "--external-editor",
        type=Path,
        metavar="FILE",
        help="edit FILE for another program: Save writes in place",
    )
    add("--photo-id", metavar="ID", help="a photo that the service has already (GIMP)")
    add("--deliver-to", metavar="NAME", help="hand results to who waits under that name (GIMP)")
    add("--register", action="store_true", help="add the panel to the desktop's menus, and end")
    add("--unregister", action="store_true", help="take it off them, and end")


def _shared(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--set", type=_setting, action="append", default=[], dest="pins", metavar="NAME=VALUE",
        help="pin a parameter (see upzeroir restore --help)")  # fmt: skip
    add(
        "--max-pixels",
        type=_megapixels,
        default=150.0,
        metavar="MP",
        help="refuse larger photos (default 150)",
    )


def _region_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--region", type=_region, metavar="X,Y,W,H", help="only this rectangle, in px")


def _install_gimp(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only say whether it is there and whole")
    what.add_argument("--uninstall", action="store_true", help="take it out again")
    command.add_argument(
        "--folder", type=Path, metavar="DIR", help="GIMP's user folder (default: all that are found)"
    )


def _update(command: argparse.ArgumentParser) -> None:
    from upzeroir_plugin.installation.install import options

    options(command)


def _train(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("folder", type=Path, metavar="PHOTOS", help="a folder of clean photos")
    add(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the prior's folder; a stopped run goes on",
    )
    add("--start", type=Path, metavar="FOLDER", help="begin from these weights (default: the embedded prior)")
    add("--minutes", type=_minutes, default=60.0, metavar="N", help="how long (default 60)")
    other = command.add_mutually_exclusive_group().add_argument
    other(
        "--latent", action="store_true", help="train a small latent prior: an autoencoder, then its denoiser"
    )
    other("--estimator", action="store_true", help="train the estimator by simulation instead of the prior")
    other(
        "--dark",
        action="store_true",
        help="train the estimator's weights for dark photos, from those for all",
    )
    other(
        "--kind",
        action="store_true",
        help="train what tells starry skies, screens and products from photos",
    )
    add("--threads", type=_count, default=2, help="processor threads (default 2)")


def _prior(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="add|list|check|remove")
    add = actions.add_parser("add", help="copy a folder, or fetch a model from the hub; safetensors only")
    add.add_argument(
        "source", metavar="FOLDER|OWNER/MODEL", help="in diffusers' layout: vae, unet, scheduler"
    )
    add.add_argument(
        "--name", metavar="NAME", help="what to call it (default: the last part of its own name)"
    )
    add.add_argument(
        "--revision", metavar="REV", help="a version of the model on the hub (default: the newest)"
    )
    actions.add_parser("list", help="those that are there").add_argument(
        "--json", action="store_true", help="with all hashes, as JSON"
    )
    for name, what in (("check", "compare all files with their hashes"), ("remove", "delete it")):
        actions.add_parser(name, help=what).add_argument("name", metavar="NAME")


def _table() -> str:
    rows = [f"  {p.name:20} {p.low:g} to {p.high:g} {p.unit:32} {p.help}" for p in PARAMETERS]
    return "Parameters for --set (a value set is pinned: it is not estimated):\n" + "\n".join(rows)


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, parameter(name).check(value)
    except InvalidParameter as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _amount(text: str) -> tuple[str, float]:
    group, _, value = text.partition("=")
    if group not in GROUPS:
        raise argparse.ArgumentTypeError(f"{group!r} is no group; they are: {', '.join(GROUPS)}")
    return group, _share(value)


def _share(text: str) -> float:
    return _number(text, 0, 1)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r}: it takes a number from {low:g} to {high:g}")
    return value


def _real(text: str) -> float:
    return _number(text, 1e-6, 1e6)


def _megapixels(text: str) -> float:
    return _number(text, 1e-6, 1e6)


def _minutes(text: str) -> float:
    return _number(text, 1e-3, 1e6)


def _gigabytes(text: str) -> float:
    return _number(text, 0.1, 1e4)


def _count(text: str) -> int:
    return int(_number(text, 1, 1000))


def _seed(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text}: it takes a whole number from 0 to {2**63 - 1}.")
    return value


def _retries(text: str) -> int:
    return int(_number(text, 0, 100))


def _jobs(text: str) -> int | None:
    return None if text == "auto" else _count(text)


def _region(text: str) -> tuple[int, int, int, int]:
    try:
        x, y, w, h = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: it takes X,Y,W,H in whole px") from None
    if min(x, y) < 0 or min(w, h) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: X and Y from 0, W and H from 1")
    return x, y, w, h


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
