"""Trains our own small latent prior: an autoencoder of factor 4, and a U-Net that denoises its codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from upzeroir_plugin.prior.levels import levels_of, timestep_of
from upzeroir_plugin.prior.linear import Linear, fitted, start_from
from upzeroir_plugin.prior.run import Recipe, Run, arithmetic
from upzeroir_plugin.prior.train import Crops
from upzeroir_plugin.prior.whiten import folded, whitening

WEIGHTS = "diffusion_pytorch_model.safetensors"
CHANNELS = 8
AUTOENCODER = {
    "latent_channels": CHANNELS,
    "encoder_block_types": "ResBlock",
    "decoder_block_types": "ResBlock",
    "encoder_block_out_channels": (12, 48, 96),
    "decoder_block_out_channels": (12, 48, 96),
    "encoder_layers_per_block": (0, 1, 1),
    "decoder_layers_per_block": (0, 1, 3),
    "encoder_qkv_multiscales": ((), (), ()),
    "decoder_qkv_multiscales": ((), (), ()),
    "downsample_block_type": "conv",
    "upsample_block_type": "pixel_shuffle",
    "encoder_out_shortcut": False,
    "decoder_in_shortcut": False,
}
"""diffusers' AutoencoderDC: its residual blocks normalise each place by itself, so that tiles are exact.

Ours: AutoencoderKL has group normalisation over the whole picture (tiles of it differ in colour) and works at full
resolution, which costs three times as much.
"""
DENOISER = {
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    "block_out_channels": (64, 96, 128),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D",) * 3,
    "up_block_types": ("UpBlock2D",) * 3,
    "norm_num_groups": 16,
    "add_attention": False,
}
SCHEDULE = {
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
    "clip_sample": False,
}
NUDGE = 0.02
"""Noise in the codes while the decoder learns, in units of [-1, 1] pixels: what a KL term of little weight is for."""
ANCHOR = 0.02
"""Weight of a code's distance from the linear one (ours): so that white noise stays almost white in the code."""
LINES = 0.1
MIDDLE, SPREAD = 0.2, 1.3
"""Noise levels that the U-Net learns: log-normal, in units of the codes' own deviation. 12/255 in a photo is 0.07."""
SIGMA_RANGE = (0.01, 1.5)
RECIPE = Recipe(60, rate=4e-4, average=0.999, every=250, memory=0.999, muon=True)
"""Of the autoencoder and of the denoiser."""


def train_autoencoder(photos: Path, out: Path, recipe: Recipe) -> None:
    """Train `out`/vae for `recipe.minutes`; its run is kept beside it. Minimises the logarithm of each crop's MSE.

    It starts as the principal components of 4×4 blocks (30.4 dB on kodak256 before the first step; ours).
    """
    from diffusers import AutoencoderDC

    torch.manual_seed(recipe.seed)
    net: Any = AutoencoderDC(**AUTOENCODER)  # type: ignore[no-untyped-call]
    run_folder = out / "vae.run"
    fresh = not (run_folder / "state.json").exists()
    crops = Crops(photos, recipe.crop, 60, recipe.seed)
    linear = fitted(_batch(crops, 256), CHANNELS)
    if fresh:
        start_from(net, linear)
    net = net.to(memory_format=torch.channels_last)
    run = Run(net, run_folder, recipe)

    def loss() -> Tensor:
        with arithmetic():
            return reconstruction(net, _batch(crops, recipe.batch), linear)

    def save(mean: dict[str, Tensor]) -> None:
        seen = _batch(crops, 64)
        copy: Any = AutoencoderDC(**AUTOENCODER)  # type: ignore[no-untyped-call]
        copy.load_state_dict(mean)
        matrix = whitening(copy, seen)
        with torch.no_grad():
            code = torch.einsum("oc,bchw->bohw", matrix, copy.encoder(seen))
        scale = 1 / float(code.var((0, 2, 3)).mean().sqrt())
        _write(out / "vae", "AutoencoderDC", {**AUTOENCODER, "scaling_factor": scale}, folded(mean, matrix))
        _index(out)

    run.descend(loss, save)


