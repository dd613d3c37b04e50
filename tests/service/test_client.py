"""The client that GIMP, the panel and scripts share: how it finds the service, and what it says when it cannot."""

from __future__ import annotations

import ast
import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.service.conftest import Launch
from tests.service.helpers import ROOT, Running, done, end, ended, environment, picture, upload
from tests.waiting import until
from upzeroir_plugin.client import (
    ClientError,
    connect,
    pack,
    unpack,
)
from upzeroir_plugin.errors import UnwritableError
from upzeroir_plugin.launch import clean_environment, log_path, read_state, state_path
from upzeroir_plugin.parameters import PARAMETERS
from upzeroir_plugin.support import bundle

FILES = ("client.py", "launch.py", "parameters.py", "evidence.py")


# What it is made of


@pytest.mark.parametrize("name", FILES)
def test_it_is_standard_library_and_python_3_9(name: str) -> None:
    tree = ast.parse((ROOT / "upzeroir_plugin" / name).read_text(encoding="utf-8"), feature_version=(3, 9))
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").split(".")[0])
    ours = {"upzeroir_plugin", "launch", "parameters"} if name == "client.py" else set()
    assert roots - ours <= set(sys.stdlib_module_names)


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'PIL', 'starlette'}"
    code = f"import sys, upzeroir_plugin.client; print(sorted({heavy} & set(sys.modules)))"
    with environment(PYTHONPATH=str(ROOT)):
        assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_copy_beside_gimps_plugin_finds_the_service(running: Running, tmp_path: Path) -> None:
    """Alone in a folder with backend.json, in a Python that sees no package of ours."""
    for name in FILES:
        shutil.copy(ROOT / "upzeroir_plugin" / name, tmp_path)
    told = {"state": str(running.state), "command": ["no-such-program"]}
    (tmp_path / "backend.json").write_text(json.dumps(told))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import client; c = client.connect();"
        "p = c.upload_frame(8, 6, 3, 'uint8', bytes(range(144)));"
        "j = c.submit(p['id'], {'noise.file': 9}); kinds = [h['kind'] for h, _ in c.events(j)];"
        "print(kinds[-1], len(c.result(j).pixels), client.launch_command())"
    )
    env = {name: value for name, value in os.environ.items() if name != "UPZEROIR_STATE"}
    said = subprocess.check_output(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path)], text=True, env=env
    )
    assert said.split(maxsplit=2) == ["done", "144", "['no-such-program']\n"]


def test_messages_pack_and_unpack() -> None:
    header, start = unpack(pack({"a": "é", "n": 1}, 3) + b"xyz")
    assert header == {"a": "é", "n": 1, "bytes": 3}
    assert start == len(pack({"a": "é", "n": 1}, 3))


def test_hello_has_the_table_of_parameters(running: Running) -> None:
    said = running.client.hello(quiet=True)
    assert [row["name"] for row in said["parameters"]] == [row.name for row in PARAMETERS]
    assert said["api"] == [1]
    assert said["priors"]
    assert said["memory"]["service"] > 1e6
    assert set(said["processes"]) == {"service", "reader", "engine"}


# Where it looks


