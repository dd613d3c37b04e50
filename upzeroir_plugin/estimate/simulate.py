"""Small clean views degraded by `physics/` with random θ, for training the learned estimator. Needs torch.

Everything that a photo can be on purpose (dark, pale, tinted, misty) belongs to the clean view: what the estimator must
leave alone is in the simulation as well as what it must find. A photo with something wrong was not finished by its
author: what it should look like is taken to use the range of tones (`_finished`), where a photo with nothing wrong may
be as pale or dark as it likes (`_meant`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from upzeroir_plugin.estimate.meant import lamps, rare
from upzeroir_plugin.physics.colour import Colour
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.haze import Haze
from upzeroir_plugin.physics.light import Light
from upzeroir_plugin.physics.noise import variance
from upzeroir_plugin.prior.synthetic import picture

NAMES = (
    "haze.depth", "haze.red", "haze.green", "haze.blue",
    "light.ev", "light.midtones", "colour.temperature", "colour.tint",
)  # fmt: skip
GROUPS = ("haze", "light", "colour")
SHAPES = ((64, 96), (96, 64), (72, 96), (96, 72), (56, 96), (96, 96))
FINISHED = 0.85
"""Share of the dark and veiled photos whose clean view is `_finished`; the rest is as free as the others."""
BOTH = ((False, False), (True, False), (False, True), (True, True))
SHARES = (0.35, 0.15, 0.25, 0.25)
"""Haze, darkness, and how often they come alone or together: a mixture is harder to read and is drawn more often."""
DARK_SHARES = (0.0, 0.0, 0.45, 0.55)
"""The same for a network that is asked of dark photos alone."""
NIGHT = 0.06
"""Share of the meant views that are of night with lamps."""
STORED = 480
"""Long side at which the clean photos are held."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Views (B, 3, H, W) degraded and clean, θ (B, 8) in the order of `NAMES`, which groups are present (B, 3), and
    the depth map (B, 1, H, W) of mean 1.
    """

    degraded: Tensor
    clean: Tensor
    theta: Tensor
    present: Tensor
    depth: Tensor


def form(x: Tensor, theta: Tensor, depth: Tensor) -> Tensor:
    """Haze, light and cast of each θ drawn over its picture; (B, 3, H, W), (B, 8), (B, 1, H, W)."""
    made: Tensor = torch.vmap(_form)(x, theta, depth)
    return made


def undo(y: Tensor, theta: Tensor, depth: Tensor) -> Tensor:
    """The point-wise inverse of `form`, not clipped; differentiable."""
    made: Tensor = torch.vmap(_undo)(y, theta, depth)
    return made


def _form(x: Tensor, p: Tensor, depth: Tensor) -> Tensor:
    values, place = _values(p), Fields(depth=depth[None])
    for operator in (Haze(), Light(), Colour()):
        x = operator(x[None] if x.dim() == 3 else x, values, place)
    return x[0]


def _undo(y: Tensor, p: Tensor, depth: Tensor) -> Tensor:
    values, place = _values(p), Fields(depth=depth[None])
    for operator in (Colour(), Light(), Haze()):
        y, _ = operator.invert(y[None] if y.dim() == 3 else y, values, place)
    return y[0]


def _values(p: Tensor) -> dict[str, float | Tensor]:
    return {**dict(zip(NAMES, p.unbind(), strict=True)), "light.local": 0.0}


class Simulator:
    """Draws batches from a folder's photos, with the `shares` of `BOTH` and of `night`; reproducible from its seed."""

    def __init__(
        self, paths: list[Path], seed: int, shares: Sequence[float] = SHARES, night: float = NIGHT
    ) -> None:
        self.shares, self.night = shares, night
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.photos = [_stored(path) for path in paths]
        self.photos += [Image.fromarray(picture(STORED, self.rng)) for _ in range(len(paths) // 16)]

    def batch(self, count: int) -> Batch:
        """`count` views of one random shape."""
        shape = SHAPES[self.rng.integers(len(SHAPES))]
        drawn = [self._theta() for _ in range(count)]
        clean = torch.stack([self._wanted(self._crop(shape), there) for _, there in drawn])
        theta = torch.tensor([t for t, _ in drawn], dtype=torch.float32)
        present = torch.tensor([p for _, p in drawn], dtype=torch.float32)
        depth = torch.stack([self._depth(x) for x in clean])
        y = form(clean, theta, depth)
        return Batch(self._as_file(y), clean, theta, present, depth)

    def rare(self, count: int) -> Tensor:
        """`count` views (B, 3, H, W) of one random shape that are of the kinds in `meant.py`, with nothing wrong."""
        shape = SHAPES[self.rng.integers(len(SHAPES))]
        views = [rare(self._meant(self._crop(shape)), self.rng) for _ in range(count)]
        return self._as_file(torch.stack(views))

    def _crop(self, shape: tuple[int, int]) -> Tensor:
        image = self.photos[self.rng.integers(len(self.photos))]
        height, width = shape
        largest = min(image.height / height, image.width / width)
        scale = largest * self.rng.uniform(0.4, 1.0) ** 0.7
        h, w = scale * height, scale * width
        top, left = self.rng.uniform(0, image.height - h), self.rng.uniform(0, image.width - w)
        small = image.resize((width, height), Image.Resampling.BOX, (left, top, left + w, top + h))
        if self.rng.random() < 0.5:
            small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.asarray(small, np.float32) / np.float32(255)).permute(2, 0, 1)

    def _wanted(self, x: Tensor, there: list[float]) -> Tensor:
        """What the photo should look like: as its author meant it, or, behind a veil or in the dark, finished."""
        haze, light, _ = there
        return self._finished(x) if (haze or light) and self.rng.random() < FINISHED else self._meant(x)

    def _finished(self, x: Tensor) -> Tensor:
        """Black and white points near the ends and mid-tones near the middle, as far as editors put them there."""
        rng = self.rng
        if rng.random() < 0.3:
            x = x * torch.tensor(np.exp(rng.normal(0, 0.04, (3, 1, 1))), dtype=torch.float32)
        black = float(x.amin(0).quantile(0.01))
        white = float(x.amax(0).quantile(0.99))
        low, high = min(black, rng.uniform(0, 0.05)), max(white, 1 - 0.12 * rng.random() ** 2)
        x = low + (x - black) * ((high - low) / max(white - black, 0.2))
        x = x.clamp(0, 1)
        middle = float(x.mean().clamp(0.05, 0.95))
        wanted = float(np.clip(rng.normal(0.45, 0.09), 0.2, 0.7))
        power = math.log(0.5 * middle + 0.5 * wanted) / math.log(middle)
        return (x ** min(max(power, 0.5), 2.0)).contiguous()

    def _meant(self, x: Tensor) -> Tensor:
        """What photographers do on purpose: another exposure, contrast or colour, black-and-white, a matte look."""
        rng = self.rng
        if rng.random() < 0.1:
            x = x.mean(0, keepdim=True).expand(3, -1, -1)
        elif rng.random() < 0.4:
            grey = x.mean(0, keepdim=True)
            x = grey + rng.uniform(0.4, 1.3) * (x - grey)
        if rng.random() < 0.5:
            x = x.clamp(0, 1) ** math.exp(rng.normal(0, 0.18))
        if rng.random() < 0.3:
            middle = float(x.mean())
            x = middle + rng.uniform(0.85, 1.25) * (x - middle)
        if rng.random() < 0.15:
            x = x * rng.uniform(0.75, 1.0)
        if rng.random() < 0.12:
            lift = rng.uniform(0, 0.07)
            x = lift + (1 - lift) * x
        if rng.random() < 0.3:
            x = x * torch.tensor(np.exp(rng.normal(0, 0.05, (3, 1, 1))), dtype=torch.float32)
        if rng.random() < self.night:
            x = lamps(x, rng)
        return x.clamp(0, 1).contiguous()

    def _theta(self) -> tuple[list[float], list[float]]:
        rng = self.rng
        haze, light = BOTH[rng.choice(len(BOTH), p=self.shares)]
        cast = rng.random() < 0.25
        depth = math.exp(rng.uniform(math.log(0.2), math.log(1.8))) if haze else 0.0
        air = (
            rng.uniform(0.6, 1.0) + rng.normal(0, 0.025, 3) + rng.uniform(-0.04, 0.06) * np.array([-1, 0, 1])
        )
        ev, middle = 0.0, 1.0
        if light:
            ev, middle = self._darkness()
        temperature, tint = 0.0, 0.0
        if cast:
            temperature = float(np.clip(rng.normal(0, 70), -220, 220))
            tint = float(np.clip(rng.normal(0, 30), -120, 120))
        theta = [depth, *air.clip(0.3, 1), ev, float(np.clip(middle, 0.5, 2.45)), temperature, tint]
        return [float(v) for v in theta], [float(haze), float(light), float(cast)]

    def _darkness(self) -> tuple[float, float]:
        """Little light under a camera's usual curve; or a tone curve that darkens, as low-light sets are often made
        (α·x^γ, Lv, Li and Lu 2021: γ 1.5 to 5), or both.
        """
        rng, kind = self.rng, self.rng.random()
        if kind < 0.45:
            return rng.uniform(0.6, 5.5), math.exp(rng.normal(0.05, 0.15))
        if kind < 0.85:
            return rng.uniform(0, 1.6), rng.uniform(1.5, 2.45)
        return rng.uniform(0, 4), rng.uniform(1.2, 2.4)

    def _depth(self, x: Tensor) -> Tensor:
        """Distance of mean 1: uniform, or a ramp with the horizon's side far, smooth relief and steps along tones."""
        rng = self.rng
        h, w = x.shape[1:]
        if rng.random() < 0.3:
            return torch.ones(1, h, w)
        ramp = torch.linspace(1, 0, h)[:, None].expand(h, w) ** float(rng.uniform(0.5, 2.5))
        coarse = torch.from_numpy(rng.normal(0, 1, (1, 1, 3, 4)).astype(np.float32))
        relief = F.interpolate(coarse, size=(h, w), mode="bicubic")[0, 0]
        tones = x.mean(0)
        edges = np.quantile(tones.numpy(), sorted(rng.uniform(0, 1, 3)))
        level = torch.bucketize(tones, torch.tensor(edges, dtype=torch.float32))
        steps = torch.tensor(rng.normal(0, 1, 4), dtype=torch.float32)[level]
        mix = rng.uniform(0, 1, 3) * (1.6, 0.35, 0.35)
        depth = 0.35 + mix[0] * ramp + mix[1] * relief + mix[2] * steps
        depth = depth.clamp_min(0.05)
        shape: Tensor = (depth / depth.mean())[None].float()
        return shape

    def _as_file(self, y: Tensor) -> Tensor:
        """Noise clipped at both ends in the photo's own pixels, then averaged as a view averages them.

        Clipping lifts the mean of the dark: E max(0, v + n) = v·Φ(v/σ) + σ·φ(v/σ) for Gaussian n.
        """
        rng = self.rng
        sigma, left = [], []
        for v in y:
            size = math.exp(rng.uniform(math.log(2), math.log(40)))
            theta = {
                "noise.shot": 20 * rng.random() ** 2,
                "noise.read": 10 * rng.random() ** 2,
                "noise.file": 25 * rng.random() ** 3,
            }
            sigma.append(variance(v.clamp(0, 1), theta).sqrt())
            left.append(1 / size)
        native = torch.stack(sigma).clamp_min(1e-4)
        seen = y.clamp(0, 1)
        seen = _rectified(seen, native)
        seen = 1 - _rectified(1 - seen, native)
        noise = torch.randn(y.shape, generator=self.generator)
        share = torch.tensor(left, dtype=torch.float32)[:, None, None, None]
        return (seen + noise * native * share).clamp(0, 1)


def _rectified(v: Tensor, sigma: Tensor) -> Tensor:
    """Mean of max(0, v + n), n Gaussian of `sigma`."""
    z = v / sigma
    below = torch.special.ndtr(z)
    mean: Tensor = v * below + sigma * torch.exp(-0.5 * z * z) * (2 * math.pi) ** -0.5
    return mean


def _stored(path: Path) -> Image.Image:
    image = Image.open(path).convert("RGB")
    image.thumbnail((STORED, STORED), Image.Resampling.BOX)
    return image
