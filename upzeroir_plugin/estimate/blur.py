"""Blur of a photo: softness, missed focus, motion or shake, from its edges, and where it is to be undone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from upzeroir_plugin.estimate import (
    blur_edges,
    blur_map,
    blur_path,
    blur_shape,
    blur_sharpest,
    blur_spectrum,
    blur_texture,
    blur_widths,
)
from upzeroir_plugin.estimate.blur_kernel import kernel_picture
from upzeroir_plugin.estimate.blur_map import Part
from upzeroir_plugin.estimate.blur_shape import Shapes
from upzeroir_plugin.estimate.blur_sharpest import Level
from upzeroir_plugin.estimate.blur_texture import Texture
from upzeroir_plugin.estimate.fuse import FROM, present_for, share
from upzeroir_plugin.estimate.jpeg_tables import LUMA, steps_at
from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Findings, Reading
from upzeroir_plugin.estimate.resampled import estimate_scale
from upzeroir_plugin.estimate.tiles import corners as tile_corners
from upzeroir_plugin.estimate.tiles import spread
from upzeroir_plugin.parameters import BY_NAME
from upzeroir_plugin.photo.image import Photo

Array = NDArray[np.float64]
Single = NDArray[np.float32]

WHOLE, TILE, TILES = 1_300_000, 192, 32
"""Pixels up to which a photo is searched whole; side and number of the tiles of a larger one."""
LEVELS = 3
WORTH, DOUBT = 0.9, 0.08
"""px: width at which blur is as likely as not worth undoing, and the estimator's own error of its logarithm."""
STAYS, STEP = 0.018, 0.002
"""Share of sharp places from which a blur is not the whole photo's, and the scale of that decision."""
PLAIN, EVEN = 4.2, 0.35
"""Logarithm of the odds that one part is much sharper than the blur (a bird before a waterfall), at which the blur is
not the whole photo's, and the scale of that decision. Ours: blurred photos of val have up to 3.1, after noise and JPEG
too; photos of train/ with depth of field 5 to 10.
"""
COARSE = 0.6
"""How much wider than `WORTH`, by its logarithm, a photo of the worst JPEG quality must be: its edges are no longer
the camera's, and what compression took does not come back."""

COARSER = 25.0
"""What JPEG quality must lack of 100 for its blocks to be taken for edges and motion as `_through_blocks` says."""
DRAGGED, EDGES, SURE = 5.0, 550, 0.1
"""Log-odds that motion must have more in a coarse JPEG; edges at which softness there is as likely believed as not, and
the scale of the logarithm. Ours, photos of 478 px at quality 20 to 60: motion that was there has log-odds of 8 to 9,
what blocks look like -0.6 to 3.5; eight of nine that are soft by the blocks alone have 120 to 580 edges, soft ones
(20 of 21) 770 and more.
"""
CALM = -1.0
"""Logarithm of the odds that one part is much sharper than a blur of 1 px, above which no shake is looked for. A path
leaves edges along it sharp, but not that sharp (ours: shaken photos of val have −5.4 to −2.0, these photos themselves
−0.7 to 13.5 but for one of meadow, −3.2)."""
BETTER, CLEAR = 1.03, 0.003
"""How many times as much the photo must cost under the likest plain shape for a path to be as likely as that, and the
scale of that decision. Ours, nine photos of val, as they are, dark and veiled: curved paths 1.05 to 2.8 (one 1.015);
softness, discs and straight motion .985 to 1.015, and blinds that are soft themselves 1.023.
"""
BLOCKS = 0.03
"""What the photo must cost more in a coarse JPEG."""
FEW, PLENTY = 450, 1400
"""Edges that a photo must have for a path to be believed, and that it must have in a coarse JPEG. Ours, 134 sound
photos, at quality 75 too: seven were called shaken, with 320 to 1311 edges (as it is one, with 320), and one that is,
from a car; of 40 shaken ones 37 have 620 to 3220, and the paths found in the others are wrong.
"""
QUIET, LOUDER = 4.5 / 255, 0.4 / 255
"""Noise of luma at full contrast in which no path is believed any more, and the scale of that decision (ours: in
6.9/255 paths are found that are not there).
"""
ROUGH = 0.1
"""Relative error of a path's extent (ours)."""


