from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upzeroir_plugin.cli import main

REPORT = {
    "summary", "parameters", "changed", "seconds", "network_calls", "effort", "solver", "seed", "device", "dtype",
    "prior", "quality",
}  # fmt: skip
"""Keys of a report."""
GRAINY = ("--set", "noise.file=10", "--steps", "1")


@dataclass
class Ran:
    """What a command printed and returned."""

    code: int
    out: str
    err: str


@dataclass
class Cli:
    """Runs commands in this process."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Ran:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self.capture.readouterr()
        return Ran(code, said.out, said.err)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def one_line(text: str) -> bool:
    """An error and nothing else, but for progress lines."""
    errors = [line for line in text.splitlines() if line.startswith("upzeroir:")]
    return len(errors) == 1 and "Traceback" not in text
