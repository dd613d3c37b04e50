"""The program: one application, one window, one session."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_API", "pyqt6")

from qt_panel import autosave, entry, prefs
from qt_panel.app_parts import running_application, speak, steady_memory
from qt_panel.backend import Backend, Connect
from qt_panel.background import Background
from qt_panel.interrupts import Interrupts
from qt_panel.item import Item
from qt_panel.session import Session
from qt_panel.texts import tr
from qt_panel.window import Window
from upzeroir_plugin.cli import panel_options

SWITCH_SECONDS = 0.002
"""How long another Python thread may hold the interpreter before the window gets its turn."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the panel until its window is closed."""
    made = ArgumentParser(prog="python -m qt_panel", description="The UP-ZeroIR panel.")
    panel_options(made)
    return run(made.parse_args(argv))


def run(args: Namespace) -> int:
    """With parsed options."""
    if args.register or args.unregister:
        for path in entry.register() if args.register else entry.unregister():
            print(path)
        return 0
    sys.setswitchinterval(SWITCH_SECONDS)
    steady_memory()
    app = running_application()
    kept = speak(app, prefs.load().language)
    window = build(deliver_to=args.deliver_to or "", replacing=args.external_editor)
    window.show()
    begin(window, args)
    interrupts = Interrupts(partial(window.shut, ended=False))
    status = app.exec()
    interrupts.close()
    del kept
    return status


def begin(window: Window, args: Namespace) -> None:
    """Open what was asked for, and what a crash left behind."""
    session = window.session
    session.backend.start()
    left = [] if args.external_editor or args.photo_id else autosave.left_behind()
    if left:
        session.add(left)
        window.tell(tr("The last session did not end as it should. Here it is again."))
    if args.photo_id:
        session.add([Item(Path.home() / "gimp.png", photo=args.photo_id, title=tr("Picture from GIMP"))])
    paths = [args.external_editor] if args.external_editor else args.photos
    if paths:
        session.open(paths)


def build(connect: Connect | None = None, deliver_to: str = "", replacing: Path | None = None) -> Window:
    """A window with a new session. `replacing`: Save writes over the file that another program handed over."""
    running_application()
    background = Background()
    window = Window(Session(background, Backend(background, connect)), deliver_to)
    window.exports.replacing = None if replacing is None else replacing.absolute()
    return window
