"""Batches with real workers: stopped by kill −9 and gone on with, crashed, mixed with what cannot be read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.pictures import as_image, noisy, scene
from tests.waiting import until
from upzeroir_plugin.cli import main

QUICK = ["--set", "noise.file=8", "--steps", "1", "--device", "cpu"]


def photos(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        made = as_image(noisy(scene(48, 56, seed=number % 3), 8, seed=number))
        made.save(folder / f"photo {number}.png")
    return folder


def results(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Name → what would change if the file were made again."""
    found = {}
    for path in folder.glob("*.png"):
        status = path.stat()
        found[path.name] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def batch(*arguments: object) -> int:
    return main(["batch", *map(str, arguments), *QUICK])


def started(checkout: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "upzeroir_plugin", "batch", *map(str, arguments), *QUICK]
    return subprocess.Popen(command, cwd=checkout, stderr=subprocess.PIPE, text=True)


def running(ledger: Path) -> list[bytes]:
    """Sources being worked on now."""
    if not ledger.exists():
        return []
    base = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    try:
        return [row[0] for row in base.execute("SELECT source FROM photos WHERE state = 'running'")]
    except sqlite3.Error:
        return []
    finally:
        base.close()


def test_killed_and_gone_on_with_each_photo_is_restored_exactly_once(
    tmp_path: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = photos(tmp_path / "in", 6), tmp_path / "out"
    run = started(checkout, source, "-o", out, "--jobs", 2)
    until(lambda: len(results(out)) >= 2, pause=0.002)
    workers = psutil.Process(run.pid).children(recursive=True)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    psutil.wait_procs(workers, timeout=10)
    assert not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers)
    before = results(out)
    assert 2 <= len(before) < 6
    assert batch(source, "-o", out, "--jobs", 1) == 0
    after = results(out)
    assert len(after) == 6
    assert {name: after[name] for name in before} == before
    assert not list(out.glob(".*"))
    assert f"{6 - len(before)} restored, {len(before)} by earlier runs" in capsys.readouterr().err
    assert len(list((out / "upzeroir-batch" / "reports").glob("*.json"))) == 6

    one = tmp_path / "one.png"
    assert main(["restore", str(source / "photo 4.png"), "-o", str(one), *QUICK]) == 0
    assert one.read_bytes() == (out / "photo 4.png").read_bytes()


def test_a_crash_costs_nothing_and_bad_files_stop_nothing(
    tmp_path: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = photos(tmp_path / "in", 3), tmp_path / "out"
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    shutil.copy(source / "photo 0.png", source / "taken.png")
    (source / "pair.dng").write_bytes(b"no raw file either")
    shutil.copy(source / "photo 0.png", source / "pair.jpg")
    out.mkdir()
    (out / "taken.png").write_bytes(b"mine")
    run = started(checkout, source, "-o", out, "--jobs", 1)
    ledger = out / "upzeroir-batch" / "ledger.sqlite"

    until(lambda: running(ledger) == [os.fsencode(source / "photo 0.png")], pause=0.002)
    workers = [p for p in psutil.Process(run.pid).children() if "spawn_main" in " ".join(p.cmdline())]
    workers[0].kill()
    _, said = run.communicate(timeout=120)
    assert run.returncode == 3
    assert "pair.jpg: pair.dng is restored instead." in said
    assert (out / "taken.png").read_bytes() == b"mine"
    summary = json.loads((out / "upzeroir-batch" / "summary.json").read_text())
    found = {Path(p["source"]).name: p for p in summary["photos"]}
    assert [found[f"photo {n}.png"]["state"] for n in range(3)] == ["done"] * 3
    assert {n: found[n]["code"] for n in ("broken.png", "taken.png", "pair.dng")} == {
        "broken.png": "unreadable",
        "taken.png": "output-exists",
        "pair.dng": "unreadable",
    }
    with contextlib.closing(sqlite3.connect(ledger)) as base:
        begun = dict(base.execute("SELECT source, begun FROM photos"))
    assert begun[os.fsencode(source / "photo 0.png")] == 2
    assert begun[os.fsencode(source / "broken.png")] == 1
    page = (out / "upzeroir-batch" / "summary.html").read_text()
    pictures = [part.split("'")[0] for part in page.split("src='")[1:]]
    assert len(pictures) == 6
    assert all((out / "upzeroir-batch" / name).is_file() for name in pictures)
    assert "broken.png" in page and "Passed over" in page

    capsys.readouterr()
    (source / "broken.png").unlink()
    assert batch(source, "-o", out, "--amount", "noise=0.5") == 2
    assert "other settings (amounts)" in capsys.readouterr().err


def test_two_batches_do_not_share_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from filelock import FileLock

    source, out = photos(tmp_path / "in", 1), tmp_path / "out"
    (out / "upzeroir-batch").mkdir(parents=True)
    with FileLock(out / "upzeroir-batch" / "lock"):
        assert batch(source, "-o", out) == 2
    assert "Another batch" in capsys.readouterr().err


def test_a_batch_beside_its_photos_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = photos(tmp_path / "in", 1)
    order = ["batch", str(folder), "-o", str(folder), "--name", "{stem}-restored", *QUICK]
    assert main(order) == 0
    before = results(folder)
    assert set(before) == {"photo 0.png", "photo 0-restored.png"}
    assert main(order) == 0
    assert results(folder) == before
    assert main([*order, "--format", "jpeg"]) == 2