def estimate_blur(
    photo: Photo, noise: Findings, jpeg: Findings
) -> tuple[Findings, Single | None, Single | None]:
    """Readings of all of blur, the map of where it is to be undone (None: everywhere), and the path of a shaken camera.

    `noise` and `jpeg` are what their estimators found on the photo. Only one of softness, focus, motion and shake is
    taken whole: where the shape is not clear, it is the Gaussian of the same width. A soft photo that was enlarged has
    no blur to undo, and a reading of sampling.scale instead.
    """
    luma, corners = _luma(photo)
    sigma, size = _noise(noise)
    levels = _levels(luma, corners, sigma, size)
    found = blur_shape.shapes(levels, blur_spectrum.measure(luma, sigma, _steps(jpeg)))
    readings = _through_blocks(
        _readings(levels, found, _least(jpeg)), jpeg, len(levels[0].logs) if levels else 0
    )
    parts = blur_map.parts(levels, photo.size)
    readings, path = _shaken(readings, photo, levels, parts, sigma, jpeg)
    # a pattern has a spectrum with zeros of its own, which look like motion's
    readings = _lowered(readings, 1 - noise.evidence.get("pattern", 0.0))
    readings, scale = _enlarged(readings, photo, jpeg)
    theta = _fused(readings)
    texture, place = None, None
    if any(theta[name] > 0 for name in ("sigma", "focus", "length", "shake")):
        least = kernel_picture(**_fused(tuple(map(_cautious, readings))), path=path)
        texture = blur_texture.look(luma, corners, *_tones(noise, sigma), _steps(jpeg), least)
        widths = _widths(theta, path)
        readings = _global(readings, texture.share, blur_map.sharper(parts, float(widths.min())))
        place = blur_map.blur_map(levels, texture, photo.size, widths)
    theta = _fused(readings)
    evidence = _evidence(levels, parts, found, kernel_picture(**theta, path=path), texture)
    return Findings((*readings, *scale), evidence), place, path if theta["shake"] > 0 else None


def _shaken(
    readings: tuple[Reading, ...],
    photo: Photo,
    levels: list[Level],
    parts: list[Part],
    sigma: float,
    jpeg: Findings,
) -> tuple[tuple[Reading, ...], Single | None]:
    """The readings with that of a shake, the others as far as there is none; and the camera's path.

    Looked for only where edges are wide all over the photo; a missed focus or straight motion that is clear stays.
    """
    none = (*readings, Reading("blur.shake", 1.0, 1.0, 0.0))
    if not levels:
        return none, None
    width = blur_sharpest.mean_width(blur_sharpest.told(levels))
    if width < WORTH or blur_map.sharper(parts, 1.0) > CALM:
        return none, None
    coarse = _lost(jpeg, COARSER)
    enough = math.log(max(len(levels[0].logs), 1) / FEW) - coarse * math.log(PLENTY / FEW)
    chance = logistic(enough / SURE) * (1 - max(readings[1].present, readings[2].present))
    path = blur_path.find(photo.pixels, width, sigma) if chance > FROM else None
    if path is None:
        return none, None
    across = math.hypot(path.extent / math.sqrt(2), blur_shape.SHARP)
    present = (
        chance
        * logistic((path.better - BETTER - BLOCKS * coarse) / CLEAR)
        * logistic((QUIET - path.noise) / LOUDER)
        * float(_worth(np.array(across), _least(jpeg)))
    )
    extent = min(path.extent, BY_NAME["blur.shake"].high)
    shake = Reading("blur.shake", extent, ROUGH * extent, present)
    return (*_lowered(none, 1 - present)[:-1], shake), path.picture


def _enlarged(
    readings: tuple[Reading, ...], photo: Photo, jpeg: Findings
) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
    """The readings, less present as far as interpolation explains them, and that of the scale.

    What an enlargement took is not what a lens takes: undoing it as blur makes lattices of what interpolation left.
    """
    soft = max((*readings[:3], readings[-1]), key=lambda reading: reading.present)
    if soft.present <= FROM:
        return readings, ()
    scale = estimate_scale(photo, jpeg)
    named = replace(scale, present=min(soft.present / FROM - 1, 1.0) * scale.present)
    return _lowered(readings, 1 - scale.present), (named,)


def _luma(photo: Photo) -> tuple[Single, Single]:
    """The mean of the channels, as tiles (N, h, w), and where they begin in the photo (N, 2)."""
    height, width = photo.pixels.shape[:2]
    tiles, corners = photo.pixels[None], [(0, 0)]
    if height * width > WHOLE:
        tiles, corners = spread(photo.pixels, TILE, TILES), tile_corners(height, width, TILE, TILES)
    luma: Single = np.ascontiguousarray(tiles @ blur_path.MEAN)
    return luma, np.array(corners, np.float32)


def _noise(noise: Findings) -> tuple[float, float]:
    """σ of the noise of luma in [0, 1], rounding included, and its correlation length in px."""
    channel = (noise.evidence.get("sigma", 0.0) / 255) ** 2
    luma = channel / (1 + 2 * noise.reading("noise.chroma").value ** 2)
    rounding = noise.evidence.get("rounding", 0.0) / 255**2 / 3
    return math.sqrt(luma + rounding), noise.reading("noise.size").value


