"""PCDM: the light network that degrades the present scene again, built anew for each photo and trained on the way."""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

from upzeroir_plugin.parameters import BY_NAME, ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import forward
from upzeroir_plugin.solver.gennormal import GenNormal
from upzeroir_plugin.solver.lock import low

Kind = Literal["physics", "net", "both"]
KINDS: tuple[Kind, ...] = ("physics", "net", "both")
WIDTH, HIDDEN, CONDITION = 16, 24, 16
FREE = (
    "light.ev", "light.midtones", "haze.depth", "haze.red", "haze.green", "haze.blue", "colour.temperature",
    "colour.tint",
)  # fmt: skip
"""What φ may learn of θ: the point-wise part. Blur and noise have their own estimators (ours)."""
INTERVAL = 3.29
"""Standard deviations in a 90 % interval of a Gaussian."""


class Pcdm(nn.Module):
    """φ(x) = f3(f2(f1 x) + l(α, σ)·f1 x): pictures (B, 3, H, W) to the same, at most 20 kMAC a pixel.

    The paper gives the formula and that it is light, not its layers. Ours: f1 is 3×3 and 1×1, f2 two 3×3, f3 one 3×3
    convolution (TAO's adapter with its width cut to 16 and 24, 8 kMAC), l two linear layers of (ln α, ln σ).
    """

    def __init__(self, generator: torch.Generator, silent: bool) -> None:
        """`silent`: f3 starts at zero, so that the network adds nothing until it has learned something."""
        super().__init__()
        self.f1 = nn.Sequential(
            nn.Conv2d(3, WIDTH, 3, padding=1, padding_mode="replicate"),
            nn.LeakyReLU(0.2),
            nn.Conv2d(WIDTH, WIDTH, 1),
        )
        self.f2 = nn.Sequential(
            nn.Conv2d(WIDTH, HIDDEN, 3, padding=1, padding_mode="replicate"),
            nn.LeakyReLU(0.2),
            nn.Conv2d(HIDDEN, WIDTH, 3, padding=1, padding_mode="replicate"),
        )
        self.f3 = nn.Conv2d(WIDTH, 3, 3, padding=1, padding_mode="replicate")
        self.condition = nn.Sequential(nn.Linear(2, CONDITION), nn.SiLU(), nn.Linear(CONDITION, WIDTH))
        drawn(self, generator)
        if silent:
            nn.init.zeros_(self.f3.weight)
            nn.init.zeros_(cast(Tensor, self.f3.bias))

    def forward(self, x: Tensor, latent: GenNormal) -> Tensor:
        """Degrade x (B, 3, H, W), told the shape and scale of the encoded degradation."""
        told = torch.stack([latent.shape.log(), latent.scale.log()]).to(x)
        first = self.f1(x)
        out: Tensor = self.f3(self.f2(first) + self.condition(told)[:, None, None] * first)
        return out

    def macs(self) -> int:
        """Multiplications a pixel."""
        convolutions = [m for m in self.modules() if isinstance(m, nn.Conv2d)]
        return sum(m.weight.numel() for m in convolutions)


class Redegradation(nn.Module):
    """φ of one photo. `kind`: the paper's network, our physics with θ free, or physics plus the network as a residual.

    Beside the physics the network has no word on tones smooth over 32 px (ours: θ has; in a latent space the network
    learned a veil of its own there, and haze came back 1.7 dB worse). All three start as physics(θ) of the blind
    estimate, since from anything else φ and scene trade gain freely (ours). "net" has to be fitted to it first
    (`pretrain`).
    """

    def __init__(
        self, kind: Kind, theta: ParameterVector, generator: torch.Generator, free: bool = True
    ) -> None:
        """`free`: θ may move, within its interval; else only the network learns."""
        super().__init__()
        self.kind = kind
        self.values = theta.values()
        self.net = None if kind == "physics" else Pcdm(generator, silent=kind == "both")
        spread = {name: _spread(theta, name) for name in FREE} if free and kind != "net" else {}
        self.spread = {name: sd for name, sd in spread.items() if sd > 0}
        self.moves = nn.ParameterList(nn.Parameter(torch.zeros(())) for _ in self.spread)

    def theta(self) -> dict[str, float | Tensor]:
        """θ as it is now: the blind estimate moved by so many of its standard deviations, within the table's range."""
        found: dict[str, float | Tensor] = dict(self.values)
        for (name, sd), move in zip(self.spread.items(), self.moves, strict=True):
            row = BY_NAME[name]
            found[name] = (self.values[name] + sd * torch.tanh(move)).clamp(row.low, row.high)
        return found

    def physics(self, x: Tensor, place: Fields) -> Tensor:
        """H(x; θ) without compression, whose error counts as noise."""
        return forward(x, self.theta(), place, jpeg=False)

    def forward(self, x: Tensor, place: Fields, latent: GenNormal) -> Tensor:
        """Degrade the scene x (1, 3, H, W) that lies at `place`."""
        if self.net is None:
            return self.physics(x, place)
        made: Tensor = self.net(x, latent)
        return made if self.kind == "net" else self.physics(x, place) + made - low(made)

    def penalty(self) -> Tensor:
        """−ln of the blind estimate's own density at the present θ, in nats."""
        if not self.spread:
            return torch.zeros(())
        return 0.5 * torch.stack([move.square() for move in self.moves]).sum()

    def learns(self) -> bool:
        """Whether there is anything to be trained."""
        return any(True for _ in self.parameters())


def _spread(theta: ParameterVector, name: str) -> float:
    """Standard deviation that the estimate claims for a parameter whose group acts; 0 for pinned and neutral ones."""
    entry, group = theta.entries[name], BY_NAME[name].group
    acts = any(
        theta[p.name] != p.neutral
        for p in BY_NAME.values()
        if p.group == group and p.name in FREE[:3] + FREE[6:]
    )
    return 0.0 if entry.pinned or not acts else (entry.high - entry.low) / INTERVAL


def drawn(net: nn.Module, generator: torch.Generator) -> None:
    """Weights from the run's own generator (He et al. 2015): the same seed gives the same, whatever ran before."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan = layer.weight[0].numel()
            with torch.no_grad():
                layer.weight.normal_(0, (2 / fan) ** 0.5, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()
