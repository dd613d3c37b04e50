"""`upzeroir bench`: quality and speed against peers, from a checkout."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from upzeroir_plugin.errors import UsageError, extra_hint

CHECKOUT = Path(__file__).resolve().parents[2]


def run(args: Namespace) -> int:
    """Hand the arguments to `benchmarks/`, which is not part of the wheel. Returns its exit code."""
    if (CHECKOUT / "benchmarks").is_dir() and str(CHECKOUT) not in sys.path:
        sys.path.append(str(CHECKOUT))  # the command's own script looks only where packages are installed
    try:
        from benchmarks.run import main
    except ModuleNotFoundError as error:
        if error.name and not error.name.startswith("benchmarks"):
            raise UsageError(f"The benchmark needs {error.name}.", extra_hint("bench", False)) from error
        raise UsageError(
            "The benchmark is not part of the installed program.",
            "Run it from a checkout: installer/run bench.",
        ) from error
    return int(main(args.rest))
