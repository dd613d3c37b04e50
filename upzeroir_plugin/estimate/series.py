"""Photos of one camera, ISO and lens judged together, so that light and haze do not flicker from one to the next.

Ours. Two ideas, both on the results of single estimates only:

- *A scene* is a run of photos whose histograms hardly differ. Within it, haze, light and cast are smoothed along the
  run: a running median, which one odd estimate cannot move, then a running mean, which follows a sunset. Photos of
  other scenes have no say.
- *Noise* belongs to camera and ISO. Each photo's fit is drawn to the common value by what both are worth (random
  effects, DerSimonian and Laird 1986): fits that agree become one, fits that really differ stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from upzeroir_plugin.parameters import Z90, Entry, ParameterVector, names_in, parameter

NOISE = names_in("noise")
AMOUNTS = NOISE[:3]
"""Noise is there if one of these is not 0."""
SCENE = (
    "haze.depth", "haze.red", "haze.green", "haze.blue", "light.ev", "light.midtones", "light.local",
    "colour.temperature", "colour.tint",
)  # fmt: skip
ALIKE = 0.04
"""Mean difference of two cumulative histograms up to which neighbours show one scene (0 to 1: a shift by so much)."""
REACH, WIDTH = 6, 3.0
"""Photos to each side that are heard, and the Gaussian weight's σ, in photos."""
LEAST = 0.05
"""A photo's own fit is never believed better than to this share of it."""
KNOWN_FROM = 4
"""So many photos must have been seen before their mean is used as a prior."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a single estimate found: θ, the camera, ISO and lens of the file, and the histogram (64 shares of luma)."""

    theta: ParameterVector
    camera: str
    iso: float | None
    lens: str
    histogram: tuple[float, ...]

    @property
    def kind(self) -> tuple[str, float, str] | None:
        """Camera, ISO and lens; None where the file does not say."""
        return (self.camera, self.iso, self.lens) if self.camera and self.iso else None


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured before: mean, standard deviation between photos, and of how many."""

    mean: float
    spread: float
    count: int


def joint(looks: Sequence[Look], known: Mapping[str, Known]) -> list[ParameterVector]:
    """θ of each photo of one kind, in the order in which they were taken. `known`: noise of that camera and ISO."""
    noise = _noise([look.theta for look in looks], known)
    made: list[ParameterVector] = []
    for run in scenes(looks):
        made += _smoothed(noise[run.start : run.stop])
    return made


def scenes(looks: Sequence[Look]) -> list[range]:
    """Runs of neighbours that show one scene."""
    starts = [i for i in range(len(looks)) if i == 0 or _apart(looks[i - 1], looks[i]) > ALIKE]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(looks)], strict=True)]


def _apart(one: Look, other: Look) -> float:
    if not one.histogram or len(one.histogram) != len(other.histogram):
        return math.inf
    total = distance = 0.0
    for a, b in zip(one.histogram, other.histogram, strict=True):
        total += a - b
        distance += abs(total)
    return distance / len(one.histogram)


def error(entry: Entry, name: str) -> float:
    """A standard error from the 90 % interval, never below a share of the value or half a step."""
    row = parameter(name)
    return max(entry.std, LEAST * abs(entry.value - row.neutral), row.step / 2)


def noisy(theta: ParameterVector) -> bool:
    """Whether noise was found that is worth removing."""
    return any(theta[name] > 0 for name in AMOUNTS)


def _noise(thetas: list[ParameterVector], known: Mapping[str, Known]) -> list[ParameterVector]:
    """Photos in which noise was found share what they know of it; the others stay as they are."""
    seen = [index for index, theta in enumerate(thetas) if noisy(theta)]
    made = list(thetas)
    for name in NOISE:
        entries = [thetas[index].entries[name] for index in seen]
        for index, entry in zip(seen, drawn(entries, name, known.get(name)), strict=True):
            made[index] = made[index].with_entries({name: entry})
    return made


def drawn(entries: Sequence[Entry], name: str, known: Known | None) -> list[Entry]:
    """Entries of one parameter drawn to their common mean, by the variance within and between photos.

    What is known of the camera is one more witness; where photos are few, it also says how far they differ.
    """
    values = [entry.value for entry in entries]
    variances = [error(entry, name) ** 2 for entry in entries]
    told = known if known is not None and known.count >= KNOWN_FROM else None
    if told is not None:
        values.append(told.mean)
        variances.append(told.spread**2 / told.count + (parameter(name).step / 2) ** 2)
    if len(values) < 2:
        return list(entries)
    few = told is not None and len(entries) < KNOWN_FROM
    between = told.spread**2 if few and told is not None else _between(values, variances)
    weights = [1 / (variance + between) for variance in variances]
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / sum(weights)
    return [_towards(entry, name, mean, 1 / sum(weights), between) for entry in entries]


def _between(values: Sequence[float], variances: Sequence[float]) -> float:
    """Variance between photos (DerSimonian and Laird 1986, equation 8); 0 where their errors explain it all."""
    weights = [1 / variance for variance in variances]
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    excess = sum(w * (x - mean) ** 2 for w, x in zip(weights, values, strict=True)) - (len(values) - 1)
    return max(0.0, excess / (total - sum(w * w for w in weights) / total))


def _towards(entry: Entry, name: str, mean: float, of_mean: float, between: float) -> Entry:
    if entry.pinned:
        return entry
    own = error(entry, name) ** 2
    # Beyond two standard deviations the photo is believed more and more: it may come from another developer.
    between += max(0.0, (entry.value - mean) ** 2 - 4 * (own + between))
    share = own / (own + between)
    spread = math.sqrt(own * (1 - share) + share**2 * of_mean)
    return _entry(name, share * mean + (1 - share) * entry.value, spread, entry.confidence)


def _smoothed(thetas: list[ParameterVector]) -> list[ParameterVector]:
    """One scene: haze, light and cast smoothed along the run."""
    if len(thetas) < 2:
        return thetas
    made = list(thetas)
    for name in SCENE:
        entries = [theta.entries[name] for theta in thetas]
        middles = [
            median(e.value for e in entries[max(0, i - REACH) : i + REACH + 1]) for i in range(len(entries))
        ]
        for index, entry in enumerate(entries):
            if not entry.pinned:
                near = range(max(0, index - REACH), min(len(entries), index + REACH + 1))
                weights = [math.exp(-0.5 * ((index - i) / WIDTH) ** 2) for i in near]
                value = sum(w * middles[i] for w, i in zip(weights, near, strict=True)) / sum(weights)
                heard = sum(weights) ** 2 / sum(w * w for w in weights)
                spread = median(error(entries[i], name) for i in near) / math.sqrt(heard)
                sure = median(entries[i].confidence for i in near)
                made[index] = made[index].with_entries({name: _entry(name, value, spread, sure)})
    return made


def _entry(name: str, value: float, spread: float, confidence: float) -> Entry:
    row = parameter(name)
    value = min(max(value, row.low), row.high)
    low, high = max(row.low, value - Z90 * spread), min(row.high, value + Z90 * spread)
    return Entry(value, low, high, confidence)
