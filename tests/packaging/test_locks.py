"""The lock of exact versions, and the list of everybody's licences."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from upzeroir_plugin.installation.install import EXTRAS
from upzeroir_plugin.installation.lock import NAME, entries, pinned, without_torch

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / NAME).read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WANTED = [
    *PROJECT["dependencies"],
    *(d for e in EXTRAS.split(",") for d in PROJECT["optional-dependencies"][e]),
]


def name_of(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower().replace("_", "-")  # type: ignore[union-attr]


def test_every_package_is_pinned_with_its_hashes() -> None:
    found = entries(LOCK)
    assert len(found) > 30
    for said, block in found.items():
        assert re.match(r"[a-z0-9.-]+==[^\s;]+( ; .+)?$", said), said
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), said
    named = {said.partition("==")[0] for said in found}
    assert {name_of(d) for d in WANTED} <= named


@pytest.mark.parametrize("requirement", WANTED)
def test_what_is_pinned_is_what_the_project_allows(requirement: str) -> None:
    """A changed bound in pyproject.toml asks for a new lock: installer/lock."""
    versions = re.findall(rf"^{name_of(requirement)}==([0-9.]+)", LOCK, re.M)
    assert versions
    for sign, bound in re.findall(r"(>=|<)([0-9.]+)", requirement):
        limit = [int(n) for n in bound.split(".")]
        for version in versions:
            number = [int(n) for n in version.strip(".").split(".")]
            assert number >= limit if sign == ">=" else number < limit, requirement


def test_the_lock_names_no_place() -> None:
    assert "://" not in LOCK and "index" not in LOCK.lower()


def test_torch_can_come_from_elsewhere() -> None:
    rest = without_torch(LOCK)
    assert pinned(LOCK, "torch").startswith("torch==2.")
    assert not re.search(r"^(torch|nvidia|triton|cuda)", rest, re.M)
    assert {"numpy", "pyqt6", "sympy", "jinja2"} <= {said.partition("==")[0] for said in entries(rest)}
    assert pinned(LOCK, "nothing") == ""


def test_licences_of_all_dependencies_are_collected() -> None:
    text = (ROOT / "docs" / "licences.md").read_text("utf-8")
    missing = [said for said in {s.partition("==")[0] for s in entries(LOCK)} if f"| {said} |" not in text]
    assert missing == []
    assert not re.search(r"\| +(UNKNOWN|\?)? *\|$", text, re.M)
