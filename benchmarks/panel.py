"""The panel on a 12 MP photo with a warm service: until the photo is seen, its values, and the first restored part.

    python -m benchmarks.panel --data FOLDER [--megapixels 12] [--rounds 3]

FOLDER has eval/kodak24, from whose photos the photo is laid together, darker and with noise. The window is the
real one on Qt's offscreen screen; Restore is pressed as soon as the values are there. Prints the median of the rounds,
each with a photo that the service has not seen. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PyQt6.QtCore import QEventLoop, QTimer

from benchmarks.speed import SIZES, mosaic
from qt_panel.app import SWITCH_SECONDS, build
from qt_panel.app_parts import running_application, steady_memory
from qt_panel.item import Item
from qt_panel.window import Window

TARGETS = {"photo seen": 1.0, "values": 3.0, "draft": None, "first restored part": 4.0}
"""Seconds: the first two from opening the photo, the others from pressing Restore."""
PATIENCE = 300.0


def main() -> int:
    """Measure and print. Returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.panel")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--megapixels", type=int, choices=sorted(SIZES), default=12)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = [made(args.data, args.megapixels, folder, number) for number in range(args.rounds)]
        os.environ.update(
            UPZEROIR_STATE=str(folder / "state" / "service.json"), UPZEROIR_PANEL=str(folder / "panel")
        )
        rounds = measured(photos)
    missed = 0
    for what, target in TARGETS.items():
        value = median(one[what] for one in rounds)
        missed += target is not None and value > target
        wanted = "" if target is None else f"   target {target:g}   {'ok' if value <= target else 'MISSED'}"
        print(f"{what + ', s':24} {value:7.2f}{wanted}")
    return int(missed > 0)


def made(data: Path, megapixels: int, folder: Path, number: int) -> Path:
    """A bad photo of its own for each round."""
    rng = np.random.default_rng(number)
    pixels = mosaic(data, megapixels)
    pixels = np.roll(pixels, 97 * number, axis=1) * np.float32(0.55)
    pixels += (
        rng.normal(0, 8 / 255, (500, *pixels.shape[1:]))
        .astype(np.float32)
        .repeat(-(-len(pixels) // 500), axis=0)[: len(pixels)]
    )
    path = folder / f"photo{number}.jpg"
    Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8)).save(path, quality=95)
    return path


def measured(photos: list[Path]) -> list[dict[str, float]]:
    """Seconds of each round."""
    sys.setswitchinterval(SWITCH_SECONDS)
    steady_memory()
    app = running_application()
    window = build()
    window.show()
    window.session.backend.start()
    try:
        wait(lambda: window.session.backend.state == "ready")
        client = window.session.backend.client()
        wait(lambda: client.hello()["engine"]["state"] == "ready")
        return [one(window, photo) for photo in photos]
    finally:
        window.session.backend.client().quit()
        window.shut()
        del app


def one(window: Window, photo: Path) -> dict[str, float]:
    """Open, wait for the values, press Restore, wait for the first restored part; then cancel."""
    session, times = window.session, dict[str, float]()
    began = time.monotonic()
    pressed = 0.0
    drafts: list[int] = []

    def news(item: Item, _what: str) -> None:
        nonlocal pressed
        now = time.monotonic()
        if item.path != photo:
            return
        if item.original is not None:
            times.setdefault("photo seen", now - began)
        if item.estimate and not pressed:
            times["values"], pressed = now - began, now
            window.sidebar.run.go.click()
        if pressed and item.draft is not None and id(item.draft) not in drafts:
            drafts.append(id(item.draft))
            times.setdefault("draft" if len(drafts) == 1 else "first restored part", now - pressed)

    session.changed.connect(news)
    session.open([photo])
    wait(lambda: len(drafts) >= 2 and "photo seen" in times)
    session.changed.disconnect(news)
    session.cancel()
    wait(lambda: not session.runs.running)
    for item in list(session.items):
        session.close(item)
    print("  " + ", ".join(f"{what} {seconds:.2f}" for what, seconds in times.items()), flush=True)
    return times


def wait(done: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + PATIENCE
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > end else None)
    timer.start(5)
    loop.exec()
    if not done():
        raise TimeoutError("The panel or the service did not answer.")


if __name__ == "__main__":
    sys.exit(main())
