"""A handful of readings of one photo (as shot, dark, hazy, mixtures), each tried on the small view and weighed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Hypothesis, Rows, believed
from upzeroir_plugin.estimate.undo import undone

Array = NDArray[np.float32]
Judge = Callable[[Array], Mapping[str, float]]
"""From a view (h, w, 3) to the probability that each group's fault is in it."""
Aim = Callable[[Rows], Rows]
"""From readings to readings that suit each other (`aim.aimed`)."""

DOUBT = 0.03
"""A group whose presence lies nearer to 0 or 1 than this is not tried the other way."""
TRUST = 0.5
"""How much the look at the tried view counts beside the look at the photo: both come from one network, so its word
twice is worth less than two words."""
CLOSE = 0.2
"""Share of the best one's probability that a reading needs to be offered to people (ours: odds of one to five)."""
MOST = 4
WORDS = {"light": "lift", "haze": "clear haze", "colour": "neutral colour"}


def weigh(view: Array, depth: Array, readings: Rows, judge: Judge, aim: Aim) -> list[Hypothesis]:
    """All combinations of doubtful groups, most probable first; weights sum to one.

    A combination's evidence is the presence of its groups, and whether the view that it makes looks as if nothing
    were wrong any more (`judge`).
    """
    present = {group: found[0].present for group, found in readings.items()}
    choices = [[True, False] if DOUBT < p < 1 - DOUBT else [p >= 0.5] for p in present.values()]
    tried = []
    for kept in product(*choices):
        groups = [group for group, keep in zip(present, kept, strict=True) if keep]
        values = _values(aim(_with(readings, groups)), groups)
        picture = undone(view, values, depth)
        evidence = sum(
            math.log(p if keep else 1 - p) for p, keep in zip(map(_safe, present.values()), kept, strict=True)
        )
        left = judge(picture) if len(choices) and any(map(len, choices)) else {}
        evidence += TRUST * sum(math.log(1 - _safe(p)) for p in left.values())
        tried.append((evidence, groups, values, picture))
    top = max(evidence for evidence, *_ in tried)
    weights = [math.exp(evidence - top) for evidence, *_ in tried]
    found = [
        Hypothesis(_label(groups), weight / sum(weights), values, picture)
        for weight, (_, groups, values, picture) in zip(weights, tried, strict=True)
    ]
    return sorted(found, key=lambda h: -h.weight)


def reweighed(readings: Rows, found: list[Hypothesis]) -> Rows:
    """The readings with each group's presence as the hypotheses have it: the sum of those that hold it."""
    out = {}
    for group, rows in readings.items():
        held = sum(h.weight for h in found if WORDS[group] in h.label)
        out[group] = believed(rows, logistic(logit(held)))
    return out


def close(found: list[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Those among weighed hypotheses that people should choose from; none if the first one is clear."""
    near = [h for h in found if h.weight >= CLOSE * found[0].weight][:MOST]
    return tuple(near) if len(near) > 1 else ()


def _with(readings: Rows, groups: list[str]) -> Rows:
    """The readings as if these groups were there for certain, and the others not."""
    return {group: believed(rows, float(group in groups)) for group, rows in readings.items()}


def _values(readings: Rows, groups: list[str]) -> dict[str, float]:
    values = {
        "haze.depth": 0.0, "haze.red": 0.9, "haze.green": 0.9, "haze.blue": 0.9, "light.ev": 0.0,
        "light.midtones": 1.0, "colour.temperature": 0.0, "colour.tint": 0.0,
    }  # fmt: skip
    values.update({r.name: r.value for group in groups for r in readings[group]})
    return values


def _label(groups: list[str]) -> str:
    return " and ".join(WORDS[group] for group in groups) or "as shot"


def _safe(p: float) -> float:
    return min(max(p, 1e-6), 1 - 1e-6)
