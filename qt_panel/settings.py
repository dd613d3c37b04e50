"""What the user has set for one photo, immutable, with undo and redo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from upzeroir_plugin.parameters import EFFORTS, GROUPS, LATENT, Amounts, InvalidParameter, ParameterVector

TOGETHER = 1.0
"""Seconds within which changes of the same thing are one step of the history."""
S = TypeVar("S")


@dataclass(frozen=True)
class Settings:
    """`theta`: what is wrong, as found or pinned; `amounts`: how much to undo; `strength`: blend of the whole.

    For guided only: `latent`, pins of `LATENT`'s rows, and `prior`, a name that the service knows (empty: its own).
    """

    theta: ParameterVector = field(default_factory=ParameterVector)
    amounts: Amounts = field(default_factory=Amounts)
    strength: float = 1.0
    effort: str = "fast"
    reading: str = ""
    latent: Mapping[str, float] = field(default_factory=dict)
    prior: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise InvalidParameter(f"strength = {self.strength}: it takes a number from 0 to 1.")
        if self.effort not in EFFORTS:
            raise InvalidParameter(f"effort = {self.effort!r}: it takes one of {', '.join(EFFORTS)}.")
        for name, value in self.latent.items():
            LATENT[name].check(value)

    def pinned(self, values: Mapping[str, float]) -> Settings:
        """With these values of θ and `LATENT` pinned. Raises InvalidParameter for unknown names and out of range."""
        latent = {name: value for name, value in values.items() if name in LATENT}
        theta = self.theta.pinned({name: value for name, value in values.items() if name not in LATENT})
        return replace(self, theta=theta, latent={**self.latent, **latent})

    def pins(self) -> dict[str, float]:
        """{name: value} of all that is pinned."""
        return {**self.theta.pins(), **self.latent}

    def let_go(self, name: str, found: ParameterVector) -> Settings:
        """With that parameter automatic again, as `found`."""
        if name in LATENT:
            return replace(self, latent={n: value for n, value in self.latent.items() if n != name})
        return replace(self, theta=self.theta.with_entries({name: found.entries[name]}))

    def amount(self, group: str, value: float) -> Settings:
        """With that amount, 0–1."""
        amounts = Amounts({**self.amounts.amount, group: value}, self.amounts.on)
        return replace(self, amounts=amounts)

    def switched(self, group: str, on: bool) -> Settings:
        """With that group on or off."""
        return replace(self, amounts=Amounts(self.amounts.amount, {**self.amounts.on, group: on}))

    def found(self, theta: ParameterVector) -> Settings:
        """With newly found values; what is pinned stays."""
        pins = {name: entry for name, entry in self.theta.entries.items() if entry.pinned}
        return replace(self, theta=theta.with_entries(pins))

    def preset(self) -> dict[str, Any]:
        """What a preset keeps: pins and amounts only, since everything else is found for each photo."""
        return {
            "pins": self.pins(),
            **self.amounts.to_json(),
            "strength": self.strength,
            "effort": self.effort,
        }

    def with_preset(self, preset: Mapping[str, Any]) -> Settings:
        """A preset on top of what was found. Raises InvalidParameter, which names what does not fit."""
        try:
            pins = {str(name): float(value) for name, value in dict(preset.get("pins", {})).items()}
            amounts = Amounts.from_json({k: v for k, v in preset.items() if k in ("amount", "on")})
            strength, effort = float(preset.get("strength", 1.0)), str(preset.get("effort", "fast"))
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidParameter(f"It does not have the form of a preset ({error}).") from None
        free = {
            name: replace(entry, pinned=False) if entry.pinned else entry
            for name, entry in self.theta.entries.items()
        }
        made = replace(
            self, theta=ParameterVector(free), amounts=amounts, strength=strength, effort=effort, reading="", latent={}
        )  # fmt: skip
        return made.pinned(pins)

    def order(self) -> dict[str, Any]:
        """The fields of a job's order that say this (docs/api.md)."""
        return {
            "parameters": self.theta.to_json(),
            "amounts": self.amounts.to_json(),
            "strength": self.strength,
            "effort": self.effort,
            **self.guided(),
        }

    def guided(self) -> dict[str, Any]:
        """The fields of an order that only the guided solver takes, those that are set; {} with another effort."""
        told = {name.removeprefix("latent."): value for name, value in self.latent.items()}
        fields = {"latent": told, "prior": self.prior} if self.effort == "guided" else {}
        return {name: value for name, value in fields.items() if value}

    def to_json(self) -> dict[str, Any]:
        """Everything, for the autosave."""
        return {
            "theta": self.theta.to_json(),
            **self.amounts.to_json(),
            "strength": self.strength,
            "effort": self.effort,
            "reading": self.reading,
            "latent": dict(self.latent),
            "prior": self.prior,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Settings:
        """Back from `to_json`. Raises InvalidParameter, KeyError, TypeError, ValueError."""
        return Settings(
            ParameterVector.from_json(data["theta"]),
            Amounts.from_json(data),
            float(data.get("strength", 1.0)),
            str(data.get("effort", "fast")),
            str(data.get("reading", "")),
            {str(name): float(value) for name, value in dict(data.get("latent", {})).items()},
            str(data.get("prior", "")),
        )

    @property
    def idle(self) -> bool:
        """Whether everything is switched off or down."""
        return self.strength == 0 or all(self.amounts[group] == 0 for group in GROUPS)


class History(Generic[S]):
    """States in order, one of them present. Changes of one kind that follow each other quickly are one step."""

    def __init__(self, first: S) -> None:
        self._states, self._at = [first], 0
        self._marks = [0]
        self._kind, self._when = "", 0.0

    @property
    def present(self) -> S:
        """The state now."""
        return self._states[self._at]

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forward."""
        return self._at + 1 < len(self._states)

    @property
    def marks(self) -> tuple[int, int]:
        """Marks of the steps that undo and redo would take; 0 for none."""
        return self._marks[self._at], self._marks[self._at + 1] if self.can_redo else 0

    def push(self, state: S, kind: str = "", mark: int = 0) -> bool:
        """A new present; what had been undone is forgotten. Returns whether anything changed.

        `mark`: a number that tells which steps of several histories are one.
        """
        if state == self.present:
            return False
        now = time.monotonic()
        joined = kind and kind == self._kind and now - self._when < TOGETHER and self._at > 0
        del self._states[self._at + 1 :], self._marks[self._at + 1 :]
        if joined:
            self._states[self._at], self._marks[self._at] = state, mark
        else:
            self._states.append(state)
            self._marks.append(mark)
            self._at += 1
        self._kind, self._when = kind, now
        return True

    def revise(self, change: Callable[[S], S]) -> None:
        """Change every state without a step: what the program found, not what the user did."""
        self._states = [change(state) for state in self._states]

    def undo(self) -> S:
        """A step back, if there is one."""
        self._at, self._kind = max(0, self._at - 1), ""
        return self.present

    def redo(self) -> S:
        """A step forward, if there is one."""
        self._at, self._kind = min(len(self._states) - 1, self._at + 1), ""
        return self.present
