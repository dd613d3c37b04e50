"""Views of starry skies, for training (`meant.py`).

Ours: in a small view stars are specks far from white, so that a sky full of them looks like a photo short of light to
whoever has not seen one: of drawn ones, saved as JPEG, all twelve were lifted by 1 to 3.5 stops.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

Array = NDArray[np.float32]

FINER = 8
"""What is small is drawn so many times finer than the view and averaged, as a photo's pixels are."""


def stars(x: Tensor, rng: Generator) -> Tensor:
    """A starry sky, in half of the cases of a long exposure, over the scene in little light; same shape and range."""
    height, width = x.shape[1:]
    scene = x.numpy().transpose(1, 2, 0) * np.float32(rng.uniform(0.05, 0.35))
    land = _land(height, width, rng) if rng.random() < 0.8 else np.zeros((height, width, 1))
    sky = _glow(height, width, rng) + _specks(height, width, rng)
    seen = (sky * (1 - land) + scene * land).clip(0, 1)
    return torch.from_numpy(np.ascontiguousarray(seen.transpose(2, 0, 1), np.float32))


def averaged(canvas: Image.Image) -> Array:
    """The view (h, w, 3) in [0, 1] of a canvas (FINER·h, FINER·w)."""
    small = canvas.resize((canvas.width // FINER, canvas.height // FINER), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / np.float32(255)


def _land(height: int, width: int, rng: Generator) -> NDArray[np.float64]:
    """(h, w, 1): 0 in the sky, 1 below a horizon of a few hills."""
    hills = np.interp(np.arange(width), np.linspace(0, width, 8), rng.normal(0, rng.uniform(0, 0.08), 8))
    horizon = height * (rng.uniform(0.45, 1.05) + hills)
    below = np.clip(4 * (np.arange(height)[:, None] - horizon), -30, 30)
    land: NDArray[np.float64] = (1 / (1 + np.exp(-below)))[..., None]
    return land


def _glow(height: int, width: int, rng: Generator) -> NDArray[np.float64]:
    """(h, w, 3): the sky without stars, blue above as a rule, brighter towards the horizon, often to one side."""
    above = rng.uniform(0, 0.12) * rng.uniform((0.4, 0.6, 0.9), (1.1, 1.1, 1.8))
    below = rng.uniform(0.03, 0.3) * rng.uniform((0.8, 1.0, 0.5), (1.8, 1.001, 1.5))
    down = np.linspace(0, 1, height)[:, None, None] ** rng.uniform(0.7, 4)
    sky = above * (1 - down) + below * down
    across = np.linspace(0, 1, width)[:: rng.choice((1, -1))]
    aside = rng.uniform(0, 1.5) if rng.random() < 0.5 else 0.0
    glow: NDArray[np.float64] = sky * (1 + aside * across**2)[None, :, None]
    return glow


def _specks(height: int, width: int, rng: Generator) -> Array:
    """(h, w, 3): many faint stars and few bright ones, as points or as arcs around one pole."""
    tall, wide = FINER * height, FINER * width
    canvas = Image.new("RGB", (wide, tall))
    pen = ImageDraw.Draw(canvas)
    moving = rng.random() < 0.5
    count = int(math.exp(rng.uniform(math.log(60), math.log(600 if moving else 2500))))
    pole, turn = (
        (rng.uniform(-0.5, 1.5) * wide, rng.uniform(-1, 1.3) * tall),
        math.degrees(rng.uniform(0.02, 0.8)),
    )
    size, steepness = int(rng.choice((1, 1, 1, 2))), rng.uniform(1.5, 4)
    for _ in range(count):
        light = 255 * rng.random() ** steepness * rng.normal(1, 0.15, 3).clip(0.5, 1.4)
        colour = (*(int(v) for v in light.clip(0, 255)),)
        column, row = rng.uniform(0, wide), rng.uniform(0, tall)
        if moving:
            radius = math.hypot(column - pole[0], row - pole[1])
            start = math.degrees(math.atan2(row - pole[1], column - pole[0]))
            box = (pole[0] - radius, pole[1] - radius, pole[0] + radius, pole[1] + radius)
            pen.arc(box, start, start + turn, fill=colour, width=size)
        else:
            side = size if rng.random() < 0.85 else size + int(rng.integers(1, 4))
            pen.ellipse((column, row, column + side, row + side), fill=colour)
    return averaged(canvas)
