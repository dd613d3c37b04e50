"""The table of physical parameters, and the vector θ of their values. Standard library only, Python 3.9 and up.

Everything that names a parameter (options, schema, dialogs, docs, tests) is derived from `PARAMETERS`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

GROUPS = ("haze", "blur", "light", "noise", "colour", "jpeg")
POINTWISE = ("haze", "light", "colour")
"""Groups whose faults act on each pixel by itself: what is left of them is put back by the model."""
GROUP_LABELS = {
    "haze": "Haze",
    "blur": "Blur",
    "light": "Light",
    "noise": "Noise",
    "colour": "Colour",
    "jpeg": "JPEG",
}


class InvalidParameter(ValueError):
    """A parameter's name or value is not in the table; the text names parameter, value, unit and range."""


@dataclass(frozen=True)
class Parameter:
    """One row of the table. `neutral` is the value of a photo that has nothing of it."""

    name: str
    group: str
    unit: str
    low: float
    high: float
    neutral: float
    step: float
    label: str
    help: str

    def check(self, value: object) -> float:
        """`value` as a float inside the range, or InvalidParameter."""
        unit = f" {self.unit}" if self.unit else ""
        wanted = f"a number from {self.low:g} to {self.high:g}{unit}"
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise InvalidParameter(f"{self.name} = {value!r}: it takes {wanted}.") from None
        if not math.isfinite(number) or not self.low <= number <= self.high:
            raise InvalidParameter(f"{self.name} = {number:g}{unit}: it takes {wanted}.")
        return number


PARAMETERS = tuple(
    Parameter(*row)
    for row in (
        ("haze.depth", "haze", "optical depth", 0, 3, 0, 0.01, "Haze depth",
         "Mean optical depth of the veil; contrast lost is 1 - exp(-depth)."),
        ("haze.red", "haze", "", 0, 1, 0.9, 0.005, "Airlight red", "Colour of the veil, red."),
        ("haze.green", "haze", "", 0, 1, 0.9, 0.005, "Airlight green", "Colour of the veil, green."),
        ("haze.blue", "haze", "", 0, 1, 0.9, 0.005, "Airlight blue", "Colour of the veil, blue."),
        ("blur.sigma", "blur", "px", 0, 5, 0, 0.05, "Softness",
         "Optics and softness: standard deviation of a Gaussian point spread function."),
        ("blur.focus", "blur", "px", 0, 15, 0, 0.1, "Missed focus", "Radius of the disc of confusion."),
        ("blur.length", "blur", "px", 0, 60, 0, 0.5, "Motion length", "Length of straight motion."),
        ("blur.angle", "blur", "degrees", 0, 180, 0, 1, "Motion angle",
         "Direction of the motion, counter-clockwise from horizontal."),
        ("blur.shake", "blur", "px", 0, 20, 0, 0.1, "Camera shake",
         "How far the path of a shaken camera went from its middle, root mean square."),
        ("light.ev", "light", "EV", -3, 6, 0, 0.05, "Exposure",
         "Stops under-exposed: positive means too dark, and the result gets brighter."),
        ("light.midtones", "light", "exponent", 0.4, 2.5, 1, 0.01, "Mid-tones",
         "Above 1 the middle is too dark."),
        ("light.local", "light", "", 0, 1, 0, 0.01, "Local light",
         "How far the lift follows the illumination map (back-light)."),
        ("noise.shot", "noise", "1e-4 variance per unit of light", 0, 500, 0, 0.1, "Shot noise",
         "Sensor noise that grows with light, in linear light."),
        ("noise.read", "noise", "1e-3 of linear light", 0, 300, 0, 0.1, "Read noise",
         "Sensor noise of the dark, standard deviation in linear light."),
        ("noise.file", "noise", "1/255", 0, 80, 0, 0.1, "File noise",
         "Noise added after the tone curve (scans, re-saved files): standard deviation."),
        ("noise.size", "noise", "px", 0, 16, 0, 0.1, "Grain size", "Correlation length; 0 is white noise."),
        ("noise.chroma", "noise", "ratio", 0, 4, 1, 0.05, "Colour noise",
         "Standard deviation of chroma over that of luma."),
        ("noise.clipped", "noise", "times", 1, 6, 1, 0.1, "Cut at black and white",
         "How many times stronger the noise was when black and white cut it off."),
        ("noise.blotches", "noise", "1/255", 0, 30, 0, 0.1, "Colour blotches",
         "Spots of colour some 6 px wide, as demosaicing and a camera's smoothing leave: standard deviation."),
        ("colour.temperature", "colour", "mired", -250, 250, 0, 1, "Temperature",
         "Cast: positive means the photo is too warm."),
        ("colour.tint", "colour", "3000 Duv", -150, 150, 0, 1, "Tint",
         "Cast: positive means the photo is too green."),
        ("jpeg.quality", "jpeg", "IJG quality", 1, 100, 100, 1, "JPEG quality",
         "Coarsest JPEG compression in the photo's history; 100 is none."),
        ("sampling.scale", "jpeg", "times", 1, 4, 1, 0.05, "Enlargement",
         "Enlargement in the photo's history: detail above 1/scale is missing."),
    )
)  # fmt: skip
LATENT = {
    row.name: row
    for row in (
        Parameter("latent.shape", "latent", "", 0.2, 10, 2, 0.01, "Latent shape",
                  "How what is wrong is spread: 2 is as even as plain noise, less is a little nearly everywhere and "
                  "much in few places."),
        Parameter("latent.scale", "latent", "", 1e-4, 10, 1e-4, 1e-4, "Latent scale",
                  "How much is wrong, in the prior's own units. A greater scale asks for more restoration."),
    )
}  # fmt: skip
"""What the guided solver may be told of the degradation as its prior encodes it; no part of θ."""
EFFORTS = ("fast", "thorough", "guided")
"""How much work a restoration may take; *guided* is the paper's solver."""
Z90 = 1.645
"""Half a 90 % interval over the standard deviation of a Gaussian."""
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
NAMES = tuple(BY_NAME)
MODIFIERS = {
    "haze.red",
    "haze.green",
    "haze.blue",
    "blur.angle",
    "noise.size",
    "noise.chroma",
    "noise.clipped",
}
"""Parameters that say what a fault is like, not that there is one."""


