from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.pictures import compressed, noisy, psnr, scene
from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.physics.jpeg import equivalent_sigma
from upzeroir_plugin.prior.embedded import MOST, WEIGHTS, EmbeddedPrior, embedded, fast_bfloat16
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.prior.train import sensor_noise


def denoised(prior: EmbeddedPrior, pixels: np.ndarray, sigma: float, loss: float = 0) -> np.ndarray:
    z = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    made = prior.denoise(z, torch.tensor(sigma / 255), torch.full((1, 1, 1, 1), loss))
    return np.ascontiguousarray(made[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
def test_it_removes_noise(exact_prior: EmbeddedPrior, sigma: int) -> None:
    x = scene(128, 128, seed=2)
    y = noisy(x, sigma)
    assert psnr(denoised(exact_prior, y, sigma), x) > psnr(y, x) + 1


@pytest.mark.parametrize("sigma", [10, 25])
def test_it_removes_a_sensors_noise(exact_prior: EmbeddedPrior, sigma: int) -> None:
    """Interpolated from a mosaic it is no longer white; weights of white noise alone take 1 to 2 dB less."""
    x = scene(192, 192, seed=2)
    drawn = sensor_noise((3, 192, 192), np.random.default_rng(1)).permute(1, 2, 0).numpy()
    y = (x + sigma / 255 * drawn).astype(np.float32)
    assert psnr(denoised(exact_prior, y, sigma), x) > psnr(y, x) + {10: 4.6, 25: 6.2}[sigma]


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_it_removes_compression(exact_prior: EmbeddedPrior, quality: int) -> None:
    x = scene(192, 192, seed=2)
    y, _ = compressed(x, quality)
    made = denoised(exact_prior, y, 255 * equivalent_sigma(quality), 1 - quality / 100)
    assert psnr(made, x) > psnr(y, x) + 0.3


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("sigma", [1, 5, 25])
def test_a_constant_picture_stays_constant(exact_prior: EmbeddedPrior, level: float, sigma: int) -> None:
    flat = np.full((128, 128, 3), level, np.float32)
    moved = 255 * np.abs(denoised(exact_prior, flat, sigma) - flat)
    inside = moved[32:-32, 32:-32]
    assert inside.max() < max(0.5, 0.25 * sigma)
    assert moved.max() < 3 + 0.5 * sigma


def test_hardly_any_noise_hardly_moves_it(exact_prior: EmbeddedPrior) -> None:
    x = scene(96, 96)
    assert psnr(denoised(exact_prior, x, 0), x) > 45


def test_no_pixel_moves_by_more_than_six_sigma(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that answers black everywhere, as a misled one might: the picture comes back all but untouched."""
    prior = EmbeddedPrior()
    monkeypatch.setattr(prior, "net", lambda z, *_: torch.full_like(z, -1.0))
    z = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    sigma = torch.full((1, 1, 16, 24), 0.05)
    sigma[..., 12:] = 0.01
    moved = z - prior.denoise(z, sigma)
    assert torch.allclose(moved, torch.minimum(z, MOST * sigma), atol=1e-6)
    assert MOST == 6


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 9), (33, 64), (101, 3)])
def test_any_size(exact_prior: EmbeddedPrior, size: tuple[int, int]) -> None:
    z = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    made = exact_prior.denoise(z, torch.full((2, 1, *size), 0.05))
    assert made.shape == z.shape
    assert torch.isfinite(made).all()


def test_sigma_may_be_a_map(exact_prior: EmbeddedPrior) -> None:
    """Where the map says little noise, little is done; where it says much, as much as for that σ alone."""
    x = scene(96, 192)
    y = torch.from_numpy(noisy(x, 20)).permute(2, 0, 1)[None]
    told = torch.full((1, 1, 96, 192), 20 / 255)
    told[..., 96:] = 1 / 255
    mixed, whole = exact_prior.denoise(y, told), exact_prior.denoise(y, torch.tensor(20 / 255))
    assert (mixed - whole)[..., : 96 - exact_prior.context(20 / 255)].abs().max() < 2e-3
    moved = (mixed - y).abs()
    assert moved[..., 130:].mean() < 0.3 * moved[..., :60].mean()


def test_the_table_gives_error_and_quantiles() -> None:
    prior = embedded()
    told = prior.error(torch.tensor([[0.0, prior.residuals.sigma[3]], [0.01, 10.0]]))
    assert told.dtype == torch.float32
    assert told[0, 0] == 0
    assert told[0, 1] == pytest.approx(prior.residuals.error[3])
    assert told[1, 1] == pytest.approx(prior.residuals.error[-1])
    std, white = prior.residuals.at(prior.residuals.sigma[5])
    assert std == pytest.approx(prior.residuals.std[5])
    assert white == pytest.approx(prior.residuals.whiteness[5])
    between = prior.residuals.at((prior.residuals.sigma[5] * prior.residuals.sigma[6]) ** 0.5)[0][1]
    assert between == pytest.approx((prior.residuals.std[5][1] + prior.residuals.std[6][1]) / 2)


def test_the_stored_table_is_sound() -> None:
    table = embedded().residuals
    assert list(table.sigma) == sorted(table.sigma)
    assert len(table.sigma) == len(table.error) == len(table.std) == len(table.whiteness)
    assert all(0 < error < sigma for error, sigma in zip(table.error, table.sigma, strict=True))
    assert all(list(row) == sorted(row) for row in (*table.std, *table.whiteness))
    assert all(low > 0 and high < 1.1 for low, _, high in table.std)


def copy_of(folder: Path) -> Path:
    return Path(shutil.copytree(FOLDER, folder / "prior"))


def test_the_hash_is_that_of_the_weights(tmp_path: Path) -> None:
    copied = copy_of(tmp_path)
    assert EmbeddedPrior(copied).sha256 == EmbeddedPrior().sha256
    state = load_file(copied / WEIGHTS)
    state["inp.bias"] = state["inp.bias"] + 1
    save_file(state, copied / WEIGHTS)
    assert EmbeddedPrior(copied).sha256 != EmbeddedPrior().sha256


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "residuals.json"])
@pytest.mark.parametrize("harm", ["gone", "empty", "cut", "text", "other"])
def test_an_unreadable_folder_is_a_typed_error(tmp_path: Path, name: str, harm: str) -> None:
    folder = copy_of(tmp_path)
    path, data = folder / name, (folder / name).read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        made = {"empty": b"", "cut": data[: len(data) // 2], "text": b"hello", "other": b"{}"}
        path.write_bytes(made[harm])
    with pytest.raises(UnreadableError, match="prior"):
        EmbeddedPrior(folder)


def test_weights_of_another_network_are_a_typed_error(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "widths": [8, 16, 32]}))
    with pytest.raises(UnreadableError, match="prior"):
        EmbeddedPrior(folder)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="prior"):
        EmbeddedPrior(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("capability", "instructions", "expected"),
    [("AVX512", True, True), ("AVX512", False, False), ("AVX2", True, False), ("DEFAULT", False, False)],
)
def test_bfloat16_only_where_the_processor_is_fast_in_it(
    monkeypatch: pytest.MonkeyPatch, capability: str, instructions: bool, expected: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: instructions)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert fast_bfloat16(torch.device("cpu")) is expected
    prior = EmbeddedPrior()
    assert prior.dtype == ("bfloat16" if expected else "float32")


def test_both_precisions_agree(exact_prior: EmbeddedPrior) -> None:
    half = EmbeddedPrior()
    half.half = True
    y = noisy(scene(96, 96), 15)
    apart = np.abs(denoised(half, y, 15) - denoised(exact_prior, y, 15))
    assert apart.max() < 4 / 255
    assert apart.mean() < 0.5 / 255


def test_loaded_once() -> None:
    assert embedded() is embedded()
