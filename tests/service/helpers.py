"""Starting real services, tiny photos, and HTTP without a client library."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from tests.pictures import noisy, scene
from tests.waiting import until
from upzeroir_plugin.client import Client, connect
from upzeroir_plugin.launch import read_state

ROOT = Path(__file__).resolve().parents[2]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Running:
    """A service: its client, its state file, and the folder in which it has home, temporary folder and state."""

    client: Client
    state: Path
    root: Path

    @property
    def port(self) -> int:
        return int(self.told()["port"])

    @property
    def token(self) -> str:
        return str(self.told()["token"])

    def told(self) -> dict[str, Any]:
        found = read_state(self.state)
        assert found is not None, "there is no state file"
        return found

    def process(self, name: str = "service") -> psutil.Process:
        """Of the service itself, or of its `reader` or `engine`."""
        return psutil.Process(self.client.hello(quiet=True)["processes"][name])


@contextlib.contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """Variables set, or taken away (None), for what is launched inside."""
    before = {name: os.environ.get(name) for name in values}
    try:
        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def start(root: Path, command: Sequence[str] | None = None, **env: str | None) -> Running:
    """Launch as every client does, with home, temporary folder and state below `root`."""
    for name in ("home", "tmp"):
        (root / name).mkdir(exist_ok=True)
    state = root / "state" / "service.json"
    with environment(HOME=str(root / "home"), TMPDIR=str(root / "tmp"), **env):
        return Running(connect(state=state, command=command, patience=60), state, root)


def end(state: Path) -> None:
    """Ask it to end, see that it does, and that it leaves nothing behind."""
    found = read_state(state)
    if found is None or not psutil.pid_exists(found["pid"]):
        return
    process = psutil.Process(found["pid"])
    family = [process, *process.children(recursive=True)]
    connect(launch=False, state=state, quiet=True).quit()
    try:
        until(lambda: all(ended(one) for one in family))
    finally:
        for one in family:
            if not ended(one):
                one.kill()
    assert not state.exists()
    assert not list(state.parent.glob(f".upzeroir-pictures-{state.stem}-*"))


def ended(process: psutil.Process) -> bool:
    """Whether a process is gone; one that only waits to be reaped is."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


@contextlib.contextmanager
def launched(root: Path) -> Iterator[Running]:
    """A service for a while."""
    found = start(root)
    try:
        yield found
    finally:
        end(found.state)


@contextlib.contextmanager
def several(root: Path) -> Iterator[Callable[..., Running]]:
    """A function that starts services in folders of their own below `root`; all are ended."""
    states: list[Path] = []

    def begin(name: str = "a", command: Sequence[str] | None = None, **env: str | None) -> Running:
        place = root / name
        place.mkdir(parents=True, exist_ok=True)
        states.append(place / "state" / "service.json")
        return start(place, command, **env)

    try:
        yield begin
    finally:
        for state in states:
            end(state)


def faulty(kind: str) -> list[str]:
    """The command of a service that is spoilt, see faulty.py: engine, no-torch, small-disk."""
    return [sys.executable, str(Path(__file__).with_name("faulty.py")), kind]


def picture(width: int = 64, height: int = 48, sigma: float = 12, seed: int = 0) -> Bytes:
    """(height, width, 3) uint8: a scene with noise."""
    return (noisy(scene(height, width, seed), sigma, seed) * 255).round().astype(np.uint8)


def upload(client: Client, pixels: NDArray[Any], **more: Any) -> str:
    """Send (h, w, c) as a frame; its id."""
    height, width, channels = pixels.shape
    return str(
        client.upload_frame(width, height, channels, str(pixels.dtype), pixels.tobytes(), **more)["id"]
    )


def done(client: Client, job: str) -> dict[str, Any]:
    """Follow a job to its end: what the result is."""
    *_, (header, _) = client.events(job)
    assert header["kind"] == "done"
    return dict(header["result"])


def pixels_of(client: Client, job: str, dtype: str | None = None) -> NDArray[Any]:
    """A finished job's result as an array."""
    frame = client.result(job, dtype)
    shape = (frame.header["height"], frame.header["width"], frame.header["channels"])
    return np.frombuffer(frame.pixels, np.dtype(frame.header["dtype"]).newbyteorder("<")).reshape(shape)


def send(port: int, data: bytes, seconds: float = 15.0) -> bytes:
    """All that comes back for raw bytes, until the other side closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as link:
        with contextlib.suppress(OSError):
            link.sendall(data)
        return received(link)


def reply(link: socket.socket) -> bytes:
    """One answer, while the connection may stay open."""
    data = b""
    with contextlib.suppress(OSError):
        while part := link.recv(1 << 16):
            data += part
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= _length(head):
                break
    return data


def _length(head: bytes) -> int:
    lines = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lines[0].split(b":")[1]) if lines else 1 << 60


def received(link: socket.socket) -> bytes:
    """Everything up to the connection's end."""
    parts = []
    with contextlib.suppress(OSError):
        while part := link.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


def asked(
    running: Running,
    line: str,
    body: bytes = b"",
    host: str | None = None,
    token: str | None = "",
    headers: Sequence[str] = (),
) -> tuple[int, dict[str, Any]]:
    """One raw request ("GET /v1/hello"): its status and JSON answer. `token`: "" for the right one, None for none."""
    lines = [f"{line} HTTP/1.1", f"Host: {host if host is not None else f'127.0.0.1:{running.port}'}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token or running.token}")
    lines += [f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return answer(send(running.port, "\r\n".join(lines).encode("latin-1") + body))


def answer(data: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of an HTTP answer; (0, {}) for a connection that was just closed."""
    head, _, body = data.partition(b"\r\n\r\n")
    if not head:
        return 0, {}
    status = int(head.split()[1])
    if b"chunked" in head.lower():
        return status, {}
    try:
        found = json.loads(body[: _length(head)])
    except ValueError:
        return status, {}
    return status, found if isinstance(found, dict) else {}
