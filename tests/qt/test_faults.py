"""The real service killed and the real photo pulled away, in the window; what blocks the main thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from qt_panel.app import build
from qt_panel.item import Status
from qt_panel.window import Window
from upzeroir_plugin import client as clients
from upzeroir_plugin.client import Client
from upzeroir_plugin.launch import read_state

HERE = Path(__file__).resolve().parent


def test_killing_the_service_in_mid_run_loses_nothing(bad_photo: Path, qtbot: QtBot, tmp_path: Path) -> None:
    state = tmp_path / "own" / "service.json"
    window = build(lambda _: clients.connect(state=state, patience=60))
    qtbot.addWidget(window, before_close_func=Window.shut)
    window.show()
    path = tmp_path / "photo.jpg"
    path.write_bytes(bad_photo.read_bytes())
    window.session.open([path])
    qtbot.waitUntil(lambda: bool(window.session.current and window.session.current.estimate), timeout=90_000)
    item = window.session.current
    assert item is not None
    window.session.pin({"light.ev": 1.25})
    window.session.previewer.stop()
    window.session.restore()
    qtbot.waitUntil(lambda: item.draft is not None, timeout=60_000)
    process = psutil.Process(int((read_state(state) or {})["pid"]))
    for each in (*process.children(recursive=True), process):
        each.kill()
    qtbot.waitUntil(lambda: item.status is Status.FAILED, timeout=30_000)
    assert window.alert.isVisible() and window.alert.retrying.isVisible()
    assert item.original is not None and item.settings.theta.pins() == {"light.ev": 1.25}
    window.alert.retrying.click()
    qtbot.waitUntil(lambda: item.status is Status.DONE, timeout=120_000)
    assert item.result is not None and item.result.about["parameters"]["light.ev"]["value"] == 1.25
    assert not window.alert.isVisible()
    window.shut()
    clients.connect(launch=False, state=state).quit()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 MP, dark and noisy."""
    rng = np.random.default_rng(0)
    small = rng.integers(10, 120, (125, 188, 3)).astype(np.uint8)
    picture = Image.fromarray(small).resize((6000, 4000), Image.Resampling.BICUBIC)
    pixels = np.asarray(picture).astype(np.int16)
    pixels += np.tile(rng.normal(0, 5, (400, 600, 3)).astype(np.int16), (10, 10, 1))
    path = tmp_path_factory.mktemp("large") / "large.jpg"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=92)
    return path


def beats(photo: Path, service: Callable[[], Client], tmp_path: Path) -> dict[str, float]:
    environment = {
        **os.environ, "UPZEROIR_STATE": str(service().state), "UPZEROIR_PANEL": str(tmp_path / "beats"),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    command = [sys.executable, str(HERE / "heartbeat.py"), str(photo), "90"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def test_the_main_thread_stays_free_and_memory_small_with_24_megapixels(
    large: Path, service: Callable[[], Client], tmp_path: Path
) -> None:
    """Blocked ≤ 50 ms at the 99th percentile, ≤ 200 ms at worst; ≤ 400 MB; no torch. A busy machine may try twice."""
    said = beats(large, service, tmp_path)
    if said["p99"] > 50 or said["worst"] > 200:
        said = beats(large, service, tmp_path)
    print(said)
    assert said["p99"] <= 50 and said["worst"] <= 200, said
    assert said["memory"] <= 400, said
    assert said["torch"] is False
    assert "restored" in said and said["visible"] <= 3, said
