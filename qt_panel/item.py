"""One photo of the session: the file, what was found in it, what was set, and its pictures."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from qt_panel.picture import Pixels, Pyramid
from qt_panel.problems import Problem
from qt_panel.settings import History, Settings
from upzeroir_plugin.parameters import Amounts, ParameterVector

Rect = tuple[int, int, int, int]
_numbers = itertools.count(1)


class Status(StrEnum):
    """Where a photo is on its way."""

    NEW = "new"
    LOOKING = "looking"
    READY = "ready"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SAVED = "saved"
    FAILED = "failed"


@dataclass
class Layer:
    """A picture that shows `area` (x, y, w, h) of the photo."""

    picture: Pyramid
    area: Rect

    @property
    def scale(self) -> float:
        """Picture px per photo px."""
        return self.picture.size[0] / self.area[2]


@dataclass
class Progress:
    """Where a run is."""

    label: str = ""
    done: float = 0.0
    eta: float | None = None
    step: tuple[int, int] | None = None
    residual: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """A finished run: the service's job, what it was made with, and what the service says about it.

    `mask`: the very array that was the item's; `kept`: it was written or handed on.
    """

    job: str
    settings: Settings
    about: dict[str, Any]
    mask: Pixels | None = None
    kept: bool = False


@dataclass(eq=False)
class Item:
    """Mutable; changed by the session only, in the main thread."""

    path: Path
    number: int = field(default_factory=lambda: next(_numbers))
    status: Status = Status.NEW
    problem: Problem | None = None
    photo: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, Any] = field(default_factory=dict)
    found: ParameterVector = field(default_factory=ParameterVector)
    history: History[Settings] = field(default_factory=lambda: History(Settings()))
    thumbnail: Pixels | None = None
    original: Layer | None = None
    draft: Layer | None = None
    restored: Layer | None = None
    mask: Pixels | None = None
    """Never changed in place: another mask is another array."""
    mask_id: str = ""
    progress: Progress | None = None
    result: Result | None = None
    maps: dict[str, tuple[dict[str, Any], Pixels]] = field(default_factory=dict)
    title: str = ""
    saved: Path | None = None
    backup: Path | None = None

    @property
    def name(self) -> str:
        """For people."""
        return self.title or self.path.name

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the upright photo in px; (0, 0) until known."""
        if self.about:
            return int(self.about["width"]), int(self.about["height"])
        return (self.original.area[2], self.original.area[3]) if self.original else (0, 0)

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self.history.present

    @property
    def fresh(self) -> bool:
        """Whether the finished result is what the present settings ask for."""
        result = self.result
        return (
            result is not None
            and _made_with(result.settings) == _made_with(self.settings)
            and result.mask is self.mask
        )


def _made_with(settings: Settings) -> tuple[dict[str, float], Amounts, float, str, dict[str, Any]]:
    """What of the settings a result depends on; an interval or a pin alone changes no pixel."""
    return settings.theta.values(), settings.amounts, settings.strength, settings.effort, settings.guided()
