"""What goes when the program goes, where users named folders of their own for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from upzeroir_plugin.installation.layout import Layout
from upzeroir_plugin.installation.uninstall import uninstall
from upzeroir_plugin.service.store import private_folder


def test_only_what_we_made_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.setenv("UPZEROIR_STATE", str(tmp_path / "documents" / "service.json"))
    mine = [tmp_path / "documents" / "thesis.txt", tmp_path / "data" / "mine.txt"]
    ours = [
        tmp_path / "documents" / name for name in ("service.json", "service.log.1", ".upzeroir-pictures-x/a")
    ]
    ours += [tmp_path / "data" / name for name in ("versions/1/ready", "install.log")]
    for path in (*mine, *ours):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert uninstall(Layout(tmp_path / "data"), yes=True) == 0
    assert all(path.exists() for path in mine) and not any(path.exists() for path in ours)
    mine[0].unlink()
    (tmp_path / "documents" / "service.json").write_text("x")
    assert uninstall(Layout(tmp_path / "data"), yes=True) == 0
    assert not (tmp_path / "documents").exists()


def test_a_service_leaves_other_folders_beside_its_own_alone(tmp_path: Path) -> None:
    photo = tmp_path / "pictures-2023" / "a.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"mine")
    state = tmp_path / "service.json"
    first, other = private_folder(state), private_folder(tmp_path / "service-2.json")
    assert private_folder(state) != first and not first.exists()
    assert other.exists(), "that of another service, whose state file lies beside ours"
    assert photo.exists()
