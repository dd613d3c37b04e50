"""Noise of a photo: its variance by brightness, sensor or file, its grain and its colour.

Two families see it: along luma (1, 1, 1)/√3 within one channel, which takes fine texture for noise, and along the two
chroma axes, which hardly sees texture, but nothing of grey noise or after 4:2:0. Each weighs by its own error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate import (
    noise_blotches,
    noise_clipped,
    noise_coarse,
    noise_curve,
    noise_grain,
    noise_jpeg,
)
from upzeroir_plugin.estimate.noise_blocks import GREEN, LUMA, RED_BLUE, Blocks, measure
from upzeroir_plugin.estimate.noise_clipped import Measured
from upzeroir_plugin.estimate.noise_coarse import worth
from upzeroir_plugin.estimate.noise_grain import Parts
from upzeroir_plugin.estimate.noise_hidden import UNKNOWN, Hidden, hidden, luma_of
from upzeroir_plugin.estimate.noise_levels import NARROW, Levels, levels
from upzeroir_plugin.estimate.noise_repeats import repeats
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.parameters import names_in
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float64]
View = NDArray[np.float32]

PLAINER = 1.6
"""How many times as plain noise is where haze, darkness or blur is undone: there it acts from 1.3/255 on."""
UNLIKE = 0.4
"""How far chroma's variance may be from luma's, in shares of it, where chroma itself says nothing."""
ROUGHLY = 0.1
"""Error of chroma's variance that was hidden, in shares of luma's."""
UNTOLD, CERTAIN = 0.5, 0.99
"""σ of `noise.clipped` where nothing tells of it, and probability of a compression from which nothing does."""
THINNED = 1.3**2
"""By how much the variance of sensor noise is read too low behind JPEG (ours: 10 dark photos of val at quality 90,
denoised and lifted: 30.9 dB as read, 31.7 at 1.3 times its σ, 9 of 10 better; file noise is read rightly)."""
LOUD = 16.0
"""Noise, in 1/255, from which on it is asked if it is a pattern: faint detail of sound photos repeats itself, too, and
so does some cameras' noise (ours: up to 10/255 among the real ones)."""
NAMES = names_in("noise")


def estimate_noise(photo: Photo, jpeg: Findings) -> Findings:
    """Readings of all of noise's parameters; `jpeg` is what `estimate_jpeg` found on the photo.

    Evidence: `bins`, from dark to bright, each with `brightness` (0–1), the measured noise `variance` and the `fit`
    (file values squared, ×255²) and `weight`; `sigma`, the noise of the whole photo in 1/255; `clipped`, whether it is
    cut off at black and at white; `blotches`, the odds of them, and `pattern`, those of no noise but a pattern, 0 to 1.
    """
    compressed, quality, grid = _compression(jpeg)
    found = measure(photo.pixels, grid)
    if not len(found.mean):
        return _nothing()
    rounding = {8: 1 / 12, 16: 1 / 12 / 257**2}.get(photo.bit_depth, 0.0)
    halved = measure(photo.pixels, None, halvings=1)
    binned, smaller = levels(found), levels(halved) if len(halved.mean) else None
    unseen = UNKNOWN
    if smaller is not None and compressed > 0 and not found.grey:
        unseen = hidden(binned, smaller, quality)
    read = partial(_read, compressed=compressed, quality=quality, unseen=unseen)
    fine = read(found, binned, rounding)
    if smaller is not None:
        coarse = read(halved, smaller, rounding / 4, halved=True)
        fine = noise_coarse.joined(fine, coarse, found.grey)
    blotches, there = noise_blotches.read(measure(photo.pixels, None, halvings=2), fine)
    pattern = repeats(photo.pixels) if fine.evidence["sigma"] > LOUD else 0.0
    heard = (replace(r, present=(1 - pattern) * r.present) for r in fine.readings)
    return Findings((*heard, blotches), {**fine.evidence, "blotches": there, "pattern": pattern})


