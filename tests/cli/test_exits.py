from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.cli.helpers import GRAINY, Cli, one_line
from tests.pictures import as_image, noisy, scene
from upzeroir_plugin import restore as engine
from upzeroir_plugin.commands.progress import ProgressLine
from upzeroir_plugin.solver import means

# Exit codes


def broken(folder: Path, kind: str) -> Path:
    path = folder / "in.png"
    whole = io.BytesIO()
    as_image(scene(64, 64)).save(whole, "PNG")
    if kind == "truncated":
        path.write_bytes(whole.getvalue()[:600])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("no picture")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["gone", "empty", "text", "truncated", "folder"])
@pytest.mark.parametrize("command", ["estimate", "restore"])
def test_unreadable_inputs_are_3(cli: Cli, tmp_path: Path, kind: str, command: str) -> None:
    path = broken(tmp_path, kind)
    ran = cli(command, path, *(("-o", tmp_path / "out.png") if command == "restore" else ()))
    assert ran.code == 3
    assert ran.out == ""
    assert one_line(ran.err)
    assert not (tmp_path / "out.png").exists()


def test_an_error_is_json_where_json_was_asked_for(cli: Cli, tmp_path: Path) -> None:
    ran = cli("estimate", tmp_path / "gone.png", "--json")
    assert ran.code == 3
    said = json.loads(ran.out)["error"]
    assert (said["code"], set(said)) == ("unreadable", {"code", "message", "hint"})
    assert one_line(ran.err) and said["message"] in ran.err


def test_too_many_pixels_are_4(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", "--max-pixels", "0.004")
    assert ran.code == 4
    assert one_line(ran.err)
    assert cli("estimate", grainy, "--max-pixels", "0.004").code == 4
    assert cli("estimate", grainy, "--max-pixels", "0.005").code == 0


def test_too_little_memory_is_4(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=150_000)
    monkeypatch.setattr(means.psutil, "virtual_memory", lambda: free)
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY)
    assert ran.code == 4
    assert "memory" in ran.err


def test_memory_that_runs_out_is_4(cli: Cli, grainy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_photo: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "measure", full)
    ran = cli("estimate", grainy)
    assert ran.code == 4
    assert one_line(ran.err)


@pytest.mark.parametrize("name", ["nowhere/out.png", "out.xyz"])
def test_unwritable_outputs_are_5_before_the_work(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(engine, "measure", lambda _photo: pytest.fail("worked first"))
    ran = cli("restore", grainy, "-o", tmp_path / name, *GRAINY)
    assert ran.code == 5
    assert one_line(ran.err)


@pytest.mark.parametrize("debug", [False, True])
def test_internal_errors_are_5_with_a_traceback_only_for_debug(
    cli: Cli, grainy: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def fail(_photo: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(engine, "measure", fail)
    ran = cli("estimate", grainy, *(["--debug"] if debug else []))
    assert ran.code == 5
    assert ("Traceback" in ran.err) is debug
    assert "ZeroDivisionError: inside" in ran.err


def test_debug_shows_where_a_typed_error_came_from(cli: Cli, tmp_path: Path) -> None:
    ran = cli("estimate", tmp_path / "gone.png", "--debug")
    assert ran.code == 3
    assert "Traceback" in ran.err


def test_a_device_that_is_not_there_is_2(
    cli: Cli, grainy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.torch.cuda, "is_available", lambda: False)
    ran = cli("restore", grainy, "-o", tmp_path / "out.png", *GRAINY, "--device", "cuda")
    assert ran.code == 2
    assert "cuda" in ran.err
    assert one_line(ran.err)


def test_guided_runs_and_reports_what_it_did(cli: Cli, grainy: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out.png", tmp_path / "report.json"
    ran = cli("restore", grainy, "-o", out, "--set", "noise.file=10", "--steps", "6", "--effort", "guided",
              "--report", report)  # fmt: skip
    assert ran.code == 0, ran.err
    told = json.loads(report.read_text())
    assert (told["solver"], told["effort"]) == ("guided", "guided")
    assert told["quality"]["latent.scale"] > 0
    assert told["quality"]["history"][-1]["decision"] == "exit"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is POSIX")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_130_quickly_and_leaves_nothing(checkout: Path, tmp_path: Path, by: signal.Signals) -> None:
    """0.3 s to stop, and a bound generous enough for a busy machine and the end of the interpreter."""
    photo = tmp_path / "large.png"
    as_image(np.tile(noisy(scene(256, 256), 12), (6, 6, 1))).save(photo, compress_level=1)
    options = ["--set", "noise.file=12", "--set", "blur.sigma=1.5", "--effort", "thorough"]
    with subprocess.Popen(
        [sys.executable, "-m", "upzeroir_plugin", "restore", photo, "-o", tmp_path / "out.png", *options],
        cwd=checkout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.search(r"\d+% (noise|blur)", line):
                break
        process.send_signal(by)
        start = time.monotonic()
        rest = process.stderr.read()
        code = process.wait(30)
    assert code == 130
    assert time.monotonic() - start < 2.5
    assert "Cancelled" in rest
    assert "Traceback" not in rest
    assert [p.name for p in tmp_path.iterdir()] == ["large.png"]


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr("upzeroir_plugin.commands.progress.time.monotonic", lambda: now[0])
    stream = Terminal()
    line = ProgressLine("a.png", stream)
    line.update(0.5, "noise", 12.4)
    line.update(0.6, "too soon", 1)
    shown = stream.getvalue()
    assert shown.startswith("\ra.png [")
    assert shown.count("#") == shown.count(".") - 1 == 14
    assert "50% noise, 12 s left" in shown
    assert "too soon" not in shown
    line.close()
    assert stream.getvalue().endswith("\r")
    assert "\n" not in stream.getvalue()


def test_elsewhere_plain_lines_at_most_one_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr("upzeroir_plugin.commands.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    line = ProgressLine("a.png", stream)
    for i in range(30):
        now[0] = 10 + i / 10
        line.update(i / 30, "noise", None)
    line.close()
    assert stream.getvalue().splitlines() == ["a.png: 0% noise", "a.png: 33% noise", "a.png: 67% noise"]
