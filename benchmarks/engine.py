"""Our engine on an array, as a user's file would meet it: estimate, then restore, nothing told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.metrics import Picture
from benchmarks.sets import Pair
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.photo.image import FileEvidence, Photo
from upzeroir_plugin.restore import Options, Result, Step, estimate, restore


@dataclass(frozen=True, slots=True)
class Outcome:
    """The restored picture, what was found before, and what it cost."""

    picture: Picture
    result: Result
    found: Estimate
    estimate_seconds: float
    restore_seconds: float

    def unchanged(self, pair: Pair) -> bool:
        """Whether the input came back bit-identical."""
        return bool(np.array_equal(self.picture, pair.degraded))


def run(
    pair: Pair, options: Options | None = None, seen: Callable[[Step], None] = lambda _step: None
) -> Outcome:
    """Restore one pair's degraded picture, blind. `seen` is told of every step."""
    evidence = FileEvidence(bit_depth=pair.bit_depth)
    return restored(Photo(pair.degraded, bit_depth=pair.bit_depth, evidence=evidence), options, seen)


def restored(
    photo: Photo, options: Options | None = None, seen: Callable[[Step], None] = lambda _step: None
) -> Outcome:
    """Restore a photo, with what evidence it has. `seen` is told of every step."""
    start = time.perf_counter()
    found = estimate(photo)
    between = time.perf_counter()
    result = None
    for event in restore(photo, found, options):
        if isinstance(event, Step):
            seen(event)
            result = event.result or result
    if result is None:
        raise RuntimeError("restore() ended without a result")
    return Outcome(result.photo.pixels, result, found, between - start, time.perf_counter() - between)
