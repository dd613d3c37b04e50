"""Talks to the local service: finds or launches it, uploads, estimates, restores, streams. See docs/api.md.

Standard library only, Python 3.9 and up; GIMP gets a copy of this file, launch.py and parameters.py in one folder.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Optional, Union
from urllib.parse import quote, urlencode

if __package__:
    from upzeroir_plugin.launch import Launched, launch_command, log_path, read_state, state_path
    from upzeroir_plugin.parameters import Parameter, parameter
else:
    from launch import (  # type: ignore[import-not-found,no-redef]
        Launched,
        launch_command,
        log_path,
        read_state,
        state_path,
    )
    from parameters import Parameter, parameter  # type: ignore[import-not-found,no-redef]

API = 1
HOST = "127.0.0.1"
FRAME = "application/x-upzeroir-frame"
BYTES_PER_VALUE = {"uint8": 1, "uint16": 2, "float32": 4}
PATIENCE = 15.0
"""Seconds to wait for a launched service; it answers within 3 unless the machine is very busy."""
SILENCE = 10.0
"""Seconds without a byte after which a connection counts as lost (a heartbeat comes every second)."""
RETRIES = 5
BLOCK = 1 << 20

Rect = tuple[int, int, int, int]
Body = Union[bytes, bytearray, memoryview, BinaryIO, Iterable[bytes]]


class ClientError(Exception):
    """What went wrong: `code` for programs, `message` in plain words, `hint` what to do next, `status` of HTTP or 0.

    Codes made here: `no-service`, `service-lost`, `version`; all others come from the service (docs/api.md).
    """

    def __init__(self, code: str, message: str, hint: str = "", status: int = 0) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code, self.message, self.hint, self.status = code, message, hint, status


@dataclass(frozen=True)
class Frame:
    """A picture as raw rows: `header` has width, height, channels, dtype; `pixels` little-endian, without padding."""

    header: dict[str, Any]
    pixels: bytes


def connect(
    launch: bool = True,
    state: Optional[Path] = None,
    command: Optional[Sequence[str]] = None,
    patience: float = PATIENCE,
    waiting: Optional[Callable[[str], None]] = None,
    quiet: bool = False,
) -> Client:
    """A client of the running service, or of one launched now (unless `launch` is false).

    `waiting(text)` is told what is waited for. `quiet`: does not warm the engine up. Raises ClientError
    `no-service` (none there, or it did not start: the message says why and where the log is) or `version`.
    """
    client = Client(state or state_path(), launch, command, patience, waiting)
    client.hello(quiet)
    return client


class Client:
    """One service. Every method may be called from any thread; each call is a connection of its own.

    After a ClientError `service-lost` the next call finds, or launches, the service anew; what had been uploaded to the
    lost one is gone and gives `not-found`.
    """

    def __init__(
        self, state: Path, launch: bool, command: Optional[Sequence[str]], patience: float,
        waiting: Optional[Callable[[str], None]],
    ) -> None:  # fmt: skip
        self.state, self.launch, self.patience, self.waiting = state, launch, patience, waiting
        self.command = list(command) if command is not None else launch_command()
        self._lock = threading.Lock()
        self._address: Optional[tuple[int, str]] = None

    def hello(self, quiet: bool = False) -> dict[str, Any]:
        """Versions, engine, memory, priors, limits and the parameters' schema; warms the engine up unless `quiet`."""
        return self._json("GET", "/v1/hello" + "?quiet=1" * quiet)

    def upload_file(self, path: Union[str, Path]) -> dict[str, Any]:
        """Send an image file; its description: id, width, height, bit_depth, …"""
        with open(path, "rb") as file:  # noqa: PTH123
            size = os.fstat(file.fileno()).st_size
            return self._json("POST", "/v1/photos", file, "application/octet-stream", size)

    def upload_frame(
        self, width: int, height: int, channels: int, dtype: str, pixels: Union[bytes, bytearray, memoryview],
        profile: Optional[bytes] = None, evidence: Optional[Mapping[str, Any]] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Send raw rows: 1–4 channels (grey, grey + alpha, RGB, RGBA), uint8, uint16 or float32, little-endian.

        Encoded values as in the file; `profile`: ICC bytes; `evidence`: of evidence.py. Its description as above.
        """
        header: dict[str, Any] = {"width": width, "height": height, "channels": channels, "dtype": dtype}
        header["evidence"] = dict(evidence or {})
        if profile:
            header["profile"] = base64.b64encode(profile).decode("ascii")
        rows = memoryview(pixels).cast("B")
        if len(rows) != width * height * channels * BYTES_PER_VALUE.get(dtype, 0):
            raise ClientError(
                "usage", f"{len(rows)} bytes are not {width} by {height} by {channels} {dtype}."
            )
        head = pack(header, len(rows))
        return self._json("POST", "/v1/photos", _blocks(head, rows), FRAME, len(head) + len(rows))

    def photo(self, photo: str) -> dict[str, Any]:
        """The description of an uploaded photo."""
        return self._json("GET", f"/v1/photos/{_id(photo)}")

    def photo_frame(self, photo: str) -> Frame:
        """An uploaded photo's pixels, upright, in the precision it was sent in."""
        return self._frame(f"/v1/photos/{_id(photo)}/frame")

    def estimate(
        self, photo: str, rect: Optional[Rect] = None, pins: Optional[Mapping[str, float]] = None
    ) -> dict[str, Any]:
        """What is wrong with all of it or with a rectangle (x, y, w, h): `summary`, `parameters`, `evidence`, …"""
        body = {"rect": list(rect) if rect else None, "pins": dict(pins or {})}
        return self._json("POST", f"/v1/photos/{_id(photo)}/estimate", body)

    def submit(self, photo: str, parameters: Optional[Mapping[str, Any]] = None, **options: Any) -> str:
        """Order a restoration; its id. Listen to `events` within 10 s, or it is cancelled (unless `detached`).

        `parameters`: {name: number} pins it; {name: {"value", "low", "high", "confidence", "pinned"}} takes it as it
        is; what is not named is estimated. Options, all with defaults (docs/api.md): `amounts` {"amount": {group:
        0–1}, "on": {group: bool}}, `strength`, `region` and `centre` in px, `mask` (id of an uploaded grey frame of the
        photo's size), `effort`, `steps`, `seed`, `start_from` (a job whose pictures may be used again), `detached`; for
        guided `prior` and `latent` {"shape", "scale"}.
        """
        for name, value in (parameters or {}).items():
            row: Parameter = parameter(name)
            row.check(value["value"] if isinstance(value, Mapping) else value)
        job = {"photo": photo, "parameters": dict(parameters or {}), **options}
        return str(self._json("POST", "/v1/jobs", job)["id"])

    def events(self, job: str, after: int = 0) -> Events:
        """The job's events from sequence number `after` on: an iterator of (header, JPEG bytes or b"")."""
        return Events(self, job, after)

    def job(self, job: str) -> dict[str, Any]:
        """State, position, last event, and when done what the result is."""
        return self._json("GET", f"/v1/jobs/{_id(job)}")

    def cancel(self, job: str) -> None:
        """Drop the job."""
        self._json("POST", f"/v1/jobs/{_id(job)}/cancel")

    def keep(self, job: str) -> None:
        """End the job with the present picture."""
        self._json("POST", f"/v1/jobs/{_id(job)}/keep")

    def result(self, job: str, dtype: Optional[str] = None) -> Frame:
        """The restored pixels (of the region), in the precision the photo was sent in or in `dtype`."""
        return self._frame(
            f"/v1/jobs/{_id(job)}/result?" + urlencode({"format": "frame", "dtype": dtype or "same"})
        )

    def result_file(
        self, job: str, form: str = "same", metadata: str = "keep", depth: str = "same", quality: int = 95
    ) -> bytes:
        """The result as an image file: form png, tiff, jpeg, webp or same; metadata keep, no-gps or strip.

        `depth`: same, 8 or 16 bits (PNG, TIFF); `quality` of a JPEG, 1–100.
        """
        asked = {"format": form, "metadata": metadata}
        if (depth, quality) != ("same", 95):
            asked.update(depth=depth, quality=str(quality))
        query = urlencode(asked)
        return self._bytes(f"/v1/jobs/{_id(job)}/result?{query}")[0]

    def map(self, job: str, kind: str) -> tuple[dict[str, Any], bytes]:
        """An honesty map, residual, change or invented: (what its grey values mean, PNG bytes)."""
        data, header = self._bytes(f"/v1/jobs/{_id(job)}/maps/{quote(kind, safe='')}", patience=600.0)
        return json.loads(header.get("X-Upzeroir-Map") or "{}"), data

    def delete_photo(self, photo: str) -> None:
        """Forget a photo."""
        self._json("DELETE", f"/v1/photos/{_id(photo)}")

    def delete_job(self, job: str) -> None:
        """Forget a job and its result; a running one is cancelled."""
        self._json("DELETE", f"/v1/jobs/{_id(job)}")

    def deliver(self, job: str, to: str, note: Optional[Mapping[str, Any]] = None) -> str:
        """Hand a finished job's result to whoever waits under the name `to`; the delivery's id."""
        return str(self._json("POST", "/v1/deliver", {"job": job, "to": to, "note": dict(note or {})})["id"])

    def deliveries(self, to: str, wait: float = 0.0) -> list[dict[str, Any]]:
        """Take what was delivered to `to`: [{id, job, note}]; waits up to `wait` seconds (at most 30) for one."""
        query = urlencode({"to": to, "wait": wait})
        return list(self._json("GET", f"/v1/deliveries?{query}", patience=wait + SILENCE)["deliveries"])

    def log(self, lines: int = 200) -> str:
        """The last lines of the service's log."""
        return self._bytes(f"/v1/log?lines={int(lines)}")[0].decode("utf-8", "replace")

    def free_memory(self) -> dict[str, Any]:
        """Unload the model and drop kept pictures; what is held now."""
        return self._json("POST", "/v1/memory/free")

    def quit(self) -> None:
        """Ask the service to end; running jobs are cancelled."""
        self._json("POST", "/v1/quit")
        self._forget()

    def request(
        self,
        method: str,
        path: str,
        body: Optional[Body] = None,
        kind: str = "",
        size: int = 0,
        patience: float = 60.0,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """One request; the open connection and its answer, checked for errors. The caller closes the connection."""
        port, token = self._found()
        connection = http.client.HTTPConnection(HOST, port, timeout=patience, blocksize=BLOCK)
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers.update({"Content-Type": kind, "Content-Length": str(size)})
        elif method == "POST":
            headers["Content-Length"] = "0"
        try:
            try:
                connection.request(method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                if body is None:
                    raise
            answer = connection.getresponse()  # an upload that was refused early has its answer waiting
            if answer.status >= 400:
                raise _refusal(answer.status, answer.read(BLOCK))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._forget()
            raise _lost(self.state) from error
        except ClientError as error:
            connection.close()
            if error.status == 401:  # another service has taken its port
                self._forget()
                raise _lost(self.state) from error
            raise
        return connection, answer

    def _json(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", size: int = 0,
        patience: float = 60.0,
    ) -> dict[str, Any]:  # fmt: skip
        if body is not None and kind == "application/json":
            body = json.dumps(body).encode("utf-8")
            size = len(body)
        data, _ = self._read(*self.request(method, path, body, kind, size, patience))
        try:
            found: dict[str, Any] = json.loads(data)
        except ValueError:
            raise _lost(self.state) from None
        return found

    def _bytes(self, path: str, patience: float = 60.0) -> tuple[bytes, Any]:
        return self._read(*self.request("GET", path, patience=patience))

    def _read(
        self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
    ) -> tuple[bytes, Any]:
        try:
            return answer.read(), answer.headers
        except (OSError, http.client.HTTPException) as error:
            self._forget()
            raise _lost(self.state) from error
        finally:
            connection.close()

    def _frame(self, path: str) -> Frame:
        data, _ = self._bytes(path)
        header, start = unpack(data)
        return Frame(header, data[start:])

    def _forget(self) -> None:
        with self._lock:
            self._address = None

    def _found(self) -> tuple[int, str]:
        """(port, token) of a service that answered hello; launches one if that is allowed."""
        with self._lock:
            if self._address is None:
                self._address = self._discover()
            return self._address

    def _discover(self) -> tuple[int, str]:
        there = self._answers()
        if there is not None:
            return there
        if not self.launch:
            raise ClientError(
                "no-service", "The UP-ZeroIR backend is not running.", "Start it: upzeroir serve."
            )
        if not self.command:
            raise ClientError("no-service", "The UP-ZeroIR backend is not running and its program was not found.",
                              "Start it yourself: upzeroir serve.")  # fmt: skip
        if self.waiting is not None:
            self.waiting("Starting the UP-ZeroIR backend")
        begun = self._started()
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            there = self._answers()
            if there is not None:
                return there
            failure = begun.failure()
            if failure is not None:
                raise ClientError("no-service", f"The backend did not start: {failure}",
                                  f"Its log: {log_path(self.state)} and {begun.output}")  # fmt: skip
            time.sleep(0.05)
        raise ClientError("no-service", f"The backend did not answer within {self.patience:g} s.",
                          f"Its log: {log_path(self.state)} and {begun.output}")  # fmt: skip

    def _started(self) -> Launched:
        try:
            return Launched(self.state, self.command)
        except OSError as error:
            raise ClientError(
                "no-service", f"The backend could not be started: {error}.",
                f"Start it yourself: upzeroir serve. Its log: {log_path(self.state)}",
            ) from error  # fmt: skip

    def _answers(self) -> Optional[tuple[int, str]]:
        """(port, token) if the service of the state file says hello in a version that we speak."""
        found = read_state(self.state)
        if found is None:
            return None
        port, token = int(found["port"]), str(found["token"])
        connection = http.client.HTTPConnection(HOST, port, timeout=3.0)
        try:
            connection.request("GET", "/v1/hello?quiet=1", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            said = json.loads(answer.read(BLOCK)) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if not isinstance(said, dict):
            return None
        if API not in said.get("api", ()):
            raise ClientError(
                "version", f"The running backend {said.get('build', '')} speaks another version of the protocol.",
                "Stop it with `upzeroir stop`, and bring backend and plug-in to the same version.",
            )  # fmt: skip
        return port, token


class Events(Iterator[tuple[dict[str, Any], bytes]]):
    """A job's events as (header, JPEG bytes), in order, ending with kind `done`.

    A broken connection is taken up again where it ended. Raises ClientError for a job that failed (its own code) or was
    cancelled (`cancelled`), and `service-lost`. `close()`, from any thread, ends the iteration at once; the service
    cancels the job 2 s later if nobody else listens.
    """

    def __init__(self, client: Client, job: str, after: int = 0) -> None:
        self.client, self.job, self.after = client, job, after
        self._connection: Optional[http.client.HTTPConnection] = None
        self._answer: Optional[http.client.HTTPResponse] = None
        self._closed, self._ended, self._reading = threading.Event(), False, threading.Lock()

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def __next__(self) -> tuple[dict[str, Any], bytes]:
        with self._reading:
            try:
                return self._event()
            finally:
                if self._closed.is_set():
                    self._drop()

    def _event(self) -> tuple[dict[str, Any], bytes]:
        for attempt in range(RETRIES):
            if self._closed.is_set() or self._ended:
                raise StopIteration
            try:
                header, jpeg = self._next()
            except (OSError, http.client.HTTPException, ValueError, EOFError):
                self._drop()
                if not self._closed.wait(0.1 * attempt):
                    continue
                raise StopIteration from None
            self.after = max(self.after, int(header.get("seq", 0)))
            if header.get("kind") in ("done", "error"):
                self._ended = True
                self._drop()
            if header.get("kind") == "error":
                raise ClientError(header["code"], header["message"], header.get("hint", ""))
            return header, jpeg
        raise _lost(self.client.state)

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(
                    socket.SHUT_RDWR
                )  # wakes a thread that reads, and then cleans up itself
        if self._reading.acquire(blocking=False):
            self._drop()
            self._reading.release()

    def _next(self) -> tuple[dict[str, Any], bytes]:
        if self._answer is None:
            path = f"/v1/jobs/{_id(self.job)}/events?after={self.after}"
            self._connection, self._answer = self.client.request("GET", path, patience=SILENCE)
            if self._closed.is_set():
                raise EOFError
        length = int.from_bytes(self._exactly(4), "big")
        header = json.loads(self._exactly(length))
        return header, self._exactly(int(header.get("bytes", 0)))

    def _exactly(self, count: int) -> bytes:
        answer = self._answer
        data = answer.read(count) if answer is not None and count else b""
        if len(data) < count:
            raise EOFError
        return data

    def _drop(self) -> None:
        connection, self._connection, self._answer = self._connection, None, None
        if connection is not None:
            connection.close()


def pack(header: Mapping[str, Any], size: int = 0) -> bytes:
    """The head of a message: the header's length (4 bytes, big-endian), the header as JSON with `bytes` = `size`."""
    text = json.dumps({**header, "bytes": size}).encode("utf-8")
    return len(text).to_bytes(4, "big") + text


def unpack(data: bytes) -> tuple[dict[str, Any], int]:
    """(header, where its payload begins) of a whole message."""
    end = 4 + int.from_bytes(data[:4], "big")
    return json.loads(data[4:end]), end


def _blocks(head: bytes, rows: memoryview) -> Iterator[bytes]:
    yield head
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]  # type: ignore[misc]


def _id(text: str) -> str:
    return quote(str(text), safe="")


def _lost(state: Path) -> ClientError:
    return ClientError(
        "service-lost", "The connection to the backend broke.",
        f"Try again: the next call starts it anew. Its log: {log_path(state)}",
    )  # fmt: skip


def _refusal(status: int, data: bytes) -> ClientError:
    try:
        said = json.loads(data)
        return ClientError(str(said["code"]), str(said["message"]), str(said.get("hint", "")), status)
    except (ValueError, KeyError, TypeError):
        return ClientError("internal", f"The backend answered with status {status}.", "", status)
