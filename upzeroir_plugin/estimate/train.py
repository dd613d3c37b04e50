"""Trains the learned estimator by simulation. Needs torch; nothing else of `estimate/` does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from upzeroir_plugin.estimate import network
from upzeroir_plugin.estimate.learned import CENTRE, SCALE
from upzeroir_plugin.estimate.simulate import GROUPS, NAMES, SHARES, Batch, Simulator, undo
from upzeroir_plugin.estimate.view import LUMA
from upzeroir_plugin.prior.run import Recipe, Run, arithmetic

WEIGHT = {"presence": 1.0, "nll": 0.3, "picture": 20.0, "map": 1.0, "tones": 0.1}
"""Weights of the cross-entropy of presence, of θ's likelihood, of the restored view's squared error, of the error of
the transmission and of the wanted tones' likelihood (ours: on val each is of order 0.1 to 0.3 at the end)."""
RECIPE = Recipe(60, rate=1e-3, batch=24, average=0.999, warm=200, every=500, decay=1e-4, memory=0.999)
NEUTRAL = (0.0, 0.9, 0.9, 0.9, 0.0, 1.0, 0.0, 0.0)


class TorchOps:
    """`network.Ops` in torch."""

    def conv(self, x: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> Tensor:
        """Convolution."""
        return F.conv2d(x, weight, bias, padding=dilation * (weight.shape[2] // 2), dilation=dilation)

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Matrix product."""
        return F.linear(x, weight, bias)

    def relu(self, x: Tensor) -> Tensor:
        """Positive part."""
        return F.relu(x)

    def fold(self, x: Tensor) -> Tensor:
        """Space to depth."""
        return F.pixel_unshuffle(x, 2)

    def unfold(self, x: Tensor, like: Tensor) -> Tensor:
        """Nearest neighbours."""
        return F.interpolate(x, scale_factor=2.0)[:, :, : like.shape[2], : like.shape[3]]

    def spread(self, x: Tensor, like: Tensor) -> Tensor:
        """Broadcast."""
        return x[:, :, None, None].expand(-1, -1, *like.shape[2:])

    def mean(self, x: Tensor) -> Tensor:
        """Over pixels."""
        return x.mean((2, 3))

    def peak(self, x: Tensor) -> Tensor:
        """Over pixels."""
        return x.amax((2, 3))

    def join(self, parts: Sequence[Tensor]) -> Tensor:
        """Concatenate."""
        return torch.cat(list(parts), 1)


class Estimator(nn.Module):
    """The network's weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterDict()
        for name, shape in network.shapes().items():
            value = torch.zeros(shape)
            if name.endswith("weight") and not name.endswith(".b.weight"):
                nn.init.normal_(value, 0, math.sqrt(2 / value[0].numel()))
            self.weights[name.replace(".", "_")] = nn.Parameter(value)
        with torch.no_grad():
            for name in ("out_weight", "depth_b_weight"):
                self.weights[name].mul_(0.1)

    def named(self) -> dict[str, Tensor]:
        """Weights by their names in `network.shapes`."""
        return {name: self.weights[name.replace(".", "_")] for name in network.shapes()}

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Copy weights by name into these; a block that they lack stays as made: it changes nothing until it learns."""
        for name, value in self.named().items():
            if name in weights:
                value.data.copy_(weights[name])

    def forward(self, view: Tensor, tones: Tensor) -> tuple[Tensor, Tensor]:
        """See `network.forward`."""
        outputs, depth, _ = network.forward(view, tones, self.named(), TorchOps())
        return outputs, depth


@dataclass(frozen=True, slots=True)
class Guess:
    """What the network says of a batch: logits (B, 3), θ means (B, 8) in the table's units, log-σ (B, 8) of scaled
    values, depth map (B, 1, H, W) of mean 1, wanted tones (B, 8) and their log-σ (B, 8).
    """

    logits: Tensor
    scaled: Tensor
    theta: Tensor
    log_std: Tensor
    depth: Tensor
    wanted: Tensor
    doubt: Tensor


def shown(views: Tensor) -> tuple[Tensor, Tensor]:
    """What the network is given of views (B, 3, H, W): `network.planes` and `network.tones_of`."""
    arrays = [v.permute(1, 2, 0).numpy() for v in views]
    planes = torch.from_numpy(np.stack([network.planes(a) for a in arrays]))
    return planes, torch.from_numpy(np.stack([network.tones_of(a) for a in arrays]))


def guess(net: Estimator, views: Tensor) -> Guess:
    """Run the network on views (B, 3, H, W)."""
    stacked, tones = shown(views)
    with arithmetic():
        outputs, log_depth = (
            part.float() for part in net(stacked.contiguous(memory_format=torch.channels_last), tones)
        )
    logits, scaled, log_std, wanted, doubt = outputs.split(network.PARTS, 1)
    theta = from_scaled(scaled)
    depth = F.interpolate(log_depth, size=stacked.shape[2:], mode="bilinear", align_corners=False)
    depth = depth[..., : views.shape[2], : views.shape[3]].clamp(-4, 3).exp()
    depth = depth / depth.mean((2, 3), keepdim=True)
    return Guess(
        logits, scaled, theta, log_std.clamp(-4, 2), depth, torch.sigmoid(wanted), doubt.clamp(-5, 0)
    )


def from_scaled(scaled: Tensor) -> Tensor:
    """θ in the table's units of the network's numbers; depth and mid-tones are logarithms there."""
    plain = scaled * torch.tensor(SCALE) + torch.tensor(CENTRE)
    parts = list(plain.unbind(1))
    parts[0] = parts[0].clamp(-4, 1.1).exp()
    parts[1:4] = [p.clamp(0, 1) for p in parts[1:4]]
    parts[4] = parts[4].clamp(-3, 6)
    parts[5] = parts[5].clamp(-0.9, 0.9).exp()
    return torch.stack(parts, 1)


def to_scaled(theta: Tensor) -> Tensor:
    """The inverse of `from_scaled`."""
    parts = list(theta.unbind(1))
    parts[0], parts[5] = parts[0].clamp_min(1e-2).log(), parts[5].log()
    return (torch.stack(parts, 1) - torch.tensor(CENTRE)) / torch.tensor(SCALE)


def gated(theta: Tensor, present: Tensor) -> Tensor:
    """θ drawn towards neutral by the presences (B, 3) of its groups."""
    neutral = torch.tensor(NEUTRAL)
    weight = torch.stack([present[:, GROUPS.index(n.split(".")[0])] for n in NAMES], 1)
    return neutral + weight * (theta - neutral)


def tones_of(views: Tensor) -> Tensor:
    """`network.has` of views (B, 3, H, W), averaged over 2 × 2 pixels as `aim` does: (B, 8)."""
    coarse = F.avg_pool2d(views, 2).flatten(2)
    luma = torch.einsum("bcn,c->bn", coarse, torch.from_numpy(LUMA))
    middle = torch.quantile(luma, torch.tensor(network.MIDDLE), dim=1).T
    black = torch.quantile(coarse.amin(1), network.BLACK, dim=1)
    white = torch.quantile(coarse.amax(1), network.WHITE, dim=1)
    return torch.cat([black[:, None], middle, white[:, None]], 1)


def losses(net: Estimator, batch: Batch) -> dict[str, Tensor]:
    """The five terms of the loss, unweighted."""
    found = guess(net, batch.degraded)
    entropy = F.binary_cross_entropy_with_logits(found.logits, batch.present)
    there = torch.stack([batch.present[:, GROUPS.index(n.split(".")[0])] for n in NAMES], 1)
    miss = (found.scaled - to_scaled(batch.theta)) / found.log_std.exp()
    nll = ((0.5 * miss.clamp(-8, 8) ** 2 + found.log_std) * there).sum() / there.sum().clamp_min(1)
    theta = gated(found.theta, torch.sigmoid(found.logits))
    restored = undo(batch.degraded, theta, found.depth).clamp(-0.2, 1.2)
    picture = ((restored - batch.clean) ** 2).mean()
    veil = [
        torch.exp(-t[:, 0, None, None, None] * d)
        for t, d in ((theta, found.depth), (batch.theta, batch.depth))
    ]
    tones = tones_of(batch.clean)
    away = (found.wanted - tones) / found.doubt.exp()
    return {
        "presence": entropy,
        "nll": nll,
        "picture": picture,
        "map": (veil[0] - veil[1]).abs().mean(),
        "tones": (0.5 * away**2 + found.doubt).mean(),
    }


def train(
    paths: list[Path],
    out: Path,
    recipe: Recipe,
    start: Path | None = None,
    shares: Sequence[float] = SHARES,
) -> None:
    """Train on photos `paths` for `recipe.minutes`, writing the averaged weights to `out` at each checkpoint.

    A run goes on from the one beside `out`; a new one begins from the weights `start`, if given. `shares`: see
    `Simulator`.
    """
    torch.manual_seed(recipe.seed)
    net = Estimator()
    if start:
        net.take(load_file(start))
    training = Run(net, out.with_suffix(".run"), recipe)
    drawn = iter(DataLoader(_Batches(paths, recipe, training.step, shares), batch_size=None, num_workers=1))

    def loss() -> Tensor:
        terms = losses(net, next(drawn))
        return torch.stack([WEIGHT[name] * term for name, term in terms.items()]).sum()

    def save(mean: dict[str, Tensor]) -> None:
        named = {name: mean[f"weights.{name.replace('.', '_')}"] for name in network.shapes()}
        save_file({name: value.half() for name, value in named.items()}, out)

    training.descend(loss, save)


class _Batches(IterableDataset[Batch]):
    """Batches without an end, drawn in a process beside the training's: simulating takes as long as learning."""

    def __init__(self, paths: list[Path], recipe: Recipe, step: int, shares: Sequence[float]) -> None:
        self.paths, self.recipe, self.step, self.shares = paths, recipe, step, shares

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        simulator = Simulator(self.paths, self.recipe.seed + self.step, self.shares)
        while True:
            yield simulator.batch(self.recipe.batch)