def names_in(group: str) -> tuple[str, ...]:
    """The names of a group's parameters, in the table's order."""
    return tuple(row.name for row in PARAMETERS if row.group == group)


def parameter(name: str) -> Parameter:
    """The table's row of that name, or InvalidParameter with the names that exist."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise InvalidParameter(f"{name!r} is no parameter. They are: {', '.join(NAMES)}.") from None


@dataclass(frozen=True)
class Entry:
    """Value with the 90 % interval that contains it, confidence 0–1, and whether the user pinned it."""

    value: float
    low: float
    high: float
    confidence: float = 0.0
    pinned: bool = False

    @property
    def std(self) -> float:
        """The standard deviation of a Gaussian with this interval."""
        return (self.high - self.low) / (2 * Z90)


def _neutral(row: Parameter) -> Entry:
    return Entry(row.neutral, row.neutral, row.neutral)


@dataclass(frozen=True)
class ParameterVector:
    """θ: one `Entry` for every row of the table. Immutable; `with_…` give changed copies."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        full = {}
        for name, entry in self.entries.items():
            row = parameter(name)
            row.check(entry.value)
            if not row.low <= entry.low <= entry.value <= entry.high <= row.high:
                raise InvalidParameter(
                    f"{name}: the interval {entry.low:g} to {entry.high:g} must contain {entry.value:g} "
                    f"and lie in {row.low:g} to {row.high:g} {row.unit}."
                )
            if not 0 <= entry.confidence <= 1:
                raise InvalidParameter(f"{name}: confidence {entry.confidence:g} is not in 0 to 1.")
        for row in PARAMETERS:
            full[row.name] = self.entries.get(row.name) or _neutral(row)
        object.__setattr__(self, "entries", full)

    def __getitem__(self, name: str) -> float:
        parameter(name)
        return self.entries[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def values(self) -> dict[str, float]:
        """Plain {name: value}."""
        return {name: self.entries[name].value for name in NAMES}

    def pins(self) -> dict[str, float]:
        """{name: value} of what the user pinned."""
        return {name: e.value for name, e in self.entries.items() if e.pinned}

    def pinned(self, changes: Mapping[str, object]) -> ParameterVector:
        """A copy with these values pinned: certain, interval collapsed. Raises InvalidParameter."""
        found = dict(self.entries)
        for name, value in changes.items():
            number = parameter(name).check(value)
            found[name] = Entry(number, number, number, 1.0, True)
        return ParameterVector(found)

    def with_entries(self, changes: Mapping[str, Entry]) -> ParameterVector:
        """A copy with these entries."""
        return ParameterVector({**self.entries, **changes})

    def with_values(self, changes: Mapping[str, float]) -> ParameterVector:
        """A copy with these values; each interval is widened to contain its value, pins stay."""
        found = dict(self.entries)
        for name, value in changes.items():
            number = parameter(name).check(value)
            old = found[name]
            found[name] = replace(old, value=number, low=min(old.low, number), high=max(old.high, number))
        return ParameterVector(found)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """{name: {value, unit, low, high, confidence, pinned}}: the one form for report, API, XMP and presets."""
        return {
            row.name: {
                "value": float(self.entries[row.name].value),
                "unit": row.unit,
                "low": float(self.entries[row.name].low),
                "high": float(self.entries[row.name].high),
                "confidence": float(self.entries[row.name].confidence),
                "pinned": self.entries[row.name].pinned,
            }
            for row in PARAMETERS
        }

    @staticmethod
    def from_json(data: Mapping[str, Mapping[str, Any]]) -> ParameterVector:
        """Back from `to_json`; missing names are neutral. Raises InvalidParameter."""
        found = {}
        for name, item in data.items():
            row = parameter(name)
            value = row.check(item.get("value"))
            low, high = row.check(item.get("low", value)), row.check(item.get("high", value))
            confidence = float(item.get("confidence", 0.0))
            found[name] = Entry(value, low, high, confidence, bool(item.get("pinned", False)))
        return ParameterVector(found)


@dataclass(frozen=True)
class Amounts:
    """How much of each group to undo, 0–1, and whether it is switched on at all."""

    amount: Mapping[str, float] = field(default_factory=dict)
    on: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.amount, *self.on):
            if name not in GROUPS:
                raise InvalidParameter(f"{name!r} is no group. They are: {', '.join(GROUPS)}.")
        for name, value in self.amount.items():
            if not (isinstance(value, (int, float)) and 0 <= value <= 1):
                raise InvalidParameter(f"amount of {name} = {value!r}: it takes a number from 0 to 1.")
        object.__setattr__(self, "amount", {g: float(self.amount.get(g, 1.0)) for g in GROUPS})
        object.__setattr__(self, "on", {g: bool(self.on.get(g, True)) for g in GROUPS})

    def __getitem__(self, group: str) -> float:
        return self.amount[group] if self.on[group] else 0.0

    def to_json(self) -> dict[str, Any]:
        """{"amount": {group: 0–1}, "on": {group: bool}}."""
        return {"amount": dict(self.amount), "on": dict(self.on)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Amounts:
        """Back from `to_json`."""
        return Amounts(dict(data.get("amount", {})), dict(data.get("on", {})))
