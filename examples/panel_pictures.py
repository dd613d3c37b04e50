"""Makes docs/pictures/panel-*.webp again: the panel at work, light and dark, at one and two device px a px.

python -m examples.panel_pictures [FOLDER]. Needs the extra `panel` and a display, or QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 180.0
QUALITY = 92


def main() -> int:
    """One process a look and scale: both are fixed when Qt starts."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        for look in ("light", "dark"):
            for scale in (1, 2):
                environment = {
                    **os.environ, "QT_SCALE_FACTOR": str(scale), "UPZEROIR_PANEL": state, "LANGUAGE": "en",
                    "UPZEROIR_STATE": str(Path(state) / "service.json"),
                }  # fmt: skip
                command = [sys.executable, "-m", "examples.panel_pictures", str(folder), look, str(scale)]
                subprocess.run(command, env=environment, check=True, cwd=ROOT)  # noqa: S603
    return 0


def picture(folder: Path, look: str, scale: int) -> None:
    """All pictures of one look and scale; those beside the main one only once, in the dark at scale 1."""
    from qt_panel import prefs
    from qt_panel.app import build
    from qt_panel.app_parts import running_application
    from qt_panel.widgets.honesty import Honesty

    app = running_application()
    prefs.save(prefs.Preferences(look=look))
    window = build()
    window.show()
    session = window.session

    def wait(done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            app.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end:
                raise SystemExit(f"waited {PATIENCE:g} s for nothing: {look} {scale}")

    def shot(name: str) -> None:
        begun = time.monotonic()
        wait(lambda: time.monotonic() > begun + 0.4)
        if not window.grab().save(str(folder / f"panel-{name}.webp"), "WEBP", QUALITY):
            raise SystemExit(f"{folder} could not be written to")

    extra = look == "dark" and scale == 1
    if extra:
        shot("first-page")
    window.open([ROOT / "examples" / "dusk.jpg"])
    item = session.current
    assert item is not None  # noqa: S101
    wait(lambda: item.estimate and session.backend.state == "ready")
    session.restore()
    wait(lambda: item.progress is not None and item.progress.step)
    if extra:
        shot("running")
    wait(lambda: item.restored is not None)
    shot(f"{look}-{scale}x")
    if extra:
        window.sidebar.tones.open(False)
        window.sidebar.details.open()
        window.sidebar.physical.folds["noise"].open()
        bar = window.sidebar.pane.verticalScrollBar()
        wait(lambda: bar is None or bar.maximum() > 300)
        if bar is not None:
            bar.setValue(bar.maximum() - 60)
        shot("details")
        window.sidebar.details.open(False)
        window.sidebar.tones.open()
        window.stage.show_honesty(Honesty.CHANGE)
        wait(lambda: "change" in item.maps)
        shot("changed")
        window.stage.show_honesty(Honesty.NONE)
        window.open([ROOT / "examples" / f"{name}.jpg" for name in ("haze", "compressed", "soft")])
        wait(lambda: all(other.estimate for other in session.items))
        window.queue.start(session.items[1:3], None)
        wait(lambda: window.queue.working is session.items[2] and session.items[2].progress.done > 0.2)
        shot("queue")
    window.shut()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        picture(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
        sys.exit(0)
    sys.exit(main())
