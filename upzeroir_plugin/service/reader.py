"""The process that looks at photos: decodes, estimates, encodes. numpy only, so that it is there before torch."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from typing import Any

from upzeroir_plugin.service.child import Do, Message, work

THREADS = "1"
"""Of linear algebra. Its products are small, and beside a busy engine a second thread, which the first one waits for by
spinning, makes an estimate three to six times slower (measured, 12 MP on two cores: 0.9 s against 2.8–6.3 s)."""


def main(pipe: Connection[Any, Any], settings: Message) -> None:
    """Entry point of the process."""
    del settings
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ[f"{library}_NUM_THREADS"] = THREADS
    work(pipe, _load)


def _load() -> Do:
    from upzeroir_plugin.service.reading import answer

    return answer
