"""What an estimator returns: readings of single parameters, with the evidence behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector, parameter
from upzeroir_plugin.photo.crop import Box


@dataclass(frozen=True, slots=True)
class Reading:
    """One estimator's word on one parameter.

    `value` in the table's unit; `std` its standard error in the same unit; `present` in [0, 1], the probability
    that the photo has this degradation at all (the mass that is not at neutral).
    """

    name: str
    value: float
    std: float
    present: float


Rows = Mapping[str, tuple[Reading, ...]]
"""Readings by group."""


def believed(rows: Iterable[Reading], present: float) -> tuple[Reading, ...]:
    """The readings of one group with another presence."""
    return tuple(replace(row, present=present) for row in rows)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one group's estimator found. `evidence` holds plain JSON values for the why-views."""

    readings: tuple[Reading, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)

    def reading(self, name: str) -> Reading:
        """The reading of that name; where there is none, one at neutral of what is not present."""
        missing = Reading(name, parameter(name).neutral, 0.0, 0.0)
        return next((reading for reading in self.readings if reading.name == name), missing)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of the photo: a label for people, its probability, values by name, and the view it would give.

    `picture`: float32 (h, w, 3), encoded, in the photo's own profile.
    """

    label: str
    weight: float
    values: dict[str, float]
    picture: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Estimate:
    """θ with intervals, the maps, the evidence by group, and how else the photo may be read (most probable first).

    `picture`: where (x, y, w, h) the picture lies that they are of, within a frame or between bars; None: everywhere.
    """

    theta: ParameterVector
    maps: Maps = field(default_factory=Maps)
    evidence: dict[str, Any] = field(default_factory=dict)
    hypotheses: tuple[Hypothesis, ...] = ()
    picture: Box | None = None
