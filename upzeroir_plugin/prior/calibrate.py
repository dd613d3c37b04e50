"""Measures a prior on held-out photos: how large and how white its residual is, and how far its inner values go."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from upzeroir_plugin.physics.jpeg import equivalent_sigma
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.prior.int8 import RANGES, Range, inner
from upzeroir_plugin.prior.pictures import opened, split
from upzeroir_plugin.prior.synthetic import picture
from upzeroir_plugin.prior.unet import DenoiserUNet

SIGMAS = (1, 2, 3.5, 5, 7.5, 10, 15, 20, 25, 35, 50, 75, 100, 150)
WATCHED = (2, 5, 10, 20, 40, 75)
"""Noise in which inner values are looked at, alone and beside what JPEG of quality 50 has lost."""
DRAWN, MOSTLY = 12, 0.95
"""Drawn pictures among the photos for that, and the share of calls whose greatest value is not beyond the range (in
flat drawings with next to no noise the network knows no bounds)."""
KEPT = (0.6, 0.6)
"""Share of that, before a block and after its SiLU, up to which values are told apart: finer steps are worth more than
outliers (ours, 20 crops of val, noise of 5, 10, 25, 50, in bfloat16 41.55, 38.11, 33.71, 30.52 dB, and 12 drawings,
37.10, 32.49, 26.90, 23.13: with all of it 41.53, 38.09, 33.66, 30.45; 37.09, 32.48, 26.89, 23.12; with these 41.54,
38.10, 33.69, 30.49; 37.10, 32.49, 26.90, 23.13; with .5 and .3 41.54, 38.11, 33.70, 30.51; 37.02, 32.43, 26.86, 23.09).
"""


def whiteness(residual: np.ndarray) -> float:
    """Lag-1 autocorrelation of (H, W, C), mean of both directions and all channels; 0 for white noise and one pixel."""
    r = residual - residual.mean((0, 1))
    power = float((r * r).mean()) + 1e-12
    lags = [lag for lag in (r[1:] * r[:-1], r[:, 1:] * r[:, :-1]) if lag.size]
    return float(np.mean([lag.mean() for lag in lags]) / power) if lags else 0.0


def calibrate(prior_folder: Path, photos: Path, crop: int = 256) -> dict[str, object]:
    """Write residuals.json into `prior_folder` from the kept-back photos, and ranges.json (int8.py); returns the first.

    White noise of each σ on the busiest `crop`² window of each photo, halved in size first so that it is sharp; of
    photos smaller than that, on all of it.
    """
    prior = EmbeddedPrior(prior_folder)
    rng = np.random.default_rng(0)
    clean = [_busiest(path, crop) for path in split(photos)[1]]
    table: dict[str, list[Any]] = {"sigma": [], "error": [], "std": [], "whiteness": []}
    for level in SIGMAS:
        sigma = level / 255
        stats = [_measure(prior, x, sigma, rng) for x in clean]
        error, std, white = (np.array(column) for column in zip(*stats, strict=True))
        table["sigma"].append(round(sigma, 6))
        table["error"].append(round(float(np.sqrt((error**2).mean())), 6))
        table["std"].append([round(float(q), 4) for q in np.quantile(std, [0.05, 0.5, 0.95])])
        table["whiteness"].append([round(float(q), 4) for q in np.quantile(white, [0.05, 0.5, 0.95])])
    (prior_folder / "residuals.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    shown = clean + [picture(crop, rng).astype(np.float32) / 255 for _ in range(DRAWN)]
    (prior_folder / RANGES).write_text(
        json.dumps(_ranges(prior, shown, rng), indent=1) + "\n", encoding="utf-8"
    )
    return dict(table)


def _ranges(prior: EmbeddedPrior, shown: list[np.ndarray], rng: np.random.Generator) -> dict[str, Range]:
    """How far values before the inner blocks and within them are told apart, by the blocks' names."""
    watched = _watched(prior.whole)
    for x in shown:
        for level in WATCHED:
            noisy = x + level / 255 * rng.standard_normal(x.shape, dtype=np.float32)
            z = torch.from_numpy(noisy).permute(2, 0, 1)[None]
            for quality in (100, 50):
                sigma = float(np.hypot(level / 255, equivalent_sigma(quality)))
                prior.denoise(z, torch.tensor(sigma), torch.full((1, 1, 1, 1), 1 - quality / 100))
    return {
        name: (
            round(KEPT[0] * float(np.quantile(before, MOSTLY)), 3),
            round(KEPT[1] * float(np.quantile(within, MOSTLY)), 3),
        )
        for name, (before, within) in watched.items()
    }


def _watched(net: DenoiserUNet) -> dict[str, tuple[list[float], list[float]]]:
    """Greatest values (before, within) the inner blocks, one a call from now on, by the blocks' names.

    Former ranges bound them no more.
    """
    most: dict[str, tuple[list[float], list[float]]] = {}
    for name, block in inner(net):
        most[name] = [], []
        block.bounds = None
        for convolution, into in zip((block.a, block.b), most[name], strict=True):
            convolution.register_forward_pre_hook(partial(_note, into))
    return most


def _note(into: list[float], _convolution: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    into.append(float(inputs[0].abs().max()))


def _measure(
    prior: EmbeddedPrior, x: np.ndarray, sigma: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    noisy = x + sigma * rng.standard_normal(x.shape, dtype=np.float32)
    z = torch.from_numpy(noisy).permute(2, 0, 1)[None]
    out = prior.denoise(z, torch.tensor(sigma))[0].permute(1, 2, 0).numpy()
    residual = noisy - out
    return float(np.sqrt(((out - x) ** 2).mean())), float(residual.std() / sigma), whiteness(residual)


def _busiest(path: Path, crop: int) -> np.ndarray:
    image = opened(path)
    image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    x = np.asarray(image, np.float32) / 255
    rows, columns = (range(0, max(1, n - crop + 1), 32) for n in x.shape[:2])
    corners = [(top, left) for top in rows for left in columns]
    detail = [float(np.abs(np.diff(x[r : r + crop, c : c + crop], axis=1)).mean()) for r, c in corners]
    top, left = corners[int(np.argmax(detail))]
    return x[top : top + crop, left : left + crop]