def reconstruction(net: Any, x: Tensor, linear: Linear) -> Tensor:
    """What the autoencoder minimises on crops x (B, 3, h, w) in [-1, 1]."""
    code = net.encoder(x)
    made = net.decoder(code + NUDGE * torch.randn_like(code))
    gap = made - x
    error = torch.log(gap.square().mean((1, 2, 3)) + 1e-5).mean()
    lines = x.new_zeros(())
    for _ in range(2):
        lines = lines + gap.diff(dim=-1).abs().mean() + gap.diff(dim=-2).abs().mean()
        gap = F.avg_pool2d(gap, 2)
    far = (code - linear.encode(x)).square().mean()
    total: Tensor = error + LINES * lines + ANCHOR * far
    return total


def train_denoiser(photos: Path, out: Path, recipe: Recipe) -> None:
    """Train `out`/unet on the codes of the autoencoder in `out`/vae, and write its schedule."""
    from diffusers import DDPMScheduler, UNet2DModel

    torch.manual_seed(recipe.seed)
    net: Any = UNet2DModel(**DENOISER)  # type: ignore[no-untyped-call]
    net = net.to(memory_format=torch.channels_last)
    encoder, scale = _encoder(out / "vae")
    scheduler: Any = DDPMScheduler(**SCHEDULE)  # type: ignore[no-untyped-call]
    table = levels_of(scheduler.alphas_cumprod)
    run = Run(net, out / "unet.run", recipe)
    crops = Crops(photos, recipe.crop, 60, recipe.seed + 1 + run.step)

    def loss() -> Tensor:
        with torch.no_grad():
            code = scale * encoder(_batch(crops, recipe.batch))
        sigma = (MIDDLE * torch.exp(SPREAD * torch.randn(len(code)))).clamp(0.5 * SIGMA_RANGE[0], 10.0)
        with arithmetic():
            return velocity_error(net, code, sigma, table)

    def save(mean: dict[str, Tensor]) -> None:
        _write(out / "unet", "UNet2DModel", DENOISER, mean)
        schedule = json.dumps({"_class_name": "DDPMScheduler", **SCHEDULE}, indent=1) + "\n"
        (out / "scheduler").mkdir(exist_ok=True)
        (out / "scheduler" / "scheduler_config.json").write_text(schedule, encoding="utf-8")
        (out / "upzeroir.json").write_text(json.dumps({"sigma_range": SIGMA_RANGE}) + "\n", encoding="utf-8")
        _index(out)

    run.descend(loss, save)


def velocity_error(net: Any, code: Tensor, sigma: Tensor, table: Tensor) -> Tensor:
    """Mean square error of v = (n − σz)/√(1 + σ²) for codes z (B, C, h, w) under noise σ (B,).

    `table`: see `levels_of`.
    """
    noise, level = torch.randn_like(code), sigma[:, None, None, None]
    size = (1 + level.square()).sqrt()
    seen = ((code + level * noise) / size).contiguous(memory_format=torch.channels_last)
    found = net(seen, timestep_of(sigma, table)).sample
    error: Tensor = (found - (noise - level * code) / size).square().mean()
    return error


def _encoder(folder: Path) -> tuple[nn.Module, float]:
    from diffusers import AutoencoderDC

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    net: Any = AutoencoderDC.from_config(config)  # type: ignore[no-untyped-call]
    net.load_state_dict({k: v.float() for k, v in load_file(folder / WEIGHTS).items()})
    net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return net.encoder, float(config["scaling_factor"])


def _batch(crops: Crops, count: int) -> Tensor:
    drawn = torch.from_numpy(np.stack([crops.one() for _ in range(count)]))
    return (2 * drawn - 1).to(memory_format=torch.channels_last)


def _write(folder: Path, name: str, config: dict[str, Any], state: dict[str, Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in state.items()}, folder / WEIGHTS)
    (folder / "config.json").write_text(
        json.dumps({"_class_name": name, **config}, indent=1) + "\n", encoding="utf-8"
    )


def _index(out: Path) -> None:
    parts = {
        "vae": ["diffusers", "AutoencoderDC"],
        "unet": ["diffusers", "UNet2DModel"],
        "scheduler": ["diffusers", "DDPMScheduler"],
    }
    found = {name: part for name, part in parts.items() if (out / name).is_dir()}
    text = json.dumps({"_class_name": "DiffusionPipeline", **found}, indent=1)
    (out / "model_index.json").write_text(text + "\n", encoding="utf-8")
