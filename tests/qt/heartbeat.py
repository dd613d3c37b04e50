"""The panel in a process of its own, with a clock in its main thread: python heartbeat.py PHOTO SECONDS → JSON.

Opens the photo, restores it as soon as its values are known (light and haze only, so that a run of millions of pixels
takes seconds), pans about, then restores with everything and cancels. Prints what blocked the main thread, when things
could be seen, and the memory that was held.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil
from PyQt6.QtCore import QEventLoop, QTimer

from qt_panel.app import SWITCH_SECONDS, build
from qt_panel.app_parts import running_application, steady_memory
from qt_panel.item import Item

BEAT_MS = 5


class Clock:
    """Milliseconds by which each beat came late; memory in MB."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.held: list[float] = []
        self.process = psutil.Process()
        self.last = time.perf_counter()
        self.timer = QTimer()
        self.timer.timeout.connect(self.beat)
        self.timer.start(BEAT_MS)

    def beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, 1000 * (now - self.last) - BEAT_MS))
        self.last = now
        if len(self.late) % 20 == 0:
            self.held.append(self.process.memory_info().rss / 1e6)

    def share(self, part: float) -> float:
        ordered = sorted(self.late)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def wait(seconds: float, done=lambda: False) -> None:  # type: ignore[no-untyped-def]
    loop, timer, end = QEventLoop(), QTimer(), time.perf_counter() + seconds
    timer.timeout.connect(lambda: loop.quit() if done() or time.perf_counter() > end else None)
    timer.start(10)
    loop.exec()


def main(photo: Path, seconds: float) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    steady_memory()
    app = running_application()
    window = build()
    window.show()
    session = window.session
    session.backend.start()
    wait(60, lambda: session.backend.hello.get("engine", {}).get("state") == "ready" or _ready(window))
    times: dict[str, float] = {}
    clock = Clock()
    began = time.perf_counter()

    def mark(name: str) -> None:
        times.setdefault(name, round(time.perf_counter() - began, 2))

    def news(item: Item, what: str) -> None:
        if item.original is not None:
            mark("visible")
        if item.estimate:
            mark("values")
        if item.draft is not None:
            mark("preview")
        if item.restored is not None:
            mark("restored")
        if what == "found":
            for group in ("noise", "jpeg", "blur"):
                session.switch(group, False)
            session.restore()

    session.changed.connect(news)
    session.open([photo])
    wait(seconds, lambda: "restored" in times)
    canvas = window.stage.canvas
    for step in range(60):
        if step % 20 == 0:
            canvas.zoom_to((1.0, 0.5, 2.0)[step // 20])
        canvas._changed(canvas.view.moved(37, 11))
        wait(0.016)
    canvas.fit()
    for group in ("noise", "jpeg", "blur"):
        session.switch(group, True)
    session.restore()
    wait(3)
    session.cancel()
    wait(0.3)
    said = {
        "p99": clock.share(0.99),
        "worst": max(clock.late),
        "beats": len(clock.late),
        "memory": max(clock.held),
    }
    said["torch"] = "torch" in sys.modules
    print(json.dumps({**said, **times}), flush=True)
    window.shut()
    del app


def _ready(window) -> bool:  # type: ignore[no-untyped-def]
    backend = window.session.backend
    if backend.state != "ready":
        return False
    hello = backend.client().hello()
    return bool(hello["engine"]["state"] == "ready")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
