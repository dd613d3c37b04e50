"""What the tests of `restore()` share: told estimates, runs to the end, and a prior that does as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from tests.pictures import Pixels, photo
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.prior.embedded import Residuals, embedded
from upzeroir_plugin.restore import Control, Options, Progress, Result, Step, restore
from upzeroir_plugin.solver import means

Seen = list[Progress | Step]
MIXED = {"haze_depth": 0.6, "light_ev": 1.0, "noise_file": 6.0}


def told(pinned: bool = True, maps: Maps | None = None, **values: float) -> Estimate:
    """An Estimate of these values; parameters with _ for the dot."""
    named = {n.replace("_", ".", 1): v for n, v in values.items()}
    theta = ParameterVector()
    return Estimate(theta.pinned(named) if pinned else theta.with_values(named), maps or Maps())


def events(
    y: Photo | Pixels, found: Estimate, options: Options | None = None, control: Control | None = None
) -> Seen:
    return list(restore(y if isinstance(y, Photo) else photo(y), found, options, control))


def run(y: Photo | Pixels, found: Estimate, **options: object) -> Result:
    last = events(y, found, Options(**options))[-1]  # type: ignore[arg-type]
    assert isinstance(last, Step)
    assert last.result is not None
    return last.result


@dataclass
class FakePrior:
    """A prior whose denoiser is `made`; for what no real one does on demand."""

    made: Callable[[Tensor], Tensor]
    pause: float = 0
    calls: int = 0
    name: str = "fake"
    sha256: str = "0" * 64
    multiple: int = 8
    checks: int = 10
    sigma_range: tuple[float, float] = (0.5 / 255, 1.0)
    dtype: str = "float32"
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    residuals: Residuals = field(default_factory=lambda: embedded().residuals)

    def denoise(self, z: Tensor, _sigma: Tensor, _loss: Tensor | None = None, hook: object = None) -> Tensor:
        self.calls += 1
        end = time.monotonic() + self.pause
        while True:
            if callable(hook):
                hook()
            if time.monotonic() >= end:
                return self.made(z)
            time.sleep(0.01)

    def hurried(self) -> FakePrior:
        return self

    def error(self, sigma: Tensor) -> Tensor:
        return 0.5 * sigma

    def context(self, _sigma: float) -> int:
        return 8


def cut(monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    """Tiles of `side` px, so that small pictures have many."""
    monkeypatch.setattr(means, "CORE", side)
    monkeypatch.setattr(means, "LEAST_CORE", side)
