"""The program: one application, one window, one session."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

os.environ.setdefault("QT_API", "pyqt6")

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from qt_panel import theme
from qt_panel.backend import Backend, Connect
from qt_panel.background import Background
from qt_panel.session import Session
from qt_panel.window import Window
from upzeroir_plugin.cli import panel_options

SWITCH_SECONDS = 0.002
"""How long another Python thread may hold the interpreter before the window gets its turn."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the panel until its window is closed."""
    args = parser().parse_args(argv)
    return run(args)


def parser() -> ArgumentParser:
    """The options, which `upzeroir panel` shares."""
    made = ArgumentParser(prog="python -m qt_panel", description="The UP-ZeroIR panel.")
    panel_options(made)
    return made


def run(args: Namespace) -> int:
    """With parsed options."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app = application()
    window = build()
    window.show()
    window.session.backend.start()
    if args.photos:
        window.session.open(args.photos)
    return app.exec()


def application() -> QApplication:
    """The one application, named and themed."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("upzeroir")
    app.setApplicationDisplayName("UP-ZeroIR")
    app.setDesktopFileName("upzeroir")
    theme.apply(app)
    return app


def build(connect: Connect | None = None) -> Window:
    """A window with a new session."""
    background = Background()
    return Window(Session(background, Backend(background, connect)))
