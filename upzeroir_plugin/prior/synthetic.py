"""Pictures that need no licence: dead leaves, gratings, grids and lettering, for the structure that wallpapers lack."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:&%#"


def dead_leaves(size: int, rng: np.random.Generator) -> Image.Image:
    """Occluding textured discs and polygons with power-law radii (Lee, Mumford and Huang 2001)."""
    image = Image.new("RGB", (size, size), _colour(rng))
    draw = ImageDraw.Draw(image)
    base = rng.integers(0, 256, 3)
    for _ in range(1500):
        radius = min(size / 3, 2.0 * rng.uniform(1e-3, 1) ** -0.6)
        x, y = rng.uniform(-radius, size + radius, 2)
        spread = rng.normal(0, 70, 3) if rng.random() < 0.3 else np.full(3, rng.normal(0, 70))
        fill = tuple(int(c) for c in np.clip(base + spread, 0, 255))
        if rng.random() < 0.5:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 7)))
            points = [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles]
            draw.polygon(points, fill=fill)
    return image


def gratings(size: int, rng: np.random.Generator) -> Image.Image:
    """Sines, stripes, checks and warped weaves in random windows: façades, fabrics, fences."""
    v, u = np.mgrid[:size, :size].astype(np.float32)
    out = np.empty((size, size, 3), np.float32)
    out[:] = rng.uniform(0.1, 0.9, 3)
    for _ in range(24):
        angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 24)
        bend = rng.uniform(0, 6) * np.sin(v / rng.uniform(15, 80) + rng.uniform(0, 6))
        wave = np.sin(2 * np.pi * (u * np.cos(angle) + v * np.sin(angle) + bend) / period)
        if rng.random() < 0.6:
            other = np.sin(2 * np.pi * (v * np.cos(angle) - u * np.sin(angle)) / rng.uniform(3, 24))
            wave = wave * other if rng.random() < 0.5 else np.maximum(wave, other)
        wave = np.clip(wave * rng.choice([1.0, 3.0, 8.0]), -1, 1)[..., None]
        x, y = rng.integers(-size // 4, size - 16, 2)
        w, h = rng.integers(24, size // 2, 2)
        window = (slice(max(y, 0), max(y, 0) + h), slice(max(x, 0), max(x, 0) + w))
        low, high = rng.uniform(0, 1, 3), rng.uniform(0, 1, 3)
        out[window] = (low + (high - low) * (wave + 1) / 2)[window]
    return Image.fromarray(np.uint8(out.clip(0, 1) * 255 + 0.5))


def lettering(size: int, rng: np.random.Generator) -> Image.Image:
    """Lines of text in many sizes and colours over a gentle ramp."""
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    ground = rng.uniform(0, 1, 3) * (1 - ramp) + rng.uniform(0, 1, 3) * ramp
    image = Image.fromarray(np.uint8(np.broadcast_to(ground, (size, size, 3)).clip(0, 1) * 255), "RGB")
    draw = ImageDraw.Draw(image)
    y = 0.0
    while y < size:
        height = rng.uniform(7, 40)
        words = "".join(LETTERS[i] for i in rng.integers(0, len(LETTERS), 90))
        font = ImageFont.load_default(height)
        draw.text((rng.uniform(-30, 30), y), words, fill=_colour(rng), font=font)
        y += height * 1.2
    return image.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC)


KINDS = (dead_leaves, gratings, lettering)


def picture(size: int, rng: np.random.Generator) -> np.ndarray:
    """One synthetic picture, uint8 (size, size, 3), drawn at twice the size so that its edges are optical."""
    kind = rng.choice(len(KINDS), p=[0.5, 0.3, 0.2])
    image = KINDS[kind](2 * size, rng).resize((size, size), Image.Resampling.BOX)
    return np.array(image)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = rng.integers(0, 256, 3)
    return int(r), int(g), int(b)
