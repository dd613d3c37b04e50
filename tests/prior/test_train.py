from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.pictures import as_image, noisy, psnr, scene
from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.prior.calibrate import SIGMAS, calibrate, whiteness
from upzeroir_plugin.prior.embedded import WEIGHTS, EmbeddedPrior, embedded
from upzeroir_plugin.prior.int8 import RANGES
from upzeroir_plugin.prior.pictures import split
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.prior.train import GREY_SHARE, Crops, Recipe, degrade, developed, sensor_noise, train

THREADS = torch.get_num_threads()


def photos(folder: Path, count: int, side: int = 80) -> Path:
    folder.mkdir()
    for i in range(count):
        as_image(scene(side, side, seed=i)).save(folder / f"{i:02d}.png")
    return folder


def trained(folder: Path, out: Path, minutes: float) -> dict[str, torch.Tensor]:
    out.mkdir(exist_ok=True)
    recipe = Recipe(minutes, crop=32, batch=2)
    train(folder, out / WEIGHTS, recipe, FOLDER / WEIGHTS, THREADS)
    return load_file(out / WEIGHTS)


def checkpoint(out: Path) -> tuple[dict[str, object], bytes, bytes]:
    run = (out / WEIGHTS).with_suffix(".run")
    state = json.loads((run / "state.json").read_text())
    return state, (run / "net.safetensors").read_bytes(), (run / "average.safetensors").read_bytes()


def test_a_tenth_is_kept_back_by_name(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 26, 4)
    (folder / "notes.txt").write_text("no photo")
    train_set, val = split(folder)
    assert [p.name for p in val] == ["05.png", "15.png", "25.png"]
    assert len(train_set) == 23
    assert not set(train_set) & set(val)


def test_of_few_photos_the_last_is_kept_back(tmp_path: Path) -> None:
    train_set, val = split(photos(tmp_path / "photos", 2, 8))
    assert ([p.name for p in train_set], [p.name for p in val]) == (["00.png"], ["01.png"])


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_photos_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(UnreadableError, match="less than two"):
        split(photos(tmp_path / "photos", count, 8))


def test_photos_smaller_than_a_crop_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="larger than 96 px"):
        Crops(photos(tmp_path / "photos", 2, 80), 96, 1, 1)


