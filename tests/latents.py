"""Tiny random folders in the layouts of Stable Diffusion 1.5, 2.1 and Turbo, and of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

VAE = {
    "in_channels": 3, "out_channels": 3, "latent_channels": 4, "block_out_channels": [8, 8, 16, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 1, "norm_num_groups": 4, "sample_size": 512, "scaling_factor": 0.18215,
}  # fmt: skip
UNET = {
    "in_channels": 4, "out_channels": 4, "block_out_channels": [8, 8, 16, 16], "layers_per_block": 1,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    "cross_attention_dim": 12, "attention_head_dim": 4, "norm_num_groups": 4, "sample_size": 64,
}  # fmt: skip
SCHEDULE = {
    "_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000, "prediction_type": "epsilon", "skip_prk_steps": True, "set_alpha_to_one": False,
}  # fmt: skip
LAYOUTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sd15": ({}, {}),
    "sd21": (
        {"use_linear_projection": True, "attention_head_dim": [2, 2, 4, 4]},
        {"prediction_type": "v_prediction"},
    ),
    "turbo": (
        {"use_linear_projection": True},
        {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"},
    ),
}
WEIGHTS = "diffusion_pytorch_model.safetensors"


def tiny(folder: Path, layout: str = "sd15", **schedule: Any) -> Path:
    """A folder of 512-px layout (factor 8, codes of 64²) with random weights and a random empty prompt."""
    from diffusers import AutoencoderKL, UNet2DConditionModel

    torch.manual_seed(0)
    unet, more = LAYOUTS[layout]
    _write(folder / "vae", AutoencoderKL, VAE)
    _write(folder / "unet", UNet2DConditionModel, {**UNET, **unet})
    (folder / "scheduler").mkdir()
    scheduler = json.dumps({**SCHEDULE, **more, **schedule})
    (folder / "scheduler" / "scheduler_config.json").write_text(scheduler)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    save_file({"embedding": torch.randn(1, 7, 12)}, folder / "upzeroir_empty_prompt.safetensors")
    return folder


def own(folder: Path) -> Path:
    """A folder in the layout of our own latent prior, with the linear code that its training starts from."""
    from diffusers import AutoencoderDC, UNet2DModel

    from tests.pictures import scene
    from upzeroir_plugin.prior.linear import fitted, start_from
    from upzeroir_plugin.prior.train_latent import AUTOENCODER, CHANNELS

    torch.manual_seed(0)
    x = torch.from_numpy(scene(128, 128, 3)).permute(2, 0, 1)[None] * 2 - 1
    linear = fitted(x, CHANNELS)
    net = AutoencoderDC(**AUTOENCODER)
    start_from(net, linear)
    config = {**AUTOENCODER, "scaling_factor": 1 / linear.deviation}
    _save(folder / "vae", "AutoencoderDC", config, net)
    unet = {
        "in_channels": CHANNELS, "out_channels": CHANNELS, "block_out_channels": [16, 16], "layers_per_block": 1,
        "down_block_types": ["DownBlock2D"] * 2, "up_block_types": ["UpBlock2D"] * 2, "norm_num_groups": 4,
        "add_attention": False,
    }  # fmt: skip
    _write(folder / "unet", UNet2DModel, unet)
    (folder / "scheduler").mkdir()
    scheduler = {**SCHEDULE, "_class_name": "DDPMScheduler", "prediction_type": "v_prediction"}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (folder / "upzeroir.json").write_text('{"sigma_range": [0.03, 1.5]}')
    return folder


def _write(folder: Path, kind: Any, config: dict[str, Any]) -> None:
    _save(folder, kind.__name__, config, kind(**config))


def _save(folder: Path, name: str, config: dict[str, Any], net: torch.nn.Module) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"_class_name": name, **config}))
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, folder / WEIGHTS)
