"""Painting arrays: no copy of a picture is made to show a part of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QImage, QPainter, QPixmap

from qt_panel.item import Layer
from qt_panel.picture import Pixels
from qt_panel.view import View


def image_of(pixels: Pixels) -> QImage:
    """(h, w, 3) uint8, rows of any stride, as a QImage that shares its memory: keep the array while it is used."""
    height, width = pixels.shape[:2]
    address = int(pixels.__array_interface__["data"][0])
    memory: Any = sip.voidptr(address, pixels.strides[0] * height)
    return QImage(memory, width, height, pixels.strides[0], QImage.Format.Format_RGB888)


def pixmap_of(pixels: Pixels) -> QPixmap:
    """A pixmap of its own."""
    whole = np.ascontiguousarray(pixels)
    return QPixmap.fromImage(image_of(whole).copy())


def tinted(levels: Pixels, table: NDArray[np.uint8]) -> Pixels:
    """Grey levels (h, w) through a colour table (256, 3)."""
    return np.ascontiguousarray(table[levels])


def draw_layer(painter: QPainter, layer: Layer, view: View, left: float = 0.0) -> None:
    """Paint what `view` shows of a layer; device px, `left`: where the viewport begins.

    Takes the coarsest level that has a px for each px of the screen, and of it only the part that is seen.
    """
    x, y, w, h = layer.area
    seen = view.visible()
    x0, y0 = max(x, seen[0] - 1), max(y, seen[1] - 1)
    x1, y1 = min(x + w, seen[0] + seen[2] + 1), min(y + h, seen[1] + seen[3] + 1)
    if x1 <= x0 or y1 <= y0:
        return
    level, shrunk = layer.picture.level(view.zoom / layer.scale)
    across, down = level.shape[1] / w, level.shape[0] / h
    i0, j0 = int((x0 - x) * across), int((y0 - y) * down)
    i1 = min(level.shape[1], int((x1 - x) * across) + 2)
    j1 = min(level.shape[0], int((y1 - y) * down) + 2)
    if i1 <= i0 or j1 <= j0:
        return
    part = level[j0:j1, i0:i1]
    sx0, sy0 = view.to_screen(x + i0 / across, y + j0 / down)
    sx1, sy1 = view.to_screen(x + i1 / across, y + j1 / down)
    smooth = view.zoom / (layer.scale * shrunk) < 1.999
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(QRectF(sx0 + left, sy0, sx1 - sx0, sy1 - sy0), image_of(part))