def _tones(noise: Findings, sigma: float) -> tuple[Array, Array]:
    """Variance of luma's noise at each of some tones, and these; the mean is `sigma` squared."""
    bins = noise.evidence.get("bins", [])
    fit = np.maximum([each["fit"] for each in bins], 0)
    if not fit.sum() > 0:
        return np.full(1, sigma**2), np.full(1, 0.5)
    return sigma**2 * fit / fit.mean(), np.array([each["brightness"] for each in bins])


def _steps(jpeg: Findings) -> Array:
    """(8, 8) quantisation steps of luma in [0, 1], as far as the photo is compressed at all."""
    quality = jpeg.reading("jpeg.quality")
    steps: Array = quality.present * steps_at(LUMA, quality.value) / 255
    return steps


def _through_blocks(readings: tuple[Reading, ...], jpeg: Findings, edges: int) -> tuple[Reading, ...]:
    """The readings, less present where JPEG's blocks can look like them: few edges, and motion that is not clear."""
    coarse = _lost(jpeg, COARSER)
    softness, focus, length, angle = readings
    enough = 1 - coarse * (1 - logistic(math.log(max(edges, 1) / EDGES) / SURE))
    still = logistic(logit(length.present) - DRAGGED * coarse)
    moved = replace(length, present=still), replace(angle, present=still)
    return *(replace(r, present=enough * r.present) for r in (softness, focus)), *moved


def _least(jpeg: Findings) -> float:
    """Logarithm of the width from which blur is worth undoing."""
    return math.log(WORTH) + COARSE * _lost(jpeg, 100)


def _lost(jpeg: Findings, most: float) -> float:
    """0 to 1: what the JPEG quality lacks of 100, `most` or more of it being all, as far as there is compression."""
    quality = jpeg.reading("jpeg.quality")
    return quality.present * min(max((100 - quality.value) / most, 0.0), 1.0)


def _levels(luma: Single, corners: Single, noise: float, size: float) -> list[Level]:
    levels = []
    for halvings in range(LEVELS):
        found = blur_edges.find(luma, noise)
        if found is None:
            break
        widths = blur_widths.measure(found.profile, blur_widths.profile_noise(noise, size))
        logs = blur_sharpest.evidence(widths.likelihood[widths.kept], halvings)
        place = corners[found.tile] + 2**halvings * np.stack([found.row, found.column], 1)
        levels.append(Level(halvings, found.direction[widths.kept], place[widths.kept], logs))
        luma = blur_edges.halved(luma)
        noise *= blur_widths.averaging(size, blur_edges.HALVING) ** 2
        size = math.hypot(size / 2, blur_edges.HALVING_SIZE)
    return levels


def _readings(levels: list[Level], found: Shapes, least: float) -> tuple[Reading, ...]:
    """Readings of sigma, focus, length and angle; `least`: logarithm of the width worth undoing."""
    softness = _softness(blur_sharpest.told(levels), least)
    softness = replace(softness, present=softness.present * float(found.gaussian.sum()))
    return _apart(softness, _focus(found.disc, least), _motion(found.motion, least))


def _global(readings: tuple[Reading, ...], sharp: float, sharper: float) -> tuple[Reading, ...]:
    """The readings, less present the larger the share of the photo that is `sharp`, and the better the odds that one
    part is much `sharper` than the blur: then it is depth of field.
    """
    return _lowered(readings, logistic((STAYS - sharp) / STEP) * logistic((PLAIN - sharper) / EVEN))


def _lowered(readings: tuple[Reading, ...], keep: float) -> tuple[Reading, ...]:
    """The readings, their amounts present by the share `keep` of what they were; an angle is whole or not at all."""
    softness, focus, length, angle, *shake = (replace(r, present=r.present * keep) for r in readings)
    return softness, focus, length, replace(angle, present=float(length.present > FROM)), *shake


def _fused(readings: tuple[Reading, ...]) -> dict[str, float]:
    """Sigma, focus, length, angle and shake as they will stand in θ."""
    return {r.name.split(".")[1]: share(r.present) * r.value for r in readings}


def _cautious(reading: Reading) -> Reading:
    """Less blur, by its error: what even that would have put out must not be there."""
    value = (
        reading.value
        if reading.name == "blur.angle"
        else max(reading.value - reading.std, 0.75 * reading.value)
    )
    return replace(reading, value=value)


