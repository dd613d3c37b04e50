"""Which photos a batch takes, and how results are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upzeroir_plugin.batch.find import Found, Names, find
from upzeroir_plugin.errors import UsageError

PLAIN = Names()


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def sources(found: Found, folder: Path) -> list[str]:
    return [p.source.relative_to(folder).as_posix() for p in found.photos]


def outputs(found: Found, folder: Path) -> list[str]:
    return [p.output.relative_to(folder).as_posix() for p in found.photos]


def test_a_folder_gives_its_photos_and_nothing_hidden_or_foreign(tmp_path: Path) -> None:
    touch(tmp_path / "in", "b.jpg", "a.TIF", "notes.txt", ".c.jpg", "sub/d.png", ".trash/e.png")
    found = find([str(tmp_path / "in")], tmp_path / "out", False, "raw", PLAIN)
    assert sources(found, tmp_path / "in") == ["a.TIF", "b.jpg"]
    assert outputs(found, tmp_path / "out") == ["a.TIF", "b.jpg"]


def test_sub_folders_are_kept_and_the_results_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "sub/d.heic", "out/b.jpg", "out/sub/d.tif")
    found = find([str(tmp_path)], tmp_path / "out", True, "raw", PLAIN)
    assert outputs(found, tmp_path / "out") == ["b.jpg", "sub/d.tif"]


def test_patterns_count_sub_folders_from_where_they_begin(tmp_path: Path) -> None:
    touch(tmp_path, "2024/may/a.nef", "2024/june/a.nef", "2024/a.txt")
    found = find([str(tmp_path / "2024/**/*.nef")], tmp_path / "out", False, "raw", PLAIN)
    assert outputs(found, tmp_path / "out") == ["june/a.tif", "may/a.tif"]


def test_two_folders_do_not_mix(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.jpg", "two/a.jpg")
    found = find([str(tmp_path / n) for n in ("one", "two", "one")], tmp_path / "out", False, "raw", PLAIN)
    assert outputs(found, tmp_path / "out") == ["one/a.jpg", "two/a.jpg"]


@pytest.mark.parametrize(
    ("pairs", "taken"),
    [
        ("raw", ["A.jpg", "b.NEF", "c.dng", "d.tif"]),
        ("jpeg", ["A.jpg", "B.JPG", "c.dng", "d.tif"]),
        ("both", ["A.jpg", "B.JPG", "b.NEF", "c.dng", "d.tif"]),
    ],
)
def test_of_a_pair_one_is_taken_and_the_other_said(tmp_path: Path, pairs: str, taken: list[str]) -> None:
    touch(tmp_path / "in", "A.jpg", "b.NEF", "B.JPG", "c.dng", "d.tif")
    found = find([str(tmp_path / "in")], tmp_path / "out", False, pairs, PLAIN)
    assert sorted(sources(found, tmp_path / "in")) == sorted(taken)
    assert [path.name for path, _ in found.left] == {"raw": ["B.JPG"], "jpeg": ["b.NEF"], "both": []}[pairs]
    assert all("is restored instead" in why for _, why in found.left)


def test_results_of_one_name_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.heic", "a.tif", "a.gif", "a.png")
    found = find([str(tmp_path / "in")], tmp_path / "out", False, "raw", PLAIN)
    assert outputs(found, tmp_path / "out") == ["a.png", "a.tif", "a-png.png", "a-tif.tif"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.sets(st.sampled_from(["a", "A", "b"]).flatmap(
    lambda stem: st.sampled_from([".jpg", ".heic", ".png", ".bmp", ".tif", ".nef", ".dng", ".gif"]).map(
        lambda ending: stem + ending)), min_size=1), st.sampled_from(["same", "jpeg", "tiff"]))  # fmt: skip
def test_no_two_results_ever_share_a_name(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("names")
    touch(folder / "in", *names)
    found = find([str(folder / "in")], folder / "out", False, "both", Names(format=kind))
    made = [p.output.name.casefold() for p in found.photos]
    assert len(set(made)) == len(made) == len(names)


def test_names_follow_the_pattern(tmp_path: Path) -> None:
    touch(tmp_path / "in", "sub/a.nef")
    found = find([str(tmp_path)], tmp_path / "out", True, "raw", Names("{folder}_{stem}-better", "jpeg"))
    assert outputs(found, tmp_path / "out") == ["in/sub/sub_a-better.jpg"]


@pytest.mark.parametrize(
    "pattern", ["better", "{stem}/{folder}", "{stem", "{number}", "{stem}{0}", "{}", "a:{stem}"]
)
def test_patterns_that_make_no_names_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        Names(pattern).check()


def test_nothing_to_do_and_sources_as_results_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "sub/a.jpg")
    with pytest.raises(UsageError, match="No photos"):
        find([str(tmp_path)], tmp_path / "out", False, "raw", PLAIN)
    with pytest.raises(UsageError, match="is a source"):
        find([str(tmp_path / "sub")], tmp_path / "sub", False, "raw", PLAIN)
    with pytest.raises(UsageError, match="There is no file"):
        find([str(tmp_path / "none")], tmp_path / "out", False, "raw", PLAIN)
    beside = find([str(tmp_path / "sub")], tmp_path / "sub", False, "raw", Names("{stem}-restored"))
    assert [p.output.name for p in beside.photos] == ["a-restored.jpg"]
