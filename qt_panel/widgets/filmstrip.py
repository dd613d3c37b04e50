"""The queue: a strip of thumbnails with each photo's state, and what can be done with all of them."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from qt_panel.item import Item, Status
from qt_panel.texts import N_, tr
from qt_panel.theme import colour
from qt_panel.widgets.paint import pixmap_of
from qt_panel.widgets.parts import button, label

CELL = QSize(124, 104)
WORDS = {
    Status.NEW: N_("not looked at yet"),
    Status.LOOKING: N_("looking…"),
    Status.READY: N_("ready"),
    Status.WAITING: N_("waiting"),
    Status.RUNNING: N_("restoring"),
    Status.DONE: N_("restored"),
    Status.SAVED: N_("saved"),
    Status.FAILED: N_("failed"),
}
COLOURS = {
    Status.RUNNING: "accent", Status.DONE: "good", Status.SAVED: "good", Status.FAILED: "bad", Status.WAITING: "warn",
}  # fmt: skip
ROLE = Qt.ItemDataRole.UserRole


class Cell(QStyledItemDelegate):
    """A thumbnail, its name, and a dot with its state."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """All alike."""
        return CELL

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one."""
        item: Item | None = index.data(ROLE)
        if painter is None or item is None:
            return
        painter.save()
        box = QRectF(option.rect).adjusted(3, 3, -3, -3)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(colour("accent") if chosen else Qt.PenStyle.NoPen)
        painter.setBrush(colour("field"))
        painter.drawRoundedRect(box, 5, 5)
        if item.thumbnail is not None:
            pixmap = pixmap_of(item.thumbnail)
            room = box.adjusted(4, 4, -4, -36)
            scale = min(room.width() / pixmap.width(), room.height() / pixmap.height())
            size = pixmap.width() * scale, pixmap.height() * scale
            place = QRectF(room.center().x() - size[0] / 2, room.center().y() - size[1] / 2, *size)
            painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        painter.setPen(colour("text"))
        line = box.adjusted(6, box.height() - 34, -6, -17)
        name = metrics.elidedText(item.name, Qt.TextElideMode.ElideMiddle, int(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setBrush(colour(COLOURS.get(item.status, "dim")))
        painter.setPen(QColor(0, 0, 0, 0))
        painter.drawEllipse(QRectF(box.left() + 7, box.bottom() - 13, 7, 7))
        painter.setPen(colour("dim"))
        painter.drawText(
            box.adjusted(19, box.height() - 18, -6, -2), Qt.AlignmentFlag.AlignVCenter, state(item)
        )
        painter.restore()


def state(item: Item) -> str:
    """In words; a running photo with its share."""
    if item.status is Status.RUNNING and item.progress is not None and item.progress.done > 0:
        return f"{tr(WORDS[item.status])} {100 * item.progress.done:.0f} %"
    return tr(WORDS[item.status])


class Strip(QListWidget):
    """Thumbnails; several may be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Photos"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setFixedHeight(CELL.height() + 16)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(Cell(self))


class Filmstrip(QWidget):
    """`chosen(item)`; `start(items)`, `pause(bool)`, `retry`, `sync(bool)` are asked for."""

    chosen = pyqtSignal(object)
    start = pyqtSignal(list)
    pause = pyqtSignal(bool)
    retry = pyqtSignal()
    stop = pyqtSignal()
    sync = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = Strip()
        self.go = button(tr("Restore all…"), "", tr("Restore and write all of these photos"))
        self.pausing = button(tr("Pause"))
        self.pausing.setCheckable(True)
        self.retrying = button(tr("Retry failed"))
        self.stopping = button(tr("Stop"))
        self.syncing = QCheckBox(tr("Set chosen photos together"))
        self.syncing.setToolTip(tr("What you set for one is set for all chosen photos"))
        self.counts = label("", "dim")
        self._cells: dict[Item, QListWidgetItem] = {}
        self._lay_out()
        self.strip.currentItemChanged.connect(self._current)
        self.go.clicked.connect(lambda: self.start.emit(self.selected() if len(self.selected()) > 1 else []))
        self.pausing.clicked.connect(self.pause)
        self.retrying.clicked.connect(self.retry)
        self.stopping.clicked.connect(self.stop)
        self.syncing.toggled.connect(self.sync)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 10, 4)
        row.setSpacing(8)
        row.addWidget(self.counts)
        row.addStretch(1)
        for made in (self.syncing, self.retrying, self.pausing, self.stopping, self.go):
            row.addWidget(made)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.strip)

    def selected(self) -> list[Item]:
        """The chosen photos, in order."""
        return [item for item, cell in self._cells.items() if cell.isSelected()]

    def show_items(self, items: list[Item], current: Item | None) -> None:
        """All photos of the session. What is chosen stays, unless the present photo is not among it.

        Called in the middle of a click, too: there, the strip has moved to the photo and is about to choose it.
        """
        before = self.selected()
        self.strip.blockSignals(True)
        wanted = set(items)
        closed = [item for item in self._cells if item not in wanted]
        for gone in closed:
            self.strip.takeItem(self.strip.row(self._cells.pop(gone)))
        for item in items:
            if item not in self._cells:
                cell = QListWidgetItem()
                cell.setData(ROLE, item)
                self.strip.addItem(cell)
                self._cells[item] = cell
            self.show_item(item)
        there = self._cells.get(current) if current is not None else None
        lost = bool(closed) and not self.selected()
        if there is not None and (lost or there is not self.strip.currentItem()):
            kept = QItemSelectionModel.SelectionFlag.NoUpdate
            alone = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.strip.setCurrentItem(there, kept if there.isSelected() else alone)
        self.strip.blockSignals(False)
        if self.selected() != before:
            self.strip.itemSelectionChanged.emit()

    def show_item(self, item: Item) -> None:
        """One photo's state."""
        cell = self._cells.get(item)
        if cell is not None:
            said = f"{item.name}: {state(item)}"
            cell.setData(Qt.ItemDataRole.AccessibleTextRole, said)
            cell.setToolTip(f"{said}\n{item.problem}" if item.problem is not None else said)
            self.strip.update(self.strip.indexFromItem(cell))

    def show_queue(self, done: int, failed: int, total: int, active: bool, paused: bool) -> None:
        """How the batch goes."""
        said = tr("{n} photos").format(n=len(self._cells))
        if total:
            said += " · " + tr("{n} of {m} done").format(n=done, m=total)
        if failed:
            said += " · " + tr("{n} failed").format(n=failed)
        self.counts.setText(said)
        self.pausing.setVisible(active)
        self.pausing.setChecked(paused)
        self.pausing.setText(tr("Go on") if paused else tr("Pause"))
        self.stopping.setVisible(active)
        self.retrying.setVisible(failed > 0 and not active)
        self.go.setEnabled(not active)

    def _current(self, cell: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if cell is not None:
            self.chosen.emit(cell.data(ROLE))
