"""The process that looks at photos: decodes, estimates, encodes. numpy only, so that it is there before torch."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from upzeroir_plugin.service.child import Do, Message, work


def main(pipe: Connection[Any, Any], settings: Message) -> None:
    """Entry point of the process."""
    del settings
    work(pipe, _load)


def _load() -> Do:
    from upzeroir_plugin.service.reading import answer

    return answer