def _widths(theta: dict[str, float], path: Single | None) -> Array:
    """(8,) σ in px of the edges of each direction under θ's blur."""
    own = math.sqrt(blur_shape.SHARP**2 + theta["sigma"] ** 2 + theta["focus"] ** 2 / 4)
    length, angle = np.array([theta["length"]]), np.array([theta["angle"]])
    width = blur_shape.motion_width(length, angle, np.array([own]))[:, 0, 0]
    if path is None:
        return width
    around = blur_path.covariance(path)
    turn = np.pi * np.arange(len(width)) / len(width)
    across = np.stack([np.cos(turn), np.sin(turn)])
    times = theta["shake"] ** 2 / np.trace(around)
    wide: Array = np.sqrt(width**2 + times * np.einsum("in,ij,jn->n", across, around, across))
    return wide


def _evidence(
    levels: list[Level],
    parts: list[Part],
    found: Shapes,
    kernel: Array,
    texture: Texture | None,
) -> dict[str, Any]:
    """For the why-view.

    `kernel`: rows of the point spread function of the fused readings, sum 1; `shapes`: probability of each; `edges`:
    how many of each size of the picture told something; `patches`: `x` and `y` in [0, 1] with the `width`, the σ in px
    of the sharpest edges there; `sharp`: share of the places whose texture is sharper than that blur.
    """
    return {
        "kernel": kernel.round(5).tolist(),
        "shapes": {name: float(getattr(found, name).sum()) for name in ("gaussian", "disc", "motion")},
        "edges": [len(level.logs) for level in levels],
        "sharp": 0.0 if texture is None else round(texture.share, 3),
        "patches": blur_map.patches(parts),
    }


def _worth(width: Array, least: float) -> Array:
    """Probability that blur of that width is worth undoing."""
    chance: Array = special.ndtr((np.log(width) - least) / DOUBT)
    return chance


def _softness(told: Array, least: float) -> Reading:
    """Reading of blur.sigma as if no other blur existed."""
    chance = np.exp(told - told.max()) * blur_shape.sharp_or_soft()
    width = np.exp(blur_sharpest.LOGS)
    worth = _worth(width, least)
    sigma = np.minimum(np.sqrt(np.maximum(width**2 - blur_shape.SHARP**2, 0)), 5)
    return _reading("blur.sigma", sigma, chance / chance.sum(), worth, DOUBT)


def _focus(chance: Array, least: float) -> Reading:
    width = np.hypot(blur_shape.RADII / 2, blur_shape.SHARP)
    return _reading("blur.focus", blur_shape.RADII, chance, _worth(width, least), DOUBT / 2)


def _motion(chance: Array, least: float) -> tuple[Reading, Reading]:
    """Readings of blur.length and blur.angle."""
    width = np.hypot(blur_shape.LENGTHS / 12**0.5, blur_shape.SHARP)
    length = _reading("blur.length", blur_shape.LENGTHS, chance.sum(1), _worth(width, least), DOUBT / 2)
    turn = (_worth(width, least) @ chance) @ np.exp(2j * np.radians(blur_shape.ANGLES))
    sure = min(abs(turn) / max(length.present, 1e-12), 1 - 1e-6)
    angle = math.degrees(np.angle(turn)) / 2 % 180
    spread = math.degrees(math.sqrt(-2 * math.log(max(sure, 1e-6)))) / 2
    return length, Reading("blur.angle", angle, math.hypot(spread, 3), length.present)


def _reading(name: str, value: Array, chance: Array, worth: Array, doubt: float) -> Reading:
    """Mean of values under their probabilities and their worth, with its error; `doubt` is the method's, relative."""
    weight = chance * worth
    present = float(weight.sum())
    weight = (weight + 1e-12) / (weight + 1e-12).sum()
    mean = float(weight @ value)
    return Reading(
        name, mean, math.hypot(math.sqrt(float(weight @ (value - mean) ** 2)), doubt * mean), present
    )


def _apart(softness: Reading, focus: Reading, motion: tuple[Reading, Reading]) -> tuple[Reading, ...]:
    """The readings with their presences told apart: two shapes as likely as each other undo half of the blur each.

    How much of the blur is undone is for all of them together to say, and how that is shared for each one's part of it;
    none acts beyond its own presence.
    """
    length, angle = motion
    total = softness.present + focus.present + length.present + 1e-12

    def alone(reading: Reading) -> Reading:
        part = reading.present / total
        acts = present_for(share(total) * share(part**1.5))
        return replace(reading, present=max(min(acts, reading.present), reading.present * part**0.5))

    softness, focus, length = map(alone, (softness, focus, length))
    return softness, focus, length, replace(angle, present=float(length.present > FROM))