def test_places_of_the_state_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("UPZEROIR_STATE", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert state_path() == tmp_path / "home/.local/state/upzeroir/service.json"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_path() == tmp_path / "xdg/upzeroir/service.json"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_path() == tmp_path / "home/Library/Application Support/upzeroir/service.json"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert state_path() == tmp_path / "local/upzeroir/service.json"
    monkeypatch.setenv("UPZEROIR_STATE", str(tmp_path / "own.json"))
    assert state_path() == tmp_path / "own.json"


@pytest.mark.skipif(os.name != "posix", reason="another system's rights")
def test_a_spare_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a shared temporary folder, others may have made it first, or a link."""
    for name in ("UPZEROIR_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc/no-home")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    spare = tmp_path / f"upzeroir-{os.getuid()}"
    assert state_path() == spare / "service.json"
    spare.chmod(0o777)
    assert state_path() != spare / "service.json"
    spare.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    spare.symlink_to(tmp_path / "elsewhere")
    assert state_path() != spare / "service.json"


def test_the_environment_is_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH",
           "GI_TYPELIB_PATH", "GIMP3_DIRECTORY", "GEGL_PATH", "BABL_PATH", "GTK_PATH", "http_proxy", "HTTPS_PROXY",
           "all_proxy")  # fmt: skip
    for name in bad:
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    kept = clean_environment()
    assert not set(bad) & set(kept)
    assert kept["OMP_NUM_THREADS"] == "1"
    assert "PATH" in kept


# Environments that break others


def works(state: Path) -> Running:
    """A service is launched and restores a photo."""
    found = connect(state=state, patience=60)
    assert done(found, found.submit(upload(found, picture()), {"noise.file": 9}, steps=1))["changed"]
    return Running(found, state, state.parent)


def test_a_poisoned_environment(tmp_path: Path) -> None:
    """The caller's Python home, modules, libraries and proxies all lead astray; so does its folder's name."""
    home = tmp_path / "Zoë Müller’s 写真 & co"
    poison = home / "poison"
    poison.mkdir(parents=True)
    for name in ("torch.py", "numpy.py", "starlette.py", "sitecustomize.py", "json.py"):
        (poison / name).write_text("raise SystemExit('poisoned')")
    for name in ("libz.so.1", "libstdc++.so.6", "libpython3.11.so.1.0", "libssl.so.3"):
        (poison / name).write_bytes(b"no library")
    dead = "http://127.0.0.1:9"
    lost = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH")
    proxies = ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY")
    gone = ("XDG_STATE_HOME", "UPZEROIR_STATE", "no_proxy", "NO_PROXY")
    env = {**dict.fromkeys(lost, str(poison)), **dict.fromkeys(proxies, dead), **dict.fromkeys(gone)}
    with environment(HOME=str(home), **env):
        state = state_path()
        assert state == home / ".local/state/upzeroir/service.json"
        try:
            found = works(state)
            found.client.upload_file(_saved(home / "Größe 大.jpg"))
        finally:
            end(state)


def test_its_threads_wait_without_spinning(tmp_path: Path) -> None:
    """It shares the processor with the program beside it; whoever says otherwise is heard."""
    for given, wanted in ((None, "PASSIVE"), ("ACTIVE", "ACTIVE")):
        state = tmp_path / str(given) / "service.json"
        with environment(OMP_WAIT_POLICY=given):
            try:
                works(state)
                found = read_state(state)
                assert found is not None
                service = psutil.Process(found["pid"])
                engines = [p.environ().get("OMP_WAIT_POLICY") for p in service.children(recursive=True)]
                assert engines and set(engines) == {wanted}
            finally:
                end(state)


def _saved(path: Path) -> Path:
    from PIL import Image

    Image.fromarray(picture()).save(path)
    return path


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc stands for a home that nobody can write")
def test_a_read_only_home(tmp_path: Path) -> None:
    """Even root cannot make a folder in /proc: the state goes below XDG_RUNTIME_DIR."""
    none = {"XDG_STATE_HOME": None, "UPZEROIR_STATE": None}
    with environment(HOME="/proc/no-home", XDG_RUNTIME_DIR=str(tmp_path), **none):
        state = state_path()
        assert state.parent == tmp_path / f"upzeroir-{os.getuid()}"
        try:
            works(state)
        finally:
            end(state)
    with pytest.raises(ClientError) as caught:
        connect(state=Path("/proc/no-home/service.json"))
    assert caught.value.code == "no-service"
    assert "could not be started" in caught.value.message


def test_a_start_that_fails_says_why_and_where_the_log_is(tmp_path: Path) -> None:
    state = tmp_path / "service.json"
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        connect(state=state, command=[sys.executable, "-c", "raise SystemExit('the disk is upside down')"])
    assert time.monotonic() - began < 5
    assert caught.value.code == "no-service"
    assert "the disk is upside down" in caught.value.message
    assert str(tmp_path / "service.log") in caught.value.hint
    with pytest.raises(ClientError, match="could not be started"):
        connect(state=state, command=[str(tmp_path / "not-there")])
    with pytest.raises(ClientError, match=r"did not answer within 0\.5 s"):
        connect(state=state, command=[sys.executable, "-c", "import time; time.sleep(5)"], patience=0.5)


def test_waiting_says_what_for(launch: Launch) -> None:
    said: list[str] = []
    running = launch("a")
    connect(state=running.state, waiting=said.append)
    assert said == [], "it runs already: nothing to wait for"
    end(running.state)
    connect(state=running.state, waiting=said.append, patience=60)
    assert said == ["Starting the UP-ZeroIR backend"]


# What else may sit on the port


class Other(http.server.BaseHTTPRequestHandler):
    """Another program that answers there."""

    answer: tuple[int, bytes] = (200, b"{}")

    def do_GET(self) -> None:
        status, body = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_about: object) -> None:
        pass


@pytest.fixture
def other(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A state file that leads to a program which answers as the parameter says."""
    handler = type("Handler", (Other,), {"answer": request.param})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        state = tmp_path / "service.json"
        state.write_text(json.dumps({"pid": os.getpid(), "port": server.server_port, "token": "t", "api": 1}))
        yield state
        server.shutdown()


@pytest.mark.parametrize("other", [(200, b'{"api": [2, 3], "build": "9.9"}')], indirect=True)
def test_another_version_is_refused_in_words(other: Path) -> None:
    with pytest.raises(ClientError) as caught:
        connect(state=other)
    assert caught.value.code == "version"
    assert "9.9" in caught.value.message
    assert "upzeroir stop" in caught.value.hint


@pytest.mark.parametrize(
    "other", [(401, b"{}"), (200, b"<html>"), (200, b"[]"), (404, b""), (500, b"x" * 100_000)], indirect=True,
    ids=["another token", "a web page", "a list", "not found", "an error"],
)  # fmt: skip
def test_a_stranger_on_the_port_is_no_service(other: Path) -> None:
    with pytest.raises(ClientError) as caught:
        connect(launch=False, state=other)
    assert caught.value.code == "no-service"


def test_a_port_where_nobody_answers_is_stale(tmp_path: Path) -> None:
    state = tmp_path / "service.json"
    state.write_text(json.dumps({"pid": os.getpid(), "port": 9, "token": "t", "api": 1}))
    with pytest.raises(ClientError) as caught:
        connect(launch=False, state=state)
    assert caught.value.code == "no-service"


# The service dies


def test_the_service_killed_in_mid_job(launch: Launch) -> None:
    """The client reports it, and the next call has a new service; what was uploaded is gone and says so."""
    running = launch("a")
    photo = upload(running.client, picture(128, 96))
    job = running.client.submit(photo, {"noise.file": 12, "blur.sigma": 1.5}, steps=1000)
    events = running.client.events(job)
    next(jpeg for _, jpeg in events if jpeg)
    process = running.process()
    family = [process, *process.children(recursive=True)]
    process.kill()
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        list(events)
    assert caught.value.code in ("service-lost", "not-found")
    assert time.monotonic() - began < 15
    until(lambda: all(map(ended, family)), 10)
    with environment(HOME=str(running.root / "home")):
        again = running.client.hello(quiet=True)
    assert again["processes"]["service"] != process.pid
    with pytest.raises(ClientError) as caught:
        running.client.photo(photo)
    assert caught.value.code == "not-found"
    assert "send it again" in caught.value.hint
    assert running.client.estimate(upload(running.client, picture()))["summary"]


def test_a_closed_iterator_ends_at_once_from_another_thread(running: Running) -> None:
    job = running.client.submit(
        upload(running.client, picture(128, 96)), {"noise.file": 12, "blur.sigma": 1.5}, steps=1000
    )
    events = running.client.events(job)
    next(events)
    threading.Timer(0.3, events.close).start()
    began = time.monotonic()
    for header, _ in events:
        assert header["kind"] != "done"
    assert time.monotonic() - began < 1
    running.client.delete_job(job)


# From one client to another


def test_a_result_is_handed_over_once(running: Running) -> None:
    giver, taker = running.client, connect(launch=False, state=running.state)
    job = giver.submit(upload(giver, picture()), {"noise.file": 9}, steps=1)
    got: list[list[dict[str, object]]] = []
    waiting = threading.Thread(target=lambda: got.append(taker.deliveries("gimp-7", wait=20)))
    waiting.start()
    with pytest.raises(ClientError, match="no result"):
        giver.deliver(job, "gimp-7")
    done(giver, job)
    giver.deliver(job, "gimp-7", {"layer": "Background", "names": ["ä", 1]})
    waiting.join(10)
    assert [(d["job"], d["note"]) for d in got[0]] == [(job, {"layer": "Background", "names": ["ä", 1]})]
    assert np.frombuffer(taker.result(job).pixels, np.uint8).size == 64 * 48 * 3
    assert taker.deliveries("gimp-7") == []
    assert taker.deliveries("somebody-else") == []
    with pytest.raises(ClientError, match="name"):
        taker.deliveries("../x")


def test_a_receiver_that_left_loses_nothing(running: Running) -> None:
    """Who waits for a delivery and is killed does not take it along."""
    job = running.client.submit(upload(running.client, picture()), {"noise.file": 9}, steps=1)
    done(running.client, job)
    link = socket.create_connection(("127.0.0.1", running.port))
    link.sendall(
        f"GET /v1/deliveries?to=me&wait=20 HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
        f"Authorization: Bearer {running.token}\r\n\r\n".encode()
    )
    time.sleep(0.2)
    link.close()
    time.sleep(0.2)
    running.client.deliver(job, "me")
    assert [d["job"] for d in running.client.deliveries("me", 2)] == [job]


def test_many_requests_on_one_connection_are_quick(running: Running) -> None:
    """None of them waits for the other side's delayed acknowledgement (40 ms on Linux)."""
    link = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    spent = []
    for _ in range(40):
        began = time.monotonic()
        link.request("GET", "/v1/log?lines=1", headers={"Authorization": f"Bearer {running.token}"})
        link.getresponse().read()
        spent.append(time.monotonic() - began)
    link.close()
    assert sorted(spent)[20] < 0.02


# Upkeep


def test_memory_can_be_freed(running: Running) -> None:
    photo = upload(running.client, picture())
    done(running.client, running.client.submit(photo, {"noise.file": 9}, steps=1))
    before = running.client.hello(quiet=True)["memory"]["engine"]
    assert before > 50e6
    assert running.client.free_memory()["memory"]["engine"] == 0
    assert running.client.hello(quiet=True)["engine"]["state"] == "unloaded"
    assert done(running.client, running.client.submit(photo, {"noise.file": 8}, steps=1))["changed"]


def test_the_log_has_no_token_and_no_home(running: Running) -> None:
    text = running.client.log()
    assert "engine ready" in text
    assert running.token not in text
    assert str(Path.home()) not in text or str(Path.home()) == "/"


def test_the_report_for_support(running: Running, tmp_path: Path) -> None:
    import zipfile

    env = {"UPZEROIR_STATE": str(running.state), "PYTHONPATH": str(ROOT)}
    with environment(**env):
        ran = subprocess.run(
            [sys.executable, "-m", "upzeroir_plugin", "doctor", "--report", tmp_path / "r.zip"],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        with pytest.raises(UnwritableError, match="cannot be written"):
            bundle(tmp_path / "no" / "r.zip", {})
    assert "r.zip" in ran.stdout
    with zipfile.ZipFile(tmp_path / "r.zip") as made:
        assert {"doctor.json", "service.json", "service.log", "launch.log"} <= set(made.namelist())
        text = "".join(made.read(name).decode() for name in made.namelist())
        assert json.loads(made.read("service.json"))["running"]
    assert "upzeroir 0" in text
    assert running.token not in text


def test_reading_a_state_file_that_was_just_removed(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none.json") is None
    assert log_path(tmp_path / "service.json") == tmp_path / "service.log"
