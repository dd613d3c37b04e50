"""The one application: named, themed, in the user's language."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PyQt6.QtGui import QGuiApplication, QIcon
from PyQt6.QtWidgets import QApplication

HERE = Path(__file__).resolve().parent
TRANSLATIONS = HERE / "translations"
ICON = HERE / "icons" / "upzeroir.svg"


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
