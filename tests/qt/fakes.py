"""A service that does what a test says, in this process: for what must not depend on an engine's time."""

# ruff: noqa: ARG002 - the real client's signatures
from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from upzeroir_plugin.client import ClientError, pack
from upzeroir_plugin.parameters import PARAMETERS, Entry, ParameterVector

FOUND = {"noise.file": 9.0, "light.ev": 2.0, "haze.depth": 0.3, "jpeg.quality": 80.0}


def jpeg(width: int, height: int, level: int = 128) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def estimate(values: dict[str, float] | None = None, readings: int = 0) -> dict[str, Any]:
    entries = {}
    for name, value in {**FOUND, **(values or {})}.items():
        row = next(p for p in PARAMETERS if p.name == name)
        spread = 0.1 * (row.high - row.low)
        low, high = max(row.low, value - spread), min(row.high, value + spread)
        entries[name] = Entry(value, low, high, 0.7)
    theta = ParameterVector(entries)
    return {
        "summary": "Very noisy.",
        "parameters": theta.to_json(),
        "evidence": {
            "noise": {
                "bins": [
                    {"brightness": b, "variance": 80 + b, "fit": 81.0, "weight": 1.0} for b in (0.1, 0.5, 0.9)
                ],
                "sigma": 9.0,
            },
            "light": {"histogram": [1 / 64] * 64, "target": [1 / 64] * 64},
            "haze": {"airlight": [0.8, 0.82, 0.85]},
            "blur": {"kernel": [[0.0, 0.1, 0.0], [0.1, 0.6, 0.1], [0.0, 0.1, 0.0]]},
            "jpeg": {"scores": list(range(97))},
            "histogram": {"found": [1 / 64] * 64},
        },
        "maps": {"depth": None, "illumination": None, "blur": None},
        "hypotheses": [
            {
                "label": label,
                "weight": 0.5,
                "parameters": {"light.ev": ev},
                "jpeg": _text(jpeg(60, 40, level)),
            }
            for label, ev, level in (("as shot", 0.0, 60), ("lift", 2.5, 180))[:readings]
        ],
        "seconds": 0.1,
    }


