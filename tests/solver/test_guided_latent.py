"""The guided solver in the codes of a latent prior, as users meet it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.latents import own, tiny
from tests.pictures import as_image, noisy, photo, psnr, scene
from upzeroir_plugin.cli import main
from upzeroir_plugin.errors import CancelledError, UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.restore import Control, Options, Result, Step, restore
from upzeroir_plugin.solver.lock import Look, low


@pytest.fixture(scope="module")
def stable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("priors") / "stable")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own(tmp_path_factory.mktemp("priors") / "ours")


def told(**values: float) -> Estimate:
    return Estimate(ParameterVector().pinned({n.replace("_", "."): v for n, v in values.items()}), Maps())


def run(y: np.ndarray, options: Options, **values: float) -> tuple[Result, list[Step]]:
    steps = [e for e in restore(photo(y), told(**values), options) if isinstance(e, Step)]
    assert steps[-1].result is not None
    return steps[-1].result, steps


def test_it_walks_in_codes_and_shows_them_on_the_way(ours: Path) -> None:
    y = noisy(scene(80, 100, 2), 15)
    result, steps = run(y, Options(effort="guided", steps=6, prior=str(ours)), noise_file=15)
    assert result.prior["name"] == "ours"
    assert result.network_calls >= 6
    assert result.photo.pixels.shape == y.shape
    assert np.isfinite(result.photo.pixels).all()
    assert all(s.preview is not None and s.preview.shape == (80, 100, 3) for s in steps)
    assert (
        psnr(result.photo.pixels, scene(80, 100, 2)) > 18
    )  # even an untrained denoiser is held to the photo


def test_light_and_colour_of_the_photo_survive_the_autoencoder(ours: Path) -> None:
    y = noisy(np.full((64, 64, 3), (0.6, 0.45, 0.3), np.float32), 10)
    result, _ = run(y, Options(effort="guided", steps=4, prior=str(ours)), noise_file=10)
    drift = result.photo.pixels.mean((0, 1)) - y.mean((0, 1))
    assert np.abs(drift).max() < 3 / 255


def test_the_512_pixel_layout_runs_through_the_command_line(
    stable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UPZEROIR_HOME", str(tmp_path / "home"))
    assert main(["prior", "add", str(stable), "--name", "tiny"]) == 0
    source, made, report = tmp_path / "in.png", tmp_path / "out.png", tmp_path / "report.json"
    as_image(noisy(scene(48, 64, 2), 20)).save(source)
    order = ["restore", str(source), "-o", str(made), "--effort", "guided", "--steps", "3", "--prior", "tiny"]
    assert main([*order, "--set", "noise.file=20", "--report", str(report)]) == 0
    found = json.loads(report.read_text())
    assert (found["solver"], found["prior"]["name"]) == ("guided", "tiny")
    assert {"latent.shape", "latent.scale"} <= set(found["quality"])
    assert made.exists()
    capsys.readouterr()


def test_it_cancels_at_once(stable: Path) -> None:
    control = Control()
    events = restore(
        photo(noisy(scene(256, 256), 12)),
        told(noise_file=12),
        Options(effort="guided", prior=str(stable)),
        control,
    )
    while not isinstance(next(events), Step):
        pass
    began = time.monotonic()
    threading.Timer(0, control.cancel).start()
    with pytest.raises(CancelledError):
        list(events)
    assert time.monotonic() - began < 6  # 0.3 s on a quiet machine


def test_a_latent_prior_needs_the_effort_guided(stable: Path) -> None:
    with pytest.raises(UsageError, match="guided"):
        run(scene(64, 64), Options(prior=str(stable)), noise_file=12)


def test_a_greater_scale_asks_for_more_restoration() -> None:
    """With the embedded prior: told more degradation, less of the photo's grain is left."""
    y = noisy(scene(64, 64, 2), 12)
    options = Options(effort="guided", steps=12)
    plain, _ = run(y, options, noise_file=12)
    found = plain.quality["latent.scale"]

    def left(scale: float) -> float:
        result, _ = run(y, replace(options, latent_scale=scale), noise_file=12)
        assert result.quality["latent.scale"] == pytest.approx(scale, rel=1e-3)
        return float((result.photo.pixels - y).std())

    less, more = left(0.4 * found), left(2.5 * found)
    assert less < float((plain.photo.pixels - y).std()) < more
    most, _ = run(y, replace(options, latent_scale=10.0), noise_file=12)
    assert most.quality["latent.scale"] < 10, "what makes no sense is bounded"
    assert (
        np.abs(np.diff(most.photo.pixels, axis=1)).mean() < np.abs(np.diff(plain.photo.pixels, axis=1)).mean()
    )


def test_a_told_shape_spoils_nothing() -> None:
    y, options = noisy(scene(48, 48, 2), 12), Options(effort="guided", steps=12)
    plain, _ = run(y, options, noise_file=12)
    heavy, _ = run(y, replace(options, latent_shape=0.2), noise_file=12)
    assert heavy.quality["latent.shape"] == pytest.approx(0.2)
    assert np.abs(heavy.photo.pixels - plain.photo.pixels).max() < 0.02


@pytest.mark.parametrize(
    ("name", "value"), [("latent_scale", 0.0), ("latent_scale", 99.0), ("latent_shape", 0.01)]
)
def test_nonsense_is_refused_in_words(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name.replace("_", r"\.")):
        run(scene(64, 64), Options(effort="guided", **{name: value}), noise_file=12)  # type: ignore[arg-type]


def test_the_low_part_holds_light_and_no_detail() -> None:
    import torch

    x = torch.full((1, 3, 70, 90), 0.4)
    detail = 0.2 * (torch.arange(90) % 2 * 2 - 1)
    assert torch.allclose(low(x + detail), x, atol=0.01)


def test_codes_can_be_looked_at_without_decoding() -> None:
    import torch

    code = torch.randn(1, 5, 12, 10)
    x = torch.einsum("kc,bchw->bkhw", torch.randn(3, 5), code) + 0.3
    shown = Look(x.repeat_interleave(4, -1).repeat_interleave(4, -2), code)(code)
    assert torch.allclose(shown, x, atol=0.05)
