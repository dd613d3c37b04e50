"""What the documents promise is there: files behind links, commands and options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from upzeroir_plugin.cli import build_parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    missing = [t for t in targets if not re.match(r"[a-z]+:", t) and not (document.parent / t).exists()]
    assert not missing


def _commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| [^|]+ \| (`[^|]+) \|$", text, re.M)
    quoted = [command for cell in cells for command in re.findall(r"`([^`]+)`", cell)]
    full = [c.replace("… ", "restore photo.jpg -o better.png ") for c in quoted]
    starts = ("estimate", "restore", "doctor", "panel", "install-gimp", "batch", "serve")
    return [c.replace("X,Y,W,H", "1,2,30,40") for c in full if c.startswith(starts)]


def test_the_readme_shows_commands() -> None:
    assert len(_commands()) >= 8


@pytest.mark.parametrize("command", _commands())
def test_every_command_of_the_readme_is_understood(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)).command == command.split()[0]
