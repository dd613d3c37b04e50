"""The session: photos, the present one, and everything that can be done to it. No widgets; signals say what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from qt_panel.backend import Backend
from qt_panel.background import Background
from qt_panel.files import pictures_in
from qt_panel.item import Item, Rect, Status
from qt_panel.loader import Loader, sent
from qt_panel.picture import Display
from qt_panel.previewer import Previewer
from qt_panel.problems import Problem, problem_of
from qt_panel.runs import Runs
from qt_panel.settings import Settings
from qt_panel.texts import tr
from upzeroir_plugin.parameters import GROUPS, LATENT, InvalidParameter, ParameterVector, parameter


class Session(QObject):
    """`changed(item, what)`: what is one of status, picture, found, settings, progress, result, maps, mask."""

    listed = pyqtSignal()
    chosen = pyqtSignal(object)
    changed = pyqtSignal(object, str)
    failed = pyqtSignal(object)
    told = pyqtSignal(str)

    def __init__(self, background: Background, backend: Backend, display: Display | None = None) -> None:
        super().__init__()
        self.background, self.backend = background, backend
        self.display = display or Display()
        self.items: list[Item] = []
        self.current: Item | None = None
        self.device = "auto"
        self.together: list[Item] = []
        self._steps = 0
        self.loader = Loader(self)
        self.runs = Runs(self)
        self.previewer = Previewer(self)

    # -- the list ------------------------------------------------------------------------------------------------

    def open(self, paths: Iterable[Path]) -> list[Item]:
        """Add photos, and those in folders; the first new one becomes the present one. Known ones are not added."""
        known = {item.path for item in self.items}
        added = []
        for path in pictures_in(paths):
            if path not in known:
                known.add(path)
                added.append(Item(path))
        if not added:
            again = {Path(path).absolute() for path in paths}
            there = next((item for item in self.items if item.path in again), None)
            if there is not None:
                self.choose(there)
            else:
                self.failed.emit(Problem("unreadable", tr("There is no picture that can be opened."), ""))
            return []
        self.add(added)
        return added

    def add(self, items: list[Item]) -> None:
        """Add photos that are not there yet, and show the first."""
        self.items += items
        self.listed.emit()
        if items:
            self.choose(items[0])
        self.loader.look_at_all()

    def choose(self, item: Item | None) -> None:
        """Make it the present photo. The pictures of the one before are dropped, for memory."""
        before = self.current
        if item is before:
            return
        self.previewer.stop()
        self.current = item
        if before is not None:
            self.loader.drop(before)
        if item is not None:
            self.loader.show(item)
        self.chosen.emit(item)

    def step(self, by: int) -> None:
        """The next or the previous photo."""
        if self.current in self.items:
            index = (self.items.index(self.current) + by) % len(self.items)
            self.choose(self.items[index])

    def close(self, item: Item) -> None:
        """Take a photo off the list; its run is cancelled."""
        self.runs.cancel(item)
        place = self.items.index(item)
        self.items.remove(item)
        self.loader.forget(item)
        if item is self.current:
            self.current = None
            self.choose(self.items[min(place, len(self.items) - 1)] if self.items else None)
            if not self.items:
                self.chosen.emit(None)
        self.listed.emit()

    # -- the settings ----------------------------------------------------------------------------------------------

    def edit(self, make: Callable[[Settings], Settings], kind: str = "") -> None:
        """Change the present photo's settings (and those of photos set together); one step of the history."""
        self._edit(self._targets(), lambda item: make(item.settings), kind)

    def _edit(self, items: list[Item], make: Callable[[Item], Settings], kind: str = "") -> None:
        """New settings for each; one step, which undo takes back for all."""
        self._steps += 1
        for item in items:
            before = item.settings
            try:
                moved = item.history.push(make(item), kind, self._steps)
            except InvalidParameter as error:
                self.failed.emit(problem_of(error))
                return
            if moved:
                self._set(item, before)

    def _targets(self) -> list[Item]:
        """The present photo, and those that are set together with it."""
        if self.current is None:
            return []
        others = (i for i in self.together if i is not self.current and i.estimate and i in self.items)
        return [self.current, *others]

    def pin(self, values: Mapping[str, float]) -> None:
        """Pin values; each is brought into its range."""
        held = {name: _held(name, value) for name, value in values.items()}
        self.edit(lambda s: s.pinned(held), "pin " + " ".join(held))

    def let_go(self, name: str) -> None:
        """Make a parameter automatic again: as it was found in each photo."""
        self._edit(self._targets(), lambda item: item.settings.let_go(name, item.found))

    def set_amount(self, group: str, value: float) -> None:
        """How much of a group to undo, 0–1."""
        self.edit(lambda s: s.amount(group, min(1.0, max(0.0, value))), "amount " + group)

    def switch(self, group: str, on: bool) -> None:
        """Whether a group is undone at all."""
        self.edit(lambda s: s.switched(group, on))

    def set_strength(self, value: float) -> None:
        """Blend of the whole with the original, 0–1."""
        self.edit(lambda s: _with(s, strength=min(1.0, max(0.0, value))), "strength")

    def set_effort(self, effort: str) -> None:
        """`fast`, `thorough` or `guided`."""
        self.edit(lambda s: _with(s, effort=effort))

    def set_prior(self, name: str) -> None:
        """What guided takes photos to look like: a name of the service's `priors`."""
        self.edit(lambda s: _with(s, prior=name))

    def choose_reading(self, index: int) -> None:
        """Take a close reading's values, which are this photo's alone; what is pinned stays."""
        item = self.current
        readings = item.estimate.get("hypotheses", []) if item is not None else []
        if item is None or not 0 <= index < len(readings):
            return
        reading = readings[index]
        values = {
            name: _held(name, float(v))
            for name, v in reading["parameters"].items()
            if not _pinned(item, name)
        }
        theta = item.settings.theta.with_values(values)
        self._edit([item], lambda i: _with(i.settings, theta=theta, reading=reading["label"]))

    def reset(self) -> None:
        """Everything as it was found in each photo."""
        self._edit(self._targets(), lambda item: Settings(theta=item.found))

    def undo(self) -> None:
        """A step back in the present photo's settings, and in those of photos that made it together."""
        self._travel(0, lambda item: item.history.undo())

    def redo(self) -> None:
        """A step forward."""
        self._travel(1, lambda item: item.history.redo())

    def use_preset(self, preset: Mapping[str, Any]) -> None:
        """Pins and amounts of a preset on top of what was found."""
        self.edit(lambda s: s.with_preset(preset))

    def _travel(self, way: int, move: Callable[[Item], Settings]) -> None:
        if self.current is None:
            return
        mark = self.current.history.marks[way]
        with_it = [i for i in self.items if mark and i is not self.current and i.history.marks[way] == mark]
        for item in (self.current, *with_it):
            before = item.settings
            if move(item) != before:
                self._set(item, before)

    def _set(self, item: Item, before: Settings) -> None:
        self.changed.emit(item, "settings")
        guided_only = _with(before, latent={}, prior="") == _with(item.settings, latent={}, prior="")
        if item is self.current and (item.fresh or not guided_only):  # of the rest a preview shows nothing
            self.previewer.edited()

    # -- the work --------------------------------------------------------------------------------------------------

    def restore(self, item: Item | None = None, then: Callable[[Item], None] | None = None) -> None:
        """Restore the photo as set; `then` is called when there is a result."""
        item = item or self.current
        if item is not None:
            self.previewer.stop()
            self.runs.start(item, then)

    def keep(self) -> None:
        """End the present photo's run with the picture it has now."""
        if self.current is not None:
            self.runs.keep(self.current)

    def cancel(self, item: Item | None = None) -> None:
        """Drop the present photo's run, or that photo's."""
        item = item or self.current
        if item is not None:
            self.runs.cancel(item)

    def estimate_from(self, rect: Rect, groups: Iterable[str] = GROUPS, pin: bool = False) -> None:
        """Take what a rectangle of the photo shows: for all groups, or pinned for one ("measure noise here")."""
        item, wanted = self.current, set(groups)
        if item is None or not item.photo:
            return

        def work() -> tuple[dict[str, Any], dict[str, Any]]:
            client = self.backend.client()
            about = sent(client, item)
            return about, client.estimate(about["id"], rect)

        def done(answer: tuple[dict[str, Any], dict[str, Any]]) -> None:
            item.about, said = answer
            item.photo = item.about["id"]
            theta = ParameterVector.from_json(said["parameters"])
            names = [name for name in theta if parameter(name).group in wanted]
            if pin:
                pins = {name: theta[name] for name in names}
                targets = self._targets() if item is self.current else [item]
                self._edit(targets, lambda i: i.settings.pinned(pins))
            else:
                entries = {n: theta.entries[n] for n in names if not _pinned(item, n)}
                self._edit([item], lambda i: _with(i.settings, theta=i.settings.theta.with_entries(entries)))
            self.told.emit(tr("Taken from the selection."))

        self.background.run(work, done, lambda error: self.fail(error))

    def ask_map(self, kind: str) -> None:
        """Fetch an honesty map of the present result, once."""
        item = self.current
        if item is not None and item.result is not None and kind not in item.maps:
            self.loader.map(item, kind)

    def set_mask(self, mask: Any) -> None:
        """Restore only where the mask (h, w) is white; None: everywhere."""
        item = self.current
        if item is not None:
            item.mask, item.mask_id = (None if mask is None else mask.copy()), ""
            self.changed.emit(item, "mask")
            self.previewer.edited()

    # -- news ------------------------------------------------------------------------------------------------------

    def update(self, item: Item, what: str) -> None:
        """Say that something of an item changed."""
        if item in self.items:
            self.changed.emit(item, what)

    def set_status(self, item: Item, status: Status, problem: Problem | None = None) -> None:
        """Move an item on its way."""
        item.status, item.problem = status, problem
        self.update(item, "status")

    def fail(self, error: BaseException, item: Item | None = None) -> Problem:
        """Something went wrong: said once, and kept with the item."""
        problem = problem_of(error)
        if problem.backend:
            self.backend.lost(problem)
        if item is not None:
            self.set_status(item, Status.FAILED, problem)
        if item is None or item is self.current or problem.backend:
            self.failed.emit(problem)
        return problem

    def shut(self) -> None:
        """The program ends: what runs is cancelled, answers are dropped."""
        self.previewer.stop()
        self.runs.shut()
        self.background.close()


def _held(name: str, value: float) -> float:
    row = LATENT.get(name) or parameter(name)
    return min(row.high, max(row.low, float(value)))


def _pinned(item: Item, name: str) -> bool:
    return item.settings.theta.entries[name].pinned


def _with(settings: Settings, **changes: Any) -> Settings:
    from dataclasses import replace

    return replace(settings, **changes)
