"""What a restoration is told (Options, Control), and what it tells (Progress, Step, Result)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.solver.guided import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """How to restore. `region` (x, y, w, h): only that rectangle is made. `mask` (H, W) in [0, 1], 1 = restore.

    `centre` (x, y): where the user looks; tiles near it come first. `steps`: network calls of the iterative part.
    `prior`: "embedded", a name that `upzeroir prior list` shows, or a folder. `latent_shape`, `latent_scale`: what the
    guided solver is told of the encoded degradation (None: it measures). `guided`: its other settings, the same for all
    photos (for comparisons and ablations).
    """

    amounts: Amounts = field(default_factory=Amounts)
    strength: float = 1.0
    effort: str = "fast"
    steps: int | None = None
    region: Box | None = None
    mask: NDArray[np.float32] | None = None
    seed: int = 0
    device: str = "auto"
    prior: str = "embedded"
    latent_shape: float | None = None
    latent_scale: float | None = None
    centre: tuple[float, float] | None = None
    guided: Settings = field(default_factory=Settings)

    def settings(self) -> Settings:
        """The guided solver's, with as many steps as asked for, and (α, σ) as told."""
        steps = self.steps or self.guided.steps
        return replace(self.guided, steps=steps, shape=self.latent_shape, scale=self.latent_scale)


class Control:
    """Stops a run from another thread: `cancel()` drops it, `keep()` ends it with the present picture."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.kept = threading.Event()

    def cancel(self) -> None:
        """Stop within 0.3 s; the iterator raises CancelledError."""
        self.cancelled.set()

    def keep(self) -> None:
        """No network call after 0.3 s; where it was not done yet, light, haze and cast still are."""
        self.kept.set()


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` 0–1; `preview` uint8 (h, w, 3) of the whole area, at `scale` of it; `box`: what has just been finished.

    `notice`: what was done otherwise than asked, in words.
    """

    done: float
    label: str
    eta_seconds: float | None
    preview: NDArray[np.uint8] | None = None
    scale: float = 1.0
    box: Box | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The restored photo (of the region, if one was asked for) and how it came about."""

    photo: Photo
    changed: bool
    theta: ParameterVector
    quality: dict[str, Any]
    network_calls: int
    solver: str
    effort: str
    seed: int
    device: str
    dtype: str
    prior: dict[str, str]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A network call's estimate x̂0 of the scene (preview), its σ, θ and the residual; the last one has the result."""

    index: int
    total: int
    preview: NDArray[np.uint8] | None
    sigma: float
    theta: ParameterVector
    residual: dict[str, float]
    result: Result | None = None
