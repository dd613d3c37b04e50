"""From readings to θ: each parameter's posterior, with mass at neutral, its 90 % interval and its confidence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import NormalDist

from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Reading
from upzeroir_plugin.parameters import Entry, Parameter, ParameterVector, parameter

FROM, TO = 0.1, 0.6
"""Presence at which a value begins to leave neutral, and at which it is taken whole: in between it moves smoothly."""
TAIL = 0.05


def fuse(readings: Iterable[Reading]) -> ParameterVector:
    """θ of the readings; several of one parameter are weighed by inverse variance, their presences by log-odds.

    Parameters without a reading are neutral. Ours: q(θ) of one parameter is a Gaussian beside a spike at neutral. The
    value is the Gaussian's mean drawn towards neutral as presence falls, continuous in the evidence and exactly
    neutral when presence is below `FROM`, so that a photo with nothing wrong comes back bit-identical.
    """
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.name, []).append(reading)
    return ParameterVector({name: entry(joined(same)) for name, same in found.items()})


def joined(readings: list[Reading]) -> Reading:
    """Several readings of one parameter as one: mean by inverse variance, mean log-odds of presence."""
    if len(readings) == 1:
        return readings[0]
    weights = [1 / max(r.std, 1e-9) ** 2 for r in readings]
    total = sum(weights)
    value = sum(w * r.value for w, r in zip(weights, readings, strict=True)) / total
    apart = sum(w * (r.value - value) ** 2 for w, r in zip(weights, readings, strict=True)) / total
    odds = sum(logit(r.present) for r in readings) / len(readings)
    return Reading(readings[0].name, value, math.sqrt(1 / total + apart), logistic(odds))


def entry(reading: Reading) -> Entry:
    """Value, interval and confidence of one reading."""
    row = parameter(reading.name)
    value = _within(row, row.neutral + share(reading.present) * (reading.value - row.neutral))
    low, high = _interval(row, reading)
    reach = 0.25 * abs(reading.value - row.neutral) + row.step
    sure = 1 / (1 + (reading.std / reach) ** 2) if reading.present >= 0.5 else 1.0
    return Entry(value, min(low, value), max(high, value), abs(2 * reading.present - 1) * sure)


def share(present: float) -> float:
    """How far a value leaves neutral: 0 below `FROM`, 1 above `TO`, a smooth step between."""
    x = min(max((present - FROM) / (TO - FROM), 0.0), 1.0)
    return x * x * (3 - 2 * x)


def present_for(wanted: float) -> float:
    """The least presence whose `share` is `wanted`, in [0, 1]; 0 for none."""
    if wanted <= 0:
        return 0.0
    x = 0.5 - math.sin(math.asin(1 - 2 * min(wanted, 1.0)) / 3)
    return FROM + x * (TO - FROM)


def _interval(row: Parameter, reading: Reading) -> tuple[float, float]:
    """5 % and 95 % quantiles of the Gaussian beside the spike at neutral."""
    normal = NormalDist(reading.value, max(reading.std, 1e-9))
    spike, slab = 1 - reading.present, reading.present
    ends = []
    for wanted in (TAIL, 1 - TAIL):
        below = slab * normal.cdf(row.neutral)
        if below >= wanted:
            ends.append(normal.inv_cdf(_inside(wanted / slab)))
        elif below + spike >= wanted:
            ends.append(row.neutral)
        else:
            ends.append(normal.inv_cdf(_inside((wanted - spike) / slab)))
    return _within(row, ends[0]), _within(row, ends[1])


def _within(row: Parameter, value: float) -> float:
    return min(max(value, row.low), row.high)


def _inside(p: float) -> float:
    return min(max(p, 1e-9), 1 - 1e-9)
