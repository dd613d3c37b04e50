"""Libraries that only some users need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from upzeroir_plugin.errors import UnreadableError, extra_hint


def needed(module: str, extra: str, name: str, what: str) -> Any:
    """The module of an optional extra. Raises UnreadableError that says how to install it.

    `name`: the file that needs it; `what`: the kind of file.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise UnreadableError(
            f"{name} is {what}, and the package for it is not installed.",
            extra_hint(extra),
        ) from error
