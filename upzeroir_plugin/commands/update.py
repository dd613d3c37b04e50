"""`upzeroir update`: install another version beside this one and switch to it, or go back."""

from __future__ import annotations

from argparse import Namespace

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.installation.install import run as install


def run(args: Namespace) -> int:
    """As the installer does it. Raises UsageError if nothing is named. Returns 0."""
    if not (args.source or args.wheelhouse or args.rollback):
        raise UsageError("There is nothing to update from.", "Name a wheel: --from FILE.whl.")
    return install(args)
