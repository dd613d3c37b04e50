"""NIQE (Mittal et al. 2013) of our own fit: how far a picture's statistics lie from those of good photos."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from scipy.special import gamma
from torch import Tensor

from upzeroir_plugin.prior.pictures import opened
from upzeroir_plugin.solver.gennormal import by_moments

MODEL = Path(__file__).parents[1] / "prior" / "weights" / "niqe" / "niqe.json"
PATCH = 48
"""Side of the patches in px. Ours: 96 in the original, of which small photos have too few."""
LUMA = (0.299, 0.587, 0.114)
BUSY = 0.75
"""Patches with at least this share of the sharpest patch's contrast teach what is natural (the original's rule)."""
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
SHAPES = np.arange(0.2, 10, 0.01)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))

Features = NDArray[np.float64]


def niqe(x: Tensor) -> float:
    """Distance of a picture (1, 3, H, W), encoded values, from good photos: about 3 for those, less is better.

    0 where it is too small (less than a patch a side): there is nothing to tell then.
    """
    found, _ = features(x)
    if not len(found):
        return 0.0
    mean, covariance = _model()
    spread = np.cov(found, rowvar=False) if len(found) > 1 else np.zeros_like(covariance)
    gap = found.mean(0) - mean
    return float(np.sqrt(gap @ np.linalg.pinv((covariance + spread) / 2) @ gap))


def fit(photos: Sequence[Path], path: Path, side: int = 768) -> int:
    """Write the statistics of clean photos (long side reduced to `side` px) to `path`; returns the patches used."""
    rows: list[Features] = []
    for photo in photos:
        image = opened(photo)
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        x = torch.from_numpy(np.asarray(image, np.float32) / 255).permute(2, 0, 1)[None]
        found, contrast = features(x)
        rows.append(found[contrast > BUSY * contrast.max()] if len(found) else found)
    table = np.concatenate(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "mean": np.round(table.mean(0), 6).tolist(),
        "covariance": np.round(np.cov(table, rowvar=False), 8).tolist(),
        "patches": len(table),
    }
    path.write_text(json.dumps(about) + "\n", encoding="utf-8")
    return len(table)


def features(x: Tensor) -> tuple[Features, Features]:
    """(36 statistics of each patch, its contrast) of a picture (1, 3, H, W)."""
    luma = torch.einsum("c,bchw->bhw", x.new_tensor(LUMA), x.clamp(0, 1))[:, None] * 255
    parts, contrast = [], np.zeros(0)
    for scale in (1, 2):
        plane = luma if scale == 1 else F.avg_pool2d(luma, 2)
        normal, deviation = _normalised(plane)
        side = PATCH // scale
        patches = _patches(normal, side)
        parts.append(np.array([_statistics(p) for p in patches]).reshape(len(patches), 18))
        if scale == 1:
            contrast = _patches(deviation, side).mean((1, 2))
    count = min(len(part) for part in parts)
    return np.concatenate([part[:count] for part in parts], 1), contrast[:count]


def _normalised(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Luma less its local mean over its local deviation (7 × 7 Gaussian of σ 7/6), and that deviation."""
    place = torch.arange(-3, 4, dtype=plane.dtype)
    line = torch.exp(-0.5 * (place / (7 / 6)) ** 2)
    window = torch.outer(line, line)
    window = (window / window.sum())[None, None]
    wide = F.pad(plane, (3, 3, 3, 3), mode="replicate")
    mean = F.conv2d(wide, window)
    deviation = (F.conv2d(wide**2, window) - mean**2).clamp_min(0).sqrt()
    return (plane - mean) / (deviation + 1), deviation


def _patches(plane: Tensor, side: int) -> NDArray[np.float64]:
    """(n, side, side) of a plane (1, 1, H, W), by rows; the 48-px lattice at either scale."""
    rows, columns = plane.shape[-2] // side, plane.shape[-1] // side
    cut = plane[0, 0, : rows * side, : columns * side].double().numpy()
    blocks = cut.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)
    found: NDArray[np.float64] = blocks.reshape(rows * columns, side, side)
    return found


def _statistics(patch: NDArray[np.float64]) -> list[float]:
    """Shape and deviation of the patch, then shape, mean and both scales of four products of neighbours."""
    whole = by_moments(torch.from_numpy(patch))
    found = [float(whole.shape), float(whole.deviation)]
    for down, right in SHIFTS:
        moved = np.roll(patch, (down, right), (0, 1))
        found += _asymmetric(patch * moved)
    return found


def _asymmetric(product: NDArray[np.float64]) -> list[float]:
    """Shape, mean, left and right variance of an asymmetric generalised Gaussian, by moments (Lasmar et al. 2009)."""
    left, right = product[product < 0], product[product > 0]
    low = float(np.sqrt((left**2).mean())) if left.size else 1e-6
    high = float(np.sqrt((right**2).mean())) if right.size else 1e-6
    skew = low / high
    ratio = float(np.abs(product).mean()) ** 2 / max(float((product**2).mean()), 1e-12)
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = float(SHAPES[np.argmin((RATIOS - ratio) ** 2)])
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    mean = (high - low) * scale * gamma(2 / shape) / gamma(1 / shape)
    return [shape, float(mean), low**2, high**2]


@lru_cache(maxsize=1)
def _model() -> tuple[Features, Features]:
    table = json.loads(MODEL.read_text(encoding="utf-8"))
    return np.array(table["mean"]), np.array(table["covariance"])
