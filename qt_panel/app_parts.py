"""The one application: named, themed, in the user's language."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PyQt6.QtGui import QGuiApplication, QIcon
from PyQt6.QtWidgets import QApplication

from upzeroir_plugin.installation.shell import ICON
from upzeroir_plugin.solver import heap

HERE = Path(__file__).resolve().parent
TRANSLATIONS = HERE / "translations"


def running_application() -> QApplication:
    """The one application; made if need be."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("upzeroir")
    app.setApplicationDisplayName("UP-ZeroIR")
    app.setDesktopFileName("upzeroir")
    app.setWindowIcon(QIcon(str(ICON)))
    return app


def steady_memory() -> None:
    """Ask glibc to give big blocks back at once: its default keeps those of ended threads (70 MB after 24 MP)."""
    heap.tell({heap.MMAP_THRESHOLD: 1 << 18, heap.TRIM_THRESHOLD: 1 << 18, heap.ARENA_MAX: 2})


def speak(app: QApplication, language: str = "") -> list[QTranslator]:
    """Use a language, the system's by default; keep what is returned. English where there is no translation."""
    locale = QLocale(language) if language else QLocale.system()
    kept = []
    for folder, name in ((str(TRANSLATIONS), "upzeroir"), (_qt_translations(), "qtbase")):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
            kept.append(translator)
    return kept


def _qt_translations() -> str:
    return QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
