"""The bar over the photo: before and after, zoom, honesty views, pickers and mask."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSlider, QToolButton, QWidget, QWidgetAction

from qt_panel.texts import N_, tr
from qt_panel.widgets.canvas import Compare
from qt_panel.widgets.honesty import TITLES, Honesty
from qt_panel.widgets.parts import Choice, label
from qt_panel.widgets.tools import Tool

TOOLS = (
    (Tool.GREY, N_("Grey point"), "G", N_("Click something that is grey in reality")),
    (
        Tool.AIRLIGHT,
        N_("Colour of the haze"),
        "H",
        N_("Click the thickest haze, mostly the sky at the horizon"),
    ),
    (Tool.NOISE, N_("Measure noise here"), "N", N_("Draw a rectangle over an even area")),
    (Tool.ESTIMATE, N_("Look only here"), "E", N_("Draw a rectangle: what is wrong is taken from it")),
)
MASKS = (
    (Tool.BRUSH, N_("Brush"), "M", N_("Paint where to restore; the right button takes away")),
    (Tool.RECTANGLE, N_("Rectangle"), "R", N_("Draw where to restore")),
)


class TopBar(QFrame):
    """`compared`, `honest` and `tool` say what was chosen; `cleared`: the mask is to go; `brushed`: its size in px."""

    compared = pyqtSignal(str)
    honest = pyqtSignal(str)
    tool = pyqtSignal(str)
    cleared = pyqtSignal()
    brushed = pyqtSignal(int)
    fit = pyqtSignal()
    one = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.compare = Choice(
            [
                (Compare.SPLIT, tr("Split"), tr("Before and after with a handle (S)")),
                (Compare.SIDES, tr("Side by side"), tr("Before and after beside each other (D)")),
                (Compare.AFTER, tr("After"), tr("Only after (A)")),
                (Compare.BEFORE, tr("Before"), tr("Only before (O); hold B or the space bar for a moment")),
            ],
            tr("Compare"),
        )
        self.compare.show_choice(Compare.SPLIT)
        self.honesty = _plain("", tr("What lies over the photo"))
        self.honesty.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.honesty.setMenu(self._honesty_menu())
        self.show_honesty(Honesty.NONE)
        self.zoom = label("100 %", "dim")
        self.zoom.setMinimumWidth(52)
        self.fitting, self.full = (
            _plain(tr("Fit"), tr("All of the photo (F)")),
            _plain(tr("1:1"), tr("A pixel for a pixel (1)")),
        )
        self.actions_: dict[Tool, QAction] = {}
        self.picks = self._menu(tr("Pick"), TOOLS)
        self.masks = self._menu(tr("Only here"), MASKS)
        self._mask_extras()
        self._lay_out()
        self.compare.chosen.connect(self.compared)
        self.fitting.clicked.connect(self.fit)
        self.full.clicked.connect(self.one)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(6)
        row.addWidget(self.compare)
        row.addSpacing(10)
        row.addWidget(self.fitting)
        row.addWidget(self.full)
        row.addWidget(self.zoom)
        row.addStretch(1)
        row.addWidget(self.picks)
        row.addWidget(self.masks)
        row.addSpacing(10)
        row.addWidget(self.honesty)

    def _menu(self, text: str, tools: tuple[tuple[Tool, str, str, str], ...]) -> QToolButton:
        made = _plain(text, "")
        menu = QMenu(made)
        menu.setToolTipsVisible(True)
        for tool, title, key, tip in tools:
            action = QAction(tr(title), self)
            action.setObjectName(f"tool-{tool.value}")
            action.setShortcut(key)
            action.setToolTip(tr(tip))
            action.setCheckable(True)
            action.triggered.connect(lambda on, t=tool: self.tool.emit(t.value if on else Tool.NONE.value))
            menu.addAction(action)
            self.addAction(action)
            self.actions_[tool] = action
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setAccessibleName(text)
        return made

    def _mask_extras(self) -> None:
        menu = self.masks.menu()
        assert menu is not None  # noqa: S101
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.brush.setRange(8, 300)
        self.brush.setValue(60)
        self.brush.setAccessibleName(tr("Brush size"))
        self.brush.valueChanged.connect(self.brushed)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.addWidget(label(tr("Brush size"), "dim"))
        row.addWidget(self.brush)
        entry = QWidgetAction(self)
        entry.setDefaultWidget(holder)
        menu.addAction(entry)
        menu.addSeparator()
        everywhere = QAction(tr("Restore everywhere"), self)
        everywhere.setShortcut("Shift+M")
        everywhere.triggered.connect(self.cleared)
        menu.addAction(everywhere)
        self.addAction(everywhere)

    def _honesty_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, title in TITLES.items():
            action = QAction(tr(title), self)
            action.triggered.connect(partial(self.honest.emit, kind.value))
            menu.addAction(action)
        return menu

    def show_honesty(self, kind: Honesty) -> None:
        """Which map lies over the photo."""
        self.honesty.setText(tr("Show: {name}").format(name=tr(TITLES[kind])))
        self.honesty.setAccessibleName(self.honesty.text())

    def show_tool(self, tool: str) -> None:
        """Which one is in use."""
        for each, action in self.actions_.items():
            action.setChecked(each.value == tool)

    def show_zoom(self, zoom: float) -> None:
        """In per cent."""
        self.zoom.setText(f"{100 * zoom:.0f} %")


def _plain(text: str, tip: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setAccessibleName(text)
    return made
