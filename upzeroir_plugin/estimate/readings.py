"""What an estimator returns: readings of single parameters, with the evidence behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector


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


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one group's estimator found. `evidence` holds plain JSON values for the why-views."""

    readings: tuple[Reading, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """θ with intervals, the maps, and the evidence by group."""

    theta: ParameterVector
    maps: Maps = field(default_factory=Maps)
    evidence: dict[str, Any] = field(default_factory=dict)
