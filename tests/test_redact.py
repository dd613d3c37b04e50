from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from upzeroir_plugin import redact
from upzeroir_plugin.redact import redacted


@pytest.fixture(autouse=True)
def _anna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("token abc123 given", "token [token] given"),
        ("cannot read /media/anna/Holiday 2025/IMG_1.jpg: no such file", "cannot read [path].jpg: no such file"),
        (r"cannot read C:\Users\anna\Holiday 2025\IMG_1.NEF: no", "cannot read [path].NEF: no"),
        ("[Errno 28] No space left: '/srv/Family album/x'", "[Errno 28] No space left: '[path]'"),
        ('{"folder": "/home/anna/Pictures"}', '{"folder": "[path]"}'),
        ("state in /home/anna/.local for anna", "state in ~/.local for user"),
        ("/home/annabel and hannah stay", "/home/annabel and hannah stay"),
        ("GET /v1/jobs/7 200", "GET /v1/jobs/7 200"),
    ],
)  # fmt: skip
def test_names_are_taken_out(said: str, left: str) -> None:
    assert redacted(said, "abc123") == left


def test_the_programs_own_files_stay_named() -> None:
    line = f'  File "{redact.__file__}", line 3, in redacted'
    assert redacted(line) == line
