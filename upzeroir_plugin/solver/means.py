"""With what a run is done (device, arithmetic, size of tiles), and what is tried next when that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import psutil
import torch
from torch import Tensor

from upzeroir_plugin.errors import DeviceError, ResultError, TooLargeError
from upzeroir_plugin.prior.embedded import Prior

CORE, LEAST_CORE = 1440, 128
WINDOW = 1536
"""Side in px of the largest window (ours, 6 MP of a full mixture: 3.4 s per MP, in windows of 2048 px as well, with
0.35 GB more)."""
BYTES_PER_PIXEL = 512
"""Of a window while it is restored (ours, measured: 310 in float32 for the network; the rest is for deblurring)."""
MEMORY_SHARE = 0.5
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")
LOST_DEVICE = (
    "cuda error",
    "device-side assert",
    "cudnn",
    "cublas",
    "hip error",
    "mps backend",
    "device lost",
)
_fitted: dict[tuple[str, str], int] = {}
"""Tile size that worked after one that did not, by device and prior: tried first from then on."""


class NotFiniteError(ResultError):
    """The network's answer is not finite."""


@dataclass(frozen=True, slots=True)
class Means:
    """`prior` brings its device and arithmetic along; `core`: side of the tiles in px."""

    prior: Prior
    core: int


def best(prior: Prior, context: int) -> Means:
    """What is tried first: the largest tiles that worked before and that the free memory holds."""
    side = math.sqrt(MEMORY_SHARE * free_memory(prior.device.type) / BYTES_PER_PIXEL) - 2 * context
    core = min(CORE, WINDOW - 2 * context, _fitted.get(_place(prior), CORE), int(side))
    return Means(prior, max(LEAST_CORE, core - core % 32))


def weaker(error: BaseException, means: Means) -> tuple[Means, str]:
    """Means that may succeed where `means` failed with `error`, and a sentence on it; raises what has no cure."""
    prior = means.prior
    text = str(error).lower()
    if isinstance(error, NotFiniteError) and prior.dtype != "float32":
        return replace(means, prior=prior.in_float32()), "Half precision failed; float32 is used."
    if _is_memory(error, text):
        torch.cuda.empty_cache()
        if means.core > LEAST_CORE:
            core = max(LEAST_CORE, means.core // 2)
            _fitted[_place(prior)] = core
            return replace(
                means, core=core
            ), f"Memory was short; the photo is done in smaller tiles of {core} px."
        if prior.device.type != "cpu":
            return Means(prior.on_cpu(), CORE), "The graphics memory is too small; the processor is used."
        raise TooLargeError(
            "There is not enough memory.", "Close other programs, or restore a region."
        ) from error
    if prior.device.type != "cpu" and any(word in text for word in LOST_DEVICE):
        return Means(prior.on_cpu(), CORE), "The graphics processor failed; the processor is used."
    raise error


def check_finite(picture: Tensor) -> None:
    """Raises NotFiniteError for a picture with infinite values or NaN."""
    if not math.isfinite(float(picture.sum())):
        raise NotFiniteError("The result is not finite.", "Try --device cpu, and report the photo.")


def choose_device(wanted: str) -> str:
    """`auto` takes CUDA or Apple's MPS if one answers. Raises DeviceError for one that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(wanted, False):
        raise DeviceError(f"The device {wanted!r} is not there.", "Use --device auto or cpu.")
    return wanted


def free_memory(device: str) -> int:
    """Bytes free on a device."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _is_memory(error: BaseException, text: str) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in text for words in OUT_OF_MEMORY)


def _place(prior: Prior) -> tuple[str, str]:
    return str(prior.device), prior.sha256
