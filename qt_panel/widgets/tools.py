"""What a click on the photo means: pickers, rectangle, brush. Paints what it draws."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPen

from qt_panel.picture import Pixels
from qt_panel.theme import colour

if TYPE_CHECKING:
    from qt_panel.widgets.canvas import Canvas

MASK_SIDE = 1024
TINT = (230, 80, 60)
LEAST = 32
"""Photo px: a smaller rectangle says nothing."""


class Tool(StrEnum):
    """What the pointer does."""

    NONE = "none"
    GREY = "grey"
    AIRLIGHT = "airlight"
    NOISE = "noise"
    ESTIMATE = "estimate"
    RECTANGLE = "rectangle"
    BRUSH = "brush"


POINTS = (Tool.GREY, Tool.AIRLIGHT)
RECTANGLES = (Tool.NOISE, Tool.ESTIMATE, Tool.RECTANGLE)


class Tools(QObject):
    """`picked(tool, x, y)` and `drawn(tool, (x, y, w, h))` in photo px; `painted(mask)`: white = restore."""

    chosen = pyqtSignal(str)
    picked = pyqtSignal(str, int, int)
    drawn = pyqtSignal(str, tuple)
    painted = pyqtSignal(object)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.tool = Tool.NONE
        self.mask: Pixels | None = None
        self.brush = 60.0
        self._from: tuple[float, float] | None = None
        self._to: tuple[float, float] | None = None
        self._erase = False
        self._shade: QImage | None = None

    def choose(self, tool: Tool) -> None:
        """Use a tool from now on."""
        self.tool = tool
        self._from = self._to = None
        shape = Qt.CursorShape.OpenHandCursor if tool is Tool.NONE else Qt.CursorShape.CrossCursor
        self.canvas.setCursor(shape)
        self.canvas.update()
        self.chosen.emit(tool.value)

    def clear(self) -> None:
        """Another photo: no mask."""
        self.set_mask(None)

    def set_mask(self, mask: Pixels | None) -> None:
        """Show a mask, and draw on a copy of it; nobody is told."""
        self.mask, self._shade = (None if mask is None else mask.copy()), None
        self.canvas.update()

    def press(self, at: tuple[float, float], button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        """The button goes down at a photo point."""
        self._erase = button == Qt.MouseButton.RightButton or bool(keys & Qt.KeyboardModifier.AltModifier)
        self._from = self._to = at
        if self.tool is Tool.BRUSH:
            self._dab(at, at)

    def drag(self, at: tuple[float, float]) -> None:
        """The pointer moves with the button down."""
        if self._to is None:
            return
        if self.tool is Tool.BRUSH:
            self._dab(self._to, at)
        self._to = at
        self.canvas.update()

    def release(self, at: tuple[float, float]) -> None:
        """The button goes up."""
        if self._from is None:
            return
        if self.tool in POINTS:
            x, y = self._held(at)
            self.picked.emit(self.tool.value, int(x), int(y))
            self.choose(Tool.NONE)
        elif self.tool in RECTANGLES:
            self._to = at
            rect = self.rect()
            tool = self.tool
            self._from = self._to = None
            if rect is not None:
                if tool is Tool.RECTANGLE:
                    self._fill(rect)
                else:
                    self.drawn.emit(tool.value, rect)
                self.choose(Tool.NONE)
        elif self.tool is Tool.BRUSH:
            self.painted.emit(self.mask)
        self._from = self._to = None
        self.canvas.update()

    def rect(self) -> tuple[int, int, int, int] | None:
        """The rectangle being drawn, inside the photo, or None where it is too small to say anything."""
        if self._from is None or self._to is None:
            return None
        (ax, ay), (bx, by) = self._held(self._from), self._held(self._to)
        x, y, w, h = int(min(ax, bx)), int(min(ay, by)), int(abs(ax - bx)), int(abs(ay - by))
        return (x, y, w, h) if min(w, h) >= min(LEAST, *self.canvas.view.photo) else None

    def _held(self, at: tuple[float, float]) -> tuple[float, float]:
        width, height = self.canvas.view.photo
        return min(max(at[0], 0.0), width - 1.0), min(max(at[1], 0.0), height - 1.0)

    def _grid(self) -> tuple[Pixels, float]:
        width, height = self.canvas.view.photo
        scale = min(1.0, MASK_SIDE / max(width, height))
        if self.mask is None:
            self.mask = np.zeros((max(1, round(height * scale)), max(1, round(width * scale))), np.uint8)
        return self.mask, self.mask.shape[1] / width

    def _fill(self, rect: tuple[int, int, int, int]) -> None:
        mask, scale = self._grid()
        x, y, w, h = (round(v * scale) for v in rect)
        mask[y : y + max(1, h), x : x + max(1, w)] = 0 if self._erase else 255
        self._shade = None
        self.painted.emit(mask)

    def _dab(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A stroke with a soft edge; the brush is `brush` widget px wide at any zoom."""
        mask, scale = self._grid()
        radius = self.brush / 2 * self.canvas.devicePixelRatioF() / self.canvas.view.zoom * scale
        ax, ay, bx, by = (v * scale for v in (*start, *end))
        left, right = int(min(ax, bx) - radius - 2), int(max(ax, bx) + radius + 3)
        top, bottom = int(min(ay, by) - radius - 2), int(max(ay, by) + radius + 3)
        left, top = max(0, left), max(0, top)
        part = mask[top:bottom, left:right]
        if part.size == 0:
            return
        ys, xs = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(np.float32)
        length = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-9)
        along = (((xs - ax) * (bx - ax) + (ys - ay) * (by - ay)) / length).clip(0, 1)
        away = np.hypot(xs - ax - along * (bx - ax), ys - ay - along * (by - ay))
        soft = ((radius - away) / max(1.0, radius / 3)).clip(0, 1) * 255
        if self._erase:
            np.minimum(part, (255 - soft).astype(np.uint8), out=part)
        else:
            np.maximum(part, soft.astype(np.uint8), out=part)
        self._shade = None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The mask, and the rectangle being drawn."""
        if self.mask is not None:
            self._paint_mask(painter)
        if self._from is None or self._to is None or self.tool not in RECTANGLES:
            return
        box = self._box(*self._held(self._from), *self._held(self._to))
        painter.setPen(QPen(colour("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(colour("accent", 40))
        painter.drawRect(box)

    def _box(self, ax: float, ay: float, bx: float, by: float) -> QRectF:
        ratio, view = self.canvas.devicePixelRatioF(), self.canvas.view
        sx, sy = view.to_screen(ax, ay)
        ex, ey = view.to_screen(bx, by)
        return QRectF(QPointF(sx / ratio, sy / ratio), QPointF(ex / ratio, ey / ratio)).normalized()

    def _paint_mask(self, painter: QPainter) -> None:
        """What is left alone is tinted."""
        assert self.mask is not None  # noqa: S101
        if self._shade is None:
            height, width = self.mask.shape
            shade = np.zeros((height, width, 4), np.uint8)
            shade[..., :3] = TINT[::-1]
            shade[..., 3] = (255 - self.mask) // 3
            premultiplied = shade[..., :3].astype(np.uint16) * shade[..., 3:] // 255
            shade[..., :3] = premultiplied
            format_ = QImage.Format.Format_ARGB32_Premultiplied
            self._shade = QImage(shade.tobytes(), width, height, 4 * width, format_).copy()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.drawImage(self._box(0, 0, *self.canvas.view.photo), self._shade)
