"""Finding the service, starting it once, and its end."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import psutil
import pytest

from tests.service.conftest import Launch
from tests.service.helpers import ROOT, Running, done, end, ended, environment, picture, upload
from tests.waiting import until
from upzeroir_plugin.client import ClientError, connect
from upzeroir_plugin.launch import launch_command, read_state
from upzeroir_plugin.service.limits import Limits
from upzeroir_plugin.service.state import State, publish, withdraw


def test_the_state_file_is_the_users_own_and_complete(running: Running) -> None:
    found = json.loads(running.state.read_text())
    assert set(found) == {"pid", "port", "token", "api", "started"}
    assert found["pid"] == running.process().pid
    assert len(found["token"]) == 64
    if os.name == "posix":
        assert stat.S_IMODE(running.state.stat().st_mode) == 0o600
        assert stat.S_IMODE(running.state.parent.stat().st_mode) == 0o700
        private = list(running.state.parent.glob(".upzeroir-pictures-*"))
        assert [stat.S_IMODE(p.stat().st_mode) for p in private] == [0o700]


def test_it_listens_on_loopback_only(running: Running) -> None:
    links = [c for c in running.process().net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert [c.laddr for c in links] == [("127.0.0.1", running.port)]


def test_publishing_replaces_the_file_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    publish(path, State(1, 2, "a", 1, 3.0))
    with path.open() as reading:
        publish(path, State(4, 5, "b", 1, 6.0))
        assert json.load(reading)["token"] == "a"
    assert json.loads(path.read_text())["token"] == "b"
    assert [p.name for p in tmp_path.iterdir()] == ["service.json"]
    withdraw(path, 1)
    assert path.exists(), "another process's file was removed"
    withdraw(path, 4)
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "port": 1, "token": ""}'])
def test_a_state_file_without_sense_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "service.json"
    path.write_text(text)
    assert read_state(path) is None
    with pytest.raises(ClientError) as caught:
        connect(launch=False, state=path)
    assert caught.value.code == "no-service"


def test_two_launches_at_once_give_one_service(launch: Launch, tmp_path: Path) -> None:
    """Several clients, each in its own thread, find no service at the same moment."""
    state = tmp_path / "a" / "state" / "service.json"
    found: list[int] = []
    gate = threading.Barrier(3)

    def one() -> None:
        gate.wait()
        found.append(connect(state=state, patience=60).hello(quiet=True)["processes"]["service"])

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1
    launch("a")
    until(lambda: [p.pid for p in psutil.process_iter(["cmdline"]) if _serves(p, state)] == [found[0]])


def _serves(process: psutil.Process, state: Path) -> bool:
    try:
        return (
            "serve" in process.cmdline() and process.environ().get("UPZEROIR_STATE") == str(state)
        ) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_a_service_that_was_killed_leaves_nothing_in_the_way(launch: Launch) -> None:
    first = launch("a")
    upload(first.client, picture())
    process = first.process()
    children = process.children()
    left = next(first.state.parent.glob(".upzeroir-pictures-*"))
    process.kill()
    until(lambda: ended(process))
    assert first.state.exists(), "nobody could remove it"
    until(lambda: all(map(ended, children)), 10)  # the service's children do not outlive it
    again = launch("a")
    assert again.process().pid != process.pid
    assert not left.exists(), "pictures of the killed service are still there"


def test_commands_status_and_stop(launch: Launch) -> None:
    running = launch("a")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        with environment(UPZEROIR_STATE=str(running.state), PYTHONPATH=str(ROOT)):
            return subprocess.run(
                [sys.executable, "-m", "upzeroir_plugin", *words], capture_output=True, text=True, timeout=60
            )

    said = json.loads(command("status", "--json").stdout)
    assert said["running"]
    assert said["pid"] == running.told()["pid"]
    assert running.token not in command("status").stdout
    assert "runs" in command("serve").stdout
    useless = command("serve", "--memory", "1", "--idle-exit", "1")
    assert useless.returncode == 0 and "--idle-exit, --memory changed nothing" in useless.stderr
    second = command("serve", "--foreground")
    assert second.returncode == 0
    assert "running already" in second.stderr
    process = running.process()
    assert command("stop").returncode == 0
    until(lambda: ended(process))
    assert not running.state.exists()
    assert command("status").returncode == 1
    assert "not running" in command("stop").stdout


def test_it_ends_when_idle_and_unloads_the_model_before(launch: Launch) -> None:
    """A reader, or a client that asks, keeps it alive; `status` does not."""
    running = launch("a", [*launch_command(), "--idle-exit", "0.04"])
    limits = Limits()
    assert limits.idle_exit == 600
    assert limits.idle_unload < limits.idle_exit
    photo = upload(running.client, picture())
    done(running.client, running.client.submit(photo, {"noise.file": 9}))
    process = running.process()
    assert running.client.hello(quiet=True)["engine"]["state"] == "ready"
    until(lambda: running.client.hello(quiet=True)["engine"]["state"] == "unloaded", 10)
    assert running.client.photo(photo)["width"] == 64, "the photo went with the model"
    until(lambda: ended(process), 15)
    assert not running.state.exists()
    assert "idle" in (running.state.parent / "service.log").read_text()


def test_two_state_files_may_share_a_folder(launch: Launch) -> None:
    """Each service has its own lock and log, and lets the other one's pictures alone."""
    one = launch("a")
    photo = upload(one.client, picture())
    other = connect(state=one.state.with_name("other.json"), patience=60)
    try:
        assert other.hello(quiet=True)["processes"]["service"] != one.process().pid
        assert one.client.estimate(photo)["summary"]
        there = {path.name for path in one.state.parent.iterdir()}
        assert {"service.lock", "service.log", "other.lock", "other.log"} <= there
    finally:
        end(other.state)


def test_a_service_that_runs_but_does_not_answer_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, not after the whole patience."""
    monkeypatch.setattr("upzeroir_plugin.launch.ANOTHER_SECONDS", 0.2)
    with filelock.FileLock(tmp_path / "service.lock"), pytest.raises(ClientError) as caught:
        connect(state=tmp_path / "service.json", patience=120)
    assert "running already" in caught.value.message and "upzeroir stop" in caught.value.message
