"""A latent prior's folder as diffusers writes it: what must be there, checked before any of it is believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from upzeroir_plugin.errors import UnreadableError, UsageError

AUTOENCODERS = ("AutoencoderKL", "AutoencoderDC")
DENOISERS = ("UNet2DConditionModel", "UNet2DModel")
PREDICTIONS = ("epsilon", "v_prediction", "sample")
WEIGHTS = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
NOT_OURS = (
    "Choose a folder in diffusers' layout with vae, unet and scheduler, such as Stable Diffusion 1.5 or 2.1."
)


@dataclass(frozen=True, slots=True)
class Description:
    """What a folder says of itself. `prediction`: what the U-Net answers; `prompted`: whether it wants a text."""

    folder: Path
    vae: dict[str, Any]
    unet: dict[str, Any]
    scheduler: dict[str, Any]
    vae_weights: Path
    unet_weights: Path

    @property
    def prediction(self) -> str:
        """`epsilon`, `v_prediction` or `sample` (x0)."""
        return str(self.scheduler.get("prediction_type", "epsilon"))

    @property
    def prompted(self) -> bool:
        """Whether the U-Net wants the embedding of a text."""
        return bool(self.unet["_class_name"] == "UNet2DConditionModel")

    @property
    def channels(self) -> int:
        """Channels of the code."""
        return int(self.vae.get("latent_channels", 4))

    def sha256(self) -> str:
        """One hash of both networks' weights."""
        whole = hashlib.sha256()
        for path in (self.vae_weights, self.unet_weights):
            whole.update(bytes.fromhex(digest(path)))
        return whole.hexdigest()


def is_latent(folder: Path) -> bool:
    """Whether a folder looks like a latent prior rather than like a pixel denoiser."""
    return any((folder / part).exists() for part in ("model_index.json", "unet", "vae"))


def described(folder: Path) -> Description:
    """Read and check a folder's configuration. Raises UnreadableError, in words, for what we cannot use."""
    if not folder.is_dir():
        raise UnreadableError(f"{folder} is no folder.", NOT_OURS)
    vae, unet = _config(folder / "vae"), _config(folder / "unet")
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    found = Description(folder, vae, unet, scheduler, _weights(folder / "vae"), _weights(folder / "unet"))
    _check(found)
    return found


def _check(found: Description) -> None:
    name = found.folder.name
    kinds = ((found.vae, AUTOENCODERS, "autoencoder"), (found.unet, DENOISERS, "denoiser"))
    for config, known, what in kinds:
        kind = config.get("_class_name")
        if kind not in known:
            raise UnreadableError(f"The {what} of {name} is a {kind}, which we do not know.", NOT_OURS)
    if found.prediction not in PREDICTIONS:
        raise UnreadableError(
            f"{name} predicts {found.prediction!r}, which we do not know.",
            f"It has to be one of {', '.join(PREDICTIONS)}.",
        )
    takes, gives = found.unet.get("in_channels", 4), found.unet.get("out_channels", 4)
    if takes != found.channels or gives != found.channels:
        raise UnreadableError(
            f"The denoiser of {name} takes {takes} channels, its autoencoder makes {found.channels}.",
            "Models for inpainting or editing do not fit; take the plain one.",
        )
    if (
        found.unet.get("addition_embed_type")
        or found.unet.get("class_embed_type")
        or found.unet.get("num_class_embeds")
    ):
        raise UnreadableError(
            f"{name} wants more than a text (sizes or a class), as Stable Diffusion XL does.", NOT_OURS
        )


def _config(folder: Path) -> dict[str, Any]:
    return read_json(folder / "config.json")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises UnreadableError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableError(f"{path.parent.name}/{path.name} is missing.", NOT_OURS) from error
    except ValueError as error:
        raise UnreadableError(f"{path.parent.name}/{path.name} is damaged.", "Get it again.") from error
    if not isinstance(found, dict):
        raise UnreadableError(f"{path.parent.name}/{path.name} is damaged.", "Get it again.")
    return found


def _weights(folder: Path) -> Path:
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    refuse_pickles(folder)
    raise UnreadableError(f"{folder.name}/{WEIGHTS[0]} is missing.", NOT_OURS)


def refuse_pickles(folder: Path) -> None:
    """Raises UsageError if a folder has pickled weights."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    refuse_pickled(f"{folder.name}/{path.name}" for path in there)


def refuse_pickled(files: Iterable[str]) -> None:
    """Raises UsageError if one of these names is of pickled weights."""
    pickled = next((name for name in files if PurePosixPath(name).suffix.lower() in PICKLED), None)
    if pickled is not None:
        raise UsageError(
            f"{pickled} is a Python pickle, which could run any program on this computer.",
            "Only safetensors are taken: look for the same model as .safetensors.",
        )


def digest(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
