"""The ledger after stops at every moment, and how many workers a machine carries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from upzeroir_plugin.batch.find import Wanted
from upzeroir_plugin.batch.ledger import Ledger, Row, results_in, short
from upzeroir_plugin.batch.pool import auto_jobs
from upzeroir_plugin.batch.summary import _doubt
from upzeroir_plugin.errors import UnreadableError, UsageError


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path, {"effort": None})
    made.add([Wanted(tmp_path / f"{n}.jpg", tmp_path / "out" / f"{n}.jpg") for n in "abc"], tmp_path / "out")
    (tmp_path / "out").mkdir()
    return made


def states(ledger: Ledger) -> str:
    return " ".join(row.state for row in ledger.rows())


def test_stopped_before_during_and_after_a_photo(ledger: Ledger, tmp_path: Path) -> None:
    a, b, c = ledger.rows()
    for row in (a, b):
        ledger.begin(row)
    b.output.write_bytes(b"finished, and nobody said so")
    b.report.parent.mkdir()
    b.report.write_text('{"summary": "Noisy.", "changed": true, "quality": {"accepted": true}}')
    half = a.output.with_name(".a.0123abcd.part")
    other = a.output.with_name(".ab.0123abcd.part")
    for path in (half, other):
        path.write_bytes(b"half")
    ledger.close()
    again = Ledger(tmp_path, {"effort": None})
    assert again.recover() == 1
    assert states(again) == "waiting done waiting"
    assert next(again.rows("done")).found["summary"] == "Noisy."
    assert other.exists() and not half.exists()
    assert c.begun == 0 and next(again.rows("waiting")).begun == 1


def test_failed_ones_and_lost_results_are_done_again(ledger: Ledger) -> None:
    a, b, c = ledger.rows()
    ledger.failed(a, {"code": "unreadable"})
    for row in (b, c):
        ledger.done(row, {})
    b.output.write_bytes(b"there")
    ledger.recover()
    assert states(ledger) == "waiting done waiting"


def test_known_photos_keep_their_outputs(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add([Wanted(tmp_path / "a.jpg", tmp_path / "out" / "other.jpg")], tmp_path / "out")
    assert [row.output.name for row in ledger.rows()] == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_of_any_bytes(ledger: Ledger, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    ledger.add([Wanted(tmp_path / name, tmp_path / "out" / name)], tmp_path / "out")
    assert list(ledger.rows())[-1].source.name == name


def test_other_settings_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    ledger.close()
    with pytest.raises(UsageError, match="effort"):
        Ledger(tmp_path, {"effort": "thorough"})


def test_a_damaged_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(UnreadableError, match="cannot be used"):
        Ledger(tmp_path, {})


@pytest.mark.parametrize(
    ("pixels", "free", "count", "accelerator", "jobs"),
    [
        (0.3e6, 16e9, 8, False, 8),  # small photos: as many as cores
        (24e6, 8e9, 8, False, 1),  # one needs 3.6 GB and 1.7 GB to spare
        (24e6, 64e9, 32, False, 17),
        (24e6, 1e9, 8, False, 1),  # never none
        (0.3e6, 64e9, 8, True, 1),  # all would share one GPU
    ],
)
def test_jobs_by_memory_and_cores(
    pixels: float, free: float, count: int, accelerator: bool, jobs: int
) -> None:
    assert auto_jobs(pixels, free, count, accelerator) == jobs


def test_a_name_that_an_earlier_run_took_is_not_given_twice(ledger: Ledger, tmp_path: Path) -> None:
    other = tmp_path / "card two" / "a.jpg"
    ledger.add([Wanted(other, tmp_path / "out" / "a.jpg")], tmp_path / "out")
    outputs = {row.source: row.output.name for row in ledger.rows()}
    assert outputs[other] == "a-jpg.jpg" and outputs[tmp_path / "a.jpg"] == "a.jpg"
    ledger.add([Wanted(other, tmp_path / "out" / "a.jpg")], tmp_path / "out")
    assert len(list(ledger.rows())) == 4


def test_results_of_earlier_runs_are_no_photos(ledger: Ledger, tmp_path: Path) -> None:
    assert results_in(tmp_path) == set()
    first = next(ledger.rows())
    ledger.begin(first)
    assert results_in(tmp_path) == {tmp_path / "out" / "a.jpg"}
    assert results_in(tmp_path / "nowhere") == set()


def test_doubt_is_what_the_residual_test_does_not_allow() -> None:
    """The verdict first; behind JPEG a residual below σ, or one that is not white, is no reason to look."""

    def doubt(std: float, white: float, accepted: bool, quality: float = 100) -> tuple[bool, float, float]:
        said = {"residual_std": std, "residual_whiteness": white, "accepted": accepted}
        report = {"quality": said, "parameters": {"jpeg.quality": {"value": quality}}}
        return _doubt(Row(Path("a"), Path("b"), Path("c"), "done", 1, short(report)))

    assert doubt(0.3, 0.6, True, quality=40)[:2] == (False, 0.0)
    assert doubt(0.3, 0.0, True)[1] > 0 and doubt(1.0, 0.6, True)[1] > 0
    assert doubt(1.1, 0.1, True)[:2] == (False, 0.0)
    ranked = [
        doubt(1.2, 0.0, False),
        doubt(1.5, 0.5, True),
        doubt(1.0, 0.0, True),
        doubt(0.3, 0.6, True, quality=40),
    ]
    assert ranked == sorted(ranked, reverse=True)
    assert _doubt(Row(Path("a"), Path("b"), Path("c"), "done", 1, {})) == (False, 0.0, 0.0)
