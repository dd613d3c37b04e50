"""The panel is asked to end from outside: Ctrl+C in its terminal, the system going down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import until
from upzeroir_plugin.client import Client

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_session_is_kept(
    number: signal.Signals, service: Callable[[], Client], bad_photo: Path, tmp_path: Path
) -> None:
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "UPZEROIR_STATE": str(service().state),
        "UPZEROIR_PANEL": str(tmp_path / "own"), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    log = tmp_path / "panel.log"
    with log.open("wb") as file:
        panel = subprocess.Popen(
            [sys.executable, "-m", "qt_panel", str(bad_photo)], env=environment, stderr=file
        )
    try:
        until(lambda: bool(list((tmp_path / "own").glob("session-*.json"))), 60)
        panel.send_signal(number)
        assert panel.wait(20) == 128 + number
    finally:
        panel.kill()
        panel.wait(10)
    assert "Traceback" not in log.read_text(errors="replace")
    assert list((tmp_path / "own").glob("session-*.json")), "the next start has it again"