def _read(
    found: Blocks,
    binned: Levels,
    rounding: float,
    compressed: float,
    quality: float,
    unseen: Hidden,
    halved: bool = False,
) -> Findings:
    """What `estimate_noise` returns, of blocks of the photo or of the photo `halved`, and their levels."""
    variances = partial(
        noise_coarse.measured if halved else _measured, compressed=compressed, quality=quality, unseen=unseen
    )
    families = _families(binned, rounding)
    size, size_error = noise_grain.size_of(families, binned.scatter, binned.freedom)
    measured, (ratio, ratio_error) = variances(binned, families, size)
    times, times_error = 1.0, UNTOLD
    if any(found.clipped) and compressed < CERTAIN:
        thin = levels(found, NARROW)
        narrow, _ = variances(thin, _families(thin, rounding), size)
        times, times_error = noise_clipped.times_of(narrow, found.clipped, compressed, size)
    fit = noise_clipped.fit(measured, found.clipped, compressed, times)
    sigma = math.sqrt(float(np.mean(np.maximum(fit.fitted, 0))))
    present = worth(sigma)
    bins = [
        {"brightness": float(m.mean()), "variance": float(v), "fit": float(f), "weight": float(w)}
        for m, v, f, w in zip(binned.means, fit.variance, fit.fitted, fit.weight, strict=True)
    ]
    readings = (
        *_amounts(_before_jpeg(fit.curve, compressed), present),
        Reading(NAMES[3], size, size_error, present),
        Reading(NAMES[4], ratio, ratio_error, present),
        Reading(NAMES[5], times, times_error, present),
    )
    evidence = {"bins": bins, "sigma": sigma, "rounding": rounding, "clipped": list(found.clipped)}
    return Findings(readings, evidence)


def before_clipping(view: View, found: Findings) -> View:
    """A view (h, w, 3), averaged over many pixels, as it would be had no noise been cut off at black and white.

    In the dark noise can only add: σ = 15/255 lifts black to 6/255, which reads as a veil once the dark is lifted.
    """
    if not any(found.evidence["clipped"]):
        return view
    shot, read, file = (found.readings[i].value for i in range(3))
    amounts = np.array([shot, read**2, file**2])
    curve = noise_curve.Curve(amounts, np.zeros(3))
    black, white = found.evidence["clipped"]
    times = found.readings[5].value / 255
    mean = view.astype(np.float64)
    true = mean
    for _ in range(2):
        true, _ = noise_curve.unclip(mean, times * np.sqrt(curve.variance(true)), (black, white))
    inside: View = np.clip(true, 0, 1).astype(np.float32)
    return inside


def as_seen(found: Findings, undone: float, gain: Callable[[Array], Array]) -> Findings:
    """The readings with presence as the result will show the noise.

    `undone`: how surely a fault that hides noise is taken away, 0 to 1. `gain` says by how much the restoration spreads
    tones at a brightness (n,) in [0, 1]: noise that nobody sees in the dark is plain once the dark is lifted.
    """
    bins = found.evidence["bins"]
    if not bins:
        return found
    brightness = np.array([b["brightness"] for b in bins])
    fit = np.array([max(b["fit"], 0.0) for b in bins])
    plainer = PLAINER**undone * np.maximum(gain(brightness), 1)
    sigma = math.sqrt(float(np.mean(fit * plainer**2)))
    present = (1 - found.evidence["pattern"]) * worth(sigma)
    *fine, blotches = found.readings
    spots = blotches.value * math.sqrt(float(np.mean(plainer**2)))
    seen = replace(blotches, present=found.evidence["blotches"] * noise_blotches.worth(spots))
    readings = (*(replace(r, present=max(r.present, present)) for r in fine), seen)
    return Findings(readings, {**found.evidence, "seen": sigma})


def _families(binned: Levels, rounding: float) -> Array:
    """Energies (family, bin, band) of luma and of chroma, without the file's rounding."""
    energy = np.maximum(binned.energy - rounding, 0)
    return np.stack([energy[:, LUMA], energy[:, [RED_BLUE, GREEN]].mean(1)])


def _measured(
    binned: Levels, families: Array, size: float, compressed: float, quality: float, unseen: Hidden
) -> tuple[Measured, tuple[float, float]]:
    """Variance of the bins with its error, and the ratio of chroma's noise to luma's with its own."""
    luma_part = noise_grain.noise_part(families[0], size, binned.freedom)
    chroma_part = noise_grain.noise_part(families[1], size, 2 * binned.freedom)
    if compressed > 0:
        told = noise_jpeg.noise_part(binned.average, binned.freedom, quality, size)
        if binned.grey:
            luma_part = noise_jpeg.mixed(compressed, luma_part, told, luma_of(0))
        else:
            luma_part, chroma_part = _decompressed(compressed, quality, told, luma_part, chroma_part, unseen)
    ratio, ratio_error, independent = noise_grain.chroma_ratio(luma_part, chroma_part)
    variance, error = _joined(luma_part, chroma_part, ratio, independent)
    return Measured(binned.means, variance, error, binned.ends), (ratio, ratio_error)


