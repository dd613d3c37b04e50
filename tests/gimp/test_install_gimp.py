"""`upzeroir install-gimp`: every way that GIMP may be installed, on folders that the tests make."""

from __future__ import annotations

import ast
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from upzeroir_plugin import cli, gimp_folders
from upzeroir_plugin.commands import install_gimp

ROOT = Path(__file__).resolve().parents[2]
WANTED = {
    "upzeroir.py",
    "parameters.py",
    "summary.py",
    "client.py",
    "launch.py",
    "evidence.py",
    "backend.json",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, without any GIMP."""
    for name in ("XDG_CONFIG_HOME", "GIMP3_DIRECTORY", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("UPZEROIR_STATE", str(tmp_path / "state" / "service.json"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(folder: Path, name: str, text: str = "") -> None:
    """An executable."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def folders(home: Path) -> list[str]:
    return [profile.folder.relative_to(home).as_posix() for profile in gimp_folders.find().profiles]


def test_every_folder_of_gimp_3_is_found(home: Path) -> None:
    for name in (".config/GIMP/2.10", ".config/GIMP/3.0", ".config/GIMP/3.2", ".config/GIMP/other"):
        (home / name).mkdir(parents=True)
    flatpak = ".var/app/org.gimp.GIMP/config/GIMP/3.0"
    snap = "snap/gimp/current/.config/GIMP/3.0"
    (home / flatpak).mkdir(parents=True)
    (home / snap).mkdir(parents=True)
    assert folders(home) == [".config/GIMP/3.0", ".config/GIMP/3.2", flatpak, snap]
    assert [p.kind for p in gimp_folders.find().profiles] == ["native", "native", "flatpak", "snap"]


def test_a_gimp_that_has_not_run_yet(home: Path) -> None:
    program(home / "bin", "gimp-console-3.0")
    program(home / "bin", "gimp-3.0")
    program(home / "bin", "gimp-2.10")
    program(home / "bin", "gimp-something")
    assert folders(home) == [".config/GIMP/3.0"]
    program(home / "bin", "flatpak", 'echo "     Version: 3.2.1"')
    assert folders(home) == [".config/GIMP/3.0", ".config/GIMP/3.2"]


def test_windows_and_macos(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(home / "Roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "Local"))
    monkeypatch.setenv("ProgramFiles", str(home / "Program Files"))
    store = "Local/Packages/GIMP.GIMP_x/LocalCache/Roaming/GIMP/3.0"
    (home / store).mkdir(parents=True)
    program(home / "Program Files" / "GIMP 3" / "bin", "gimp-console-3.2.exe")
    assert folders(home) == [store, "Roaming/GIMP/3.2"]
    monkeypatch.setattr(sys, "platform", "darwin")
    (home / "Library/Application Support/GIMP/3.0").mkdir(parents=True)
    program(home / "Applications" / "GIMP.app" / "Contents" / "MacOS", "gimp-console-3.0")
    assert folders(home) == ["Library/Application Support/GIMP/3.0"]


def test_the_folder_that_gimp_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIMP3_DIRECTORY", str(home / "mine"))
    assert folders(home) == ["mine"]


def test_install_check_uninstall(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".config/GIMP/3.0").mkdir(parents=True)
    assert cli.main(["install-gimp", "--check"]) == 1
    assert "not installed" in capsys.readouterr().err
    assert cli.main(["install-gimp"]) == 0
    folder = home / ".config/GIMP/3.0/plug-ins/upzeroir"
    assert {path.name for path in folder.iterdir()} >= WANTED
    executable = {p.name for p in folder.rglob("*") if p.is_file() and p.stat().st_mode & stat.S_IXUSR}
    assert executable == {"upzeroir.py"}, (
        "GIMP scans executables of the folder's name, and nothing else may look so"
    )
    assert [p.name for p in folder.parent.iterdir()] == ["upzeroir"]
    assert [p.name for p in folder.parent.parent.iterdir()] == ["plug-ins"], "nothing of the making is left"
    assert (folder / "upzeroir.py").read_bytes().startswith(b"#!/usr/bin/env python3\n")
    backend = json.loads((folder / "backend.json").read_text(encoding="utf-8"))
    assert backend["state"] == os.environ["UPZEROIR_STATE"]
    assert Path(backend["command"][0]).is_file() and backend["command"][-2:] == ["serve", "--foreground"]
    assert backend["panel"][-1] == "panel"
    assert cli.main(["install-gimp", "--check"]) == 0
    (folder / "client.py").write_text("broken", encoding="utf-8")
    (folder / "left-over.txt").write_text("of an earlier version", encoding="utf-8")
    (folder / "upzeroir.py").chmod(0o644)
    capsys.readouterr()
    assert cli.main(["install-gimp", "--check"]) == 1
    said = capsys.readouterr().err
    assert "client.py" in said and "not executable" in said
    assert cli.main(["install-gimp"]) == 0 and cli.main(["install-gimp", "--check"]) == 0
    assert not (folder / "left-over.txt").exists()
    assert cli.main(["install-gimp", "--uninstall"]) == 0
    assert not folder.exists()
    assert cli.main(["install-gimp", "--uninstall"]) == 0


def test_a_folder_that_is_not_ours_stays(home: Path) -> None:
    folder = home / ".config/GIMP/3.0/plug-ins/upzeroir"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert cli.main(["install-gimp", "--uninstall"]) == 0
    assert (folder / "notes.txt").exists()


def test_only_gimp_2_or_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["install-gimp"]) == 2
    assert "No GIMP 3" in capsys.readouterr().err
    (home / ".config/GIMP/2.10").mkdir(parents=True)
    assert cli.main(["install-gimp"]) == 2
    said = capsys.readouterr().err
    assert "2.10" in said and "upzeroir panel" in said


def test_sandboxes_are_told_how_to_start_the_backend(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "snap/gimp/current/.config/GIMP/3.0").mkdir(parents=True)
    (home / ".var/app/org.gimp.GIMP/config/GIMP/3.0").mkdir(parents=True)
    assert cli.main(["install-gimp"]) == 0
    said = capsys.readouterr().err
    assert "upzeroir serve" in said
    plugin = home / "snap/gimp/current/.config/GIMP/3.0/plug-ins/upzeroir"
    state = json.loads((plugin / "backend.json").read_text(encoding="utf-8"))["state"]
    assert state.startswith(str(home / "snap/gimp/common")), "the one place that the Snap and we both see"
    assert state in said


def test_a_folder_that_cannot_be_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".config/GIMP/3.0").mkdir(parents=True)
    (home / ".config/GIMP/3.0/plug-ins").write_text("a file", encoding="utf-8")
    assert cli.main(["install-gimp"]) == 5
    assert "cannot be written" in capsys.readouterr().err


def test_line_ends_are_unix(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "checkout"
    source.mkdir()
    for path in (ROOT / "gimp" / "upzeroir").glob("*.py"):
        (source / path.name).write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setattr(install_gimp, "_source", lambda _here: source)
    profile = gimp_folders.Profile(home / "p", "native", (3, 0))
    assert not any(
        b"\r" in data for name, data in install_gimp.contents(profile).items() if name.endswith(".py")
    )


def test_the_plugin_needs_nothing_but_gi_and_the_standard_library() -> None:
    profile = gimp_folders.Profile(Path("p"), "native", (3, 0))
    files = {n: d for n, d in install_gimp.contents(profile).items() if n.endswith(".py")}
    own = {name[:-3] for name in files}
    for name, data in files.items():
        tree = ast.parse(data, feature_version=(3, 9))
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for module in names:
                top = module.split(".")[0]
                fine = top in sys.stdlib_module_names or top in own or top in ("gi", "upzeroir_plugin")
                assert fine, f"{name} imports {module}"
