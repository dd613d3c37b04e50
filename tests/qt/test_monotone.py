"""A slider's effect is monotone: more of what it says, more of its effect. Through the engine itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from qt_panel.settings import Settings
from qt_panel.widgets.band import place_of, value_at
from tests.pictures import bad, hooked, noisy, scene
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import GROUPS, ParameterVector, parameter
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.restore import Options, restore
from upzeroir_plugin.solver.kept import LIMIT, Kept

Pixels = NDArray[np.float32]
Effect = Callable[[Pixels], float]
SIDE = 72
FLOOR = 6e-4
"""Differences below a sixth of an 8-bit step are no effect."""


def moved(x: Pixels) -> float:
    """How much was taken away or put back at all."""
    return float(np.abs(x - picture()[0].pixels).mean())


def mean(channel: int) -> Effect:
    return lambda x: float(x[..., channel].mean())


def brightness_left(x: Pixels) -> float:
    """How little of the brightness was taken away: the more of a noise is colour's, the less is brightness's."""
    return -float(np.abs((x - picture()[0].pixels).mean(2)).mean())


# parameter: (other pins, effect that rises with it), walked from one end of its range to the other
SLIDERS: dict[str, tuple[dict[str, float], Effect]] = {
    "haze.depth": ({}, lambda x: -float(x.mean())),
    "haze.red": ({"haze.depth": 0.5}, lambda x: -mean(0)(x)),
    "haze.green": ({"haze.depth": 0.5}, lambda x: -mean(1)(x)),
    "haze.blue": ({"haze.depth": 0.5}, lambda x: -mean(2)(x)),
    "light.ev": ({}, lambda x: float(x.mean())),
    "light.midtones": ({}, lambda x: float(x.mean())),
    "light.local": (
        {"light.ev": 1.0},
        lambda x: float(x[:, : SIDE // 2].mean() - x[:, SIDE // 2 :].mean()),
    ),
    "noise.file": ({}, moved),
    "noise.shot": ({}, moved),
    "noise.read": ({}, moved),
    "noise.chroma": ({"noise.file": 6.0}, brightness_left),
    "noise.blotches": ({}, moved),
    "colour.temperature": ({}, lambda x: mean(2)(x) - mean(0)(x)),
    "colour.tint": ({}, lambda x: mean(0)(x) + mean(2)(x) - 2 * mean(1)(x)),
    "jpeg.quality": ({}, lambda x: -moved(x)),
    "blur.sigma": ({"noise.file": 2.0}, moved),
    "blur.focus": ({"noise.file": 4.0}, moved),  # told 2 of the 6 there are, wide discs make noise of all
    "blur.length": ({"noise.file": 2.0}, moved),
    "blur.shake": ({"noise.file": 2.0}, moved),
}
NOT_SEEN = {"blur.length": 0.02, "blur.focus": 0.02}
"""Share of an effect that may be lost on the way: two long motions or wide discs that ruin this photo do it alike."""
WIDEST = {"blur.sigma": 3.0, "blur.focus": 4.5, "blur.length": 12.0, "blur.shake": 3.0, "noise.blotches": 8.0}
"""Wider ones do not fit into so small a picture; of blotches several times stronger than there are, less is taken."""
LEAST = {"noise.chroma": 0.45}
"""Weaker colour is grey noise, which the denoiser has seen: brightness is squeezed no more (`solver/whitening.py`)."""
STEPS = 8
WITHOUT = {"blur.angle", "noise.size", "noise.clipped", "sampling.scale"}
"""A direction, a kind of grain, histories of clipping and enlargement: no more and no less of anything."""


@cache
def picture() -> tuple[Photo, Maps, Kept]:
    y = bad(scene(SIDE, SIDE, seed=5), haze_depth=0.3, light_ev=0.7)
    shade = np.linspace(1, -1, SIDE, dtype=np.float32)[None].repeat(SIDE, 0)
    return Photo(noisy(y, 6.0)), Maps(illumination=shade, path=hooked(4)), Kept(LIMIT)


def restored(made: Settings) -> Pixels:
    photo, maps, kept = picture()
    options = Options(amounts=made.amounts, strength=made.strength)
    *_, last = restore(photo, Estimate(made.theta, maps), options, kept=kept)
    return last.result.photo.pixels  # type: ignore[union-attr]


FOUND = ParameterVector().with_values(
    {
        "haze.depth": 0.3,
        "light.ev": 0.7,
        "noise.file": 6.0,
        "colour.temperature": 30,
        "jpeg.quality": 70,
        "blur.sigma": 0.6,
    }
)


def test_every_parameter_is_walked_or_has_no_direction() -> None:
    assert set(SLIDERS) | WITHOUT == set(ParameterVector())


@pytest.mark.parametrize("name", SLIDERS)
def test_a_parameters_slider(name: str) -> None:
    others, effect = SLIDERS[name]
    row = parameter(name)
    least, most = LEAST.get(name, row.low), WIDEST.get(name, row.high)
    values = [value_at(row, place_of(row, v)) for v in np.linspace(least, most, STEPS + 1)]
    effects = [effect(restored(Settings().pinned({**others, name: value}))) for value in values]
    for a, b in pairwise(effects):
        assert b >= a - max(FLOOR, NOT_SEEN.get(name, 0.0) * a), f"{name}: {values} → {effects}"
    assert effects[-1] > effects[0] + FLOOR, f"{name} does nothing: {effects}"


@pytest.mark.parametrize("group", [*GROUPS, "strength"])
def test_an_amounts_slider(group: str) -> None:
    photo, _, _ = picture()
    start = Settings(theta=FOUND)
    for other in GROUPS:
        if other != group and group != "strength":
            start = start.switched(other, False)
    away = []
    for share in (0.0, 0.2, 0.55, 0.8, 1.0):
        blended = Settings(start.theta, start.amounts, strength=share)
        made = blended if group == "strength" else start.amount(group, share)
        away.append(float(np.abs(restored(made) - photo.pixels).mean()))
    assert away[0] == 0 and all(b >= a - FLOOR for a, b in pairwise(away)), away
    assert away[-1] > 10 * FLOOR
