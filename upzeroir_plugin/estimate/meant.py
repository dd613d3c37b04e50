"""Views that are dark, pale or flat as they are meant, drawn for training: what the estimator must leave alone.

Ours. Photos that look so are rare among those trained on, and each kind was once taken for a fault: a product before
white for one behind a veil, a dark screen and a sky of stars for photos short of light.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from PIL import Image, ImageDraw
from torch import Tensor

from upzeroir_plugin.estimate.starlight import FINER, averaged, stars


def rare(x: Tensor, rng: Generator) -> Tensor:
    """One of the kinds that `kind.py` knows over a view x (3, h, w) in [0, 1]; the same shape and range."""
    kinds = (stars, screen, studio, smooth)
    return kinds[rng.integers(len(kinds))](x, rng).clamp(0, 1).contiguous()


def lamps(x: Tensor, rng: Generator) -> Tensor:
    """A dark scene with lamps at full brightness."""
    x = x * rng.uniform(0.08, 0.4)
    for _ in range(rng.integers(2, 60)):
        row, column = rng.integers(0, x.shape[1]), rng.integers(0, x.shape[2])
        side = int(rng.integers(1, 4)) if rng.random() < 0.3 else 1
        x[:, row : row + side, column : column + side] = _colour(rng, 0.5, 1)
    return x


def studio(x: Tensor, rng: Generator) -> Tensor:
    """A thing cut out of the scene, before white paper or, less often, before a colour or black."""
    ground = _colour(rng, 0.96, 1) * rng.uniform(0.85, 1)
    if rng.random() < 0.35:
        ground = _colour(rng, 0.6, 1) if rng.random() < 0.5 else _colour(rng, 0, 0.06)
    shade = 1 - rng.uniform(0, 0.4) * _blob(x, rng, 1)
    thing = x * rng.uniform(0.6, 1.1)
    if rng.random() < 0.4:
        thing = thing.mean((1, 2), keepdim=True) + rng.uniform(0.1, 0.6) * (thing - thing.mean())
    mask = _blob(x, rng, rng.uniform(3, 12))
    return ground * shade * (1 - mask) + thing * mask


def screen(x: Tensor, rng: Generator) -> Tensor:
    """A screen or a page: lines of words on a dark or pale ground, panels, now and then a picture."""
    height, width = FINER * x.shape[1], FINER * x.shape[2]
    dark = rng.random() < 0.6
    ground, ink = ((0.02, 0.2), (0.4, 0.95)) if dark else ((0.85, 1), (0, 0.45))
    base, tint = rng.uniform(*ground), rng.normal(0, 0.015, 3)

    def paint(level: float, hue: object) -> tuple[int, ...]:
        return tuple(int(v) for v in (255 * (level + np.asarray(hue))).clip(0, 255))

    canvas = Image.new("RGB", (width, height), paint(base, tint))
    pen = ImageDraw.Draw(canvas)
    for _ in range(rng.integers(0, 4)):
        box = (*rng.uniform(0, 0.8, 2), *rng.uniform(0.1, 1, 2)) * np.array([width, height] * 2)
        pen.rectangle((*box[:2], *(box[:2] + box[2:])), paint(base + rng.normal(0, 0.05), tint))
    size, room = rng.uniform(3, 12), rng.uniform(1.6, 4)
    left, coloured = rng.uniform(0, 0.4) * width, rng.random() < 0.5
    for row in np.arange(rng.uniform(0, 0.3) * height, rng.uniform(0.6, 1) * height, size * room):
        column = left + size * 4 * rng.integers(0, 4)
        end = width * rng.uniform(0.2, 1) if rng.random() < 0.85 else 0
        while column < end:
            word = size * rng.uniform(1, 5)
            hue = rng.normal(0, 0.12 if coloured else 0.01, 3)
            pen.rectangle((column, row, column + word, row + 0.4 * size), paint(rng.uniform(*ink), hue))
            column += word + size
    view = torch.from_numpy(averaged(canvas)).permute(2, 0, 1).contiguous()
    if rng.random() < 0.35:
        top, left = (int(rng.uniform(0, 0.7) * n) for n in x.shape[1:])
        view[:, top : top + x.shape[1] // 3, left:] = x[:, top : top + x.shape[1] // 3, left:]
    return view


def smooth(x: Tensor, rng: Generator) -> Tensor:
    """Hardly anything but a slow change of colour, as of a clear sky or a blurred wall."""
    base = rng.uniform(0.05, 0.95) + rng.normal(0, rng.choice((0.04, 0.2)), (3, 1, 1))
    spread = rng.uniform(0.03, 0.2)
    field = base + rng.normal(0, spread, (1, 3, 3)) + rng.normal(0, 0.4 * spread, (3, 3, 3))
    corners = torch.from_numpy(field.astype(np.float32))[None]
    wide = F.interpolate(corners, size=x.shape[1:], mode="bicubic")[0]
    return wide + rng.uniform(0, 0.06) * (x - x.mean())


def _colour(rng: Generator, low: float, high: float) -> Tensor:
    return torch.tensor(rng.uniform(low, high, (3, 1, 1)), dtype=torch.float32)


def _blob(x: Tensor, rng: Generator, hardness: float) -> Tensor:
    """(h, w): 1 within an ellipse somewhere in the view, 0 far from it; the harder, the sharper its border."""
    rows, columns = torch.linspace(0, 1, x.shape[1])[:, None], torch.linspace(0, 1, x.shape[2])[None]
    row, column, tall, wide = *rng.uniform(0.2, 0.8, 2), *rng.uniform(0.12, 0.5, 2)
    away = ((rows - row) / tall) ** 2 + ((columns - column) / wide) ** 2
    return torch.exp(-(away ** float(hardness)))