def _text(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


class _Answer(io.BytesIO):
    pass


class _Connection:
    def close(self) -> None:
        pass


class FakeEvents:
    def __init__(self, client: FakeClient, job: str) -> None:
        self.client, self.job, self.closed = client, job, threading.Event()

    def __enter__(self) -> FakeEvents:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed.set()

    def __iter__(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        return iter(self._all())

    def _all(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        order = self.client.jobs[self.job]
        about = self.client.about
        area = order.get("region") or [0, 0, about["width"], about["height"]]
        yield {"seq": 1, "kind": "queued", "position": 0}, b""
        for error in self.client.run_errors[:1]:
            self.client.run_errors.pop(0)
            raise error
        yield {"seq": 2, "kind": "progress", "stage": "draft", "done": 0.0, "area": area}, jpeg(64, 48, 90)
        for step in range(1, self.client.steps + 1):
            while not self.client.gate.wait(0.01):
                self._check()
                if self.job in self.client.kept:
                    break
            self._check()
            if self.job in self.client.kept:
                break
            header = {"seq": 2 + step, "kind": "step", "index": step, "total": self.client.steps, "area": area,
                      "residual": {"std": 1.0, "whiteness": 0.1}, "sigma": 0.1}  # fmt: skip
            yield header, jpeg(64, 48, 90 + 10 * step)
        result = {"changed": True, "kept": self.job in self.client.kept, "notices": []}
        if order["effort"] == "guided":
            measured = {"latent.shape": 1.4, "latent.scale": 0.08}
            told = {f"latent.{name}": value for name, value in order.get("latent", {}).items()}
            result["quality"] = {**measured, **told}
        yield {"seq": 99, "kind": "done", "result": result}, b""

    def _check(self) -> None:
        if self.job in self.client.cancelled or self.closed.is_set():
            raise ClientError("cancelled", "Cancelled.")


class FakeClient:
    """`gate` set: runs go through at once. `errors`: by method, raised once each."""

    def __init__(self, size: tuple[int, int] = (320, 240)) -> None:
        self.about: dict[str, Any] = {
            "id": "photo", "width": size[0], "height": size[1], "channels": 3, "bit_depth": 8, "format": "jpeg",
            "result": "jpeg",
        }  # fmt: skip
        self.found = estimate()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.photos: set[str] = set()
        self.cancelled: set[str] = set()
        self.kept: set[str] = set()
        self.errors: dict[str, list[Exception]] = {}
        self.run_errors: list[Exception] = []
        self.calls: list[str] = []
        self.steps = 2
        self.priors = ["embedded"]
        self.gate = threading.Event()
        self.gate.set()
        self.delivered: list[tuple[str, str, dict[str, Any]]] = []

    def _do(self, name: str) -> None:
        self.calls.append(name)
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    def hello(self, quiet: bool = False) -> dict[str, Any]:
        self._do("hello")
        return {
            "api": [1],
            "build": "0",
            "engine": {"state": "ready", "device": "cpu"},
            "memory": {"total": 1},
            "priors": self.priors,
        }

    def upload_file(self, path: Path) -> dict[str, Any]:
        self._do("upload_file")
        with Path(path).open("rb"):
            pass
        number = sum(c == "upload_file" for c in self.calls)
        about = {**self.about, "id": f"photo{number}"}
        self.photos.add(about["id"])
        return about

    def upload_frame(self, width: int, height: int, *_: Any, **__: Any) -> dict[str, Any]:
        self._do("upload_frame")
        self.frame = (width, height)
        return {"id": "mask"}

    def photo(self, photo: str) -> dict[str, Any]:
        self._do("photo")
        if photo not in self.photos:
            raise ClientError("not-found", "There is no such photo.", "", 404)
        return {**self.about, "id": photo}

    def estimate(self, photo: str, rect: Any = None, pins: Any = None) -> dict[str, Any]:
        self._do("estimate" if rect is None else "estimate-rect")
        return self.found

    def submit(self, photo: str, **order: Any) -> str:
        self._do("submit")
        json.dumps(order)
        self.jobs[f"job{len(self.jobs) + 1}"] = {"photo": photo, **order}
        return f"job{len(self.jobs)}"

    def events(self, job: str) -> FakeEvents:
        return FakeEvents(self, job)

    def keep(self, job: str) -> None:
        self.kept.add(job)

    def cancel(self, job: str) -> None:
        self.cancelled.add(job)

    def delete_job(self, job: str) -> None:
        self._do("delete_job")

    def delete_photo(self, photo: str) -> None:
        self._do("delete_photo")

    def result_file(
        self, job: str, form: str = "same", metadata: str = "keep", depth: str = "same", quality: int = 95
    ) -> bytes:
        self._do("result_file")
        self.asked = {"form": form, "metadata": metadata, "depth": depth, "quality": quality}
        return jpeg(self.about["width"], self.about["height"], 200)

    def map(self, job: str, kind: str) -> tuple[dict[str, Any], bytes]:
        self._do("map")
        out = io.BytesIO()
        Image.fromarray(np.full((24, 32), 100, np.uint8)).save(out, "PNG")
        means = {
            "kind": kind,
            "low": -3.0,
            "high": 3.0,
            "unit": "",
            "scale": 0.1,
            "label": kind,
            "white": 0.1,
        }
        return means, out.getvalue()

    def request(self, method: str, path: str, **_: Any) -> tuple[_Connection, _Answer]:
        self._do("request")
        width, height = self.about["width"], self.about["height"]
        rows = np.full((height, width, 3), 200, np.uint8).tobytes()
        header = {"width": width, "height": height, "channels": 3, "dtype": "uint8"}
        return _Connection(), _Answer(pack(header, len(rows)) + rows)

    def deliver(self, job: str, to: str, note: Any = None) -> str:
        self._do("deliver")
        self.delivered.append((job, to, dict(note or {})))
        return "delivery"

    def log(self, lines: int = 200) -> str:
        return "a line\n"

    def free_memory(self) -> dict[str, Any]:
        self._do("free_memory")
        return {"memory": {}}

    def quit(self) -> None:
        self._do("quit")
