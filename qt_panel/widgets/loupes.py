"""Three 1:1 views that choose their own place: finest detail, deepest shadow, flattest area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget
from scipy import ndimage

from qt_panel.item import Layer
from qt_panel.picture import Pixels
from qt_panel.texts import N_, tr
from qt_panel.theme import colour
from qt_panel.view import View
from qt_panel.widgets.paint import draw_layer

HEIGHT = 132
SIDE = 160
KINDS = (N_("Finest detail"), N_("Deepest shadow"), N_("Flattest area"))


@dataclass(frozen=True)
class Spot:
    """A place in the photo, px."""

    x: float
    y: float


def spots(small: Pixels, size: tuple[int, int]) -> list[Spot]:
    """Where to look at 1:1, in the order of KINDS, from a small picture of a photo of `size` (w, h).

    Detail: the greatest local contrast; shadow: the darkest place that is not black; flat: the least contrast among
    the middle tones. Places are kept apart and away from the edges.
    """
    luma = small.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    height, width = luma.shape
    reach = max(2.0, SIDE / 2 * width / max(1, size[0]))
    mean = ndimage.uniform_filter(luma, round(reach) * 2 + 1, mode="nearest")
    fine = luma - ndimage.uniform_filter(luma, 3, mode="nearest")
    power = ndimage.uniform_filter(fine**2, round(reach) * 2 + 1, mode="nearest")
    busy = np.sqrt(power.clip(0))
    edge_y, edge_x = (int(min(reach, side / 2 - 1)) for side in (height, width))
    allowed = np.zeros(luma.shape, bool)
    allowed[edge_y : height - edge_y or None, edge_x : width - edge_x or None] = True
    scores = (
        busy,
        -np.abs(mean - max(0.03, float(mean.min()))) - 0.05 * busy,
        -busy - 0.02 * np.abs(mean - 0.5),
    )
    found = []
    for score in scores:
        where = np.where(allowed, score, -np.inf)
        if not np.isfinite(where).any():
            where = score
        y, x = np.unravel_index(int(np.argmax(where)), where.shape)
        found.append(Spot((float(x) + 0.5) * size[0] / width, (float(y) + 0.5) * size[1] / height))
        top, left = max(0, int(y - 2 * reach)), max(0, int(x - 2 * reach))
        if allowed[:, :].sum() > (4 * reach) ** 2 * 1.5:
            allowed[top : int(y + 2 * reach) + 1, left : int(x + 2 * reach) + 1] = False
    return found


class Loupe(QWidget):
    """One place at 1:1: left half before, right half after. A click brings the canvas there."""

    clicked = pyqtSignal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setAccessibleName(tr("{name}, at 1:1").format(name=name))
        self.setToolTip(tr("{name} at 1:1, before and after. Click to go there.").format(name=name))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(HEIGHT)
        self.spot: Spot | None = None
        self.before: Layer | None = None
        self.after: list[Layer] = []

    def sizeHint(self) -> QSize:
        """Wide enough for a detail on either side."""
        return QSize(SIDE * 2, HEIGHT)

    def show_layers(self, before: Layer | None, after: list[Layer], spot: Spot | None) -> None:
        """What to show, and where."""
        self.before, self.after, self.spot = before, after, spot
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Both halves, a line between, the name."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("canvas"))
        if self.before is None or self.spot is None:
            return
        ratio = self.devicePixelRatioF()
        port = (round(self.width() * ratio), round(self.height() * ratio))
        half = (port[0] // 2, port[1]) if self.after else port
        photo = (self.before.area[2], self.before.area[3])
        view = View(photo, half, 1.0).at(self.spot.x, self.spot.y)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        for left, layers in ((0, [self.before]), (half[0], [self.before, *self.after])):
            if left and not self.after:
                break
            painter.save()
            painter.setClipRect(QRect(left, 0, *half))
            for layer in layers:
                draw_layer(painter, layer, view, left)
            painter.restore()
        painter.restore()
        if self.after:
            painter.setPen(QPen(QColor(255, 255, 255, 200), 1))
            painter.drawLine(QPointF(self.width() / 2, 0), QPointF(self.width() / 2, self.height()))
        self._write(painter)

    def _write(self, painter: QPainter) -> None:
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        box = QRectF(
            6,
            self.height() - metrics.height() - 10,
            metrics.horizontalAdvance(self.name) + 14,
            metrics.height() + 4,
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 140))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255, 235))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.name)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Go there."""
        if event is not None and self.spot is not None:
            self.clicked.emit(self.spot.x, self.spot.y)


class Loupes(QWidget):
    """The three beside each other."""

    clicked = pyqtSignal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 3, 0, 0)
        row.setSpacing(3)
        self.loupes = [Loupe(tr(kind)) for kind in KINDS]
        for loupe in self.loupes:
            loupe.clicked.connect(self.clicked)
            row.addWidget(loupe)

    def show_layers(self, before: Layer | None, after: list[Layer], places: list[Spot]) -> None:
        """What to show; no places: empty."""
        for index, loupe in enumerate(self.loupes):
            loupe.show_layers(before, after, places[index] if index < len(places) else None)
