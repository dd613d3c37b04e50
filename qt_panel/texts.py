"""Words: translation, the sentence, and each group's finding in words and number."""

from __future__ import annotations

import math
import re

from PyQt6.QtCore import QCoreApplication

from upzeroir_plugin.parameters import GROUPS, PARAMETERS, Parameter, ParameterVector
from upzeroir_plugin.summary import GRADES, LEAST_SCALE, noise_on_grey, summary
from upzeroir_plugin.white import D65_MIRED

CONTEXT = "panel"


def tr(text: str) -> str:
    """The text in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


GROUP_NAMES = {
    "haze": N_("Haze"),
    "blur": N_("Blur"),
    "light": N_("Light"),
    "noise": N_("Noise"),
    "colour": N_("Colour"),
    "jpeg": N_("JPEG"),
}
NOTHING = {
    "haze": N_("none"),
    "blur": N_("sharp"),
    "light": N_("good"),
    "noise": N_("clean"),
    "colour": N_("neutral"),
    "jpeg": N_("no traces"),
}
STOPS = {
    "one": N_("one stop"),
    "half a": N_("half a stop"),
    "one and a half": N_("one and a half stops"),
    "two": N_("two stops"),
    "two and a half": N_("two and a half stops"),
    "three": N_("three stops"),
    "three and a half": N_("three and a half stops"),
    "four": N_("four stops"),
    "four and a half": N_("four and a half stops"),
    "five": N_("five stops"),
    "five and a half": N_("five and a half stops"),
    "six": N_("six stops"),
}
SIDES = {"under": N_("{stops} under-exposed"), "over": N_("{stops} over-exposed")}
LABELS = {
    "estimate": N_("Looking at the photo"),
    "engine": N_("Waiting for the engine to start"),
    "prior": N_("Loading the prior"),
    "draft": N_("First draft"),
    "probe": N_("Trying it on small parts"),
    "noise": N_("Removing noise"),
    "blur": N_("Undoing blur"),
    "refine": N_("Cleaning up"),
    "guided": N_("Cleaning up"),
    "queued": N_("Waiting for its turn"),
}
READINGS = {
    "as shot": N_("As shot"),
    "lift": N_("Lift"),
    "clear haze": N_("Clear haze"),
    "neutral colour": N_("Neutral colour"),
}
UNITS = {
    "optical depth": "",
    "px": N_("px"),
    "degrees": "°",
    "EV": " EV",
    "exponent": "",
    "1e-4 variance per unit of light": "",
    "1e-3 of linear light": "",
    "1/255": "/255",
    "ratio": "×",
    "mired": N_("mired"),
    "3000 Duv": "",
    "IJG quality": "",
    "times": "×",
}


def phrases() -> list[str]:
    """All that `summary` may say, for the translators: one entry a phrase."""
    found = []
    for name, grades in GRADES.items():
        colours = {"temperature": ("warm", "cool"), "tint": ("green", "magenta")}.get(name, ("",))
        found += [phrase.format(colour) for _, phrase in grades for colour in colours]
    ends = ["no blur found", "Nothing to fix.", "Next to nothing to fix."]
    return [*found, *ends, "(quality about {n})", "enlarged about {n} times"]


def sentence(theta: ParameterVector) -> str:
    """The one sentence, in the user's language."""
    english = summary(theta)
    if english in ("Nothing to fix.", "Next to nothing to fix."):
        return tr(english)
    head, _, tail = english[:-1].partition("; ")
    said = ", ".join(_phrase(part) for part in (head[0].lower() + head[1:]).split(", "))
    said = said[:1].upper() + said[1:]
    return f"{said}; {tr(tail)}." if tail else f"{said}."


def _phrase(text: str) -> str:
    stops = re.fullmatch(r"(.+?) stops? (under|over)-exposed", text)
    if stops:
        count = stops[1] if stops[1] != "half a" else "half a"
        return tr(SIDES[stops[2]]).format(stops=tr(STOPS[count]))
    quality = re.fullmatch(r"(.+) \(quality about (\d+)\)", text)
    if quality:
        return tr(quality[1]) + " " + tr("(quality about {n})").format(n=quality[2])
    larger = re.fullmatch(r"enlarged about ([\d.]+) times", text)
    if larger:
        return tr("enlarged about {n} times").format(n=larger[1])
    return tr(text)


