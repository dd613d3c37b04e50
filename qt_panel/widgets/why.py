"""Why views: what was measured, one for each group that has something to show."""

from __future__ import annotations

import base64
import binascii
import io
import math
from typing import Any

import numpy as np
from PIL import Image
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from qt_panel.item import Item
from qt_panel.picture import Pixels
from qt_panel.texts import tr
from qt_panel.widgets.charts import Histogram, Line, NoiseChart, Picture
from qt_panel.widgets.parts import label
from upzeroir_plugin.parameters import ParameterVector

FIRST_QUALITY = 2


class Why:
    """`views`: a widget a group, shown only where there is evidence."""

    def __init__(self) -> None:
        self.noise = NoiseChart(tr("Measured noise and its fit"), tr("brightness"), tr("noise"))
        self.histogram = Histogram(tr("Histogram with its target"), tr("brightness"))
        self.kernel = Picture(tr("How a point of light is smeared"), smooth=False)
        self.transmission = Picture(tr("How much of the light gets through the haze"), smooth=True)
        self.jpeg = Line(tr("How well each JPEG quality explains the photo"), tr("JPEG quality"))
        self.views: dict[str, QWidget] = {
            "noise": _titled(self.noise, tr("Dots: measured. Line: what the values above make of it.")),
            "light": _titled(self.histogram, tr("Grey: as it is. Line: as it will be.")),
            "blur": _titled(self.kernel, tr("A point of light, as this photo shows it.")),
            "haze": _titled(self.transmission, tr("Bright: clear air. Dark: haze. Beside it: its colour.")),
            "jpeg": _titled(self.jpeg, tr("The peak is the coarsest compression in the photo's history.")),
        }

    def show_item(self, item: Item | None) -> None:
        """What was measured in a photo."""
        evidence: dict[str, Any] = item.estimate.get("evidence", {}) if item is not None else {}
        theta = item.settings.theta if item is not None else ParameterVector()
        maps = item.estimate.get("maps", {}) if item is not None else {}
        bins = (evidence.get("noise") or {}).get("bins") or []
        self.noise.show_bins(bins)
        self.views["noise"].setVisible(bool(bins))
        light = evidence.get("light") or {}
        histogram = evidence.get("histogram") or {}
        found = light.get("histogram") or histogram.get("found") or []
        target = light.get("target") or histogram.get("target") or []
        self.histogram.show_bins(found, target)
        self.views["light"].setVisible(bool(found))
        kernel = kernel_picture((evidence.get("blur") or {}).get("kernel"))
        self.kernel.show_picture(kernel)
        self.views["blur"].setVisible(kernel is not None)
        self._show_haze(maps.get("depth"), theta)
        scores = [float(s) for s in (evidence.get("jpeg") or {}).get("scores") or [] if s is not None]
        mark = (theta["jpeg.quality"] - FIRST_QUALITY) / max(1, len(scores) - 1)
        self.jpeg.show_values(scores, mark if 0 <= mark <= 1 else None)
        self.views["jpeg"].setVisible(len(scores) > 2)

    def _show_haze(self, depth: dict[str, Any] | None, theta: ParameterVector) -> None:
        swatch = tuple(round(255 * theta[f"haze.{name}"]) for name in ("red", "green", "blue"))
        picture = transmission(depth, theta["haze.depth"])
        self.transmission.show_picture(picture, (swatch[0], swatch[1], swatch[2]))
        self.views["haze"].setVisible(picture is not None and theta["haze.depth"] > 0)


def kernel_picture(kernel: Any) -> Pixels | None:
    """A point spread function as grey levels, its peak white; None for a single point."""
    try:
        grid = np.asarray(kernel, np.float32)
    except (TypeError, ValueError):
        return None
    if grid.ndim != 2 or grid.size <= 1 or not np.isfinite(grid).all() or grid.max() <= 0:
        return None
    levels: Pixels = (np.sqrt(grid.clip(0) / grid.max()) * 255).astype(np.uint8)
    return levels


def transmission(depth: dict[str, Any] | None, mean: float) -> Pixels | None:
    """T = exp(−mean · depth) as grey levels, from the service's depth map (PNG between `low` and `high`)."""
    if not depth:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(depth["png"]))) as picture:
            levels = np.asarray(picture.convert("L"), np.float32) / 255
        low, high = float(depth["low"]), float(depth["high"])
    except (KeyError, TypeError, ValueError, OSError, binascii.Error):
        return None
    through = np.exp(-mean * (low + levels * (high - low)))
    if not math.isfinite(float(through.sum())):
        return None
    shown: Pixels = (through.clip(0, 1) * 255).astype(np.uint8)
    return shown


def _titled(widget: QWidget, text: str) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 6, 0, 6)
    column.setSpacing(3)
    column.addWidget(widget)
    column.addWidget(label(text, "dim", True))
    return made
