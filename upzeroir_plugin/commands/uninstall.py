"""`upzeroir uninstall`: list what the installer made, and remove it."""

from __future__ import annotations

from argparse import Namespace

from upzeroir_plugin.folders import data_folder
from upzeroir_plugin.installation.layout import Layout
from upzeroir_plugin.installation.uninstall import uninstall


def run(args: Namespace) -> int:
    """Ask first, unless --yes. Returns 0."""
    return uninstall(Layout(data_folder()), args.yes)
