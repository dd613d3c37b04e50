from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import GRAINY, Cli, one_line
from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import __version__
from upzeroir_plugin.errors import extra_hint
from upzeroir_plugin.parameters import NAMES, PARAMETERS
from upzeroir_plugin.prior.embedded import EmbeddedPrior, embedded

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
        ("restore", "a.png", "-o", "b.png", "--seed", "99999999999999999999"),
        ("train", "photos", "-o", "prior", "--minutes", "0"),
        ("train", "photos", "-o", "prior", "--minutes", "nan"),
        ("train", "photos", "-o", "prior", "--estimator", "--dark"),
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
    assert set(found) == {"summary", "parameters", "picture"} and found["picture"] is None
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


def test_estimate_tells_of_a_frame(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "framed.png"
    as_image(np.pad(scene(96, 128), ((20, 30), (0, 0), (0, 0)))).save(path)
    assert "the picture is 128 x 96 px at 0, 20." in cli("estimate", path).out
    assert json.loads(cli("estimate", path, "--json").out)["picture"] == [0, 20, 128, 96]


def test_estimate_of_a_region(cli: Cli, tmp_path: Path) -> None:
    x = scene(128, 256)
    as_image(np.concatenate([x[:, :128], noisy(x[:, 128:], 25)], 1)).save(tmp_path / "half.png")
    left = cli("estimate", tmp_path / "half.png", "--region", "0,0,128,128").out
    right = cli("estimate", tmp_path / "half.png", "--region", "128,0,128,128").out
    assert "oisy" not in left
    assert "oisy" in right
    assert cli("estimate", tmp_path / "half.png", "--region", "200,0,128,128").code == 2


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


def test_bench_is_found_from_any_folder(tmp_path: Path) -> None:
    """As `installer/run bench` starts it: by the installed script, whose folder has no benchmarks beside it."""
    script = Path(sys.executable).with_name("upzeroir")
    command = [script, "bench", "--set", "hsts", "--data", tmp_path]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "The data folder" in ran.stderr
    assert "not part of the installed program" not in ran.stderr


@pytest.mark.parametrize("name", ["val", "intent", "adds", "estimates", "invented", "real", "kodak24-clean"])
def test_bench_without_photos_says_what_to_name(cli: Cli, tmp_path: Path, name: str) -> None:
    ran = cli("bench", "--set", name, "--data", tmp_path)
    assert ran.code == 3
    assert one_line(ran.err)
    assert "--data" in ran.err


def test_what_an_extra_needs_is_never_asked_of_an_index() -> None:
    """No package of ours is on one: one of our name there would be a stranger's."""
    assert extra_hint("raw") == "Run installer/install, or in a checkout: .venv/bin/pip install -e '.[raw]'."
    assert "--extras panel,raw,heif,latent, or" in extra_hint("latent"), "what is there must not go"
    assert "installer" not in extra_hint("bench", installer=False)
    root = Path(__file__).parents[2]
    for path in (*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("upzeroir_plugin/**/*.py")):
        assert not re.search(r"pip install ['\"]?upzeroir", path.read_text("utf-8")), path


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
        as_image(scene(136, 144, seed=i)).save(photos / f"{i}.png")
    monkeypatch.setattr(
        "upzeroir_plugin.prior.train.picture", lambda _size, _rng: np.uint8(255 * scene(160, 160))
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