def test_a_broken_photo_is_named(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 2)
    (folder / "00.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableError, match=r"00\.png"):
        Crops(folder, 32, 1, 1)


@pytest.fixture
def _quickly_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthetic pictures are random dots: drawing real ones takes seconds, and has tests of its own."""
    dots = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    monkeypatch.setattr("upzeroir_plugin.prior.train.picture", lambda _size, _rng: dots)


@pytest.mark.usefixtures("_quickly_drawn")
def test_crops_are_drawn_where_detail_is(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    half = np.full((128, 256, 3), 0.5, np.float32)
    half[:, 128:] = np.random.default_rng(0).random((128, 128, 3))
    for name in "ab":
        as_image(half).save(folder / f"{name}.png")
    crops = Crops(folder, 32, 1, 1)
    drawn = [crops.one() for _ in range(200)]
    assert all(c.shape == (3, 32, 32) and c.dtype == np.float32 for c in drawn)
    assert all(c.min() >= 0 and c.max() <= 1 for c in drawn)
    assert np.mean([c.std() > 0.02 for c in drawn]) > 0.9


def test_degraded_crops_have_the_noise_that_they_are_told_of() -> None:
    clean = torch.from_numpy(scene(64, 64)).permute(2, 0, 1)[None].expand(200, 3, 64, 64).contiguous()
    noisy_ones, sigma, loss = degrade(clean, np.random.default_rng(0))
    assert noisy_ones.shape == clean.shape
    assert sigma.shape == loss.shape == (200, 1, 64, 64)
    assert sigma.min() >= 0.5 / 255
    assert loss.min() == 0
    assert loss.max() < 1
    pure = loss.amax((1, 2, 3)) == 0
    assert 0.7 < pure.float().mean() < 0.95
    unit = ((noisy_ones - clean) / sigma)[pure & (sigma.amax((1, 2, 3)) < 30 / 255)]
    assert unit.square().mean().sqrt() == pytest.approx(1, abs=0.1)


@pytest.mark.usefixtures("_quickly_drawn")
def test_some_crops_are_black_and_white(tmp_path: Path) -> None:
    crops = Crops(photos(tmp_path / "photos", 3), 32, 1, 1)
    plain = np.mean([bool((c == c[:1]).all()) for c in (crops.one() for _ in range(600))])
    assert 0.5 * GREY_SHARE < plain < 2 * GREY_SHARE


def test_noise_of_black_and_white_is_so_too_and_as_strong() -> None:
    grey = torch.from_numpy(scene(64, 64)).permute(2, 0, 1).mean(0, keepdim=True).expand(3, -1, -1)
    grainy, sigma, loss = degrade(grey[None].expand(120, -1, -1, -1), np.random.default_rng(0))
    assert (grainy - grainy[:, :1]).abs().max() < 1e-6, "behind JPEG and a raw developer, too"
    unit = ((grainy - grey) / sigma)[(loss.amax((1, 2, 3)) == 0) & (sigma.amax((1, 2, 3)) < 30 / 255)]
    assert unit.square().mean().sqrt() == pytest.approx(1, abs=0.1)


def test_a_sensors_noise_is_interpolated() -> None:
    """Of unit variance, green the least noisy, colours smoother than brightness, and like none of white noise."""
    rng = np.random.default_rng(0)
    drawn = torch.stack([sensor_noise((3, 65, 80), rng) for _ in range(40)])
    assert drawn.shape == (40, 3, 65, 80)
    assert drawn.square().mean() == pytest.approx(1, abs=0.01)
    red, green, blue = drawn.square().mean((0, 2, 3)).tolist()
    assert green < 0.8 * min(red, blue)
    grey = drawn.mean(1, keepdim=True)
    luma, chroma = (
        float((x[..., 1:] * x[..., :-1]).mean() / x.square().mean()) for x in (grey, drawn - grey)
    )
    assert chroma > luma + 0.1 > 0.3


def test_developed_noise_lifts_what_is_dark_and_keeps_within_what_is_told() -> None:
    """Cut off at black it has no mean of 0; told less than there is, the prior would learn not to keep to its word."""
    rng = np.random.default_rng(0)
    dark = torch.full((3, 64, 64), 0.03)
    made = [developed(dark, rng) for _ in range(40)]
    assert all(sigma.shape == (1, 64, 64) for _, sigma in made)
    assert all(0 <= grainy.min() <= grainy.max() <= 1 for grainy, _ in made)
    assert torch.stack([grainy.mean() for grainy, _ in made]).max() > 0.06
    for grainy, sigma in made:
        assert (grainy - dark).square().mean().sqrt() <= 1.001 * sigma.square().mean().sqrt()


@pytest.mark.usefixtures("_quickly_drawn")
def test_it_trains_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A few steps do no harm; a run that is over changes nothing; more time goes on from the checkpoint."""
    folder, out = photos(tmp_path / "photos", 2), tmp_path / "prior"
    first = trained(folder, out, 0.02)
    start = load_file(FOLDER / WEIGHTS)
    assert first.keys() == start.keys()
    assert all(torch.isfinite(v).all() and v.dtype == torch.float16 for v in first.values())
    assert any(not torch.equal(first[k], start[k].half()) for k in first)
    assert max(float((first[k].float() - start[k].float()).abs().max()) for k in first) < 0.1

    before = checkpoint(out)
    assert before[0]["step"] > 0
    again = trained(folder, out, 0.02)
    assert checkpoint(out)[1:] == before[1:]
    assert checkpoint(out)[0]["step"] == before[0]["step"]
    assert all(torch.equal(first[k], again[k]) for k in first)

    more = trained(folder, out, 0.04)
    assert checkpoint(out)[0]["step"] > before[0]["step"]
    assert any(not torch.equal(first[k], more[k]) for k in first)


def test_calibration_measures_the_held_out_photos(tmp_path: Path) -> None:
    """On the embedded prior, written as a folder of its own: a table like the one that it ships with."""
    out = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    table = calibrate(out, photos(tmp_path / "photos", 6, 192), crop=64)
    assert table == json.loads((out / "residuals.json").read_text())
    prior = EmbeddedPrior(out)
    ours, measured = embedded().ranges, prior.ranges
    assert ours is not None
    assert measured is not None
    assert ours.keys() == measured.keys()
    assert all(0.4 < measured[name][i] / ours[name][i] < 2.5 for name in ours for i in (0, 1))
    assert len(prior.residuals.sigma) == len(SIGMAS)
    x = scene(96, 96, seed=5)
    for sigma in (5, 25):
        told = prior.error(torch.tensor([sigma / 255])).item()
        assert 0.1 * sigma / 255 < told < sigma / 255
        z = torch.from_numpy(noisy(x, sigma)).permute(2, 0, 1)[None]
        made = prior.denoise(z, torch.tensor(sigma / 255))[0].permute(1, 2, 0).numpy()
        assert 10 ** (-psnr(made, x) / 20) < 2.5 * told


def test_photos_smaller_than_the_window_are_measured_whole(tmp_path: Path) -> None:
    out = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    table = calibrate(out, photos(tmp_path / "photos", 2, 64), crop=96)
    assert len(table["sigma"]) == len(SIGMAS)  # type: ignore[arg-type]


def test_whiteness_is_the_correlation_of_neighbours() -> None:
    rng = np.random.default_rng(0)
    white = rng.standard_normal((200, 200, 3))
    assert abs(whiteness(white)) < 0.01
    assert whiteness((white[1:] + white[:-1]) / 2) == pytest.approx(0.25, abs=0.02)
    assert whiteness(white + 100) == pytest.approx(whiteness(white), abs=1e-6)


def test_former_ranges_do_not_bound_new_ones(tmp_path: Path) -> None:
    """Weights that were trained on are measured as they are, whatever lay beside them."""
    made = []
    for shrunk in (0.1, 1.0):
        out = Path(shutil.copytree(FOLDER, tmp_path / str(shrunk)))
        ranges = json.loads((out / RANGES).read_text())
        small = {name: [shrunk * value for value in pair] for name, pair in ranges.items()}
        (out / RANGES).write_text(json.dumps(small))
        calibrate(out, photos(tmp_path / f"photos {shrunk}", 2, 96), crop=64)
        made.append((out / RANGES).read_text())
    assert made[0] == made[1]
