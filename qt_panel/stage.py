"""The photo's stage: bar, canvas, legend and loupes, fed from the session."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from qt_panel.background import once
from qt_panel.item import Item, Layer
from qt_panel.picking import NotGrey, airlight_of, cast_of
from qt_panel.picture import Pixels
from qt_panel.problems import Problem
from qt_panel.session import Session
from qt_panel.texts import tr
from qt_panel.widgets.canvas import Canvas, Compare
from qt_panel.widgets.honesty import Honesty, Legend, layer_of
from qt_panel.widgets.loupes import Loupes, Spot, spots
from qt_panel.widgets.tools import Tool
from qt_panel.widgets.topbar import TopBar

LOOK_MS = 150
OPACITY = {Honesty.NONE: 1.0, Honesty.CHANGE: 1.0, Honesty.RESIDUAL: 1.0, Honesty.INVENTED: 0.8}
SPOT = {Tool.GREY: 3, Tool.AIRLIGHT: 8}
"""Half the side of the square that a picker averages, in photo px."""


class Stage(QWidget):
    """`read(text)`: place and values under the pointer."""

    read = pyqtSignal(str)
    honest = pyqtSignal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.bar = TopBar()
        self.canvas = Canvas()
        self.legend = Legend()
        self.loupes = Loupes()
        self.honesty = Honesty.NONE
        self.places: list[Spot] = []
        self._placed_for: Item | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        column.addWidget(self.loupes)
        self._looking = once(self, LOOK_MS)
        self._looking.timeout.connect(self._looked)
        self._connect()

    def _connect(self) -> None:
        session, canvas, bar = self.session, self.canvas, self.bar
        session.chosen.connect(self._chosen)
        session.changed.connect(self._news)
        canvas.moved.connect(self._moved)
        canvas.pointed.connect(self._pointed)
        canvas.tools.painted.connect(session.set_mask)
        canvas.tools.picked.connect(self._picked)
        canvas.tools.drawn.connect(self._drawn)
        canvas.tools.chosen.connect(bar.show_tool)
        self.loupes.clicked.connect(lambda x, y: canvas.look_at(x, y))
        bar.compared.connect(lambda key: self.set_compare(Compare(key)))
        bar.honest.connect(lambda key: self.show_honesty(Honesty(key)))
        bar.tool.connect(lambda key: canvas.tools.choose(Tool(key)))
        bar.cleared.connect(lambda: session.set_mask(None))
        bar.brushed.connect(lambda size: setattr(canvas.tools, "brush", float(size)))
        bar.fit.connect(canvas.fit)
        bar.one.connect(lambda: canvas.zoom_to(1.0))

    def set_compare(self, compare: Compare) -> None:
        """How before and after are shown."""
        self.canvas.set_compare(compare)
        self.bar.compare.show_choice(compare)

    def show_honesty(self, kind: Honesty) -> None:
        """Lay a map over the photo; it is fetched when it is asked for first."""
        self.honesty = kind
        self.bar.show_honesty(kind)
        self.honest.emit(kind.value)
        if kind is not Honesty.NONE:
            self.session.ask_map(kind.value)
        self._lay_over(self.session.current)

    def layers(self, item: Item) -> list[Layer]:
        """What is after, from below: the result, and a draft over it."""
        return [layer for layer in (item.restored, item.draft) if layer is not None]

    def show_item(self, item: Item | None) -> None:
        """Canvas and loupes."""
        before = item.original if item is not None else None
        after = self.layers(item) if item is not None else []
        self.canvas.show_layers(before, after)
        self.loupes.show_layers(before, after, self.places)

    def _lay_over(self, item: Item | None) -> None:
        found = item.maps.get(self.honesty.value) if item is not None else None
        layer = (
            layer_of(self.honesty, found[1], item.size) if item is not None and found is not None else None
        )
        self.canvas.overlay_opacity = OPACITY[self.honesty]
        self.canvas.show_overlay(layer)
        self.legend.show_map(self.honesty, item)

    def _chosen(self, item: Item | None) -> None:
        self.places, self._placed_for = [], None
        self.show_item(item)
        self.canvas.tools.choose(Tool.NONE)
        self.canvas.tools.set_mask(item.mask if item is not None else None)
        self._lay_over(item)

    def _news(self, item: Item, what: str) -> None:
        if item is not self.session.current:
            return
        if what == "picture":
            self.show_item(item)
            self._place(item)
        elif what == "mask":
            self.canvas.tools.set_mask(item.mask)
        elif what == "result" and self.honesty is not Honesty.NONE:
            self.session.ask_map(self.honesty.value)
            self._lay_over(item)
        elif what == "maps":
            self._lay_over(item)

    def _place(self, item: Item) -> None:
        """Find the loupes' places once, from the first picture there is."""
        if item.original is None or self._placed_for is item:
            return
        self._placed_for = item
        picture, area = item.original.picture, item.original.area
        small = np.ascontiguousarray(picture.level(0.5)[0] if len(picture.levels) > 1 else picture.levels[0])

        def done(found: list[Spot]) -> None:
            if self.session.current is item:
                self.places = found
                self.show_item(item)

        self.session.background.run(lambda: spots(small, (area[2], area[3])), done)

    def _moved(self) -> None:
        self._looking.start()
        self.bar.show_zoom(self.canvas.view.zoom)

    def _looked(self) -> None:
        """The view rests: drafts and runs begin with what is seen."""
        view = self.canvas.view
        x, y, w, h = view.visible()
        whole = w * h >= 0.9 * view.photo[0] * view.photo[1]
        self.session.previewer.looked(None if whole else (x, y, w, h))
        self.session.runs.centre = None if whole else (x + w / 2, y + h / 2)

    def _pointed(self, x: int, y: int) -> None:
        item = self.session.current
        if x < 0 or item is None or item.original is None:
            self.read.emit("")
            return
        before = _values(item.original, x, y)
        after = [v for layer in reversed(self.layers(item)) if (v := _values(layer, x, y))][:1]
        self.read.emit(f"{x}, {y}    {before}" + (f"  →  {after[0]}" if after else ""))

    def _picked(self, tool: str, x: int, y: int) -> None:
        item = self.session.current
        if item is None or item.original is None:
            return
        half = SPOT[Tool(tool)]
        spot = self.session.display.back(_square(item.original, x, y, half))
        red, green, blue = (float(v) / 255 for v in spot.reshape(-1, 3).mean(axis=0))
        try:
            found = cast_of(red, green, blue) if tool == Tool.GREY else airlight_of(red, green, blue)
        except NotGrey:
            message = tr("This place cannot be grey under any light.")
            hint = tr("Pick a place that is neither black, white nor colourful.")
            self.session.failed.emit(Problem("picker", message, hint))
            return
        self.session.pin(found)

    def _drawn(self, tool: str, rect: tuple[int, int, int, int]) -> None:
        if tool == Tool.NOISE:
            self.session.estimate_from(rect, ("noise",), pin=True)
        else:
            self.session.estimate_from(rect)


def _square(layer: Layer, x: int, y: int, half: int) -> Pixels:
    """The finest pixels around a photo point."""
    scale = layer.scale
    column, row, reach = int(x * scale), int(y * scale), max(0, int(half * scale))
    left, top = max(0, column - reach), max(0, row - reach)
    return layer.picture.levels[0][top : row + reach + 1, left : column + reach + 1]


def _values(layer: Layer, x: int, y: int) -> str:
    """Red, green and blue of a layer there, 0–255; empty outside."""
    left, top, width, height = layer.area
    if not (left <= x < left + width and top <= y < top + height):
        return ""
    pixels = layer.picture.levels[0]
    column = min(pixels.shape[1] - 1, int((x - left) * pixels.shape[1] / width))
    row = min(pixels.shape[0] - 1, int((y - top) * pixels.shape[0] / height))
    red, green, blue = (int(v) for v in pixels[row, column])
    return f"{red} {green} {blue}"
