"""All estimators in their order, fused into one Estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from upzeroir_plugin.estimate import learned
from upzeroir_plugin.estimate.aim import aimed, veiled
from upzeroir_plugin.estimate.blur import estimate_blur
from upzeroir_plugin.estimate.fuse import fuse, joined
from upzeroir_plugin.estimate.haze import estimate_haze
from upzeroir_plugin.estimate.hypotheses import Rows, close, reweighed, weigh
from upzeroir_plugin.estimate.illumination import illumination
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.light import histogram, lifted, spread
from upzeroir_plugin.estimate.noise import as_seen, estimate_noise
from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Estimate, Findings, Reading
from upzeroir_plugin.estimate.refine import edge_aware
from upzeroir_plugin.estimate.undo import undone
from upzeroir_plugin.estimate.view import Array, small_view
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo

MAP_SIDE = 256
MAP_TRUST = 0.5
"""How much of the network's depth map is believed, beside an even veil: on simulated photos it explains about half of
the variance of depth (METHOD.md §8 found the same on real haze)."""

WORD = 2.0
"""Log-odds that the black point can add to or take from the presence of haze."""


def estimate(photo: Photo) -> Estimate:
    """θ, maps and evidence of a photo; evidence by group, plain JSON values.

    Haze, light and cast come from the learned estimator; the black point has a word in how deep the veil is. Noise is
    judged as the lifted photo will show it.
    """
    jpeg = estimate_jpeg(photo)
    noise = estimate_noise(photo, jpeg)
    blur, place = estimate_blur(photo, noise, jpeg)
    view = learned.view_of(photo.pixels)
    seen = learned.read(view)
    first = veiled(view, seen, seen.readings)
    tried = weigh(view, edge_aware(seen.depth, view), first, _faults, partial(aimed, view, seen))
    readings, black = _toned(view, seen, reweighed(first, tried))
    lit = fuse(readings["light"])
    noise = as_seen(noise, lambda tones: spread(tones, lit["light.ev"], lit["light.midtones"]))
    tones = [row for rows in readings.values() for row in rows]
    theta = fuse([*tones, *(row for found in (blur, noise, jpeg) for row in found.readings)])
    wide = small_view(photo.pixels, MAP_SIDE)
    depth = 1 + MAP_TRUST * (edge_aware(seen.depth, wide) - 1)
    maps = Maps(depth=depth.clip(0.05), illumination=illumination(wide), blur=place)
    evidence = _evidence(view, theta, {"haze": black, "noise": noise, "blur": blur, "jpeg": jpeg})
    return Estimate(theta, maps, evidence, close(tried))


def _toned(view: Array, seen: learned.Learned, readings: Rows) -> tuple[Rows, Findings]:
    """Haze, light and cast, with the black point's word on haze, aimed at the wanted tones; and what it found."""
    lit = fuse(readings["light"])
    black = estimate_haze(lifted(view, lit["light.ev"], lit["light.midtones"]))
    veil = _agreed(readings["haze"], black, readings["light"][0].present)
    return aimed(view, seen, {**readings, "haze": veil}), black


def _agreed(seen: tuple[Reading, ...], black: Findings, dark: float) -> tuple[Reading, ...]:
    """The readings of the veil by the network and by the black point as one: log-odds of presence added.

    The black point cannot tell mist from a pale scene, so that its word is bounded; nor can it tell a veil that lies
    under darkness, since undoing the darkness alone hides it, so that it says nothing there.
    """
    said = (1 - dark) * max(-WORD, min(WORD, logit(black.readings[0].present)))
    present = logistic(logit(seen[0].present) + said)
    vague = [replace(row, std=row.std / max(1 - dark, 1e-3)) for row in black.readings]
    pairs = zip(seen, vague, strict=True)
    return tuple(replace(joined([a, b]), present=present) for a, b in pairs)


def _evidence(view: Array, theta: ParameterVector, found: Mapping[str, Findings]) -> dict[str, object]:
    target = histogram(undone(view, theta.values()))
    light = {"histogram": histogram(view), "target": target}
    return {"light": light, **{group: findings.evidence for group, findings in found.items()}}


def _faults(view: Array) -> dict[str, float]:
    """Presence of each group's fault in a view."""
    return {group: rows[0].present for group, rows in learned.read(view).readings.items()}
