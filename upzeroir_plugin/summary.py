"""θ in one plain sentence. Standard library only, Python 3.9 and up."""

from __future__ import annotations

import math

from upzeroir_plugin.parameters import PARAMETERS, ParameterVector

# What is said from which measure on. Below a row's first limit nothing is said.
GRADES = {
    # Standard deviation in 1/255 where the scene's mid-grey lies in this photo.
    "noise": ((1, "slightly noisy"), (3, "noisy"), (8, "very noisy"), (20, "extremely noisy")),
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
    # Mired, and 3000ths of Duv; {} is the colour.
    "temperature": ((8, "slight {} cast"), (30, "{} cast"), (90, "strong {} cast")),
    "tint": ((6, "slight {} cast"), (20, "{} cast"), (50, "strong {} cast")),
    # 100 − quality.
    "jpeg": ((8, "lightly compressed"), (25, "compressed"), (55, "strongly compressed"),
             (85, "very strongly compressed")),
}  # fmt: skip
LEAST_SCALE = 1.15
COUNTS = ("", "one", "two", "three", "four", "five", "six")
MODIFIERS = {"haze.red", "haze.green", "haze.blue", "blur.angle", "noise.size", "noise.chroma"}
"""Parameters that say what a fault is like, not that there is one."""


def summary(theta: ParameterVector) -> str:
    """One sentence in plain words, such as "Very noisy, two stops under-exposed, slight haze; focus is good."

    A neutral θ is "Nothing to fix."; faults too small for a word are "Next to nothing to fix.".
    """
    blur = [_grade(name, theta[f"blur.{name}"]) for name in ("sigma", "focus", "length")]
    found = [_grade("noise", noise_on_grey(theta)), *_light(theta)]
    found += [_grade("haze", 1 - math.exp(-theta["haze.depth"])), *blur, *_colour(theta), *_file(theta)]
    said = [phrase for phrase in found if phrase]
    if not said:
        real = (row for row in PARAMETERS if row.name not in MODIFIERS)
        clean = all(theta[row.name] == row.neutral for row in real)
        return "Nothing to fix." if clean else "Next to nothing to fix."
    sentence = ", ".join(said)
    end = "." if any(blur) else "; focus is good."
    return sentence[0].upper() + sentence[1:] + end


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


def _light(theta: ParameterVector) -> list[str]:
    halves = math.floor(2 * abs(theta["light.ev"]) + 0.5)
    side = "under-exposed" if theta["light.ev"] > 0 else "over-exposed"
    stops = ""
    if halves == 1:
        stops = f"half a stop {side}"
    elif halves > 1:
        count = COUNTS[halves // 2] + (" and a half" if halves % 2 else "")
        stops = f"{count} stop{'' if halves == 2 else 's'} {side}"
    middle = math.log2(theta["light.midtones"])
    return [
        stops,
        _grade("dark" if middle > 0 else "pale", abs(middle)),
        _grade("local", theta["light.local"]),
    ]


def _colour(theta: ParameterVector) -> list[str]:
    temperature, tint = theta["colour.temperature"], theta["colour.tint"]
    return [
        _grade("temperature", abs(temperature)).format("warm" if temperature > 0 else "cool"),
        _grade("tint", abs(tint)).format("green" if tint > 0 else "magenta"),
    ]


def _file(theta: ParameterVector) -> list[str]:
    quality, scale = theta["jpeg.quality"], theta["sampling.scale"]
    compressed = _grade("jpeg", 100 - quality)
    return [
        f"{compressed} (quality about {quality:.0f})" if compressed else "",
        f"enlarged about {scale:.1f} times" if scale >= LEAST_SCALE else "",
    ]


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encode(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
