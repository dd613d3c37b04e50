"""The embedding of the empty prompt, which is all that an unguided text-to-image model has to be told."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior.folder import refuse_pickles

CACHE = "upzeroir_empty_prompt.safetensors"


def empty_prompt(folder: Path, width: int) -> Tensor:
    """Embedding (1, tokens, width) of "" by the folder's own text encoder; kept beside it once it is known.

    Raises UnreadableError if there is neither a kept one nor a text encoder, or if it has another width.
    """
    kept = folder / CACHE
    found = _kept(kept)
    if found is None:
        found = _encoded(folder)
        with suppress(OSError):  # a folder that is read-only works too, only slower
            save_file({"embedding": found.contiguous()}, kept)
    if found.dim() != 3 or found.shape[-1] != width:
        raise UnreadableError(
            f"The text encoder of {folder.name} gives {found.shape[-1]} numbers a word, the denoiser wants {width}.",
            "The parts of the folder do not belong together; get it again.",
        )
    return found


def _kept(path: Path) -> Tensor | None:
    try:
        return load_file(path)["embedding"].float()
    except (OSError, KeyError, SafetensorError):
        return None


def _encoded(folder: Path) -> Tensor:
    for part in ("text_encoder", "tokenizer"):
        if not (folder / part).is_dir():
            raise UnreadableError(
                f"{folder.name} has no {part}, which its denoiser has to be prompted with.",
                f"Add it, or a {CACHE} with the embedding of the empty prompt.",
            )
    if not list((folder / "text_encoder").glob("*.safetensors")):
        refuse_pickles(folder / "text_encoder")
    try:
        from transformers import CLIPTextModel, CLIPTokenizer

        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = CLIPTextModel.from_pretrained(
            folder / "text_encoder", use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
        length = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)
        told = tokenizer("", padding="max_length", max_length=length, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            made: Tensor = encoder(told.input_ids)[0]
    except (OSError, ValueError, RuntimeError, LookupError, TypeError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableError(
            f"The text encoder of {folder.name} cannot be read ({reason}).", "Get it again."
        ) from error
    return made.clone()
