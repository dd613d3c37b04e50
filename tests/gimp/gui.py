"""GIMP's own window on a screen, with a script inside that does what a test says, while a user presses keys."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.gimp.gimp3 import Gimp3, Running
from tests.gimp.screen import Screen
from tests.waiting import until

SHORTCUT = "ctrl+alt+u"
SERVER = """
number = 0
give("ready")
while not os.path.exists(BOX + "/quit"):
    path = BOX + "/do%d.py" % number
    if not os.path.exists(path):
        time.sleep(0.02)
        continue
    value = {}
    try:
        exec(compile(open(path).read(), "do", "exec"), globals(), value)
        answer = {"value": value.get("value")}
    except Exception as error:
        import traceback
        answer = {"failed": traceback.format_exc()}
    with open(BOX + "/did.part", "w") as file:
        json.dump(answer, file)
    os.rename(BOX + "/did.part", BOX + "/did%d.json" % number)
    number += 1
"""


class Gui:
    """A running GIMP with windows."""

    def __init__(self, gimp: Gimp3, screen: Screen, running: Running, box: Path) -> None:
        self.gimp, self.screen, self.running, self.box = gimp, screen, running, box
        self.number = 0
        self.trace = box / "trace"

    def do(self, code: str, timeout: float = 30, **given: Any) -> Any:
        """Run Python inside; it gives back what it calls `value`."""
        values = {n: self.gimp.inside(v) if isinstance(v, Path) else v for n, v in given.items()}
        part = self.box / "do.part"
        part.write_text(f"globals().update({values!r})\n{code}", encoding="utf-8")
        part.rename(self.box / f"do{self.number}.py")
        did = self.box / f"did{self.number}.json"
        self.number += 1
        until(did.exists, timeout, "GIMP's script")
        answer = json.loads(did.read_text(encoding="utf-8"))
        assert "failed" not in answer, answer["failed"]
        return answer["value"]

    def open(self, path: Path) -> None:
        """Load a photo and show it, alone."""
        self.close()
        self.do(
            "image = load(PATH); globals()['image'] = image; globals()['display'] = Gimp.Display.new(image)\n"
            "image.undo_enable()  # file-jpeg leaves it off when a script loads\n"
            "image.set_selected_layers(image.get_layers()[:1])", PATH=path,
        )  # fmt: skip

    def close(self) -> None:
        """Close what is open, GIMP's messages as well."""
        with contextlib.suppress(AssertionError):
            self.screen.focus(self.screen.window("^GIMP Message", 0))
            self.screen.key("Escape")
        self.do(
            "if 'display' in globals() and display.is_valid(): display.delete()\n"
            "for each in Gimp.get_images(): each.delete()"
        )

    def layers(self) -> list[str]:
        """Names of the image's layers, top first."""
        return list(self.do("value = [each.get_name() for each in image.get_layers()]"))

    def image_window(self) -> str:
        """The image's window."""
        return self.screen.window(r"– GIMP$|GNU Image Manipulation|\.png|\[.*\]")

    def key(self, *keys: str) -> None:
        """Keys for the image's window; the pointer out of its way: over the canvas, Ctrl belongs to the paint tool."""
        self.screen.xdotool("mousemove", "1395", "995")
        self.screen.focus(self.image_window())
        self.screen.key(*keys)

    def dialog(self, timeout: float = 60) -> str:
        """Open ours by its shortcut; its window."""
        self.trace.write_text("", encoding="utf-8")
        self.key(SHORTCUT)
        return self.screen.window("^UP-ZeroIR", timeout)

    def marks(self, what: str) -> list[tuple[float, str]]:
        """(time, more) of every mark of that kind since the dialog was opened."""
        lines = self.trace.read_text(encoding="utf-8").splitlines() if self.trace.exists() else []
        parts = [line.split(" ", 2) for line in lines]
        return [(float(p[0]), p[2] if len(p) > 2 else "") for p in parts if len(p) > 1 and p[1] == what]

    def mark(self, what: str, count: int = 1, timeout: float = 90) -> tuple[float, str]:
        """Wait for the `count`th mark of that kind."""
        try:
            until(lambda: len(self.marks(what)) >= count, timeout, what)
        except AssertionError as error:
            self.screen.shot(self.box / "failed.png")
            trace = self.trace.read_text(encoding="utf-8")
            raise AssertionError(f"{error}\n{trace}\n{self.running.said()[-800:]}") from None
        return self.marks(what)[count - 1]


@contextmanager
def opened(gimp: Gimp3, screen: Screen) -> Iterator[Gui]:
    """GIMP's window, ready for use; GIMP is ended afterwards."""
    box = gimp.box / "gui"
    box.mkdir()
    (gimp.profile / "shortcutsrc").write_text(
        '(file-version 1)\n(action "plug-in-upzeroir-restore" "<Primary><Alt>u")\n', encoding="utf-8"
    )
    gimp.extra["UPZEROIR_TRACE"] = gimp.inside(box / "trace")
    try:
        with gimp.running(SERVER, screen.display, BOX=box) as running:
            until(running.given, 90, "GIMP's window")
            with contextlib.suppress(
                AssertionError
            ):  # a profile's first start has it, whatever its gimprc says
                welcome = screen.window("^Welcome", 5)
                screen.focus(welcome)
                screen.key("Escape")
            yield Gui(gimp, screen, running, box)
            (box / "quit").touch()
    finally:
        with contextlib.suppress(KeyError):
            del gimp.extra["UPZEROIR_TRACE"]
