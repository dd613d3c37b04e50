from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import __version__
from upzeroir_plugin import restore as engine
from upzeroir_plugin.cli import main
from upzeroir_plugin.commands.progress import ProgressLine
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.parameters import GROUPS, NAMES, PARAMETERS, ParameterVector
from upzeroir_plugin.photo.record import read_record
from upzeroir_plugin.prior.embedded import WEIGHTS, EmbeddedPrior, embedded
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.solver import means

REPORT = {
    "summary", "parameters", "changed", "seconds", "network_calls", "effort", "solver", "seed", "device", "dtype",
    "prior", "quality",
}  # fmt: skip
GRAINY = ("--set", "noise.file=10", "--steps", "1")


@dataclass
class Ran:
    """What a command printed and returned."""

    code: int
    out: str
    err: str


@dataclass
class Cli:
    """Runs commands in this process."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Ran:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self.capture.readouterr()
        return Ran(code, said.out, said.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def grainy(tmp_path: Path) -> Path:
    """A noisy photo, 8-bit PNG, 72 by 64 px."""
    path = tmp_path / "grainy.png"
    as_image(noisy(scene(64, 72), 10)).save(path)
    return path


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    path = tmp_path / "clean.png"
    as_image(scene(256, 256, seed=1)).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def one_line(text: str) -> bool:
    """An error and nothing else, but for progress lines."""
    errors = [line for line in text.splitlines() if line.startswith("upzeroir:")]
    return len(errors) == 1 and "Traceback" not in text


# Start-up


def test_help_imports_nothing_heavy_and_is_quick(checkout: Path) -> None:
    """Under 0.3 s on a quiet machine; the bound is for busy ones."""
    code = (
        "import sys, upzeroir_plugin.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'numpy', 'scipy', 'PIL', 'psutil'} & set(sys.modules))"
    )
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds.append(time.monotonic() - start)
        assert done.stdout.splitlines()[-1] == "set()"
    assert checkout.is_dir()
    assert min(seconds) < 1


@pytest.mark.parametrize("command", [(), ("estimate",), ("restore",), ("train",), ("doctor",), ("bench",)])
def test_every_command_has_help(cli: Cli, command: tuple[str, ...]) -> None:
    ran = cli(*command, "--help")
    assert ran.code == 0
    assert "usage: upzeroir" in ran.out


def test_help_of_restore_lists_the_whole_table(cli: Cli) -> None:
    said = cli("restore", "--help").out
    assert all(f"  {row.name} " in said and row.help in said for row in PARAMETERS)
    assert all(option in said for option in ("--mask", "--preview-dir", "--repeat", "--max-pixels"))


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"upzeroir {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("polish", "a.png"),
        ("estimate",),
        ("restore", "a.png"),
        ("restore", "a.png", "-o", "b.png", "--nonsense"),
        ("restore", "a.png", "-o", "b.png", "--set", "noise.file=-1"),
        ("restore", "a.png", "-o", "b.png", "--set", "noise.file"),
        ("restore", "a.png", "-o", "b.png", "--set", "noise.colour=1"),
        ("restore", "a.png", "-o", "b.png", "--amount", "noise=2"),
        ("restore", "a.png", "-o", "b.png", "--amount", "dust=1"),
        ("restore", "a.png", "-o", "b.png", "--strength", "1.5"),
        ("restore", "a.png", "-o", "b.png", "--strength", "nan"),
        ("restore", "a.png", "-o", "b.png", "--effort", "best"),
        ("restore", "a.png", "-o", "b.png", "--steps", "0"),
        ("restore", "a.png", "-o", "b.png", "--region", "1,2,3"),
        ("restore", "a.png", "-o", "b.png", "--region", "0,0,0,5"),
        ("restore", "a.png", "-o", "b.png", "--device", "abacus"),
        ("restore", "a.png", "-o", "b.png", "--metadata", "some"),
        ("restore", "a.png", "-o", "b.png", "--max-pixels", "0"),
        ("train", "photos", "-o", "prior", "--minutes", "0"),
        ("train", "photos", "-o", "prior", "--minutes", "nan"),
        ("doctor", "--nonsense"),
        ("bench", "--nonsense"),
    ],
    ids=" ".join,
)
def test_usage_errors_are_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_a_bad_value_is_named_with_unit_and_range(cli: Cli) -> None:
    said = cli("restore", "a.png", "-o", "b.png", "--set", "light.ev=9").err
    assert all(part in said for part in ("light.ev", "9 EV", "-3 to 6"))


# estimate


def test_estimate_json_is_one_object_and_nothing_else(cli: Cli, grainy: Path) -> None:
    ran = cli("estimate", grainy, "--json", "--set", "light.ev=1.5")
    found = json.loads(ran.out)
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.count("\n") == 1
    assert set(found) == {"summary", "parameters"}
    assert list(found["parameters"]) == list(NAMES)
    for name, entry in found["parameters"].items():
        assert set(entry) == {"value", "unit", "low", "high", "confidence", "pinned"}
        assert entry["low"] <= entry["value"] <= entry["high"]
        assert 0 <= entry["confidence"] <= 1
        assert entry["pinned"] is (name == "light.ev")
    assert found["parameters"]["light.ev"]["value"] == 1.5
    assert "one and a half stops under-exposed" in found["summary"]


def test_estimate_says_a_sentence_and_a_table(cli: Cli, grainy: Path, clean: Path) -> None:
    ran = cli("estimate", grainy, "--set", "blur.sigma=2")
    assert ran.code == 0
    assert "soft" in ran.out.splitlines()[0]
    assert re.search(r"^  Softness +2 px +pinned +\(blur\.sigma\)$", ran.out, re.MULTILINE)
    assert cli("estimate", clean).out == "Nothing to fix.\n"


def test_estimate_of_a_region(cli: Cli, tmp_path: Path) -> None:
    x = scene(128, 256)
    as_image(np.concatenate([x[:, :128], noisy(x[:, 128:], 25)], 1)).save(tmp_path / "half.png")
    left = cli("estimate", tmp_path / "half.png", "--region", "0,0,128,128").out
    right = cli("estimate", tmp_path / "half.png", "--region", "128,0,128,128").out
    assert "oisy" not in left
    assert "oisy" in right
    assert cli("estimate", tmp_path / "half.png", "--region", "200,0,128,128").code == 2


# restore


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


# --repeat


def test_repeat_is_bit_identical(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    options = ("--amount", "noise=0.7", "--strength", "0.8", "--seed", "3", "--region", "8,8,48,40")
    assert cli("restore", grainy, "-o", first, *GRAINY, "--set", "light.ev=0.5", *options).code == 0
    assert cli("restore", grainy, "-o", again, "--repeat", first).code == 0
    assert again.read_bytes() == first.read_bytes()


def test_repeat_takes_values_that_were_estimated_from_the_record(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    theta = ParameterVector().with_values({"noise.file": 9.0})
    monkeypatch.setattr(engine, "measure", lambda _photo: Estimate(theta))
    assert cli("restore", grainy, "-o", first).code == 0
    monkeypatch.setattr(engine, "measure", lambda _photo: Estimate(ParameterVector()))
    assert cli("restore", grainy, "-o", again, "--repeat", first).code == 0
    assert again.read_bytes() == first.read_bytes()
    assert cli("restore", grainy, "-o", tmp_path / "anew.png").err.count("Nothing changed") == 1


def test_what_is_said_beside_repeat_wins(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    assert (
        cli("restore", grainy, "-o", first, *GRAINY, "--strength", "0.8", "--amount", "light=0.3").code == 0
    )
    said = (
        "--strength",
        "0.4",
        "--amount",
        "noise=0.5",
        "--seed",
        "9",
        "--set",
        "noise.file=7",
        "--steps",
        "2",
    )
    assert cli("restore", grainy, "-o", again, "--repeat", first, *said).code == 0
    found = read_record(again)
    assert found is not None
    assert (found["strength"], found["seed"], found["steps"]) == (0.4, 9, 2)
    assert (found["amounts"]["amount"]["noise"], found["amounts"]["amount"]["light"]) == (0.5, 0.3)
    assert found["parameters"]["noise.file"]["value"] == 7


def test_repeat_asks_for_the_mask(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    first, mask = tmp_path / "first.png", tmp_path / "mask.png"
    Image.new("L", (72, 64), 255).save(mask)
    assert cli("restore", grainy, "-o", first, *GRAINY, "--mask", mask).code == 0
    ran = cli("restore", grainy, "-o", tmp_path / "again.png", "--repeat", first)
    assert ran.code == 2
    assert "--mask" in ran.err
    assert cli("restore", grainy, "-o", tmp_path / "again.png", "--repeat", first, "--mask", mask).code == 0
    assert (tmp_path / "again.png").read_bytes() == first.read_bytes()


def test_repeat_says_when_the_prior_is_another(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "prior"))
    from safetensors.torch import load_file, save_file

    state = load_file(folder / WEIGHTS)
    save_file({k: v * 0.999 for k, v in state.items()}, folder / WEIGHTS)
    first = tmp_path / "first.png"
    assert cli("restore", grainy, "-o", first, *GRAINY, "--prior", folder).code == 0
    assert "another prior" in cli("restore", grainy, "-o", tmp_path / "again.png", "--repeat", first).err


@pytest.mark.parametrize("other", ["no record", "no file", "damaged"])
def test_repeat_of_what_is_no_result(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    path = tmp_path / "none.png" if other == "no file" else grainy
    if other == "damaged":
        monkeypatch.setattr("upzeroir_plugin.photo.record.read_record", lambda _path: {"amounts": 3})
    if other == "no record":
        path = Path(shutil.copy(grainy, tmp_path / "other.png"))
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--repeat", path)
    assert ran.code == 3 if other != "damaged" or path != grainy else ran.code in (2, 3)
    assert not (tmp_path / "out.png").exists()


# Several photos


def test_one_bad_photo_does_not_stop_the_others(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    bad, other, folder = tmp_path / "bad.jpg", tmp_path / "other.bmp", tmp_path / "out"
    bad.write_bytes(b"\xff\xd8\xff no picture")
    as_image(noisy(scene(64, 64), 10)).save(other)
    ran = cli("restore", grainy, bad, other, "-o", folder, *GRAINY)
    assert ran.code == 3
    assert {p.name for p in folder.iterdir()} == {"grainy.png", "other.png"}
    assert ran.err.count("Saved as") == 2
    assert f"upzeroir: {bad}: " in ran.err
    assert one_line(ran.err)


def test_of_several_exit_codes_the_highest(cli: Cli, grainy: Path, clean: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.png"
    ran = cli("restore", clean, gone, grainy, "-o", tmp_path / "out", *GRAINY, "--max-pixels", "0.006")
    assert ran.code == 4
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["grainy.png"]


def test_an_unexpected_error_does_not_stop_the_others(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path(shutil.copy(grainy, tmp_path / "other.png"))
    real, calls = engine.measure, []

    def once(photo: object) -> Estimate:
        calls.append(photo)
        if len(calls) == 1:
            raise ZeroDivisionError("inside")
        return real(photo)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "measure", once)
    ran = cli("restore", grainy, other, "-o", tmp_path / "out", *GRAINY)
    assert ran.code == 5
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["other.png"]


def test_previews_of_several_photos_lie_apart(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(grainy, tmp_path / "other.png"))
    previews = tmp_path / "previews"
    options = ("--preview-dir", previews)
    assert cli("restore", grainy, other, "-o", tmp_path / "out", *GRAINY, *options).code == 0
    assert {p.name for p in previews.iterdir()} == {"grainy", "other"}


@pytest.mark.parametrize("case", ["a file", "same names", "report"])
def test_several_photos_that_do_not_fit_together(cli: Cli, grainy: Path, tmp_path: Path, case: str) -> None:
    (tmp_path / "sub").mkdir()
    other = Path(shutil.copy(grainy, tmp_path / "sub" / ("grainy.png" if case == "same names" else "b.png")))
    output, options = tmp_path / "out", ()
    if case == "a file":
        output.write_text("")
    if case == "report":
        options = ("--report", str(tmp_path / "r.json"))  # type: ignore[assignment]
    assert cli("restore", grainy, other, "-o", output, *options).code == 2


def test_one_photo_into_a_folder_keeps_its_name(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert cli("restore", grainy, "-o", folder, *GRAINY).code == 0
    assert (folder / "grainy.png").exists()


# What stays untouched


def test_an_output_that_exists_needs_overwrite(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    ran = cli("restore", grainy, "-o", out, *GRAINY)
    assert (ran.code, out.read_bytes()) == (2, b"precious")
    assert "--overwrite" in ran.err
    assert cli("restore", grainy, "-o", out, *GRAINY, "--overwrite").code == 0
    assert pixels(out).shape == (64, 72, 3)


@pytest.mark.parametrize("way", ["file", "folder", "link", "report", "mask", "repeat"])
def test_inputs_are_never_overwritten(cli: Cli, grainy: Path, tmp_path: Path, way: str) -> None:
    before = grainy.read_bytes()
    output, options = tmp_path / "out.png", ["--overwrite", *GRAINY]
    if way == "file":
        output = grainy
    elif way == "folder":
        output = tmp_path
    elif way == "link":
        output = tmp_path / "link.png"
        output.symlink_to(grainy)
    elif way == "report":
        options += ["--report", str(grainy)]
    else:
        output = Path(shutil.copy(grainy, tmp_path / "second.png"))
        options += [f"--{way}", str(output)]
    ran = cli("restore", grainy, "-o", output, *options)
    assert ran.code == 2
    assert "input" in ran.err
    assert grainy.read_bytes() == before


def test_a_report_that_exists_needs_overwrite(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("precious")
    options = ("-o", tmp_path / "out.png", *GRAINY, "--report", report)
    assert cli("restore", grainy, *options).code == 2
    assert report.read_text() == "precious"
    assert not (tmp_path / "out.png").exists()
    assert cli("restore", grainy, *options, "--overwrite").code == 0
    assert set(json.loads(report.read_text())) == REPORT


# Exit codes


def broken(folder: Path, kind: str) -> Path:
    path = folder / "in.png"
    whole = io.BytesIO()
    as_image(scene(64, 64)).save(whole, "PNG")
    if kind == "truncated":
        path.write_bytes(whole.getvalue()[:600])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("no picture")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["gone", "empty", "text", "truncated", "folder"])
@pytest.mark.parametrize("command", ["estimate", "restore"])
def test_unreadable_inputs_are_3(cli: Cli, tmp_path: Path, kind: str, command: str) -> None:
    path = broken(tmp_path, kind)
    ran = cli(command, path, *(("-o", tmp_path / "out.png") if command == "restore" else ()))
    assert ran.code == 3
    assert ran.out == ""
    assert one_line(ran.err)
    assert not (tmp_path / "out.png").exists()


def test_too_many_pixels_are_4(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--max-pixels", "0.004")
    assert ran.code == 4
    assert one_line(ran.err)
    assert cli("estimate", grainy, "--max-pixels", "0.004").code == 4
    assert cli("estimate", grainy, "--max-pixels", "0.005").code == 0


def test_too_little_memory_is_4(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=150_000)
    monkeypatch.setattr(means.psutil, "virtual_memory", lambda: free)
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY)
    assert ran.code == 4
    assert "memory" in ran.err


def test_memory_that_runs_out_is_4(cli: Cli, grainy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_photo: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "measure", full)
    ran = cli("estimate", grainy)
    assert ran.code == 4
    assert one_line(ran.err)


@pytest.mark.parametrize("name", ["nowhere/out.png", "out.xyz"])
def test_unwritable_outputs_are_5_before_the_work(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(engine, "measure", lambda _photo: pytest.fail("worked first"))
    ran = cli("restore", grainy, "-o", tmp_path / name, *GRAINY)
    assert ran.code == 5
    assert one_line(ran.err)


@pytest.mark.parametrize("debug", [False, True])
def test_internal_errors_are_5_with_a_traceback_only_for_debug(
    cli: Cli, grainy: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def fail(_photo: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(engine, "measure", fail)
    ran = cli("estimate", grainy, *(["--debug"] if debug else []))
    assert ran.code == 5
    assert ("Traceback" in ran.err) is debug
    assert "ZeroDivisionError: inside" in ran.err


def test_debug_shows_where_a_typed_error_came_from(cli: Cli, tmp_path: Path) -> None:
    ran = cli("estimate", tmp_path / "gone.png", "--debug")
    assert ran.code == 3
    assert "Traceback" in ran.err


def test_a_device_that_is_not_there_is_2(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.torch.cuda, "is_available", lambda: False)
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, "--device", "cuda")
    assert ran.code == 2
    assert "cuda" in ran.err
    assert one_line(ran.err)


def test_guided_runs_and_reports_what_it_did(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out.png", tmp_path / "report.json"
    ran = cli("restore", grainy, "-o", out, "--set", "noise.file=10", "--steps", "6", "--effort", "guided",
              "--report", report)  # fmt: skip
    assert ran.code == 0, ran.err
    told = json.loads(report.read_text())
    assert (told["solver"], told["effort"]) == ("guided", "guided")
    assert told["quality"]["latent.scale"] > 0
    assert told["quality"]["history"][-1]["decision"] == "exit"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is POSIX")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_130_quickly_and_leaves_nothing(checkout: Path, tmp_path: Path, by: signal.Signals) -> None:
    """0.3 s to stop, and a bound generous enough for a busy machine and the end of the interpreter."""
    photo = tmp_path / "large.png"
    as_image(np.tile(noisy(scene(256, 256), 12), (6, 6, 1))).save(photo, compress_level=1)
    options = ["--set", "noise.file=12", "--set", "blur.sigma=1.5", "--effort", "thorough"]
    with subprocess.Popen(
        [sys.executable, "-m", "upzeroir_plugin", "restore", photo, "-o", tmp_path / "out.png", *options],
        cwd=checkout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.search(r"\d+% (noise|blur)", line):
                break
        process.send_signal(by)
        start = time.monotonic()
        rest = process.stderr.read()
        code = process.wait(30)
    assert code == 130
    assert time.monotonic() - start < 2.5
    assert "Cancelled" in rest
    assert "Traceback" not in rest
    assert [p.name for p in tmp_path.iterdir()] == ["large.png"]


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr("upzeroir_plugin.commands.progress.time.monotonic", lambda: now[0])
    stream = Terminal()
    line = ProgressLine("a.png", stream)
    line.update(0.5, "noise", 12.4)
    line.update(0.6, "too soon", 1)
    shown = stream.getvalue()
    assert shown.startswith("\ra.png [")
    assert shown.count("#") == shown.count(".") - 1 == 14
    assert "50% noise, 12 s left" in shown
    assert "too soon" not in shown
    line.close()
    assert stream.getvalue().endswith("\r")
    assert "\n" not in stream.getvalue()


def test_elsewhere_plain_lines_at_most_one_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr("upzeroir_plugin.commands.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    line = ProgressLine("a.png", stream)
    for i in range(30):
        now[0] = 10 + i / 10
        line.update(i / 30, "noise", None)
    line.close()
    assert stream.getvalue().splitlines() == ["a.png: 0% noise", "a.png: 33% noise", "a.png: 67% noise"]


# The other commands


def test_doctor(cli: Cli) -> None:
    found = json.loads(cli("doctor", "--json").out)
    assert set(found) == {
        "upzeroir", "python", "system", "packages", "devices", "processor", "arithmetic", "memory", "prior",
        "extras", "gimp",
    }  # fmt: skip
    assert found["upzeroir"] == __version__
    assert "cpu" in found["devices"][0]
    assert found["prior"]["sha256"] == embedded().sha256
    assert found["arithmetic"] in ("bfloat16", "float32")
    assert "missing" not in found["packages"].values()
    text = cli("doctor")
    assert text.code == 0
    assert all(line.startswith(tuple(found)) for line in text.out.splitlines())
    assert str(Path.home()) not in text.out


def test_bench_takes_its_own_options(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[list[str]] = []

    def run(argv: list[str]) -> int:
        got.append(argv)
        return 7

    monkeypatch.setattr("benchmarks.run.main", run)
    assert cli("bench", "--set", "val", "--limit", "3").code == 7
    assert cli("bench", "--debug").code == 7
    assert got == [["--set", "val", "--limit", "3"], []]


def test_train_makes_a_prior_that_restores(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, folder = tmp_path / "photos", tmp_path / "prior"
    photos.mkdir()
    for i in range(2):
        as_image(scene(104, 112, seed=i)).save(photos / f"{i}.png")
    monkeypatch.setattr(
        "upzeroir_plugin.prior.train.picture", lambda _size, _rng: np.uint8(255 * scene(128, 128))
    )
    ran = cli("train", photos, "-o", folder, "--minutes", "0.01", "--threads", "1")
    assert ran.code == 0
    assert re.match(r"step [1-9]", ran.out)
    trained = EmbeddedPrior(folder)
    assert trained.sha256 != embedded().sha256
    assert trained.residuals != embedded().residuals
    assert cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, "--prior", folder).code == 0


@pytest.mark.parametrize("case", ["no folder", "one photo", "no prior"])
def test_train_refuses_what_it_cannot_use(
    cli: Cli, grainy: Path, tmp_path: Path, case: Callable[[], None]
) -> None:
    photos = tmp_path / "photos"
    if case != "no folder":
        photos.mkdir()
        shutil.copy(grainy, photos)
    options = ("--start", tmp_path / "none") if case == "no prior" else ()
    ran = cli("train", photos, "-o", tmp_path / "prior", "--minutes", "0.01", *options)
    assert ran.code == 3
    assert one_line(ran.err)
