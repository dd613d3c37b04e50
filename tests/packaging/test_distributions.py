"""Wheel and sdist hold what the packages consist of, and nothing else; the wheel works where only it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import __version__

ROOT = Path(__file__).parents[2]
PACKAGES = ("upzeroir_plugin", "qt_panel", "gimp/upzeroir")
FOLDERS = ("upzeroir_plugin", "qt_panel", "gimp", "tests", "benchmarks", "docs", "examples", "installer")
BESIDE = (
    "pyproject.toml", "setup.py", "MANIFEST.in", "mkdocs.yml",
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
)  # fmt: skip
GENERATED = {"__pycache__", ".DS_Store"}
BUILD = "import sys; out = sys.argv[1]; from setuptools import build_meta as b; b.build_wheel(out); b.build_sdist(out)"
NEEDED = (
    "upzeroir_plugin/py.typed",
    "upzeroir_plugin/prior/intent.csv",
    "upzeroir_plugin/prior/weights/embedded/diffusion_pytorch_model.safetensors",
    "upzeroir_plugin/prior/weights/embedded/config.json",
    "upzeroir_plugin/prior/weights/embedded/residuals.json",
    "upzeroir_plugin/prior/weights/embedded/ranges.json",
    "upzeroir_plugin/estimate/weights/estimator.safetensors",
    "upzeroir_plugin/estimate/weights/dark.safetensors",
    "upzeroir_plugin/estimate/weights/kind.safetensors",
    "upzeroir_plugin/gimp/upzeroir.py",
    "qt_panel/__init__.py",
)


def files(folder: Path) -> set[str]:
    """What belongs to a package: every file but those that Python and the system make."""
    found = (p.relative_to(ROOT) for p in folder.rglob("*") if p.is_file())
    return {p.as_posix() for p in found if not GENERATED & set(p.parts)}


def expected() -> set[str]:
    """Paths in the wheel: the packages without Qt's sources of translations."""
    found = {n for name in PACKAGES for n in files(ROOT / name) if not n.endswith(".ts")}
    return {name.replace("gimp/upzeroir/", "upzeroir_plugin/gimp/") for name in found}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the wheel and the sdist, built from a copy of the checkout."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns(*GENERATED))
    for name in BESIDE:
        shutil.copy(ROOT / name, copy)
    subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=copy, check=True, capture_output=True)
    yield out
    shutil.rmtree(copy)


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    assert path.name == f"upzeroir-{__version__}-py3-none-any.whl"
    return path


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"upzeroir-{__version__}.dist-info/"
    assert {name for name in names if not name.startswith(info)} == expected()
    assert set(NEEDED) <= names
    assert {name.removeprefix(info) for name in names if name.startswith(info)} == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt", "licenses/LICENSE"
    }  # fmt: skip


def test_the_source_distribution_holds_the_whole_source(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    made = {name for name in names if name.startswith("upzeroir.egg-info/")} | {"PKG-INFO", "setup.cfg"}
    assert names - made == set(BESIDE).union(*(files(ROOT / name) for name in FOLDERS))
    assert {
        "gimp/po/de.po",
        "qt_panel/translations/upzeroir_de.ts",
        "installer/install",
        "tests/run",
    } <= names


def test_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        said = archive.read(f"upzeroir-{__version__}.dist-info/METADATA").decode()
    assert "License-Expression: GPL-3.0-or-later" in said
    assert "Requires-Python: >=3.11" in said


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as pip does, its folder's name with a space and an umlaut; no checkout in sight."""
    target = tmp_path_factory.mktemp("größe und") / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(target), str(wheel)], check=True, capture_output=True, env=_without_pip())
    return target


def _without_pip() -> dict[str, str]:
    """The environment without settings of pip that would speak for this machine."""
    return {n: v for n, v in os.environ.items() if not n.startswith("PIP_")} | {"PIP_CONFIG_FILE": os.devnull}


def test_command_line_service_and_gimp_plug_in_work_from_the_wheel(alone: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(alone),
        "UPZEROIR_STATE": str(tmp_path / "state" / "service.json"),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "GIMP3_DIRECTORY": str(tmp_path / "GIMP" / "3.0"),
    }

    def upzeroir(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "upzeroir_plugin", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=120
        )

    where = "import upzeroir_plugin, qt_panel; print(upzeroir_plugin.__file__)"
    said = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(said.stdout.strip()).is_relative_to(alone)

    as_image(noisy(scene(48, 56), 10)).save(tmp_path / "grainy.png")
    upzeroir("restore", "grainy.png", "-o", "better.png", "--set", "noise.file=10", "--steps", "1")
    assert (tmp_path / "better.png").read_bytes() != (tmp_path / "grainy.png").read_bytes()
    upzeroir("install-gimp")
    plugin = tmp_path / "GIMP" / "3.0" / "plug-ins" / "upzeroir"
    assert os.access(plugin / "upzeroir.py", os.X_OK)
    assert json.loads((plugin / "backend.json").read_text())
    upzeroir("panel", "--register")
    entry = (tmp_path / "share" / "applications" / "upzeroir.desktop").read_text("utf-8")
    assert f'Exec="{sys.executable}" -m qt_panel %F' in entry
    assert (tmp_path / "share" / "icons" / "hicolor" / "scalable" / "apps" / "upzeroir.svg").is_file()
    upzeroir("serve")
    try:
        assert "The service runs" in upzeroir("status").stdout
    finally:
        upzeroir("stop")
