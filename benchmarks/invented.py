"""Whether what is shown as *invented here* is where the result is wrong: rank correlations on kept-back photos."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr

from benchmarks.engine import Outcome, run
from benchmarks.metrics import Picture
from benchmarks.sets import Pair, val
from upzeroir_plugin.parameters import Amounts
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver.annealed import make_plan
from upzeroir_plugin.solver.honesty import Subject, invented

SIDE, BLOCK = 384, 8


def table(data: Path, limit: int | None) -> dict[str, object]:
    """Spearman's ρ of the map and the error, pixel by pixel and over blocks of 8 × 8 px, by fault."""
    found: dict[str, list[tuple[float, float]]] = {}
    for pair in map(_middle, islice(val(data), limit)):
        outcome = run(pair)
        if outcome.result.network_calls:
            found.setdefault(pair.name, []).append(_agreement(pair, outcome))
    rows = {name: _row(values) for name, values in sorted(found.items())}
    return {**rows, "all": _row([v for values in found.values() for v in values])}


def _middle(pair: Pair) -> Pair:
    height, width = pair.reference.shape[:2]
    top, left = max(0, height - SIDE) // 2, max(0, width - SIDE) // 2
    part = slice(top, top + SIDE), slice(left, left + SIDE)
    return Pair(
        pair.name, np.ascontiguousarray(pair.degraded[part]), pair.reference[part], bit_depth=pair.bit_depth
    )


def _agreement(pair: Pair, outcome: Outcome) -> tuple[float, float]:
    prior, theta, maps = embedded(), outcome.result.theta, outcome.found.maps
    plan = make_plan(pair.degraded, theta, maps, Amounts(), prior, False, None)
    subject = Subject(pair.degraded, outcome.picture, (0, 0, *plan.size), plan, Amounts(), 1.0)
    shown = invented(subject, prior, lambda: None).values
    wrong = np.square(outcome.picture - pair.reference).mean(2)
    return _rank(shown, wrong), _rank(_blocks(shown), _blocks(wrong))


def _blocks(values: Picture) -> Picture:
    means: Picture = F.avg_pool2d(torch.from_numpy(values)[None], BLOCK)[0].numpy()
    return means


def _rank(shown: Picture, wrong: Picture) -> float:
    return float(spearmanr(shown.ravel(), wrong.ravel()).statistic)


def _row(values: list[tuple[float, float]]) -> dict[str, float]:
    pixels, blocks = np.mean(values, axis=0).round(3).tolist()
    return {"pictures": len(values), "pixels": pixels, "blocks": blocks}
