"""The service's log: rotating, and without what must not leave the machine."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

from upzeroir_plugin.redact import redacted

BYTES, COPIES = 1_000_000, 3
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Redacting(logging.Formatter):
    """Formats a record, tracebacks included, and then takes out what must not leave the machine."""

    def __init__(self, token: str) -> None:
        super().__init__(LINE)
        self.token = token

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return redacted(super().format(record), self.token)


def begin(path: Path, token: str, terminal: bool) -> None:
    """Log to the file, and to stderr too if that is a terminal, or if the file cannot be written."""
    handlers: list[logging.Handler] = []
    try:
        handlers.append(
            logging.handlers.RotatingFileHandler(path, maxBytes=BYTES, backupCount=COPIES, encoding="utf-8")
        )
        path.chmod(0o600)
    except OSError:
        terminal = True
    if terminal:
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    root.handlers.clear()
    for handler in handlers:
        handler.setFormatter(Redacting(token))
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.raiseExceptions = False


def tail(path: Path, lines: int) -> str:
    """The last lines of the log, from its older copies too; redacted when they were written."""
    found: list[str] = []
    for name in (path, *(path.with_name(f"{path.name}.{n}") for n in range(1, COPIES + 1))):
        try:
            found = name.read_text(encoding="utf-8", errors="replace").splitlines() + found
        except OSError:
            break
        if len(found) >= lines:
            break
    return "\n".join(found[-lines:]) + "\n"
