"""Dynamic quality refinement: now and then the trajectory is judged, and stops, goes on, or is noised again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from torch import Tensor

from upzeroir_plugin.solver.quality import Verdict

Score = Callable[[Tensor], float]
"""A no-reference score of a scene (1, 3, H, W); less is better."""
Decision = Literal["exit", "go on", "renoise"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`every`: checks are that share of the schedule apart (the paper: every 100 of 1000 steps).

    `still`: root mean square change between checks below which the picture stands still, [0, 1] units. `worse`: factor
    by which the score may exceed the best one. `back`: where a second run begins in the schedule (LD-RPS: 0.5).
    """

    every: float = 0.1
    still: float = 0.6 / 255
    worse: float = 1.15
    back: float = 0.5
    restarts: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """One judgement, as reported."""

    step: int
    sigma: float
    score: float
    residual_std: float
    residual_whiteness: float
    accepted: bool
    change: float
    decision: Decision

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, rounded."""
        return {k: round(v, 5) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(slots=True)
class Refinement:
    """The decisions of one run and what they rest on.

    Ours (the paper's thresholds are not known): residual tests come first, because scores without a reference rise with
    sharpness and brightness whatever the photo said (ours). A scene that explains the photo, stands still and
    has come down to the photo's own noise is done. One that does not explain it at the end, or has become worse
    than it was, is noised again from the best one so far, `restarts` times at most.
    """

    steps: int
    level: float
    score: Score
    thresholds: Thresholds = field(default_factory=Thresholds)
    history: list[Check] = field(default_factory=list)
    restarts: int = 0
    best: Tensor | None = None
    best_check: Check | None = None
    _last: Tensor | None = None

    @property
    def every(self) -> int:
        """Steps between checks."""
        return max(1, round(self.thresholds.every * self.steps))

    def due(self, step: int) -> bool:
        """Whether to judge after `step` (0 …): every so often, and at the end."""
        return (step + 1) % self.every == 0 or step == self.steps - 1

    def judge(self, step: int, sigma: float, scene: Tensor, code: Tensor, verdict: Verdict) -> Decision:
        """Decide after a step: `scene` (1, 3, H, W) with noise level `sigma` to go, its latent `code`, its residual."""
        change = float("inf") if self._last is None else float((scene - self._last).square().mean().sqrt())
        self._last = scene
        score = self.score(scene)
        decision = self._decide(step, sigma, score, verdict, change)
        found = Check(
            step, sigma, score, verdict.std, verdict.white, verdict.accepted, min(change, 1.0), decision
        )
        self.history.append(found)
        if self._is_best(found):
            self.best, self.best_check = code, found
        if decision == "renoise":
            self.restarts += 1
        return decision

    def _decide(self, step: int, sigma: float, score: float, verdict: Verdict, change: float) -> Decision:
        last = step == self.steps - 1
        late = sigma <= self.level
        again = self.restarts < self.thresholds.restarts
        if late and verdict.accepted and change < self.thresholds.still:
            return "exit"
        if last and not verdict.accepted and again:
            return "renoise"
        best = self.best_check
        if (
            late
            and best is not None
            and best.accepted
            and score > self.thresholds.worse * best.score
            and again
        ):
            return "renoise"
        return "exit" if last else "go on"

    def _is_best(self, found: Check) -> bool:
        """Later is better, unless the residual or the score says that it has become worse."""
        best = self.best_check
        if best is None or found.accepted != best.accepted:
            return best is None or found.accepted
        if not found.accepted:
            return abs(found.residual_std - 1) <= abs(best.residual_std - 1)
        return found.score <= self.thresholds.worse * best.score

    def back(self) -> int:
        """The step that a second run begins at."""
        return int(self.thresholds.back * self.steps)

    def report(self) -> dict[str, Any]:
        """Thresholds and history."""
        return {"thresholds": asdict(self.thresholds), "history": [c.to_json() for c in self.history]}
