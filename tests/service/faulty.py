"""A service whose engine fails as a file beside the state file asks: python faulty.py engine | no-torch | small-disk.

Only for tests. The faults sit in the engine's process, below everything that has to cope with them; one service for
all of them, since starting an engine takes seconds.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from copy import copy
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
LARGEST_WINDOW = 232 * 232
NEVER_HEARD = 2.0
"""Seconds after which this service cancels a job that nobody listens to: the tests need not wait for the real 10."""
Message = dict[str, Any]


def fault() -> str:
    """The fault that is asked for now."""
    try:
        return Path(os.environ["UPZEROIR_STATE"]).with_name("fault").read_text()
    except OSError:
        return ""


def engine(pipe: Connection[Any, Any], settings: Message) -> None:
    """The engine's process, spoilt before it begins."""
    _spoil_network()
    _spoil_devices()
    _spoil_disk()
    from upzeroir_plugin.service.engine import main

    main(pipe, settings)


def stillborn(pipe: Connection[Any, Any], settings: Message) -> None:
    """A process that cannot even start."""
    del pipe, settings
    os._exit(3)


def without_torch(pipe: Connection[Any, Any], settings: Message) -> None:
    """An engine's process in which torch is damaged."""
    sys.modules["torch"] = None  # type: ignore[assignment]
    from upzeroir_plugin.service.engine import main

    main(pipe, settings)


def _memory(_prior: Any, z: Any) -> None:
    if z.shape[-1] * z.shape[-2] > LARGEST_WINDOW:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9e9 bytes.")


def _no_memory(_prior: Any, _z: Any) -> None:
    raise MemoryError


def _lost(prior: Any, _z: Any) -> None:
    if prior.device.type == "cuda":
        raise RuntimeError("CUDA error: device-side assert triggered")


def _hang(_prior: Any, _z: Any) -> None:
    Path(os.environ["UPZEROIR_STATE"]).with_name("hung").touch()
    time.sleep(60)


BEFORE: dict[str, Callable[[Any, Any], None]] = {
    "memory": _memory,
    "no memory": _no_memory,
    "gpu": _lost,
    "deaf": _hang,
    "crash": lambda *_: os.abort(),
}
"""What happens instead of the network: windows that do not fit, a GPU that is lost, a hang, an end in native code."""
AFTER: dict[str, Callable[[Any, Any], Any]] = {
    "nan": lambda _prior, made: made * float("nan"),
    "half": lambda prior, made: made * float("nan") if prior.half else made,
    "flat": lambda _prior, made: made * 0,
}
"""What comes out of it: NaN, NaN in half precision only, black."""


def _spoil_network() -> None:
    from upzeroir_plugin.prior.embedded import EmbeddedPrior

    real = EmbeddedPrior.denoise

    def denoise(self: Any, z: Any, *rest: Any, **named: Any) -> Any:
        if z.shape[-1] * z.shape[-2] <= 64 * 64:  # the warming up is left alone
            return real(self, z, *rest, **named)
        now = fault()
        BEFORE.get(now, lambda *_: None)(self, z)
        kept, self.device = self.device, _cpu()
        try:
            made = real(self, z, *rest, **named)
        finally:
            self.device = kept
        return AFTER.get(now, lambda _prior, made: made)(self, made)

    EmbeddedPrior.denoise = denoise  # type: ignore[method-assign]


def _cpu() -> Any:
    import torch

    return torch.device("cpu")


def _spoil_devices() -> None:
    """A GPU that is announced: one that fails in use, or cannot be used at all; or half precision is chosen."""
    import torch

    from upzeroir_plugin import restore
    from upzeroir_plugin.solver import means

    real, choose, free = restore.embedded, restore.choose_device, means.free_memory

    def embedded(folder: Path, device: str) -> Any:
        now = fault()
        if device == "cuda" and now == "no driver":
            raise RuntimeError("CUDA driver initialization failed")
        prior = copy(real(folder, "cpu"))
        prior.half = now == "half"
        prior.device = torch.device(device)
        prior.on_cpu = lambda: embedded(
            folder, "cpu"
        )  # in the precision of the whole test, whatever this processor likes
        return prior

    announced = ("gpu", "no driver")
    restore.embedded = embedded  # type: ignore[assignment]
    restore.choose_device = lambda wanted: (
        "cuda" if wanted == "auto" and fault() in announced else choose(wanted)
    )
    means.free_memory = lambda _device: free("cpu")


def _spoil_disk() -> None:
    """The engine's results do not fit on the disk."""
    import numpy as np

    real = np.save

    def save(*args: Any, **named: Any) -> None:
        if fault() != "disk":
            return real(*args, **named)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        try:
            return real(*args, **named)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    np.save = save


def main(kind: str) -> None:
    """Serve with that engine and little patience, or with files that may not grow above 300 kB."""
    from upzeroir_plugin.service.lifecycle import serve
    from upzeroir_plugin.service.limits import Limits

    if kind == "small-disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    limits = Limits(never_heard=NEVER_HEARD, cancel_grace=1.0)
    serve(Path(os.environ["UPZEROIR_STATE"]), limits, engine=without_torch if kind == "no-torch" else engine)


if __name__ == "__main__":
    main(sys.argv[1])
