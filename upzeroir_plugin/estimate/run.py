"""All estimators in their order, fused into one Estimate."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from upzeroir_plugin.estimate import learned
from upzeroir_plugin.estimate.aim import aimed, veiled
from upzeroir_plugin.estimate.blur import estimate_blur
from upzeroir_plugin.estimate.colour import toned
from upzeroir_plugin.estimate.drawn import drawn
from upzeroir_plugin.estimate.frame import around, picture
from upzeroir_plugin.estimate.fuse import fuse, share
from upzeroir_plugin.estimate.haze import denied, estimate_haze
from upzeroir_plugin.estimate.haze_bound import bounded
from upzeroir_plugin.estimate.hypotheses import close, reweighed, weigh
from upzeroir_plugin.estimate.illumination import illumination
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.light import histogram, lifted, spread
from upzeroir_plugin.estimate.noise import as_seen, before_clipping, estimate_noise
from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Estimate, Findings, Hypothesis, Reading, Rows, believed
from upzeroir_plugin.estimate.refine import edge_aware
from upzeroir_plugin.estimate.undo import undone
from upzeroir_plugin.estimate.view import Array, contrast, small_view
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.crop import crop
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.blur import Blur

MAP_SIDE = 256
MAP_TRUST = 0.8
"""How much of the network's depth map is believed, beside an even veil (ours: val; 0.5 costs 0.5 dB there, and all of
it is no better on real haze)."""
EVEN = 0.3
"""Standard deviation of its logarithm at which half of the map is believed in the dark, where even veils too are read
as uneven ones (ours: val; 0 wins 0.3 dB more behind uneven veils and loses as much behind even ones)."""

HIDING = ("haze.depth", "light.ev", *Blur.switches)
"""Faults that hide noise."""
BARE = 0.04
"""`view.contrast` up to which a picture shows too little for a word on its tones; from twice that all is believed
(ours: the least of 402 photos is 0.17, of 480 simulated views behind a veil 0.07; a bare wall with noise has 0.02)."""
NEAREST = 0.05
"""Least depth of a part of the photo, the whole being 1."""
WORD = 2.0
"""Log-odds that the black point can add to or take from the presence of haze."""


def estimate(photo: Photo) -> Estimate:
    """θ, maps and evidence of a photo; evidence by group, plain JSON values.

    Haze, light and cast come from the learned estimator; the black point has a word in whether there is a veil. Noise
    is judged as the restored photo will show it.
    """
    box, size = picture(photo.pixels), photo.size
    photo = crop(photo, box)
    jpeg = estimate_jpeg(photo)
    noise = estimate_noise(photo, jpeg)
    # tones and blur need nothing of each other: side by side the whole takes 0.7 of the time on two cores
    with ThreadPoolExecutor(1) as beside:
        tones = beside.submit(_toned, photo.pixels, noise, jpeg)
        blur, place, path = estimate_blur(photo, noise, jpeg)
    toned = tones.result()
    lit = fuse(toned.readings["light"])
    rows = [row for readings in toned.readings.values() for row in readings]
    shown = max(share(row.present) for row in [*rows, *blur.readings] if row.name in HIDING)
    noise = as_seen(noise, shown, lambda level: spread(level, lit["light.ev"], lit["light.midtones"]))
    theta = fuse([*rows, *(row for found in (blur, noise, jpeg) for row in found.readings)])
    depth, light = (around(m, box, size) for m in (toned.depth, toned.illumination))
    place = None if place is None else around(place, box, size)
    maps = Maps(depth=depth, illumination=light, blur=place, path=path)
    evidence = _evidence(toned.view, theta, {"haze": toned.black, "noise": noise, "blur": blur, "jpeg": jpeg})
    framed = box if photo.size != size else None
    return Estimate(theta, maps, {**evidence, "picture": framed}, toned.close, framed)


class _Tones(NamedTuple):
    """What the small views tell: haze, light, cast and where they are."""

    view: Array
    readings: Rows
    black: Findings
    depth: Array
    illumination: Array
    close: tuple[Hypothesis, ...]


def _toned(pixels: Array, noise: Findings, jpeg: Findings) -> _Tones:
    view = learned.view_of(pixels)
    photo = (1 - drawn(pixels, jpeg)) * min(max((contrast(view) - BARE) / BARE, 0.0), 1.0)
    told = {"haze": photo, "light": photo, "colour": photo * (1 - toned(view))}
    seen = _seen(view, told, None)
    dark = share(seen.readings["light"][0].present)
    if dark:  # read again below, by the weights for dark photos too
        view = _lowered(view, noise, dark)
        seen = _seen(view, told)
    veil = _trusted(seen.depth, dark)
    hazy = seen.readings["haze"]
    clear = (1 - dark) * denied(pixels, veil, hazy)
    seen = replace(seen, readings={**seen.readings, "haze": believed(hazy, (1 - clear) * hazy[0].present)})
    shape = edge_aware(veil, view).clip(NEAREST)
    first = veiled(view, shape, seen, seen.readings)
    tried = weigh(view, shape, first, _faults, partial(aimed, view, shape, seen))
    readings, black = _weighed(view, shape, seen, reweighed(first, tried))
    wide = _lowered(small_view(pixels, MAP_SIDE), noise, dark)
    possible = partial(_possible, wide, edge_aware(veil, wide).clip(NEAREST), 1 - dark)
    others = fuse([*readings["light"], *readings["colour"]]).values()
    depth, most = possible(others | {r.name: r.value for r in readings["haze"]})
    offered = tuple(replace(h, values=h.values | {"haze.depth": possible(h.values)[1]}) for h in close(tried))
    hazy = _thinned(readings["haze"], most)
    return _Tones(view, {**readings, "haze": hazy}, black, depth, illumination(wide), offered)


def _possible(wide: Array, shape: Array, trust: float, values: Mapping[str, float]) -> tuple[Array, float]:
    """Shape and depth of the veil of `values`, no thicker than the view behind its darkening and cast allows.

    In the dark, where lifted noise blackens pixels and `aimed` weighs the tones, the bound is not trusted (ours: 10
    photos hazy, dark and noisy lost .45 dB).
    """
    return bounded(shape, undone(wide, {**values, "haze.depth": 0.0}), values, trust)


def _thinned(rows: tuple[Reading, ...], most: float) -> tuple[Reading, ...]:
    """Haze's readings with depth `most`, its error in proportion."""
    deep, *air = rows
    return replace(deep, value=most, std=deep.std * most / max(deep.value, 1e-6)), *air


