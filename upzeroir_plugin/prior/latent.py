"""A latent prior: an autoencoder and a U-Net that denoises its codes, from any folder in diffusers' layout."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from upzeroir_plugin.errors import UnreadableError, UsageError, extra_hint
from upzeroir_plugin.prior.embedded import fast_bfloat16
from upzeroir_plugin.prior.folder import Description, described, read_json
from upzeroir_plugin.prior.levels import levels_of, timestep_of
from upzeroir_plugin.prior.prompt import empty_prompt
from upzeroir_plugin.prior.tiles import Box, Tile, grown, tiles, weights
from upzeroir_plugin.prior.unet import Hook

TOP = 3.0
"""σ that a walk begins at, if the folder names no range: the scene's low frequencies are still seen through it (ours).

Stable Diffusion's schedule goes on to 14, from which a walk forgets the photo's brightness (ours).
"""
SCHEDULE_KEYS = (
    "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "rescale_betas_zero_snr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """How a large picture is cut: px of the pieces, of the surround each one sees, and of the blending on each side."""

    core: int
    reach: int
    ramp: int


LOCAL, GLOBAL = Cut(512, 48, 8), Cut(512, 64, 32)
"""Of autoencoders without and with normalisation over the whole picture: pieces of these differ, and are blended."""
LARGEST_CODE = 128
"""Side of the codes that the U-Net sees at once (Stable Diffusion: 1024 px); larger ones are cut."""


class LatentSpace:
    """`solver.space.Space` in the codes of a folder's autoencoder, scaled as its U-Net was trained, on one device."""

    local = False

    def __init__(self, folder: Path, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        """Load a folder. `dtype`: of the U-Net; None chooses what the device is fast in. The VAE stays in float32.

        (Half precision overflows in Stable Diffusion's decoder, and the guidance needs its gradients.)
        Raises UnreadableError, UsageError.
        """
        about = described(folder)
        self.name, self.folder, self.sha256 = folder.name, folder, about.sha256()
        self.device = torch.device(device)
        self.vae = _network(about, "vae").to(self.device)
        self.unet_dtype = fastest(self.device) if dtype is None else dtype
        self.unet = _network(about, "unet").to(self.device, self.unet_dtype)
        self.prediction, self.prompt = about.prediction, self._prompt(about)
        self.table = _levels(about)
        self.scale = float(about.vae.get("scaling_factor") or 1.0)
        self.shift = float(about.vae.get("shift_factor") or 0.0)
        self.factor = _factor(about.vae)
        self.multiple = self.factor * 2 ** (len(about.unet["block_out_channels"]) - 1)
        self.cut = LOCAL if about.vae["_class_name"] == "AutoencoderDC" else GLOBAL
        self.core, self.reach = 256 - 256 % self.multiple, self.cut.reach
        self.sigma_range = _range(about, self.table)
        self._hook: Hook | None = None
        for part in self.unet.modules():
            if type(part).__name__ in ("ResnetBlock2D", "Transformer2DModel"):
                part.register_forward_pre_hook(self._tick)

    @property
    def dtype(self) -> str:
        """Precision of the U-Net's arithmetic."""
        return str(self.unet_dtype).removeprefix("torch.")

    def encode(self, x: Tensor) -> Tensor:
        """Code (1, C, H/f, W/f) of a picture (1, 3, H, W) in [0, 1], H and W multiples of f; differentiable."""
        found = self.vae.encode(2 * x - 1)  # type: ignore[operator]
        code: Tensor = found.latent if hasattr(found, "latent") else found.latent_dist.mode()
        return (code - self.shift) * self.scale

    def decode(self, code: Tensor) -> Tensor:
        """Picture of a code; differentiable."""
        made: Tensor = self.vae.decode(code / self.scale + self.shift).sample  # type: ignore[operator]
        return (made + 1) / 2

    @torch.no_grad()
    def encode_all(self, x: Tensor, hook: Hook) -> Tensor:
        """Code of a picture of any size that is a multiple of `multiple`, in blended pieces where it is large."""
        f, cut = self.factor, self.cut

        def piece(box: Box) -> Tensor:
            hook()
            left, top, w, h = (n * f for n in box)
            return self.encode(x[..., top : top + h, left : left + w])

        size = (x.shape[-1] // f, x.shape[-2] // f)
        return _joined(
            size, Cut(cut.core // f, cut.reach // f, max(1, cut.ramp // f)), self.multiple // f, piece
        )

    @torch.no_grad()
    def decode_all(self, code: Tensor, hook: Hook) -> Tensor:
        """Picture of a code of any size, in blended pieces where it is large."""
        f = self.factor

        def piece(box: Box) -> Tensor:
            hook()
            left, top, w, h = (n // f for n in box)
            return self.decode(code[..., top : top + h, left : left + w])

        return _joined((code.shape[-1] * f, code.shape[-2] * f), self.cut, self.multiple, piece)

    @torch.inference_mode()
    def denoise(self, code: Tensor, sigma: float, hook: Hook) -> Tensor:
        """E[z0 | z0 + σn] of a code; `hook` is called between the network's blocks."""
        step = self.multiple // self.factor

        def piece(box: Box) -> Tensor:
            left, top, w, h = box
            return self._mean(code[..., top : top + h, left : left + w], sigma)

        self._hook = hook
        try:
            cut = Cut(LARGEST_CODE, 16, 8)
            made = _joined((code.shape[-1], code.shape[-2]), cut, step, piece)
        finally:
            self._hook = None
        return made.clone()

    def error(self, sigma: float) -> float:
        """σ itself, as in pixels (DiffPIR's λ = 1)."""
        return sigma

    def _mean(self, code: Tensor, sigma: float) -> Tensor:
        level = torch.tensor(sigma)
        size = float((1 + level.square()).sqrt())
        time = timestep_of(level, self.table).to(self.device)
        told = {} if self.prompt is None else {"encoder_hidden_states": self.prompt}
        seen = (code / size).to(self.unet_dtype)
        found: Tensor = self.unet(seen, time, **told).sample.float()
        if self.prediction == "sample":
            return found
        if self.prediction == "epsilon":
            return code - sigma * found
        return (code / size - sigma * found) / size

    def _tick(self, _part: nn.Module, _arguments: Any) -> None:
        if self._hook is not None:
            self._hook()

    def _prompt(self, about: Description) -> Tensor | None:
        if not about.prompted:
            return None
        width = about.unet.get("cross_attention_dim")
        if not isinstance(width, int):
            raise UnreadableError(
                f"{self.name} does not say how wide its prompts are.", "Choose another model."
            )
        return empty_prompt(self.folder, width).to(self.device, self.unet_dtype)


def fastest(device: torch.device) -> torch.dtype:
    """Bfloat16 where the device computes in it, float16 on other graphics processors, else float32."""
    if fast_bfloat16(device):
        return torch.bfloat16
    return torch.float16 if device.type == "cuda" else torch.float32


@lru_cache(maxsize=1)
def latent(folder: Path, device: str = "cpu") -> LatentSpace:
    """The space of a folder, loaded once; on the processor if the device has too little memory for it."""
    with suppress(torch.OutOfMemoryError):
        return LatentSpace(folder, device)
    return LatentSpace(folder, "cpu")


def _network(about: Description, part: str) -> nn.Module:
    """One of the folder's networks, its weights checked against its configuration. Raises UnreadableError."""
    config, path = (about.vae, about.vae_weights) if part == "vae" else (about.unet, about.unet_weights)
    try:
        import diffusers
    except ImportError as error:
        raise UsageError("A latent prior needs diffusers.", extra_hint("latent")) from error
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    try:
        net: nn.Module = getattr(diffusers, config["_class_name"]).from_config(config)
        net.load_state_dict({k: v.float() for k, v in _renamed(load_file(path), net).items()})
    except (OSError, LookupError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableError(
            f"The weights in {about.folder.name}/{part} do not fit their config.json ({reason}).",
            "The folder is damaged or mixed; get it again.",
        ) from error
    return net.eval().requires_grad_(False)


def _renamed(state: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """Keys of attention layers as they are called today (folders of 2022 say query, key, value, proj_attn)."""
    today = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
    wanted = net.state_dict()
    found = {}
    for key, value in state.items():
        parts = key.split(".")
        if key not in wanted and len(parts) > 1 and parts[-2] in today:
            key = ".".join([*parts[:-2], today[parts[-2]], parts[-1]])
            value = value.reshape(wanted[key].shape) if key in wanted else value
        found[key] = value
    return found


def _levels(about: Description) -> Tensor:
    from diffusers import DDPMScheduler

    said = {key: about.scheduler[key] for key in SCHEDULE_KEYS if key in about.scheduler}
    try:
        scheduler: Any = DDPMScheduler.from_config(said)  # type: ignore[no-untyped-call]
        return levels_of(scheduler.alphas_cumprod)
    except (ValueError, TypeError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(
            f"The noise schedule of {about.folder.name} is of a kind that we do not know ({error}).",
            "Choose a model with a DDPM schedule.",
        ) from error


def _range(about: Description, table: Tensor) -> tuple[float, float]:
    """σ that the walk may use: what the folder's upzeroir.json says, within the schedule, else up to TOP."""
    low, high = float(table[0].exp()), float(table[-1].exp())
    path = about.folder / "upzeroir.json"
    if path.exists():
        said = read_json(path).get("sigma_range")
        with suppress(TypeError, ValueError):
            first, last = map(float, said)  # type: ignore[arg-type]
            if 0 < first < last:
                return max(low, first), min(high, last)
        raise UnreadableError(f"{about.folder.name}/upzeroir.json is damaged.", "Get it again.")
    return low, min(high, TOP)


def _factor(vae: dict[str, Any]) -> int:
    widths = vae.get("block_out_channels") or vae.get("encoder_block_out_channels") or ()
    return int(2 ** (len(widths) - 1))


def _joined(size: tuple[int, int], cut: Cut, multiple: int, piece: Callable[[Box], Tensor]) -> Tensor:
    """`piece(window)` of all windows of a picture of `size` (w, h), joined by ramps that sum to one."""
    area = (0, 0, *size)
    if max(size) <= cut.core + 2 * cut.reach:
        return piece(area)
    work: list[Tile] = tiles(area, size, cut.core, cut.reach, multiple)
    whole: Tensor | None = None
    for tile in work:
        made = piece(tile.window)
        x, y, w, h = grown(tile, area, cut.ramp)
        left, top = x - tile.window[0], y - tile.window[1]
        share = torch.from_numpy(weights(tile, area, cut.ramp)).permute(2, 0, 1).to(made)
        if whole is None:
            whole = made.new_zeros((*made.shape[:2], size[1], size[0]))
        whole[..., y : y + h, x : x + w] += share * made[..., top : top + h, left : left + w]
    assert whole is not None  # noqa: S101 - there is at least one tile
    return whole
