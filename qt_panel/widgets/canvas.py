"""The canvas: the photo, before and after, at any zoom. Knows layers and a view, not the session."""

from __future__ import annotations

from enum import StrEnum

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from qt_panel.item import Layer
from qt_panel.texts import tr
from qt_panel.theme import colour
from qt_panel.view import View
from qt_panel.widgets.paint import draw_layer
from qt_panel.widgets.tools import Tool, Tools

GRIP = 9
HANDLE = 16
MARGIN = 10
STEP = 0.02
CLICK = 4


class Compare(StrEnum):
    """How before and after are shown."""

    SPLIT = "split"
    SIDES = "sides"
    AFTER = "after"
    BEFORE = "before"


class Canvas(QWidget):
    """Shows `before` and, where there is one, `after` (layers over each other, the last on top).

    `moved`: the view changed. `pointed(x, y)`: photo px under the pointer, −1 outside. Split handle: drag, click
    elsewhere on the photo to bring it there, Alt + arrow keys; it never leaves the widget.
    """

    moved = pyqtSignal()
    pointed = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Photo"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.before: Layer | None = None
        self.after: list[Layer] = []
        self.overlay: Layer | None = None
        self.overlay_opacity = 0.75
        self.compare = Compare.SPLIT
        self.split = 0.5
        self.view = View((1, 1), (1, 1))
        self.fitting = True
        self.held_before = False
        self.tools = Tools(self)
        self._pressed: QPointF | None = None
        self._moving = ""
        self._last = QPointF()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_layers(self, before: Layer | None, after: list[Layer]) -> None:
        """Show these; the view stays unless the photo's size changed."""
        self.before, self.after = before, after
        size = (before.area[2], before.area[3]) if before is not None else (1, 1)
        if size != self.view.photo:
            self.view = View(size, self.port)
            self.fitting = True
            self.tools.clear()
        if self.fitting:
            self.fit()
        self.update()

    def show_overlay(self, layer: Layer | None) -> None:
        """A map over the photo, or none."""
        self.overlay = layer
        self.update()

    def set_compare(self, compare: Compare) -> None:
        """Split, side by side, only after, only before."""
        self.compare = compare
        self._changed(self.view.resized(self.port))

    def hold_before(self, held: bool) -> None:
        """The photo as it was, for as long as a key is held."""
        if held != self.held_before:
            self.held_before = held
            self.update()

    # -- the view ------------------------------------------------------------------------------------------------------

    @property
    def port(self) -> tuple[int, int]:
        """The viewport in device px: half the widget when side by side."""
        ratio = self.devicePixelRatioF()
        width = self.width() / 2 if self._beside() else self.width()
        return max(1, round(width * ratio)), max(1, round(self.height() * ratio))

    def fit(self) -> None:
        """All of the photo."""
        self.fitting = True
        margin = round(MARGIN * self.devicePixelRatioF())
        self._changed(View.fitted(self.view.photo, self.port, margin), True)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """`zoom` device px a photo px, around a place of the widget or the middle."""
        spot = self._spot(at) if at is not None else (self.view.port[0] / 2, self.view.port[1] / 2)
        self._changed(self.view.zoomed(zoom, spot))

    def look_at(self, x: float, y: float, zoom: float = 1.0) -> None:
        """Bring a point of the photo into the middle, at 1:1 unless told otherwise."""
        middle = (self.view.port[0] / 2, self.view.port[1] / 2)
        self._changed(self.view.zoomed(zoom, middle).at(x, y))

    def photo_at(self, position: QPointF) -> tuple[float, float]:
        """Photo px under a place of the widget."""
        return self.view.to_photo(*self._spot(position))

    def set_split(self, share: float) -> None:
        """Where the handle stands, 0–1 of the width; it always stays reachable."""
        self.split = min(1.0, max(0.0, share))
        self.update()

    @property
    def handle_x(self) -> float:
        """The handle's place in widget px, never nearer to the edge than its own radius."""
        return min(max(self.split * self.width(), HANDLE / 2 + 1), self.width() - HANDLE / 2 - 1)

    def _beside(self) -> bool:
        return self.compare is Compare.SIDES and bool(self.after)

    def _spot(self, position: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        x = position.x()
        if self._beside() and x >= self.width() / 2:
            x -= self.width() / 2
        return x * ratio, position.y() * ratio

    def _changed(self, view: View, fitting: bool = False) -> None:
        self.view, self.fitting = view, fitting
        self.update()
        self.moved.emit()

    # -- painting ------------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Backdrop, photo, handle, tools."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("canvas"))
        if self.before is None:
            return
        ratio = self.devicePixelRatioF()
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        if self._beside():
            self._half(painter, [self.before], 0)
            self._half(painter, [self.before, *self.after], self.view.port[0])
        else:
            self._pictures(painter, ratio)
        painter.restore()
        if self._splits():
            self._paint_handle(painter)
        if self.after and self._beside():
            painter.fillRect(QRect(self.width() // 2, 0, 1, self.height()), colour("line"))
        self._captions(painter)
        self.tools.paint(painter)

    def _splits(self) -> bool:
        return self.compare is Compare.SPLIT and bool(self.after) and not self.held_before

    def _pictures(self, painter: QPainter, ratio: float) -> None:
        assert self.before is not None  # noqa: S101
        draw_layer(painter, self.before, self.view)
        if not self.after or self.held_before or self.compare is Compare.BEFORE:
            return
        painter.save()
        if self._splits():
            at = round(self.handle_x * ratio)
            painter.setClipRect(QRect(at, 0, max(0, self.view.port[0] - at), self.view.port[1]))
        for layer in self.after:
            draw_layer(painter, layer, self.view)
        self._draw_overlay(painter)
        painter.restore()

    def _half(self, painter: QPainter, layers: list[Layer], left: int) -> None:
        painter.save()
        painter.setClipRect(QRect(left, 0, *self.view.port))
        for layer in layers[:1] if self.held_before else layers:
            draw_layer(painter, layer, self.view, left)
        if left:
            self._draw_overlay(painter, left)
        painter.restore()

    def _draw_overlay(self, painter: QPainter, left: int = 0) -> None:
        if self.overlay is not None:
            painter.setOpacity(self.overlay_opacity)
            draw_layer(painter, self.overlay, self.view, left)
            painter.setOpacity(1.0)

    def _paint_handle(self, painter: QPainter) -> None:
        x, middle = self.handle_x, self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 90), 3))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(QPen(QColor(255, 255, 255, 230), 1.2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setBrush(QColor(250, 250, 250, 235))
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.drawEllipse(QPointF(x, middle), HANDLE / 2 + 3, HANDLE / 2 + 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(60, 60, 60))
        for side in (-1, 1):
            tip, base = x + side * 7, x + side * 3
            arrow = [QPointF(tip, middle), QPointF(base, middle - 4), QPointF(base, middle + 4)]
            painter.drawPolygon(QPolygonF(arrow))

    def _captions(self, painter: QPainter) -> None:
        """Which side is which, where both are seen."""
        if not self.after:
            return
        if self.held_before or self.compare is Compare.BEFORE:
            self._caption(painter, 0, tr("Before"), Qt.AlignmentFlag.AlignLeft)
        elif self._beside() or self._splits():
            self._caption(painter, 0, tr("Before"), Qt.AlignmentFlag.AlignLeft)
            self._caption(painter, 0, tr("After"), Qt.AlignmentFlag.AlignRight)
        else:
            self._caption(painter, 0, tr("After"), Qt.AlignmentFlag.AlignRight)

    def _caption(self, painter: QPainter, _left: int, text: str, side: Qt.AlignmentFlag) -> None:
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 16, metrics.height() + 6
        x = 12 if side == Qt.AlignmentFlag.AlignLeft else self.width() - width - 12
        box = QRectF(x, 12, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 130))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setPen(QColor(255, 255, 255, 235))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # -- input ---------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Handle, tool, or the photo itself."""
        if event is None or self.before is None:
            return
        position = event.position()
        self._pressed, self._last = position, position
        middle_button = event.button() == Qt.MouseButton.MiddleButton
        if self._on_handle(position) and not middle_button:
            self._moving = "handle"
        elif self.tools.tool is not Tool.NONE and not middle_button:
            self._moving = "tool"
            self.tools.press(self.photo_at(position), event.button(), event.modifiers())
        else:
            self._moving = "photo"
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag what was taken; else say where the pointer is."""
        if event is None:
            return
        position = event.position()
        if self._moving == "handle":
            self.set_split(position.x() / max(1, self.width()))
        elif self._moving == "tool":
            self.tools.drag(self.photo_at(position))
        elif self._moving == "photo" and self._pressed is not None:
            ratio = self.devicePixelRatioF()
            by = position - self._last
            if self._dragged(position):
                self._changed(self.view.moved(by.x() * ratio, by.y() * ratio))
        self._last = position
        self._point(position)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End of the drag; a mere click brings the handle."""
        if event is None:
            return
        position = event.position()
        if self._moving == "tool":
            self.tools.release(self.photo_at(position))
        elif self._moving == "photo" and self._splits() and not self._dragged(position):
            self.set_split(position.x() / max(1, self.width()))
        self._moving, self._pressed = "", None
        self._shape(position)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Between Fit and 1:1 at that place."""
        if event is not None and self.tools.tool is Tool.NONE and not self._on_handle(event.position()):
            if self.fitting:
                self.zoom_to(1.0, event.position())
            else:
                self.fit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom to the pointer."""
        if event is not None and self.before is not None:
            factor = 2 ** (event.angleDelta().y() / 240)
            self.zoom_to(self.view.zoom * factor, event.position())
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows move the photo; with Alt they move the handle; the space bar shows the photo as it was."""
        if event is None:
            return
        ways = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        way = ways.get(Qt.Key(event.key())) if event.key() in ways else None
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_before(True)
        elif way is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.set_split(self.split - way[0] * STEP)
        elif way is not None:
            self._changed(self.view.moved(way[0] * self.view.port[0] / 8, way[1] * self.view.port[1] / 8))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """The space bar is let go."""
        if event is not None and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.hold_before(False)
        elif event is not None:
            super().keyReleaseEvent(event)

    def leaveEvent(self, _event: QEvent | None) -> None:
        """The pointer is elsewhere."""
        self.pointed.emit(-1, -1)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Keep the middle, or keep fitting."""
        if self.fitting:
            self.fit()
        else:
            self._changed(self.view.resized(self.port))

    def _dragged(self, position: QPointF) -> bool:
        if self._pressed is None:
            return False
        if self._moving == "photo" and (position - self._pressed).manhattanLength() > CLICK:
            self._pressed = QPointF(-1e6, -1e6)
        return (position - self._pressed).manhattanLength() > CLICK

    def _on_handle(self, position: QPointF) -> bool:
        return self._splits() and abs(position.x() - self.handle_x) <= GRIP

    def _shape(self, position: QPointF) -> None:
        if self._on_handle(position):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self.tools.tool is not Tool.NONE:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.setCursor(
                Qt.CursorShape.OpenHandCursor if self._moving != "photo" else Qt.CursorShape.ClosedHandCursor
            )

    def _point(self, position: QPointF) -> None:
        self._shape(position)
        x, y = self.photo_at(position)
        inside = 0 <= x < self.view.photo[0] and 0 <= y < self.view.photo[1] and self.before is not None
        self.pointed.emit(int(x) if inside else -1, int(y) if inside else -1)

    def place_of(self, x: float, y: float) -> QPoint:
        """The widget's px of a photo point (for tests and pickers)."""
        ratio = self.devicePixelRatioF()
        sx, sy = self.view.to_screen(x, y)
        return QPoint(round(sx / ratio), round(sy / ratio))
