"""A training run of a fixed time: cosine to zero, an average of the weights, a checkpoint to go on from."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from upzeroir_plugin.prior.embedded import fast_bfloat16
from upzeroir_plugin.prior.muon import Muon, parts


def arithmetic() -> torch.autocast:
    """Bfloat16 for the networks' steps inside a `with`, where this processor is fast in it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16(torch.device("cpu")))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run is made of; AdamW with `decay` and the second moment's `memory`, `muon` for inner convolutions.

    `average`: how slowly the mean of the weights follows them. `warm`: steps until the whole rate. `every`: steps from
    one checkpoint to the next. `clip`: largest norm of a gradient. `worst`: a loss above it makes no step. `told`: how
    slowly the loss that is told follows.
    """

    minutes: float
    rate: float = 6e-4
    crop: int = 96
    batch: int = 8
    seed: int = 1
    average: float = 0.998
    warm: int = 100
    every: int = 100
    clip: float = 1.0
    worst: float = math.inf
    decay: float = 0.0
    memory: float = 0.99
    told: float = 0.98
    muon: bool = False


class Run:
    """One network's run in `folder` (net, average and state); a stopped one goes on where it stood."""

    def __init__(self, net: nn.Module, folder: Path, recipe: Recipe) -> None:
        self.net, self.folder, self.recipe = net, folder, recipe
        self.step, self.seconds, self.loss = 0, 0.0, 0.0
        if (folder / "state.json").exists():
            kept = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            self.step, self.seconds, self.loss = kept["step"], kept["seconds"], kept["loss"]
            net.load_state_dict(load_file(folder / "net.safetensors"))
        self.mean = {name: value.detach().clone() for name, value in net.state_dict().items()}
        if self.step:
            self.mean = load_file(folder / "average.safetensors")

    def descend(self, loss: Callable[[], Tensor], save: Callable[[dict[str, Tensor]], None]) -> None:
        """Descend on `loss()` until the time is up; `save(averaged weights)` at each checkpoint."""
        recipe, first = self.recipe, self.step
        optimisers = self._optimisers()
        begun = time.monotonic() - self.seconds
        while (done := (time.monotonic() - begun) / (60 * recipe.minutes)) < 1:
            warm = min(1.0, (self.step - first + 1) / recipe.warm)
            rate = recipe.rate * warm * (0.5 * (1 + math.cos(math.pi * done)) + 0.002)
            if not self._stepped(loss(), optimisers, rate):
                continue
            self._averaged(first)
            if self.step % recipe.every == 0:
                self.seconds = time.monotonic() - begun
                self._write(save)
        self.seconds = time.monotonic() - begun
        self._write(save)

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        recipe, rest, found = self.recipe, list(self.net.parameters()), list[torch.optim.Optimizer]()
        if recipe.muon:
            inner, rest = parts(self.net)
            found.append(Muon(inner, recipe.rate))
        betas = (0.9, recipe.memory)
        return [*found, torch.optim.AdamW(rest, recipe.rate, betas=betas, weight_decay=recipe.decay)]

    def _stepped(self, value: Tensor, optimisers: list[torch.optim.Optimizer], rate: float) -> bool:
        recipe, size = self.recipe, value.item()
        if not math.isfinite(size) or size > recipe.worst:
            return False
        self.net.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), recipe.clip)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
        self.step += 1
        self.loss = size if self.step == 1 else recipe.told * self.loss + (1 - recipe.told) * size
        return True

    def _averaged(self, first: int) -> None:
        fresh = self.step - first
        keep = min(self.recipe.average, (fresh + 1) / (fresh + 10))
        for name, tensor in self.net.state_dict().items():
            self.mean[name].lerp_(tensor, 1 - keep)

    def _write(self, save: Callable[[dict[str, Tensor]], None]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, state in (("net", self.net.state_dict()), ("average", self.mean)):
            save_file({k: v.contiguous() for k, v in state.items()}, self.folder / f"{name}.safetensors")
        save(self.mean)
        record = {"step": self.step, "seconds": self.seconds, "loss": self.loss}
        (self.folder / "state.json").write_text(json.dumps(record), encoding="utf-8")
        print(f"step {self.step}  {self.seconds:.0f} s  loss {self.loss:.4f}", flush=True)
