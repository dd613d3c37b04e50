from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.helpers import GRAINY, REPORT, Cli, pixels
from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import restore as engine
from upzeroir_plugin.parameters import GROUPS, NAMES
from upzeroir_plugin.photo.record import read_record
from upzeroir_plugin.prior.embedded import WEIGHTS, embedded
from upzeroir_plugin.prior.store import FOLDER


def test_a_restored_photo_is_written_and_said(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    before = grainy.read_bytes()
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY)
    assert ran.code == 0
    assert ran.out == ""
    assert "noisy" in ran.err.splitlines()[-1]
    assert ran.err.endswith(f"Saved as {tmp_path / 'out.png'}.\n")
    made = pixels(tmp_path / "out.png")
    assert made.shape == (64, 72, 3)
    assert 1 < np.abs(made - pixels(grainy)).mean() < 20
    assert grainy.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"grainy.png", "out.png"}


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "png", "tif", "tiff", "webp"])
def test_every_format_is_written(cli: Cli, grainy: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    assert cli("restore", grainy, "-o", path, *GRAINY).code == 0
    with Image.open(path) as image:
        assert image.size == (72, 64)
        assert image.format == {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF"}.get(ending, ending.upper())


@pytest.mark.parametrize(
    "options",
    [(), ("--set", "noise.file=10", "--strength", "0"), ("--set", "noise.file=10", "--amount", "noise=0")],
)
def test_nothing_to_do_copies_the_file_bit_by_bit(
    cli: Cli, clean: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    ran = cli("restore", clean, "-o", tmp_path / "out.png", *options)
    assert ran.code == 0
    assert "Nothing changed" in ran.err
    assert (tmp_path / "out.png").read_bytes() == clean.read_bytes()


def test_the_report_has_exactly_these_keys(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("--seed", 5, "--effort", "thorough", "--device", "cpu", "--report", report)
    assert cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, *options).code == 0
    found = json.loads(report.read_text())
    assert set(found) == REPORT
    assert set(found["seconds"]) == {"estimate", "restore", "total"}
    assert set(found["prior"]) == {"name", "sha256"}
    assert set(found["quality"]) == {"residual_std", "residual_whiteness", "accepted", "restarts"}
    assert list(found["parameters"]) == list(NAMES)
    assert found["parameters"]["noise.file"] == {
        "value": 10, "unit": "1/255", "low": 10, "high": 10, "confidence": 1, "pinned": True
    }  # fmt: skip
    assert (found["seed"], found["effort"], found["solver"], found["device"]) == (
        5,
        "thorough",
        "annealed",
        "cpu",
    )
    assert found["prior"]["sha256"] == embedded().sha256
    assert found["dtype"] == embedded().dtype
    assert found["changed"] is True
    assert found["network_calls"] >= 1
    seconds = found["seconds"]
    assert min(seconds.values()) > 0
    assert seconds["estimate"] + seconds["restore"] <= seconds["total"]


def test_steps_are_network_calls(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    calls = []
    for steps in (1, 4):
        report = tmp_path / f"{steps}.json"
        options = ("--set", "noise.file=10", "--steps", steps, "--report", report)
        assert cli("restore", grainy, "-o", tmp_path / f"{steps}.png", *options).code == 0
        calls.append(json.loads(report.read_text())["network_calls"])
    assert calls[1] - calls[0] == 3


def test_amounts_and_strength_do_less(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    moved = []
    for i, options in enumerate([(), ("--amount", "noise=0.5"), ("--strength", "0.2")]):
        path = tmp_path / f"{i}.png"
        assert cli("restore", grainy, "-o", path, *GRAINY, *options).code == 0
        moved.append(np.abs(pixels(path) - pixels(grainy)).mean())
    assert moved[0] > 1.5 * moved[1] > 1.5 * moved[2] > 0


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_an_amount(cli: Cli, grainy: Path, tmp_path: Path, group: str) -> None:
    assert cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, "--amount", f"{group}=0.5").code == 0
    assert read_record(tmp_path / "out.png")["amounts"]["amount"][group] == 0.5  # type: ignore[index]


def test_a_region_is_written_alone(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.tif", tmp_path / "part.tif"
    assert cli("restore", grainy, "-o", whole, *GRAINY).code == 0
    assert cli("restore", grainy, "-o", part, *GRAINY, "--region", "20,10,40,30").code == 0
    assert pixels(part).shape == (30, 40, 3)
    assert np.abs(pixels(part) - pixels(whole)[10:40, 20:60]).max() <= 2  # 1, and the dither of 8 bits
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--region", "60,60,40,30")
    assert ran.code == 2
    assert "72 by 64" in ran.err


def test_outside_a_mask_every_sample_is_as_it_was(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    mask = np.zeros((64, 72), np.uint8)
    mask[16:48, 20:60] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "out.png"
    assert cli("restore", grainy, "-o", out, *GRAINY, "--mask", tmp_path / "mask.png").code == 0
    apart = np.abs(pixels(out) - pixels(grainy))
    assert apart[mask == 0].max() == 0
    assert apart[mask > 0].mean() > 0.5


@pytest.mark.parametrize("fault", ["size", "colour", "gone", "text"])
def test_masks_that_are_none_are_refused(cli: Cli, grainy: Path, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "mask.png"
    if fault == "size":
        Image.new("L", (72, 63), 255).save(path)
    elif fault == "colour":
        Image.new("RGB", (72, 64), (255, 0, 0)).save(path)
    elif fault == "text":
        path.write_text("white")
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--mask", path)
    assert ran.code == 2
    assert "mask" in ran.err
    assert not (tmp_path / "out.png").exists()


def test_previews_are_written(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "previews"
    assert cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, "--preview-dir", folder).code == 0
    found = sorted(folder.iterdir())
    assert [p.name for p in found] == [f"preview-{i:04d}.jpg" for i in range(len(found))]
    assert len(found) >= 2
    assert all(pixels(p).shape == (64, 72, 3) for p in found)
    first, last = pixels(found[0]), pixels(found[-1])
    assert np.abs(first - pixels(grainy)).mean() < np.abs(last - pixels(grainy)).mean()


def test_the_prior_may_be_another_folder(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    out = tmp_path / "out.png"
    assert cli("restore", grainy, "-o", out, *GRAINY, "--prior", folder).code == 0
    assert read_record(out)["prior"] == {"name": "embedded", "sha256": embedded().sha256}  # type: ignore[index]
    (folder / WEIGHTS).write_bytes(b"")
    engine.embedded.cache_clear()
    ran = cli("restore", grainy, "-o", tmp_path / "other.png", *GRAINY, "--prior", folder)
    assert ran.code == 3
    assert "prior" in ran.err


@pytest.mark.parametrize(
    ("policy", "artist", "gps"), [("keep", True, True), ("no-gps", True, False), ("strip", False, False)]
)
def test_metadata(cli: Cli, tmp_path: Path, policy: str, artist: bool, gps: bool) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Ada"
    exif.get_ifd(0x8825)[1] = "N"
    path, out = tmp_path / "in.jpg", tmp_path / "out.jpg"
    as_image(noisy(scene(64, 64), 10)).save(path, exif=exif, quality=98)
    assert cli("restore", path, "-o", out, *GRAINY, "--metadata", policy).code == 0
    with Image.open(out) as image:
        found = image.getexif()
        assert (found.get(0x013B) == "Ada") is artist
        assert bool(found.get_ifd(0x8825)) is gps
    assert (read_record(out) is not None) is (policy != "strip")
