"""Small parts that several widgets use."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A label of a role that the theme knows."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def line() -> QFrame:
    """A thin rule."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def button(text: str, role: str = "", tip: str = "") -> QPushButton:
    """A push button of a role."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setToolTip(tip)
    made.setAccessibleName(text.replace("&", ""))
    return made


def raise_role(widget: QWidget, role: str) -> None:
    """Give a widget another role, and its looks."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        style = widget.style()
        if style is not None:
            style.unpolish(widget)
            style.polish(widget)


def wheel_with_focus(
    widget: QWidget, event: QWheelEvent | None, turn: Callable[[QWheelEvent | None], None]
) -> None:
    """`turn` the widget by its wheel if it has the focus; else the panel scrolls."""
    if event is not None and widget.hasFocus():
        turn(event)
    elif event is not None:
        event.ignore()


class Slider(QSlider):
    """Horizontal; the wheel scrolls the panel, not the value, unless the slider has the focus."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Only with the focus."""
        wheel_with_focus(self, event, super().wheelEvent)


class Choice(QWidget):
    """A row of buttons of which one is down."""

    chosen = pyqtSignal(str)

    def __init__(self, options: list[tuple[str, str, str]], name: str, parent: QWidget | None = None) -> None:
        """`options`: (key, text, tooltip)."""
        super().__init__(parent)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for key, text, tip in options:
            made = button(text, "choice", tip)
            made.setCheckable(True)
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _=False, k=key: self.chosen.emit(k))
            group.addButton(made)
            row.addWidget(made)
            self.buttons[key] = made

    def show_choice(self, key: str) -> None:
        """The one that is down; nobody is told."""
        if key in self.buttons:
            self.buttons[key].setChecked(True)


class Fold(QWidget):
    """A heading that unfolds what is below it."""

    toggled = pyqtSignal(bool)

    def __init__(
        self, title: str, body: QWidget, opened: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.body = body
        self.head = QToolButton()
        self.head.setProperty("role", "fold")
        self.head.setText(title)
        self.head.setAccessibleName(title)
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.head.setIconSize(QSize(10, 10))
        self.head.toggled.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(body)
        self.head.setChecked(opened)
        self._turn(opened)

    def open(self, opened: bool = True) -> None:
        """Unfold, or fold."""
        self.head.setChecked(opened)

    @property
    def opened(self) -> bool:
        """Whether it is unfolded."""
        return self.head.isChecked()

    def _turn(self, opened: bool) -> None:
        self.head.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.body.setVisible(opened)
        self.toggled.emit(opened)
