"""What only the guided solver takes: the prior, and the degradation as the prior encodes it, automatic or pinned."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from qt_panel.item import Item
from qt_panel.texts import tr
from qt_panel.widgets.parts import Fold, label, wheel_with_focus
from qt_panel.widgets.physical import ParameterRow
from upzeroir_plugin.parameters import LATENT, Entry

EMBEDDED = "embedded"


class LatentRow(ParameterRow):
    """A row of `LATENT`; there is a value only when it was told, or a run has measured it."""

    def show_values(self, told: float | None, found: float | None) -> None:
        """What the user pinned, and what the last run measured; nobody is told."""
        value = found if told is None else told
        at = self.row.neutral if value is None else value
        self.show_entry(Entry(at, at, at, 1.0, told is not None))
        self.pin.setEnabled(value is not None)
        self.spin.setSpecialValueText("" if value is not None else tr("automatic"))
        if value is None:
            self.spin.blockSignals(True)
            self.spin.setValue(self.row.low)  # where the special text stands
            self.spin.blockSignals(False)
        start = (self.row.neutral - self.row.low) or self.row.step
        self.spin.setSingleStep(self.row.step if value is not None else start)
        if told is None:
            self.say(tr("measured when it runs") if found is None else tr("measured by the last run"))


class Priors(QComboBox):
    """`chosen(name)`; the wheel scrolls the panel unless it has the focus."""

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Prior"))
        self.setToolTip(
            tr("What photos are taken to look like. More are added by the command upzeroir prior.")
        )
        self.activated.connect(lambda index: self.chosen.emit(str(self.itemData(index))))

    def show_names(self, names: list[str], chosen: str) -> None:
        """The service's, and the one in use even if it is not there any more; nobody is told."""
        wanted = [*names, *({chosen} - {*names, ""})]
        if wanted != [self.itemData(index) for index in range(self.count())]:
            self.clear()
            for name in wanted:
                self.addItem(tr("Embedded") if name == EMBEDDED else name, name)
        self.setCurrentIndex(max(0, self.findData(chosen)))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Only with the focus."""
        wheel_with_focus(self, event, super().wheelEvent)


class Guided(Fold):
    """`edited(name, value)` pins, `released(name)`: automatic again, `chosen(prior)`; hidden with another effort."""

    edited = pyqtSignal(str, float)
    released = pyqtSignal(str)
    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Guided"), QWidget(), True, parent)
        self.priors, self.choice = Priors(), QWidget()
        self.priors.chosen.connect(self.chosen)
        line = QHBoxLayout(self.choice)
        line.setContentsMargins(0, 4, 0, 4)
        line.addWidget(label(tr("Prior")))
        line.addWidget(self.priors, 1)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(14, 0, 0, 6)
        column.setSpacing(2)
        column.addWidget(self.choice)
        self.rows = {name: LatentRow(row) for name, row in LATENT.items()}
        for row in self.rows.values():
            row.edited.connect(self.edited)
            row.released.connect(self.released)
            column.addWidget(row)

    def show_item(self, item: Item, priors: list[str]) -> None:
        """As set for the photo, and as measured by its last run; `priors`: the names that the service knows."""
        settings, result = item.settings, item.result
        self.setVisible(settings.effort == "guided")
        self.priors.show_names(priors, settings.prior)
        self.choice.setVisible(self.priors.count() > 1)
        measured = (result.about.get("quality") or {}) if result is not None else {}
        for name, row in self.rows.items():
            free = result is not None and name not in result.settings.latent
            row.show_values(settings.latent.get(name), measured.get(name) if free else None)
