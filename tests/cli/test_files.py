from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.helpers import GRAINY, REPORT, Cli, one_line, pixels
from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import restore as engine
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.messages import Options, Result
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.record import read_record
from upzeroir_plugin.prior.embedded import WEIGHTS
from upzeroir_plugin.prior.store import FOLDER, SMALL_LATENT
from upzeroir_plugin.single import recorded

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


def test_every_option_of_a_result_is_in_its_record(grainy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = Amounts({"noise": 0.5}, {"haze": False})
    options = Options(
        amounts, 0.4, "guided", 7, (8, 8, 32, 24), seed=3, prior=SMALL_LATENT, latent_shape=1.5, latent_scale=0.2
    )  # fmt: skip
    result = Result(
        load(grainy, 1e6), True, ParameterVector(), {}, 1, "guided", "guided", 3, "cpu", "float32",
        {"name": SMALL_LATENT, "sha256": "0"},
    )  # fmt: skip
    written = json.loads(json.dumps(engine.record(ParameterVector(), options, result)))
    monkeypatch.setattr("upzeroir_plugin.photo.record.read_record", lambda _path: written)
    assert recorded(grainy).options == options


@pytest.mark.parametrize(("other", "code"), [("no record", 3), ("no file", 3), ("damaged", 3)])
def test_repeat_of_what_is_no_result(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, code: int
) -> None:
    path = tmp_path / "none.png" if other == "no file" else grainy
    if other == "damaged":
        monkeypatch.setattr("upzeroir_plugin.photo.record.read_record", lambda _path: {"amounts": 3})
    if other == "no record":
        path = Path(shutil.copy(grainy, tmp_path / "other.png"))
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--repeat", path)
    assert ran.code == code
    assert one_line(ran.err)
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


@pytest.mark.parametrize("case", ["a file", "same names", "report", "an ending of pictures"])
def test_several_photos_that_do_not_fit_together(cli: Cli, grainy: Path, tmp_path: Path, case: str) -> None:
    (tmp_path / "sub").mkdir()
    other = Path(shutil.copy(grainy, tmp_path / "sub" / ("grainy.png" if case == "same names" else "b.png")))
    output, options = tmp_path / "out", ()
    if case == "a file":
        output.write_text("")
    if case == "report":
        options = ("--report", str(tmp_path / "r.json"))  # type: ignore[assignment]
    if case == "an ending of pictures":
        output = tmp_path / "y.PNG"
    assert cli("restore", grainy, other, "-o", output, *options).code == 2
    assert not output.is_dir()


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


# nothing is overwritten


def test_previews_never_replace_a_photo(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    photo = tmp_path / "roll" / "preview-0000.jpg"
    photo.parent.mkdir()
    Image.open(grainy).convert("RGB").save(photo)
    before = photo.read_bytes()
    ran = cli("restore", photo, "-o", tmp_path / "out.png", "--preview-dir", photo.parent, "--overwrite")
    assert ran.code == 2 and "is an input" in ran.err
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--preview-dir", photo.parent)
    assert ran.code == 2 and "exists already" in ran.err
    assert photo.read_bytes() == before


def test_a_report_never_takes_the_results_name(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert cli("restore", grainy, "-o", out, "--report", out, "--overwrite", *GRAINY).code == 2
    assert not out.exists()


def test_a_report_for_support_replaces_nothing(cli: Cli, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"mine")
    ran = cli("doctor", "--report", photo)
    assert ran.code == 2
    assert "--overwrite" not in ran.err  # an option that doctor does not have
    assert photo.read_bytes() == b"mine"
