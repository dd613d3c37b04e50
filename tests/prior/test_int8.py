"""The denoiser with inner blocks in integers: as good to some hundredths of a decibel, and only where it can be had."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pictures import noisy, psnr, scene
from tests.prior.test_embedded import denoised
from tests.restore.helpers import run, told
from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior import int8
from upzeroir_plugin.prior.embedded import EmbeddedPrior, embedded
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.prior.synthetic import picture
from upzeroir_plugin.solver import plan

INTEGERS = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


@pytest.fixture
def tried_anew() -> Iterator[None]:
    """What this torch can do is found out in the test, and again after it."""
    int8.supported.cache_clear()
    yield
    int8.supported.cache_clear()


def test_processors_with_wide_registers_have_it() -> None:
    assert int8.supported() is INTEGERS
    assert embedded().hurried().dtype.startswith("int8") is INTEGERS


@pytest.mark.parametrize("sigma", [3, 10, 25, 50])
def test_it_is_nearly_as_good(exact_prior: EmbeddedPrior, sigma: int) -> None:
    x = scene(192, 192, seed=4)
    y = noisy(x, sigma)
    exact, hurried = (denoised(prior, y, sigma) for prior in (exact_prior, exact_prior.hurried()))
    assert (hurried != exact).any() == INTEGERS
    assert psnr(hurried, x) > psnr(exact, x) - 0.08


def test_a_window_is_the_crop_of_the_whole(exact_prior: EmbeddedPrior) -> None:
    """Ranges are those of the network, not of what happens to be in a window."""
    y = noisy(scene(256, 320, seed=5), 10)
    prior, reach = exact_prior.hurried(), exact_prior.context(10 / 255)
    whole = denoised(prior, y, 10)[reach:-reach, reach:160]
    part = denoised(prior, y[:, : 160 + reach], 10)[reach:-reach, reach:160]
    assert np.abs(part - whole).max() < 2e-3


@pytest.mark.skipif(not INTEGERS, reason="the processor has no wide registers")
def test_values_beyond_the_ranges_are_cut() -> None:
    block = int8.Residual(16)
    for part in block.parameters():
        part.data = torch.randn(part.shape, generator=torch.Generator().manual_seed(1)) * 0.03
    x = torch.full((1, 16, 8, 8), 3.0).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        within, beyond = (int8.QuantisedResidual(block, (reach, 3.0))(x) - x for reach in (4.0, 1.5))
        half = block(x / 2) - x / 2
    assert torch.allclose(within, block(x) - x, atol=0.05)
    assert torch.allclose(beyond, half, atol=0.05)


def test_full_precision_has_none() -> None:
    assert embedded().hurried().in_float32().dtype == "float32"


@pytest.mark.usefixtures("tried_anew")
def test_nothing_is_lost_where_torch_has_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise AttributeError("'_OpNamespace' 'onednn' object has no attribute 'qconv_prepack'")

    monkeypatch.setattr(int8, "_packed", gone)
    prior = EmbeddedPrior()
    assert prior.hurried() is prior


@pytest.mark.usefixtures("tried_anew")
def test_wrong_sums_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8.QuantisedResidual, "forward", lambda _self, x: x * 1.5)
    assert not int8.supported()


def test_a_prior_without_ranges_does_without(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    (folder / int8.RANGES).unlink()
    prior = EmbeddedPrior(folder)
    assert prior.hurried() is prior


@pytest.mark.parametrize("text", ["", "{}", '{"d.1.0": [1]}', "[]"])
def test_unreadable_ranges_are_a_typed_error(tmp_path: Path, text: str) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    (folder / int8.RANGES).write_text(text)
    with pytest.raises(UnreadableError, match="prior"):
        EmbeddedPrior(folder)


@pytest.mark.parametrize("value", [0, -1, 1e9])
def test_ranges_that_no_network_has(tmp_path: Path, value: float) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    ranges = json.loads((folder / int8.RANGES).read_text())
    (folder / int8.RANGES).write_text(json.dumps({**ranges, "d.2.1": [value, 1]}))
    with pytest.raises(UnreadableError, match="range"):
        EmbeddedPrior(folder)


def test_only_large_photos_in_fast_are_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    y, found = noisy(scene(96, 128), 10), told(noise_file=10.0)
    small = run(y, found)
    monkeypatch.setattr(plan, "SMALL", 96 * 128 - 1)
    large, careful = run(y, found), run(y, found, effort="thorough")
    assert "int8" not in small.dtype + careful.dtype
    assert ("int8" in large.dtype) == INTEGERS


@pytest.mark.parametrize(("bounded", "least", "most"), [(True, 0, 100), (False, 10_000, np.inf)])
def test_values_do_not_run_away(bounded: bool, least: float, most: float) -> None:
    """Told of next to no noise but much compression, which cannot be, it takes itself further block by block."""
    prior = EmbeddedPrior().in_float32()
    seen: list[float] = []

    def look(_block: torch.nn.Module, _inputs: object, made: torch.Tensor) -> None:
        seen.append(float(made.abs().max()))

    for _, block in int8.inner(prior.whole):
        block.register_forward_hook(look)
        block.bounds = block.bounds if bounded else None
    z = torch.from_numpy(picture(128, np.random.default_rng(3))).permute(2, 0, 1)[None] / 255
    prior.denoise(z, torch.tensor(1 / 255), torch.full((1, 1, 1, 1), 0.8))
    assert least < max(seen) < most
