"""Neutral greys around the photo, light or dark as the system says; one accent. No colour that would sway the eye."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

CHOICES = ("system", "light", "dark")


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for."""

    window: str
    panel: str
    canvas: str
    field: str
    line: str
    text: str
    dim: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str


DARK = Theme(
    window="#2b2b2b", panel="#323232", canvas="#1f1f1f", field="#3d3d3d", line="#4a4a4a", text="#e6e6e6",
    dim="#a3a3a3", accent="#5b9bd5", on_accent="#0f1a24", good="#7fb77e", warn="#e0b25b", bad="#e07a6b",
)  # fmt: skip
LIGHT = Theme(
    window="#ececec", panel="#f7f7f7", canvas="#cfcfcf", field="#ffffff", line="#c9c9c9", text="#1f1f1f",
    dim="#5f5f5f", accent="#1f6fb5", on_accent="#ffffff", good="#3d7d3c", warn="#96690a", bad="#b0392a",
)  # fmt: skip

_present = DARK


def theme() -> Theme:
    """The one in use."""
    return _present


def system_is_dark() -> bool:
    """What the system says; dark where it says nothing."""
    hints = QGuiApplication.styleHints()
    return hints is None or hints.colorScheme() != Qt.ColorScheme.Light


def apply(app: QApplication, choice: str = "system") -> Theme:
    """Use a theme for the whole program."""
    global _present
    dark = choice == "dark" or (choice != "light" and system_is_dark())
    _present = DARK if dark else LIGHT
    app.setStyle("Fusion")
    app.setPalette(_palette(_present))
    app.setStyleSheet(_sheet(_present))
    return _present


def colour(name: str, alpha: int = 255) -> QColor:
    """A colour of the theme by its name."""
    found = QColor(getattr(_present, name))
    found.setAlpha(alpha)
    return found


def _palette(t: Theme) -> QPalette:
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: t.window, QPalette.ColorRole.WindowText: t.text,
        QPalette.ColorRole.Base: t.field, QPalette.ColorRole.AlternateBase: t.panel,
        QPalette.ColorRole.Text: t.text, QPalette.ColorRole.Button: t.field,
        QPalette.ColorRole.ButtonText: t.text, QPalette.ColorRole.BrightText: t.bad,
        QPalette.ColorRole.Highlight: t.accent, QPalette.ColorRole.HighlightedText: t.on_accent,
        QPalette.ColorRole.ToolTipBase: t.panel, QPalette.ColorRole.ToolTipText: t.text,
        QPalette.ColorRole.PlaceholderText: t.dim, QPalette.ColorRole.Link: t.accent,
    }  # fmt: skip
    for role, value in roles.items():
        made.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.dim))
    return made


def _sheet(t: Theme) -> str:
    return f"""
    QMainWindow, QDialog {{ background: {t.window}; }}
    QWidget#side, QWidget#sideBody {{ background: {t.panel}; }}
    QScrollArea {{ border: none; background: {t.panel}; }}
    QLabel[role="sentence"] {{ font-size: 15pt; font-weight: 600; }}
    QLabel[role="title"] {{ font-size: 20pt; font-weight: 600; }}
    QLabel[role="head"] {{ font-weight: 600; }}
    QLabel[role="dim"] {{ color: {t.dim}; }}
    QLabel[role="bad"] {{ color: {t.bad}; }}
    QFrame[role="line"] {{ background: {t.line}; max-height: 1px; border: none; }}
    QFrame[role="bar"] {{ background: {t.panel}; border: none; }}
    QFrame[role="alert"] {{ background: {t.field}; border: 1px solid {t.warn}; border-radius: 6px; }}
    QPushButton {{ padding: 5px 12px; border: 1px solid {t.line}; border-radius: 5px; background: {t.field}; }}
    QPushButton:hover {{ border-color: {t.accent}; }}
    QPushButton:focus {{ border-color: {t.accent}; }}
    QPushButton:disabled {{ color: {t.dim}; }}
    QPushButton:checked {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; }}
    QPushButton[role="primary"] {{
        background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent};
        font-weight: 600; font-size: 12pt; padding: 9px 16px; }}
    QPushButton[role="primary"]:hover {{ background: {t.accent}; border-color: {t.text}; }}
    QPushButton[role="primary"]:disabled {{ background: {t.field}; color: {t.dim}; border-color: {t.line}; }}
    QToolButton {{ padding: 4px 7px; border: 1px solid transparent; border-radius: 5px; }}
    QToolButton:hover {{ background: {t.field}; }}
    QToolButton:focus {{ border-color: {t.accent}; }}
    QToolButton:checked {{ background: {t.accent}; color: {t.on_accent}; }}
    QToolButton::menu-indicator {{ subcontrol-position: right center; subcontrol-origin: padding; left: -2px; }}
    QToolButton[popupMode="2"] {{ padding-right: 16px; }}
    QToolButton[role="pin"] {{ border: 1px solid {t.line}; padding: 2px 4px; }}
    QToolButton[role="pin"]:checked {{ border-color: {t.accent}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {t.line}; border-radius: 4px; min-height: 30px; margin: 1px 2px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {t.line}; border-radius: 4px; min-width: 30px; margin: 2px 1px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
        width: 0; height: 0; border: none; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.line}; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
        background: {t.text}; border: 1px solid {t.window}; }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {t.accent}; }}
    QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled {{ background: {t.dim}; }}
    QToolButton[role="fold"] {{ font-weight: 600; text-align: left; padding: 6px 2px; border: none; }}
    QToolButton[role="fold"]:checked {{ background: transparent; color: {t.text}; }}
    QToolButton[role="fold"]:hover {{ color: {t.accent}; background: transparent; }}
    QProgressBar {{ border: none; background: {t.field}; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QStatusBar {{ background: {t.window}; color: {t.dim}; }}
    QStatusBar::item {{ border: none; }}
    QToolBar {{ background: {t.window}; border: none; border-bottom: 1px solid {t.line};
        spacing: 3px; padding: 4px 6px; }}
    QListView {{ background: {t.panel}; border: none; border-top: 1px solid {t.line}; }}
    QToolTip {{ color: {t.text}; background: {t.panel}; border: 1px solid {t.line}; padding: 4px; }}
    """
