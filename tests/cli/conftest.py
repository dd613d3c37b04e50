from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import Cli
from tests.pictures import as_image, noisy, scene


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def grainy(tmp_path: Path) -> Path:
    """A noisy photo, 8-bit PNG, 72 by 64 px."""
    path = tmp_path / "grainy.png"
    as_image(noisy(scene(64, 72), 10)).save(path)
    return path


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    path = tmp_path / "clean.png"
    as_image(scene(256, 256, seed=1)).save(path)
    return path
