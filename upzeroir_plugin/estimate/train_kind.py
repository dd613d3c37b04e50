"""Trains what tells the kinds in `meant.py` from all other pictures (`kind.py`). Needs torch."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from upzeroir_plugin.estimate import kind, network
from upzeroir_plugin.estimate.learned import FILE
from upzeroir_plugin.estimate.simulate import Simulator
from upzeroir_plugin.estimate.train import TorchOps, shown

COUNT = 48
ROUNDS, BATCH, RATE, DECAY = 30, 256, 2e-3, 1e-2
NOISE, DROPPED = 0.05, 0.05
"""Standard deviation and share by which features are disturbed while learning."""


def train(paths: list[Path], out: Path, minutes: float, estimator: Path = FILE, seed: int = 1) -> None:
    """Draw views of photos `paths` for `minutes`, half of them of a kind, and write the weights to `out`.

    They tell kinds by what the weights `estimator` see, and belong beside those.

    Lamps at night are left out: there the two overlap, and the estimator knows them.
    """
    torch.manual_seed(seed)
    simulator = Simulator(paths, seed, night=0.0)
    weights = {name: value.float() for name, value in load_file(estimator).items()}
    end = time.monotonic() + 60 * minutes
    features: list[Tensor] = []
    labels: list[Tensor] = []
    while not features or time.monotonic() < end:
        for views, label in ((simulator.batch(COUNT).degraded, 0.0), (simulator.rare(COUNT), 1.0)):
            features.append(seen(views, weights))
            labels.append(torch.full((COUNT,), label))
    fitted = _fitted(torch.cat(features), torch.cat(labels), seed)
    save_file({name: value.half().contiguous() for name, value in fitted.items()}, out)


def seen(views: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """Features (B, `network.FEATURES`) of views (B, 3, H, W)."""
    with torch.no_grad():
        _, _, features = network.forward(*shown(views), weights, TorchOps())
    told: Tensor = features
    return told


def _fitted(features: Tensor, labels: Tensor, seed: int) -> dict[str, Tensor]:
    """Weights as `kind.log_odds` takes them, by AdamW and cross-entropy."""
    mean, spread = features.mean(0), features.std(0).clamp_min(1e-2)
    scaled = ((features - mean) / spread).clamp(-kind.REACH, kind.REACH)
    a, b = nn.Linear(network.FEATURES, kind.HIDDEN), nn.Linear(kind.HIDDEN, 1)
    optimiser = torch.optim.AdamW([*a.parameters(), *b.parameters()], RATE, weight_decay=DECAY)
    generator = torch.Generator().manual_seed(seed)
    steps = ROUNDS * math.ceil(len(scaled) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(ROUNDS):
        order = torch.randperm(len(scaled), generator=generator)
        for begin in range(0, len(order), BATCH):
            chosen = order[begin : begin + BATCH]
            x = F.dropout(scaled[chosen] + NOISE * torch.randn_like(scaled[chosen]), DROPPED)
            loss = F.binary_cross_entropy_with_logits(b(F.relu(a(x)))[:, 0], labels[chosen])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    print(f"{len(scaled)} views  loss {loss.item():.4f}", flush=True)
    layers = {"a.weight": a.weight, "a.bias": a.bias, "b.weight": b.weight, "b.bias": b.bias}
    return {"mean": mean, "spread": spread, **{name: part.detach() for name, part in layers.items()}}
