from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.latents import LAYOUTS, WEIGHTS, own, tiny
from tests.pictures import scene
from upzeroir_plugin.errors import UnreadableError, UpzeroirError
from upzeroir_plugin.prior import latent as module
from upzeroir_plugin.prior.folder import is_latent
from upzeroir_plugin.prior.latent import Cut, LatentSpace
from upzeroir_plugin.prior.levels import levels_of, sigma_of, timestep_of

FLOAT = torch.float32


def nothing() -> None:
    return None


def picture(height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(scene(height, width, 1)).permute(2, 0, 1)[None]


def test_timesteps_and_levels_agree() -> None:
    kept = torch.linspace(0.999, 0.005, 1000)
    table = levels_of(kept)
    sigma = ((1 - kept) / kept).sqrt()
    assert torch.allclose(
        timestep_of(sigma[[0, 10, 500, 999]], table), torch.tensor([0.0, 10, 500, 999]), atol=0.05
    )
    between = timestep_of((sigma[10] * sigma[11]).sqrt(), table)
    assert float(between) == pytest.approx(10.5, abs=0.02)
    assert float(sigma_of(between, table)) == pytest.approx(float((sigma[10] * sigma[11]).sqrt()), rel=1e-4)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_encodes_denoises_and_decodes(layout: str, tmp_path: Path) -> None:
    space = LatentSpace(tiny(tmp_path / "p", layout), dtype=FLOAT)
    assert (space.factor, space.multiple, space.dtype) == (8, 64, "float32")
    code = space.encode(picture(64, 128))
    assert code.shape == (1, 4, 8, 16)
    assert space.decode(code).shape == (1, 3, 64, 128)
    made = space.denoise(code, 0.5, nothing)
    assert made.shape == code.shape
    assert torch.isfinite(made).all()


class Oracle(torch.nn.Module):
    """A U-Net that knows the one clean code, and answers in any of the three ways."""

    def __init__(self, clean: torch.Tensor, kind: str, table: torch.Tensor) -> None:
        super().__init__()
        self.clean, self.kind, self.table = clean, kind, table

    def forward(self, seen: torch.Tensor, time: torch.Tensor, **_told: object) -> object:
        index = int(time)
        share = float(time) - index
        log = (1 - share) * self.table[index] + share * self.table[min(index + 1, 999)]
        sigma = log.exp()
        size = (1 + sigma**2).sqrt()
        noise = (seen * size - self.clean) / sigma
        answer = {"sample": self.clean, "epsilon": noise, "v_prediction": (noise - sigma * self.clean) / size}
        return type("Out", (), {"sample": answer[self.kind]})()


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("sigma", [0.05, 0.7, 2.5])
def test_the_three_predictions_mean_what_they_say(kind: str, sigma: float, tmp_path: Path) -> None:
    space = LatentSpace(tiny(tmp_path / "p", prediction_type=kind), dtype=FLOAT)
    clean = torch.randn(1, 4, 8, 8)
    space.unet = Oracle(clean, kind, space.table)
    made = space.denoise(clean + sigma * torch.randn(1, 4, 8, 8), sigma, nothing)
    assert torch.allclose(made, clean, atol=2e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_close_on_the_processor(dtype: torch.dtype, tmp_path: Path) -> None:
    folder = tiny(tmp_path / "p")
    exact, half = LatentSpace(folder, dtype=FLOAT), LatentSpace(folder, dtype=dtype)
    code = exact.encode(picture(64, 64))
    a, b = (s.denoise(code, 0.5, nothing) for s in (exact, half))
    assert half.vae.dtype == FLOAT
    assert b.dtype == FLOAT
    assert float((a - b).abs().max()) < 0.05 * float(a.abs().max())


def test_pieces_join_without_seams_where_the_network_is_local(tmp_path: Path) -> None:
    x = picture(192, 256)
    space = LatentSpace(own(tmp_path / "p"), dtype=FLOAT)
    whole = space.encode(x)
    space.cut = Cut(64, 48, 8)
    assert torch.allclose(space.encode_all(x, nothing), whole, atol=1e-4)
    with torch.no_grad():
        decoded = space.decode(whole)
    assert torch.allclose(space.decode_all(whole, nothing), decoded, atol=1e-4)


def test_pieces_of_global_networks_are_blended(tmp_path: Path) -> None:
    """Group normalisation makes pieces differ: no step on a cut may be larger than those beside it."""
    space = LatentSpace(tiny(tmp_path / "p"), dtype=FLOAT)
    code = space.encode(picture(256, 384))
    space.cut = Cut(128, 32, 32)
    made = space.decode_all(code, nothing).detach()
    steps = made.diff(dim=-1).abs().mean((0, 1, 2))
    assert made.shape == (1, 3, 256, 384)
    assert float(steps[127]) < 2 * float(steps[96:160].median())


def test_our_own_layout_reconstructs(tmp_path: Path) -> None:
    space = LatentSpace(own(tmp_path / "p"), dtype=FLOAT)
    x = picture(128, 128)
    error = (space.decode(space.encode(x)) - x).square().mean().detach()
    assert float(-10 * error.log10()) > 22
    assert space.sigma_range == pytest.approx((0.03, 1.5), abs=1e-3)


def test_the_hook_is_called_within_the_network(tmp_path: Path) -> None:
    space, seen = LatentSpace(tiny(tmp_path / "p"), dtype=FLOAT), []
    space.denoise(torch.zeros(1, 4, 8, 8), 0.5, lambda: seen.append(1))
    assert len(seen) > 10


# Folders that do not fit


def rewrite(path: Path, **entries: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def drop(folder: Path, name: str) -> None:
    (folder / name).unlink()


def pickle_it(folder: Path) -> None:
    (folder / "unet" / WEIGHTS).rename(folder / "unet" / "diffusion_pytorch_model.bin")


def cut_short(folder: Path) -> None:
    state = load_file(folder / "unet" / WEIGHTS)
    name = next(iter(state))
    save_file({**state, name: state[name][:1].contiguous()}, folder / "unet" / WEIGHTS)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "no vae": (lambda f: drop(f, f"vae/{WEIGHTS}"), "vae.* is missing"),
    "no config": (lambda f: drop(f, "unet/config.json"), "unet/config.json is missing"),
    "no scheduler": (
        lambda f: drop(f, "scheduler/scheduler_config.json"),
        "scheduler_config.json is missing",
    ),
    "damaged config": (lambda f: (f / "vae/config.json").write_text("{") and None, "damaged"),
    "pickle": (pickle_it, "pickle.*safetensors"),
    "garbage": (lambda f: (f / "vae" / WEIGHTS).write_bytes(b"0" * 99) and None, "do not fit"),
    "shapes": (cut_short, "do not fit"),
    "prediction": (
        lambda f: rewrite(f / "scheduler/scheduler_config.json", prediction_type="flow"),
        "'flow'.*v_prediction",
    ),
    "schedule": (
        lambda f: rewrite(f / "scheduler/scheduler_config.json", beta_schedule="odd"),
        "noise schedule",
    ),
    "inpainting": (lambda f: rewrite(f / "unet/config.json", in_channels=9), "9 channels"),
    "class": (lambda f: rewrite(f / "unet/config.json", _class_name="UNet3D"), "UNet3D"),
    "xl": (lambda f: rewrite(f / "unet/config.json", addition_embed_type="text_time"), "more than a text"),
    "no prompt": (lambda f: drop(f, "upzeroir_empty_prompt.safetensors"), "no text_encoder"),
    "range": (lambda f: (f / "upzeroir.json").write_text('{"sigma_range": 3}') and None, "damaged"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_folders_that_do_not_fit_are_refused_in_words(case: str, tmp_path: Path) -> None:
    folder = tiny(tmp_path / "p")
    break_it, words = BROKEN[case]
    break_it(folder)
    with pytest.raises(UpzeroirError, match=words):
        LatentSpace(folder)


def test_the_empty_prompt_comes_from_the_text_encoder_once(tmp_path: Path) -> None:
    from transformers import CLIPTextConfig, CLIPTextModel

    folder = tiny(tmp_path / "p")
    kept = folder / "upzeroir_empty_prompt.safetensors"
    kept.unlink()
    config = CLIPTextConfig(
        vocab_size=4, hidden_size=12, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=9, bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    CLIPTextModel(config).save_pretrained(folder / "text_encoder")
    words = folder / "tokenizer"
    words.mkdir()
    vocabulary = {"a": 0, "a</w>": 1, "<|startoftext|>": 2, "<|endoftext|>": 3}
    (words / "vocab.json").write_text(json.dumps(vocabulary))
    (words / "merges.txt").write_text("#version: 0.2\n")
    space = LatentSpace(folder, dtype=FLOAT)
    assert space.prompt is not None
    assert space.prompt.shape == (1, 9, 12)
    assert torch.equal(load_file(kept)["embedding"], space.prompt)


def test_a_prompt_of_another_width_is_refused(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "p")
    save_file({"embedding": torch.zeros(1, 7, 5)}, folder / "upzeroir_empty_prompt.safetensors")
    with pytest.raises(UnreadableError, match="5 numbers a word"):
        LatentSpace(folder)


def test_latent_folders_are_told_from_pixel_denoisers(tmp_path: Path) -> None:
    from upzeroir_plugin.prior.store import FOLDER

    assert is_latent(tiny(tmp_path / "p"))
    assert not is_latent(FOLDER)
    assert module.LARGEST_CODE % 8 == 0