def _trusted(depth: Array, dark: float) -> Array:
    """The network's depth map (h, w) of mean 1 as far as it is believed, beside an even veil."""
    uneven = float(np.log(depth).var())
    trust = (1 - dark) * MAP_TRUST + dark * uneven / (uneven + EVEN**2)
    shape: Array = 1 + np.float32(trust) * (depth - 1)
    return shape


def _seen(view: Array, told: Mapping[str, float], dark: Path | None = learned.DARK) -> learned.Learned:
    """What the network reads, each group as far as the picture can tell of it (`told`): a drawing's tones are meant."""
    found = learned.read(view, dark=dark)
    readings = {
        group: believed(rows, told[group] * rows[0].present) for group, rows in found.readings.items()
    }
    return replace(found, readings=readings)


def _lowered(view: Array, noise: Findings, dark: float) -> Array:
    """The view without what clipped noise adds to black, as far as the photo is dark.

    The network was trained on lifted blacks: on simulated val views 0.5 to 1.9 dB are won in the dark, by noise, and on
    sound photos 0.4 would be lost.
    """
    lowered: Array = view + np.float32(dark) * (before_clipping(view, noise) - view)
    return lowered


def _weighed(view: Array, shape: Array, seen: learned.Learned, readings: Rows) -> tuple[Rows, Findings]:
    """Haze, light and cast, with the black point's word on haze, aimed at the wanted tones; and what it found."""
    lit = fuse(readings["light"])
    black = estimate_haze(lifted(view, lit["light.ev"], lit["light.midtones"]))
    veil = _agreed(readings["haze"], black, readings["light"][0].present)
    return aimed(view, shape, seen, {**readings, "haze": veil}), black


def _agreed(seen: tuple[Reading, ...], black: Findings, dark: float) -> tuple[Reading, ...]:
    """The network's readings of the veil, with the black point's word in their presence: log-odds added.

    The black point cannot tell mist from a pale scene, so that its word is bounded; nor can it tell a veil that lies
    under darkness, since undoing the darkness alone hides it, so that it says nothing there. How deep a veil is the
    network knows better by itself: averaged with the black point it lost 0.4 dB on val.
    """
    said = (1 - dark) * max(-WORD, min(WORD, logit(black.readings[0].present)))
    present = logistic(logit(seen[0].present) + said)
    return believed(seen, present)


def _evidence(view: Array, theta: ParameterVector, found: Mapping[str, Findings]) -> dict[str, object]:
    target = histogram(undone(view, theta.values()))
    light = {"histogram": histogram(view), "target": target}
    return {"light": light, **{group: findings.evidence for group, findings in found.items()}}


def _faults(view: Array) -> dict[str, float]:
    """Presence of each group's fault in a view."""
    return {group: rows[0].present for group, rows in learned.read(view).readings.items()}
