"""The right-hand side: the sentence, the rows, Restore; what is more folds out below."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from qt_panel.item import Item, Layer, Status
from qt_panel.session import Session
from qt_panel.texts import sentence, tr
from qt_panel.widgets.charts import Histogram
from qt_panel.widgets.guided import Guided
from qt_panel.widgets.parts import Choice, Fold, Slider, label, line
from qt_panel.widgets.physical import Physical
from qt_panel.widgets.readings import Readings
from qt_panel.widgets.rows import Rows
from qt_panel.widgets.runbar import RunBar
from qt_panel.widgets.why import Why

WIDTH = 372


class Sidebar(QFrame):
    """Shows the session's present photo and passes on what is asked for."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("side")
        self.setFixedWidth(WIDTH)
        self.sentence = label("", "sentence", True)
        self.sentence.setAccessibleName(tr("What is wrong"))
        self.about = label("", "dim", True)
        self.readings = Readings()
        self.rows = Rows()
        self.why = Why()
        self.physical = Physical(self.why.views)
        self.histogram = Histogram(tr("Histogram of the photo and of the result"), tr("brightness"))
        self.guided = Guided()
        self.physical.column.addWidget(self.guided)
        self.details = Fold(tr("Details"), self.physical)
        self.tones = Fold(tr("Histogram"), self.histogram, opened=True)
        self.run = RunBar()
        self.effort = Choice(
            [
                ("fast", tr("Fast"), tr("Seconds to a minute: right for most photos")),
                ("thorough", tr("Thorough"), tr("Many more passes, for the hardest photos")),
                ("guided", tr("Guided"), tr("The paper's method: slow, for photos of at most one megapixel")),
            ],
            tr("Effort"),
        )
        self.strength = Slider(tr("Strength"))
        self.strength.setRange(0, 100)
        self.strength.setToolTip(tr("Blend of the whole result with the original"))
        self.share = label("100 %", "dim")
        self.body = QVBoxLayout()
        self._lay_out()
        self._connect()
        self.show_item(None)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("sideBody")
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(18, 16, 18, 16)
        self.body.setSpacing(10)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.about)
        self.body.addSpacing(4)
        self.body.addWidget(self.readings)
        self.body.addWidget(self.rows)
        self.body.addWidget(line())
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.addWidget(label(tr("Effort")), 0, 0)
        grid.addWidget(self.effort, 0, 1, 1, 2)
        grid.addWidget(label(tr("Strength")), 1, 0)
        grid.addWidget(self.strength, 1, 1)
        self.share.setMinimumWidth(44)
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.share, 1, 2)
        grid.setColumnStretch(1, 1)
        self.presets = QToolButton()
        self.presets.setText(tr("Presets"))
        self.presets.setAccessibleName(tr("Presets"))
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        grid.addWidget(self.presets, 2, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(grid)
        self.body.addWidget(line())
        self.body.addWidget(self.tones)
        self.body.addWidget(self.details)
        self.body.addStretch(1)
        area = self.pane = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        foot = QWidget()
        foot.setObjectName("sideBody")
        low = QVBoxLayout(foot)
        low.setContentsMargins(18, 12, 18, 16)
        low.addWidget(self.run)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)
        column.addWidget(line())
        column.addWidget(foot)

    def _connect(self) -> None:
        session = self.session
        self.rows.switched.connect(session.switch)
        self.rows.changed.connect(session.set_amount)
        self.effort.chosen.connect(session.set_effort)
        self.strength.valueChanged.connect(self._strong)
        self.readings.chosen.connect(session.choose_reading)
        self.physical.edited.connect(lambda name, value: session.pin({name: value}))
        self.physical.released.connect(session.let_go)
        self.guided.edited.connect(lambda name, value: session.pin({name: value}))
        self.guided.released.connect(session.let_go)
        self.guided.chosen.connect(session.set_prior)
        session.backend.changed.connect(lambda: self._show_details(session.current))
        self.details.toggled.connect(lambda _: self._show_details(session.current))
        session.chosen.connect(self.show_item)
        session.changed.connect(self._news)
        self.run.restore.connect(lambda: session.restore())
        self.run.keep.connect(session.keep)
        self.run.cancel.connect(lambda: session.cancel())

    def _strong(self, value: int) -> None:
        self.share.setText(f"{value} %")
        self.session.set_strength(value / 100)

    def _news(self, item: Item, what: str) -> None:
        if item is self.session.current:
            if what in ("status", "found", "settings"):
                self.show_item(item)
            elif what in ("progress", "result", "mask"):
                self.run.show_item(item)
            elif what == "picture":
                self._show_tones(item)

    def _show_details(self, item: Item | None) -> None:
        """Only while they are unfolded: its many rows take their time."""
        if self.details.opened and item is not None:
            self.physical.show_theta(item.settings.theta)
            self.guided.show_item(item, self.session.backend.hello.get("priors", []))
            self.why.show_item(item)

    def _show_tones(self, item: Item | None) -> None:
        before = item.original if item is not None else None
        after = (item.draft or item.restored) if item is not None else None
        self.histogram.show_bins(tones(before), tones(after))

    def show_item(self, item: Item | None) -> None:
        """All of it."""
        known = item is not None and bool(item.estimate)
        self.rows.setEnabled(known)
        self.run.show_item(item)
        self.physical.setEnabled(known)
        self._show_details(item)
        self._show_tones(item)
        self.readings.show_readings(
            item.estimate.get("hypotheses", []) if item is not None else [],
            item.settings.reading if item is not None else "",
        )
        if item is None:
            self.sentence.setText(tr("Open a photo"))
            self.about.setText(tr("Drop one here, or press Ctrl+O."))
            return
        settings = item.settings
        self.rows.show_settings(settings, known)
        self.effort.show_choice(settings.effort)
        self.strength.blockSignals(True)
        if not self.strength.isSliderDown():
            self.strength.setValue(round(100 * settings.strength))
        self.strength.blockSignals(False)
        self.share.setText(f"{100 * settings.strength:.0f} %")
        self.sentence.setText(self._sentence(item))
        width, height = item.size
        size = f" · {width} × {height} px" if width else ""
        self.about.setText(f"{item.name}{size}")

    def _sentence(self, item: Item) -> str:
        if item.estimate:
            return sentence(item.settings.theta)
        if item.status is Status.FAILED and item.problem is not None:
            return tr("This photo could not be looked at.")
        return tr("Looking at the photo…")


def tones(layer: Layer | None) -> list[float]:
    """Shares of brightness in 64 bins, from the coarsest level."""
    if layer is None:
        return []
    small = layer.picture.small()[::2, ::2]
    luma = (small.astype(np.uint16) @ np.array([77, 150, 29], np.uint16)) >> 10
    counts = np.bincount(luma.ravel(), minlength=64)[:64]
    return [float(n) for n in counts / max(1, luma.size)]