def _compression(jpeg: Findings) -> tuple[float, float, tuple[int, int] | None]:
    """Probability and quality of a JPEG compression, and its grid's phase if it is likely enough to matter."""
    quality = jpeg.reading("jpeg.quality")
    if quality.present < 0.05:
        return 0.0, 100.0, None
    x, y = jpeg.evidence.get("grid", (0, 0))
    return quality.present, quality.value, (x, y)


def _decompressed(
    compressed: float, quality: float, told: Parts, luma: Parts, chroma: Parts, unseen: Hidden
) -> tuple[Parts, Parts]:
    """Luma and chroma variances with errors after JPEG: Y, made good for its quantisation, stands for luma.

    Chroma that subsampling or coarse steps have killed in the high band would read as grey noise; it loses its weight
    to what is known of it all the same.
    """
    mixed = noise_jpeg.mixed(compressed, luma, told)
    share = np.maximum(chroma[0], 0).sum() / max(np.maximum(mixed[0], 0).sum(), 1e-6)
    dead = 1 - noise_grain.alive(float(share), quality)
    known = dead * unseen.told
    colour = unseen.believed(dead)
    mixed = noise_jpeg.mixed(compressed, luma, told, luma_of(colour))
    doubt = 0.15 * np.abs(chroma[0]) + known * ROUGHLY * mixed[0]
    doubt += (dead - known) * (1e3 + 10 * np.abs(mixed[0]))
    lost = compressed * dead
    heard = (1 - lost) * chroma[0] + lost * colour * mixed[0]
    return mixed, (heard, chroma[1] + compressed * doubt)


def _joined(luma: Parts, chroma: Parts, ratio: float, independent: float) -> Parts:
    """A channel's variance and its σ: of independent channels the weighted mean of both families, else (L + 2 C)/3.

    Chroma that says nothing (its σ is huge) is taken to be as many times as noisy as luma as it is elsewhere in the
    photo (`ratio`, of σ), as far as that is plain, give or take `UNLIKE`.
    """
    times = independent + (1 - independent) * ratio**2
    guess = 1 / (times**2 * (luma[1] ** 2 + (UNLIKE * luma[0]) ** 2) + 1e-6)
    heard = 1 / np.square(chroma[1])
    chroma = (guess * times * luma[0] + heard * chroma[0]) / (guess + heard), 1 / np.sqrt(guess + heard)
    weights = 1 / np.square(luma[1]), 1 / np.square(chroma[1])
    total = weights[0] + weights[1]
    alike = (weights[0] * luma[0] + weights[1] * chroma[0]) / total
    apart = np.abs(luma[0] - chroma[0]) * np.sqrt(weights[0] * weights[1]) / total
    mean = (luma[0] + 2 * chroma[0]) / 3
    value = independent * alike + (1 - independent) * mean
    error = independent * np.hypot(1 / np.sqrt(total), 0.5 * apart)
    error += (1 - independent) * np.hypot(luma[1], 2 * chroma[1]) / 3
    return np.maximum(value, 0), error


def _before_jpeg(curve: noise_curve.Curve, compressed: float) -> noise_curve.Curve:
    """The curve with the sensor's noise as it was before a compression, which takes most of it where it is dark."""
    factor = np.array([1 + compressed * (THINNED - 1)] * 2 + [1.0])
    return noise_curve.Curve(curve.terms * factor, curve.errors * factor)


def _amounts(curve: noise_curve.Curve, present: float) -> list[Reading]:
    shot, read, file = np.maximum(curve.terms, 0)
    errors = curve.errors
    read, file = math.sqrt(read), math.sqrt(file)
    roots = [
        error / (2 * root + math.sqrt(error) + 1e-9) for root, error in ((read, errors[1]), (file, errors[2]))
    ]
    values = ((min(shot, 500.0), errors[0]), (min(read, 300.0), roots[0]), (min(file, 80.0), roots[1]))
    return [Reading(name, float(v), float(e), present) for name, (v, e) in zip(NAMES, values, strict=False)]


def _nothing() -> Findings:
    """For a photo that holds no block of 8×8 pixels."""
    neutral = ((0.0, 50.0), (0.0, 50.0), (0.0, 20.0), (0.0, 2.0), (1.0, 1.0), (1.0, 1.0), (0.0, 20.0))
    readings = tuple(Reading(n, value, std, 0.0) for n, (value, std) in zip(NAMES, neutral, strict=True))
    evidence = {
        "bins": [],
        "sigma": 0.0,
        "rounding": 0.0,
        "clipped": [False, False],
        "blotches": 0.0,
        "pattern": 0.0,
    }
    return Findings(readings, evidence)
