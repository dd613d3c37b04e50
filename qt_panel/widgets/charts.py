"""Small pictures that say why: painted by hand, in the theme's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from qt_panel.picture import Pixels
from qt_panel.theme import colour
from qt_panel.widgets.paint import image_of

HEIGHT = 120
LEFT, BOTTOM, TOP, RIGHT = 34, 20, 8, 6


class Chart(QWidget):
    """A field with axes; `_draw` paints in it."""

    def __init__(self, name: str, across: str = "", up: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.across, self.up = across, up
        self.setAccessibleName(name)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Low and wide."""
        return QSize(280, HEIGHT)

    @property
    def field(self) -> QRectF:
        """Where the curve goes."""
        return QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Axes, labels, content."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.8))
        painter.setFont(font)
        field = self.field
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("field"))
        painter.drawRoundedRect(field, 3, 3)
        painter.setPen(colour("dim"))
        metrics = QFontMetricsF(font)
        below = QRectF(LEFT, field.bottom() + 2, field.width(), BOTTOM)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.across)
        painter.save()
        painter.translate(metrics.height(), field.center().y())
        painter.rotate(-90)
        beside = QRectF(-field.height() / 2, -metrics.height(), field.height(), metrics.height())
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, self.up)
        painter.restore()
        painter.setClipRect(field)
        self._draw(painter, field)

    def _draw(self, painter: QPainter, field: QRectF) -> None:
        raise NotImplementedError


class NoiseChart(Chart):
    """Measured noise against brightness: points as measured, the line as fitted (standard deviations, 1/255)."""

    def __init__(self, name: str, across: str, up: str) -> None:
        super().__init__(name, across, up)
        self.points: list[tuple[float, float, float]] = []
        self.fit: list[tuple[float, float]] = []

    def show_bins(self, bins: Sequence[dict[str, float]]) -> None:
        """The service's bins: brightness 0–1, variance and fit in (1/255)², weight 0–1."""
        self.points = [
            (
                float(b["brightness"]),
                math.sqrt(max(0.0, float(b["variance"] or 0))),
                float(b.get("weight", 1.0)),
            )
            for b in bins
        ]
        self.fit = [(float(b["brightness"]), math.sqrt(max(0.0, float(b["fit"] or 0)))) for b in bins]
        self.update()

    def _draw(self, painter: QPainter, field: QRectF) -> None:
        if not self.points:
            return
        top = max(1.0, *(s for _, s, _ in self.points), *(s for _, s in self.fit)) * 1.15

        def at(brightness: float, sigma: float) -> QPointF:
            return QPointF(
                field.left() + brightness * field.width(), field.bottom() - sigma / top * field.height()
            )

        painter.setPen(QPen(colour("accent"), 2))
        painter.drawPolyline(QPolygonF([at(b, s) for b, s in sorted(self.fit)]))
        painter.setPen(Qt.PenStyle.NoPen)
        for brightness, sigma, weight in self.points:
            painter.setBrush(colour("text", 70 + round(185 * min(1.0, weight))))
            painter.drawEllipse(at(brightness, sigma), 3, 3)
        painter.setPen(colour("dim"))
        painter.drawText(field.adjusted(4, 2, -4, -2), Qt.AlignmentFlag.AlignRight, f"{top:.0f}/255")


class Histogram(Chart):
    """What was found, and what it is to become."""

    def __init__(self, name: str, across: str, up: str = "") -> None:
        super().__init__(name, across, up)
        self.found: list[float] = []
        self.target: list[float] = []

    def show_bins(self, found: Sequence[float], target: Sequence[float]) -> None:
        """Shares by brightness."""
        self.found, self.target = list(found), list(target)
        self.update()

    def _draw(self, painter: QPainter, field: QRectF) -> None:
        top = max([0.0, *sorted(self.found)[:-1], *sorted(self.target)[:-1]]) * 1.1 or 1.0
        for bins, name, filled in ((self.found, "dim", True), (self.target, "accent", False)):
            if not bins:
                continue
            points = [
                QPointF(
                    field.left() + (i + 0.5) / len(bins) * field.width(),
                    field.bottom() - min(1.0, math.sqrt(max(0.0, share) / top)) * field.height(),
                )
                for i, share in enumerate(bins)
            ]
            if filled:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour(name, 120))
                painter.drawPolygon(QPolygonF([field.bottomLeft(), *points, field.bottomRight()]))
            else:
                painter.setPen(QPen(colour(name), 1.6))
                painter.drawPolyline(QPolygonF(points))


class Line(Chart):
    """A curve over equally spaced places, with one of them marked."""

    def __init__(self, name: str, across: str, up: str = "") -> None:
        super().__init__(name, across, up)
        self.values: list[float] = []
        self.mark: float | None = None

    def show_values(self, values: Sequence[float], mark: float | None) -> None:
        """`mark`: 0–1 along the axis."""
        self.values, self.mark = list(values), mark
        self.update()

    def _draw(self, painter: QPainter, field: QRectF) -> None:
        if len(self.values) < 2:
            return
        low, high = min(self.values), max(self.values)
        span = max(high - low, 1e-9)
        points = [
            QPointF(
                field.left() + i / (len(self.values) - 1) * field.width(),
                field.bottom() - 3 - (value - low) / span * (field.height() - 6),
            )
            for i, value in enumerate(self.values)
        ]
        painter.setPen(QPen(colour("text"), 1.5))
        painter.drawPolyline(QPolygonF(points))
        if self.mark is not None:
            x = field.left() + self.mark * field.width()
            painter.setPen(QPen(colour("accent"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))


class Picture(QWidget):
    """A small picture with sharp pixels (a kernel) or smooth ones (a map), and a swatch of one colour if asked for."""

    def __init__(self, name: str, smooth: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.smooth = smooth
        self.pixels: Pixels | None = None
        self.swatch: tuple[int, int, int] | None = None
        self.setAccessibleName(name)
        self.setFixedHeight(HEIGHT)

    def show_picture(self, pixels: Pixels | None, swatch: tuple[int, int, int] | None = None) -> None:
        """(h, w) or (h, w, 3) uint8."""
        if pixels is not None and pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        self.pixels = None if pixels is None else np.ascontiguousarray(pixels)
        self.swatch = swatch
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """As large as fits."""
        painter = QPainter(self)
        width = 0.0
        if self.pixels is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
            image: QImage = image_of(self.pixels)
            scale = min(self.width() / image.width(), self.height() / image.height())
            width = image.width() * scale
            painter.drawImage(QRectF(0, 0, width, image.height() * scale), image)
        if self.swatch is not None and self.width() - width > 30:
            box = QRectF(width + 10, 0, min(56.0, self.width() - width - 12), 36)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colour("line"), 1))
            shade = colour("line")
            shade.setRgb(*self.swatch)
            painter.setBrush(shade)
            painter.drawRoundedRect(box, 4, 4)