def only(theta: ParameterVector, group: str) -> ParameterVector:
    """θ with nothing but that group's fault; for noise the light stays, since it says where noise is seen."""
    kept = {group, "light"} if group == "noise" else {group}
    own = {row.name: theta.entries[row.name] for row in PARAMETERS if row.group in kept}
    return ParameterVector(own)


def in_words(theta: ParameterVector, group: str) -> str:
    """What was found of a group, in words: "thick haze"; if nothing, what is good about it."""
    if group == "noise":
        level = noise_on_grey(only(theta, group))
        said = next((phrase for limit, phrase in reversed(GRADES["noise"]) if level >= limit), "")
        return tr(said or NOTHING[group])
    english = summary(only(theta, group))
    if english in ("Nothing to fix.", "Next to nothing to fix."):
        enlarged = group == "blur" and theta["sampling.scale"] >= LEAST_SCALE
        return tr("none" if enlarged else NOTHING[group])  # soft it is, but not by blur
    head = english[:-1].partition("; ")[0]
    parts = (head[0].lower() + head[1:]).split(", ")
    return ", ".join(_phrase(re.sub(r" \(quality about \d+\)", "", part)) for part in parts)


def in_numbers(theta: ParameterVector, group: str) -> str:
    """The number that goes with the words, with its unit; empty where there is nothing."""
    if group == "haze":
        lost = 100 * (1 - math.exp(-theta["haze.depth"]))
        return tr("{n} % of the contrast lost").format(n=f"{lost:.0f}") if lost >= 1 else ""
    if group == "blur":
        most = max(theta["blur.sigma"], theta["blur.focus"], theta["blur.length"], theta["blur.shake"])
        return tr("{n} px").format(n=f"{most:.1f}") if most >= 0.05 else ""
    if group == "light":
        ev = theta["light.ev"]
        return f"{ev:+.1f} EV".replace("-", "−") if abs(ev) >= 0.05 else ""
    if group == "noise":
        level = noise_on_grey(only(theta, group))
        return tr("{n} of 255 levels").format(n=f"{level:.1f}") if level >= 0.05 else ""
    if group == "colour":
        if abs(theta["colour.temperature"]) < 1 and abs(theta["colour.tint"]) < 1:
            return ""
        return tr("white at {n} K").format(n=f"{kelvin(theta['colour.temperature']):.0f}")
    quality = theta["jpeg.quality"]
    return tr("quality {n}").format(n=f"{quality:.0f}") if quality < 99.5 else ""


def kelvin(mired: float) -> float:
    """The colour temperature that a cast of so many mired makes white appear at."""
    return 1e6 / max(D65_MIRED + mired, 20.0)


def unit(row: Parameter) -> str:
    """The row's unit as it follows a number."""
    found = UNITS.get(row.unit, row.unit)
    return f" {tr(found)}" if found and found[0].isalpha() else found


def label_of(stage: str, fallback: str = "") -> str:
    """What the service does now, in the user's language; its own words where they are new."""
    return tr(LABELS[stage]) if stage in LABELS else fallback


def reading_label(label: str) -> str:
    """A close reading's name; the service joins several with "and"."""
    return " + ".join(tr(READINGS.get(part, part)) for part in label.split(" and "))


def duration(seconds: float) -> str:
    """About how long, in few words."""
    if seconds < 1.5:
        return tr("a moment")
    if seconds < 90:
        return tr("{n} s").format(n=f"{seconds:.0f}")
    return tr("{n} min").format(n=f"{seconds / 60:.0f}")


def groups() -> list[tuple[str, str]]:
    """(name, label) of each group in order."""
    return [(name, tr(GROUP_NAMES[name])) for name in GROUPS]
