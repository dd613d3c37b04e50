"""How well θ is read: noise and its curve, JPEG quality and blur of degraded photos, and what clean ones get."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from benchmarks.metrics import Picture
from benchmarks.sets import compressed, listed, read, rounded
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.physics.noise import variance
from upzeroir_plugin.restore import estimate
from upzeroir_plugin.solver.plan import noise_peak

TONES = {"shadows": 0.15, "mid-tones": 0.45, "highlights": 0.8}


def noise_at(theta: ParameterVector, tone: float) -> float:
    """σ of θ's noise at an encoded value, /255, without the file's rounding."""
    total = float(variance(torch.tensor(tone), theta.values())) - (1 / 255) ** 2 / 12
    return math.sqrt(max(total, 0.0)) * 255


def table(data: Path, limit: int | None, name: str = "kodak24") -> dict[str, object]:
    """All readings over a folder of clean photos, as shares and mean relative errors."""
    clean = [read(p) for p in listed(data / "eval" / name)[:limit]]
    rng = np.random.default_rng(0)
    out: dict[str, object] = {}
    for sigma in (5, 10, 15, 25, 35, 50):
        noisy = [(x + rng.normal(0, sigma / 255, x.shape)).astype(np.float32) for x in clean]
        for label, depth in (("float", 32), ("8 bit", 8)):
            photos = [Photo(y if depth == 32 else rounded(y), bit_depth=depth) for y in noisy]
            found = [noise_at(estimate(p).theta, 0.45) / sigma - 1 for p in photos]
            out[f"awgn {sigma} {label}: mean |error|, bias"] = _pair(found)
    theta = ParameterVector().with_values({"noise.shot": 10, "noise.read": 5})
    generator = torch.Generator().manual_seed(0)
    thetas = [estimate(Photo(_degraded(x, theta, generator))).theta for x in clean]
    for label, tone in TONES.items():
        found = [noise_at(t, tone) / noise_at(theta, tone) - 1 for t in thetas]
        out[f"developed {label}: mean |error|, bias"] = _pair(found)
    for quality in (10, 20, 40, 60, 75, 90, 95):
        read_as = [estimate(Photo(compressed(x, quality))).theta["jpeg.quality"] for x in clean]
        out[f"jpeg {quality}: share within 3"] = _share([abs(v - quality) <= 3 for v in read_as])
    for width in (1.0, 1.6, 2.2, 3.0):
        values = []
        for x in clean:
            y: Picture = ndimage.gaussian_filter(x, (width, width, 0), mode="reflect")
            y = rounded(y + rng.normal(0, 2.55 / 255, x.shape))
            values.append(estimate(Photo(y)).theta["blur.sigma"])
        out[f"blur {width}: share within 20 %"] = _share([abs(v / width - 1) <= 0.2 for v in values])
        out[f"blur {width}: median"] = round(float(np.median(values)), 3)
    thetas = [estimate(Photo(x)).theta for x in clean]
    out["clean: noise sigma, median and largest"] = [
        round(float(f([noise_peak(t) * 255 for t in thetas])), 2) for f in (np.median, np.max)
    ]
    out["clean: blur sigma, largest"] = round(max(t["blur.sigma"] for t in thetas), 2)
    out["clean: jpeg quality, smallest"] = min(t["jpeg.quality"] for t in thetas)
    return out


def _pair(errors: list[float]) -> list[float]:
    return [round(float(np.abs(errors).mean()), 4), round(float(np.mean(errors)), 4)]


def _share(good: list[bool]) -> float:
    return round(sum(good) / len(good), 3)


def _degraded(x: Picture, theta: ParameterVector, generator: torch.Generator) -> Picture:
    tensor = torch.from_numpy(x.transpose(2, 0, 1).copy())[None]
    y = degrade(tensor, theta.values(), Fields(), generator)[0].permute(1, 2, 0)
    return np.ascontiguousarray(y.numpy(), np.float32)
