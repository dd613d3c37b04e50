"""Honesty views: what changed, what the model cannot explain, what was invented; as colours over the photo."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from qt_panel.item import Item, Layer
from qt_panel.picture import Pixels, Pyramid
from qt_panel.texts import N_, tr
from qt_panel.widgets.paint import image_of, tinted
from qt_panel.widgets.parts import label

UNITS = {"σ": N_("× the noise")}
WHITE = 0.25
"""Whiteness (the greatest correlation between neighbours) up to which a residual looks like noise."""


class Honesty(StrEnum):
    """What lies over the photo."""

    NONE = "none"
    CHANGE = "change"
    RESIDUAL = "residual"
    INVENTED = "invented"


TITLES = {
    Honesty.NONE: N_("Photo"),
    Honesty.CHANGE: N_("Changed"),
    Honesty.RESIDUAL: N_("Unexplained"),
    Honesty.INVENTED: N_("Invented"),
}
SAYS = {
    Honesty.CHANGE: N_("How much each place was changed."),
    Honesty.RESIDUAL: N_(
        "What your photo says and the result does not. It should look like even grain: a shape in it was lost or added."
    ),
    Honesty.INVENTED: N_("Where detail or tones are a guess. Trust bright places least."),
}
STOPS: dict[Honesty, tuple[tuple[int, int, int], ...]] = {
    Honesty.CHANGE: ((16, 12, 40), (120, 28, 109), (237, 105, 37), (252, 255, 164)),
    Honesty.RESIDUAL: ((33, 102, 172), (146, 197, 222), (245, 245, 245), (244, 165, 130), (178, 24, 43)),
    Honesty.INVENTED: ((10, 10, 14), (60, 40, 20), (200, 120, 20), (255, 230, 150)),
}


def table(kind: Honesty) -> NDArray[np.uint8]:
    """Colours of 256 grey levels, (256, 3)."""
    stops = np.asarray(STOPS[kind], np.float32)
    places = np.linspace(0, 1, len(stops))
    levels = np.linspace(0, 1, 256)
    made = [np.interp(levels, places, stops[:, c]) for c in range(3)]
    return np.stack(made, 1).round().astype(np.uint8)


def layer_of(kind: Honesty, levels: Pixels, size: tuple[int, int]) -> Layer:
    """A map over the whole photo."""
    return Layer(Pyramid(tinted(levels, table(kind))), (0, 0, *size))


class Scale(QWidget):
    """The colours from low to high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = Honesty.CHANGE
        self.setFixedSize(160, 12)
        self.setAccessibleName(tr("Colour scale"))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """One px a level."""
        painter = QPainter(self)
        row = np.ascontiguousarray(table(self.kind)[None])
        painter.drawImage(QRectF(0, 0, self.width(), self.height()), image_of(row))


class Legend(QWidget):
    """What the colours mean, and what the residual's statistics say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = Scale()
        self.low, self.high = label("", "dim"), label("", "dim")
        self.text, self.verdict = label("", "", True), label("", "dim", True)
        row = QHBoxLayout()
        row.addWidget(self.low)
        row.addWidget(self.scale)
        row.addWidget(self.high)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 14, 8)
        column.addLayout(row)
        column.addWidget(self.text)
        column.addWidget(self.verdict)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.hide()

    def show_map(self, kind: Honesty, item: Item | None) -> None:
        """Of a photo's map, or that it is on its way."""
        self.setVisible(kind is not Honesty.NONE)
        if kind is Honesty.NONE:
            return
        self.scale.kind = kind
        self.scale.update()
        self.text.setText(tr(SAYS[kind]))
        means: dict[str, Any] = (
            item.maps[kind.value][0] if item is not None and kind.value in item.maps else {}
        )
        if item is None or item.result is None:
            self.verdict.setText(tr("Restore the photo first."))
        elif not means:
            self.verdict.setText(tr("Working it out…"))
        else:
            self.verdict.setText(verdict(kind, item, means))
        unit = str(means.get("unit", ""))
        self.low.setText(_number(means.get("low"), unit))
        self.high.setText(_number(means.get("high"), unit))


def verdict(kind: Honesty, item: Item, means: dict[str, Any]) -> str:
    """What the numbers say, in words."""
    del means
    if kind is not Honesty.RESIDUAL or item.result is None:
        return ""
    quality = item.result.about.get("quality") or {}
    white, std = quality.get("residual_whiteness"), quality.get("residual_std")
    if white is None:
        return ""
    word = tr("looks like noise") if abs(float(white)) <= WHITE else tr("still has a shape")
    size = "" if std is None else " · " + tr("size {n} of the noise expected").format(n=f"{float(std):.2f}")
    return tr("Whiteness {n}: {word}").format(n=f"{float(white):.2f}", word=word) + size


def _number(value: Any, unit: str) -> str:
    if value is None:
        return ""
    if unit == "of full scale":
        return f"{100 * float(value):.3g} %"
    return f"{float(value):.3g} {tr(UNITS.get(unit, unit))}".strip().replace("-", "−")
