"""θ in one plain sentence. Standard library only, Python 3.9 and up."""

from __future__ import annotations

import math
from collections.abc import Callable

if __package__:
    from upzeroir_plugin.parameters import MODIFIERS, PARAMETERS, ParameterVector
else:
    from parameters import MODIFIERS, PARAMETERS, ParameterVector  # type: ignore[import-not-found,no-redef]

# What is said from which measure on. Below a row's first limit nothing is said.
GRADES = {
    # Standard deviation in 1/255 where the scene's mid-grey lies in this photo.
    "noise": ((1, "slightly noisy"), (3, "noisy"), (8, "very noisy"), (20, "extremely noisy")),
    "blotches": ((1, "colour blotches"), (6, "strong colour blotches")),
    # Mid-tone exponent m as |log2 m|.
    "dark": ((0.15, "dark mid-tones"), (0.5, "very dark mid-tones")),
    "pale": ((0.15, "pale mid-tones"), (0.5, "very pale mid-tones")),
    "local": ((0.15, "uneven light"), (0.6, "very uneven light")),
    # Contrast lost, 1 − exp(−depth).
    "haze": ((0.05, "slight haze"), (0.2, "haze"), (0.45, "thick haze"), (0.7, "very thick haze")),
    # Pixels: standard deviation, radius, length.
    "sigma": ((0.5, "slightly soft"), (1, "soft"), (2, "very soft")),
    "focus": ((0.8, "slightly out of focus"), (2.5, "out of focus"), (6, "far out of focus")),
    "length": ((1.5, "slightly motion-blurred"), (5, "motion-blurred"), (20, "strongly motion-blurred")),
    # Root mean square, px.
    "shake": ((1, "slightly shaken"), (2.5, "shaken"), (8, "strongly shaken")),
    # Mired, and 3000ths of Duv; {} is the colour.
    "temperature": ((8, "slight {} cast"), (30, "{} cast"), (90, "strong {} cast")),
    "tint": ((6, "slight {} cast"), (20, "{} cast"), (50, "strong {} cast")),
    # 100 − quality.
    "jpeg": ((8, "lightly compressed"), (25, "compressed"), (55, "strongly compressed"),
             (85, "very strongly compressed")),
}  # fmt: skip
LEAST_SCALE = 1.15
COUNTS = ("", "one", "two", "three", "four", "five", "six")
AND_A_HALF = " and a half"
STOPS = ("half a stop under-exposed", "{} stop under-exposed", "{} stops under-exposed",
         "half a stop over-exposed", "{} stop over-exposed", "{} stops over-exposed")  # fmt: skip
COLOURS = ("warm", "cool", "green", "magenta")
FILE = ("(quality about {:.0f})", "enlarged about {:.1f} times")


def summary(theta: ParameterVector, say: Callable[[str], str] = str) -> str:
    """One sentence in plain words, such as "Very noisy, two stops under-exposed, slight haze; no blur found."

    A neutral θ is "Nothing to fix."; faults too small for a word are "Next to nothing to fix.". `say` translates
    each of `phrases()`.
    """
    blur = [say(_grade(name, theta[f"blur.{name}"])) for name in ("sigma", "focus", "length", "shake")]
    found = [say(_grade("noise", noise_on_grey(theta))), say(_grade("blotches", theta["noise.blotches"]))]
    found += [*_light(theta, say), say(_grade("haze", 1 - math.exp(-theta["haze.depth"]))), *blur]
    found += [*_colour(theta, say), *_file(theta, say)]
    said = [phrase for phrase in found if phrase]
    if not said:
        real = (row for row in PARAMETERS if row.name not in MODIFIERS)
        clean = all(theta[row.name] == row.neutral for row in real)
        return say("Nothing to fix.") if clean else say("Next to nothing to fix.")
    sentence = ", ".join(said)
    end = "." if any(blur) else say("; no blur found.")
    return sentence[0].upper() + sentence[1:] + end


def phrases() -> list[str]:
    """Every text that `summary` puts together, for translators."""
    grades = [phrase for rows in GRADES.values() for _, phrase in rows]
    return [
        *grades,
        *STOPS,
        *COUNTS[1:],
        AND_A_HALF,
        *COLOURS,
        *FILE,
        "Nothing to fix.",
        "Next to nothing to fix.",
        "; no blur found.",
    ]


def noise_on_grey(theta: ParameterVector) -> float:
    """Noise σ in 1/255 where a scene value of 0.5 lies after exposure and mid-tones (formula: physics)."""
    light = _decode(0.5) * 2.0 ** -theta["light.ev"]
    value = min(_encode(light), 1.0) ** theta["light.midtones"]
    light, step = _decode(value), 1e-6
    steep = (_encode(light + step) - _encode(light)) / step
    sensor = 1e-4 * theta["noise.shot"] * light + (1e-3 * theta["noise.read"]) ** 2
    return math.hypot(255 * steep * math.sqrt(sensor), theta["noise.file"])


def _grade(name: str, measure: float) -> str:
    """The last phrase of that row whose limit `measure` reaches, or nothing."""
    return next((phrase for limit, phrase in reversed(GRADES[name]) if measure >= limit), "")


def _light(theta: ParameterVector, say: Callable[[str], str]) -> list[str]:
    halves = math.floor(2 * abs(theta["light.ev"]) + 0.5)
    stops = ""
    if halves:
        pattern = STOPS[min(halves, 3) - 1 + 3 * (theta["light.ev"] <= 0)]
        whole = say(COUNTS[halves // 2]) if halves > 1 else ""
        stops = say(pattern).format(whole + (say(AND_A_HALF) if halves > 1 and halves % 2 else ""))
    middle = math.log2(theta["light.midtones"])
    return [
        stops,
        say(_grade("dark" if middle > 0 else "pale", abs(middle))),
        say(_grade("local", theta["light.local"])),
    ]


def _colour(theta: ParameterVector, say: Callable[[str], str]) -> list[str]:
    temperature, tint = theta["colour.temperature"], theta["colour.tint"]
    warm, green = "warm" if temperature > 0 else "cool", "green" if tint > 0 else "magenta"
    return [
        say(_grade("temperature", abs(temperature))).format(say(warm)),
        say(_grade("tint", abs(tint))).format(say(green)),
    ]


def _file(theta: ParameterVector, say: Callable[[str], str]) -> list[str]:
    quality, scale = theta["jpeg.quality"], theta["sampling.scale"]
    compressed = say(_grade("jpeg", 100 - quality))
    return [
        f"{compressed} {say(FILE[0]).format(quality)}" if compressed else "",
        say(FILE[1]).format(scale) if scale >= LEAST_SCALE else "",
    ]


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encode(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
