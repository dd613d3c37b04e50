"""The prior that ships with the program: a pixel-space denoiser, loaded with plain torch."""

from __future__ import annotations

import hashlib
import json
import math
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior.int8 import bound, quantised, read_ranges, supported
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.prior.unet import LEAST, DenoiserUNet, Hook, in_channels_last

WEIGHTS = "diffusion_pytorch_model.safetensors"
FINE = 2 / 255
MOST = 6.0
"""Standard deviations that a pixel is moved by at most.

Gaussian noise goes beyond six once in 500 million values, which is less than once in a photo: what would move a pixel
further is no noise but a network misled, by a picture unlike all photos or by bfloat16, and may not do more harm.
"""


@dataclass(frozen=True, slots=True)
class Residuals:
    """How z − D(z) behaves on held-out photos at each σ (quantiles 5, 50, 95 %), stored with the weights.

    `error`: RMS error. `std`: residual's standard deviation over σ. `whiteness`: its lag-1 autocorrelation.
    """

    sigma: tuple[float, ...]
    error: tuple[float, ...]
    std: tuple[tuple[float, float, float], ...]
    whiteness: tuple[tuple[float, float, float], ...]

    @staticmethod
    def from_json(table: dict[str, Any]) -> Residuals:
        """From the rows of residuals.json."""
        return Residuals(
            tuple(table["sigma"]),
            tuple(table["error"]),
            tuple(tuple(row) for row in table["std"]),
            tuple(tuple(row) for row in table["whiteness"]),
        )

    def at(self, sigma: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """(std quantiles, whiteness quantiles) at σ, interpolated in log σ."""
        where = np.log(np.maximum(sigma, 1e-6))
        grid = np.log(self.sigma)

        def row(table: tuple[tuple[float, float, float], ...]) -> tuple[float, float, float]:
            low, middle, high = (float(np.interp(where, grid, [r[i] for r in table])) for i in range(3))
            return low, middle, high

        return row(self.std), row(self.whiteness)


CONTEXT = ((10.5 / 255, 48), (16 / 255, 56), (math.inf, 72))
"""σ up to which, and how far the embedded denoiser looks in px (ours, eight photos of val in float32: at the cut 7e-4
with 48 px at σ 10/255, 9e-4 with 56 at 15, 6e-4 to 7e-4 with 72 at 25 to 100)."""


class Prior(Protocol):
    """What photos look like: the posterior mean at any noise level.

    `multiple`: window lattice. `checks`: how often `hook` is called in one `denoise`, so that progress can be told
    from inside it.
    """

    name: str
    sha256: str
    multiple: int
    checks: int
    sigma_range: tuple[float, float]
    residuals: Residuals
    device: torch.device

    @property
    def dtype(self) -> str:
        """Precision of the arithmetic, in torch's words."""

    def in_float32(self) -> Prior:
        """The same denoiser in full precision."""

    def hurried(self) -> Prior:
        """The same denoiser in the fastest arithmetic, which may cost some hundredths of a decibel; or itself."""

    def on_cpu(self) -> Prior:
        """The same denoiser on the processor."""

    def denoise(
        self, z: Tensor, sigma: Tensor, loss: Tensor | None = None, hook: Hook | None = None
    ) -> Tensor:
        """E[z0 | z] for z (B, 3, H, W) in [0, 1] units with σ (B, 1, H, W) or scalar tensor."""

    def context(self, sigma: float) -> int:
        """Px beyond which a pixel has no influence on another in noise of σ ([0, 1] units), within 1e-3."""

    def features(self, x: Tensor) -> Tensor:
        """Features of a picture (B, 3, H, W) at half its size, differentiable in x."""

    def error(self, sigma: Tensor) -> Tensor:
        """Expected RMS error of `denoise` at σ, from held-out photos; same shape and units as `sigma`."""


class EmbeddedPrior:
    """The embedded denoiser on one device, in the precision that its processor is fast in."""

    name = "embedded"
    sigma_range = (LEAST / 2, 1.0)

    def __init__(self, folder: Path = FOLDER, device: str = "cpu") -> None:
        """Load config.json, the safetensors, residuals.json and, if it is there, ranges.json of `folder`.

        Raises UnreadableError.
        """
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            data = (folder / WEIGHTS).read_bytes()
            state = load(data)
            table = json.loads((folder / "residuals.json").read_text(encoding="utf-8"))
            self.residuals = Residuals.from_json(table)
            net = DenoiserUNet(tuple(config["widths"]), tuple(config["blocks"]))
            self.ranges = read_ranges(folder, net)
            if self.ranges is not None:
                bound(net, self.ranges)
            net.load_state_dict({k: v.float() for k, v in state.items()})
        except (OSError, LookupError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":.")
            raise UnreadableError(
                f"The prior in {folder} cannot be read ({reason}).",
                "Give another, or install UP-ZeroIR again.",
            ) from error
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.folder, self.device = folder, torch.device(device)
        self.multiple, self.checks = net.multiple, net.checks
        self.net = self.whole = in_channels_last(net).eval().requires_grad_(False).to(self.device)
        self.half = fast_bfloat16(self.device)

    @property
    def dtype(self) -> str:
        """Precision of the arithmetic: bfloat16 where the processor has instructions for it, else float32; with int8
        before it where inner blocks are done in whole numbers.
        """
        name = "bfloat16" if self.half else "float32"
        return name if self.net is self.whole else f"int8, {name}"

    def in_float32(self) -> EmbeddedPrior:
        """The same weights in full precision."""
        other = copy(self)
        other.half, other.net = False, self.whole
        return other

    def hurried(self) -> EmbeddedPrior:
        """With inner blocks in 8-bit integers (int8.py) on processors that are fast in them."""
        if self.device.type != "cpu" or self.ranges is None or not supported():
            return self
        other = copy(self)
        other.net = self.integers
        return other

    @cached_property
    def integers(self) -> DenoiserUNet:
        """The network with its inner blocks in integers."""
        assert self.ranges is not None  # noqa: S101 - `hurried` looked
        return quantised(self.whole, self.ranges)

    def on_cpu(self) -> EmbeddedPrior:
        """The same folder on the processor."""
        return embedded(self.folder, "cpu")

    @torch.inference_mode()
    def denoise(
        self, z: Tensor, sigma: Tensor, loss: Tensor | None = None, hook: Hook | None = None
    ) -> Tensor:
        """Posterior mean of the photo behind z = x + σn.

        z (B, 3, H, W) float32 in [0, 1] units, any H and W; sigma (B, 1, H, W) or scalar, same units, clamped to
        `sigma_range`; loss (B, 1, H, W) = 1 − JPEG quality/100 or None. `hook` is called between blocks.
        """
        height, width = z.shape[-2:]
        one = (1, 1, 1, 1)
        sigma = sigma.clamp(*self.sigma_range)
        sigma = sigma.reshape(one) if sigma.numel() == 1 else sigma
        loss = torch.zeros(one) if loss is None else loss
        pad = (0, -width % self.multiple, 0, -height % self.multiple)
        images = [self._send(part, pad) for part in (2 * z - 1, 2 * sigma, loss)]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            out = self.net(*images, hook)
        mean: Tensor = (out[..., :height, :width].float().to(z.device) + 1) / 2
        reach = MOST * sigma.to(z.device)
        return z + torch.maximum(torch.minimum(mean - z, reach), -reach)

    def context(self, sigma: float) -> int:
        """The more noise, the wider the look (`CONTEXT`)."""
        return next(reach for most, reach in CONTEXT if sigma <= most)

    def _send(self, image: Tensor, pad: tuple[int, int, int, int]) -> Tensor:
        if any(pad) and image.numel() > 1:
            image = F.pad(image, pad, mode="replicate")
        return image.to(self.device, memory_format=torch.channels_last)

    def features(self, x: Tensor) -> Tensor:
        """What the encoder's first stage sees in a picture x (B, 3, H, W): (B, C, ⌈H/2⌉, ⌈W/2⌉), float32.

        Differentiable in x. It is told of noise of FINE only, so that everything in the picture counts.
        """
        pad = (0, x.shape[-1] % 2, 0, x.shape[-2] % 2)
        z = F.pad(2 * x - 1, pad, mode="replicate") if any(pad) else 2 * x - 1
        z = z.to(self.device)
        level = torch.full_like(z[:, :1], 2 * FINE)
        y = self.net.stem(z, level, torch.zeros_like(level))
        for block in self.net.d[0].children():
            y = block(y)
        return y.to(x.device)

    def error(self, sigma: Tensor) -> Tensor:
        """Expected RMS error at σ on held-out photos: linear between the table's entries."""
        table = self.residuals
        found = np.interp(sigma.numpy(), (0.0, *table.sigma), (0.0, *table.error))
        return torch.from_numpy(found.astype(np.float32))


def fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is the faster arithmetic there (ours: measured on processors with AVX512-BF16)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or "AVX512" not in torch.backends.cpu.get_cpu_capability():
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@lru_cache(maxsize=2)
def embedded(folder: Path = FOLDER, device: str = "cpu") -> EmbeddedPrior:
    """The prior, loaded once for each folder and device."""
    return EmbeddedPrior(folder, device)
