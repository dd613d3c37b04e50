"""The photo's stage: canvas and loupes, fed from the session."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from qt_panel.background import once
from qt_panel.item import Item, Layer
from qt_panel.session import Session
from qt_panel.widgets.canvas import Canvas
from qt_panel.widgets.loupes import Loupes, Spot, spots

LOOK_MS = 150


class Stage(QWidget):
    """`read(text)`: place and values under the pointer; `zoomed(zoom)` in device px a photo px."""

    read = pyqtSignal(str)
    zoomed = pyqtSignal(float)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.canvas = Canvas()
        self.loupes = Loupes()
        self.places: list[Spot] = []
        self._placed_for: Item | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.loupes)
        self._looking = once(self, LOOK_MS)
        self._looking.timeout.connect(self._looked)
        session.chosen.connect(self._chosen)
        session.changed.connect(self._news)
        self.canvas.moved.connect(self._moved)
        self.canvas.pointed.connect(self._pointed)
        self.loupes.clicked.connect(lambda x, y: self.canvas.look_at(x, y))
        self.canvas.tools.painted.connect(session.set_mask)

    def layers(self, item: Item) -> list[Layer]:
        """What is after, from below: the result, and a draft over it."""
        return [layer for layer in (item.restored, item.draft) if layer is not None]

    def show_item(self, item: Item | None) -> None:
        """Canvas and loupes."""
        before = item.original if item is not None else None
        after = self.layers(item) if item is not None else []
        self.canvas.show_layers(before, after)
        self.loupes.show_layers(before, after, self.places)

    def _chosen(self, item: Item | None) -> None:
        self.places, self._placed_for = [], None
        self.show_item(item)
        self.canvas.tools.set_mask(item.mask if item is not None else None)

    def _news(self, item: Item, what: str) -> None:
        if item is not self.session.current:
            return
        if what == "picture":
            self.show_item(item)
            self._place(item)
        elif what == "mask":
            self.canvas.tools.set_mask(item.mask)

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
        self.zoomed.emit(self.canvas.view.zoom)

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
        said = [f"{x}, {y}", _values(item.original, x, y)]
        after = [v for layer in reversed(self.layers(item)) if (v := _values(layer, x, y))][:1]
        self.read.emit("   ".join([said[0], said[1] + (f"  →  {after[0]}" if after else "")]))


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
