"""The panel as its user has it: its own process, a real X server, real clicks and keys by xdotool, the real service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageGrab

from qt_panel.theme import DARK
from qt_panel.widgets.canvas import HANDLE
from tests.waiting import until
from upzeroir_plugin.client import Client

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1400, 900)
Shot = NDArray[np.int16]


class Screen:
    """An Xvfb of its own, and a hand for it."""

    def __init__(self, log: Path) -> None:
        read, write = os.pipe()
        with log.open("wb") as errors:
            self.server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
                pass_fds=(write,), stderr=errors,
            )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as told:
            self.display = ":" + told.readline().strip()

    def do(self, *words: object) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        command = ["xdotool", *map(str, words)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        ).stdout.strip()

    def shot(self) -> Shot:
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB")).astype(np.int16)

    def click(self, x: float, y: float) -> None:
        self.do("mousemove", int(x), int(y))
        self.do("click", 1)

    def end(self) -> None:
        self.server.terminate()
        self.server.wait(10)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(tmp_path / "xvfb.log")
    yield made
    made.end()


def accent(shot: Shot) -> NDArray[np.bool_]:
    """Where the accent colour is, in the side bar."""
    colour = [int(DARK.accent[i : i + 2], 16) for i in (1, 3, 5)]
    near = (np.abs(shot - np.array(colour)) <= 6).all(axis=2)
    near[:, : SIZE[0] - 380] = False
    return near


def blocks(shot: Shot, least: int, most: int) -> list[tuple[float, float, int]]:
    """(x, y, width) of accent-coloured areas as wide as a control, between `least` and `most` px high."""
    rows = accent(shot).sum(axis=1) > 60
    found, start = [], None
    for y, on in enumerate([*rows, False]):
        if on and start is None:
            start = y
        elif not on and start is not None:
            if least <= y - start <= most:
                columns = np.flatnonzero(accent(shot)[(start + y) // 2 if most < 10 else start + 2])
                if len(columns):
                    found.append((float(columns.mean()), (start + y - 1) / 2, int(np.ptp(columns)) + 1))
            start = None
    return found


def primary(shot: Shot) -> tuple[float, float, int] | None:
    """The one button that is to be pressed next, if there is one."""
    found = [block for block in blocks(shot, 20, 60) if block[1] > 700]
    return found[-1] if found else None


def test_open_edit_run_keep_save_by_hand(
    screen: Screen, service: Callable[[], Client], bad_photo: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "by-hand.jpg"
    photo.write_bytes(bad_photo.read_bytes())
    own = tmp_path / "own"
    own.mkdir()
    (own / "panel.json").write_text('{"look": "dark"}')
    environment = {
        **os.environ, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb", "UPZEROIR_STATE": str(service().state),
        "UPZEROIR_PANEL": str(own), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "QT_SCALE_FACTOR": "1",
    }  # fmt: skip
    with (tmp_path / "panel.log").open("wb") as log:
        panel = subprocess.Popen([sys.executable, "-m", "qt_panel", str(photo)], env=environment, stderr=log)
    try:
        drive(screen, photo, own)
        screen.do("key", "ctrl+q")
        assert panel.wait(20) == 0
        assert not list(own.glob("session-*.json")), "it ended as it should"
    finally:
        shot = screen.shot()
        Image.fromarray(shot.astype(np.uint8)).save(tmp_path / "last.png")
        panel.kill()
        panel.wait(10)
    assert "Traceback" not in (tmp_path / "panel.log").read_text(errors="replace")


def kept(own: Path) -> dict[str, Any]:
    """What the panel has saved of its session."""
    for path in own.glob("session-*.json"):
        try:
            found: dict[str, Any] = json.loads(path.read_text())["items"][0]["settings"]
        except (ValueError, OSError):
            continue
        return found
    return {}


def drive(screen: Screen, photo: Path, own: Path) -> None:
    window = until(lambda: screen.do("search", "--name", "by-hand.jpg"), 180).split()[0]
    screen.do("windowmove", window, 0, 0)
    screen.do("windowsize", window, *SIZE)
    screen.do("windowfocus", window)
    until(lambda: kept(own).get("theta", {}).get("light.ev", {}).get("value"), 270)
    sliders = until(lambda: [b for b in blocks(screen.shot(), 2, 7) if b[2] > 120], 90)
    assert len(sliders) >= 6, "a slider for each of the six"

    plain = screen.shot()
    x, y, width = sliders[0]  # Haze: a click left of the handle takes a step off
    screen.click(x - width / 4, y)
    until(lambda: kept(own).get("amount", {}).get("haze", 1.0) < 1.0, 45)
    screen.do("key", "ctrl+z")
    until(lambda: kept(own).get("amount", {}).get("haze") == 1.0, 45)

    canvas = (slice(220, 580), slice(530, 760))
    until(
        lambda: np.abs(screen.shot()[canvas] - plain[canvas]).mean() > 8, 180
    )  # the draft of a brighter photo
    go = until(lambda: primary(screen.shot()), 30)
    assert go[2] > 250
    screen.click(go[0], go[1])
    until(lambda: not (now := primary(screen.shot())) or now[2] < 250, 30)  # it runs
    screen.do("key", "ctrl+k")
    save = until(lambda: primary(screen.shot()), 270)
    assert save[2] < 250

    done = screen.shot()
    middle = (SIZE[0] - 372) / 2
    screen.do("mousemove", int(middle), 400)
    handle_y = until(lambda: handle(screen.shot(), int(middle)), 30)
    screen.do("mousemove", int(middle), handle_y)
    screen.do("mousedown", 1)
    screen.do("mousemove", int(middle) - 120, handle_y)
    screen.do("mousemove", int(middle) - 250, handle_y)
    screen.do("mouseup", 1)
    left = (slice(200, 500), slice(int(middle) - 200, int(middle) - 60))
    until(lambda: np.abs(screen.shot()[left] - done[left]).mean() > 8, 30)

    screen.click(save[0], save[1])
    saved = photo.with_name("by-hand-restored.jpg")
    until(saved.is_file, 180)
    with Image.open(saved) as made, Image.open(photo) as first:
        assert made.size == first.size
        assert np.asarray(made).mean() > np.asarray(first).mean() + 10


def handle(shot: Shot, x: int) -> int:
    """The split handle's height: where a white disc of its size lies on that column."""
    column = (shot[:, x - 6 : x + 6].min(axis=2) > 200).sum(axis=1) >= 4
    ys = np.flatnonzero(column[60:760]) + 60
    runs = np.split(ys, np.flatnonzero(np.diff(ys) > 3) + 1) if len(ys) else []
    fits = [run for run in runs if HANDLE - 4 <= len(run) <= HANDLE + 14]
    return int(fits[0].mean()) if fits else 0
