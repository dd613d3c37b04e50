"""The service on a 12 MP photo: how long until something is seen, what HTTP costs, whether the result is the same.

    python -m benchmarks.service --data FOLDER [--megapixels 12] [--rounds 3]

FOLDER has eval/kodak24, from whose photos the 12 MP are laid together. Prints one line a figure, with its target.
`--rounds`: how often the whole photo is restored by the service and in process, in turns; 0 leaves that out. Run it on
a quiet machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import SIZES, mosaic
from upzeroir_plugin.client import Client, ClientError, connect
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.restore import Options, Step, estimate, restore

REGION = (1024, 683)


def main() -> int:
    """Measure and print. Returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.service")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--megapixels", type=int, choices=sorted(SIZES), default=12)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    shot = (mosaic(args.data, args.megapixels) * 255).round().astype(np.uint8)
    missed = 0
    for name, value, target in _figures(shot, args.rounds):
        good = target is None or value <= target
        missed += not good
        wanted = "" if target is None else f"   target {target:g}   {'ok' if good else 'MISSED'}"
        print(f"{name:58} {value:8.3f}{wanted}", flush=True)
    return int(missed > 0)


def _figures(shot: NDArray[np.uint8], rounds: int) -> Iterator[tuple[str, float, float | None]]:
    """(what, seconds or a share, target)."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state" / "service.json"
        began = time.monotonic()
        client = connect(state=state)
        hello = time.monotonic() - began
        try:
            yield "cold: hello, s", hello, 3.0
            yield from _cold(client, shot, began)
            yield from _warm(client, shot)
            yield from _cancelled(client, shot)
            if rounds:
                yield from _compared(client, shot, rounds)
        finally:
            client.quit()
            while state.exists():
                time.sleep(0.05)


def _cold(client: Client, shot: NDArray[np.uint8], began: float) -> list[tuple[str, float, float | None]]:
    photo = _upload(client, shot)
    sent = time.monotonic() - began
    client.estimate(photo)
    values = time.monotonic() - began
    job = client.submit(photo)
    seen: dict[bool, float] = {}
    with client.events(job) as events:
        for header, jpeg in events:
            if jpeg:
                seen.setdefault(_restored(header), time.monotonic() - began)
            if True in seen:
                break
    _drop(client, job, photo)
    return [
        ("cold: photo sent, s after launch", sent, None),
        ("cold: first values, s after launch", values, 4.0),
        ("cold: first preview (what needs no network), s after launch", seen[False], None),
        ("cold: first restored preview, s after launch", seen[True], 12.0),
    ]


def _warm(client: Client, shot: NDArray[np.uint8]) -> list[tuple[str, float, float | None]]:
    """A photo that the service has not seen, once the engine runs."""
    photo = _upload(client, shot[::-1])
    began = time.monotonic()
    client.estimate(photo)
    values = time.monotonic() - began
    height, width = shot.shape[:2]
    w, h = min(REGION[0], width), min(REGION[1], height)
    region = [(width - w) // 2, (height - h) // 2, w, h]
    began = time.monotonic()
    job = client.submit(photo, region=region)
    restored = _when(client, job, _restored) - began
    _follow(client, job)
    began = time.monotonic()
    again = client.submit(photo, {"light.ev": 0.3}, region=region, start_from=job)
    slider = _when(client, again, lambda header: header["kind"] == "progress") - began
    _drop(client, again, photo)
    return [
        ("warm: first values, s after upload", values, 1.5),
        (f"warm: first restored preview of {w} x {h} at 1:1, s", restored, 1.5),
        ("warm: a changed value seen in that view, s", slider, 0.15),
    ]


def _cancelled(client: Client, shot: NDArray[np.uint8]) -> list[tuple[str, float, float | None]]:
    photo = _upload(client, shot)
    client.estimate(photo)
    job = client.submit(photo)
    events = client.events(job)
    next(header for header, jpeg in events if jpeg)
    time.sleep(3)
    began = time.monotonic()
    client.cancel(job)
    try:
        for _ in events:
            pass
    except ClientError:
        heard = time.monotonic() - began
    while client.hello(quiet=True)["jobs"]["running"]:
        time.sleep(0.005)
    free = time.monotonic() - began
    client.delete_photo(photo)
    return [("cancel of the whole photo: heard, s", heard, 1.0), ("cancel: engine free, s", free, 1.0)]


def _compared(client: Client, shot: NDArray[np.uint8], rounds: int) -> list[tuple[str, float, float | None]]:
    """In turns, so that a busy moment of the machine meets both: the median of the rounds' ratios is the overhead."""
    ours = Photo(shot.astype(np.float32) / np.float32(255))
    found = estimate(ours)
    pairs: list[tuple[float, float]] = []
    differ = 0.0
    for number in range(rounds + 1):
        photo = _upload(client, shot)  # anew: nothing is kept from the round before
        client.estimate(photo)
        job = ""
        times = {}
        for which in ("service", "process") if number % 2 else ("process", "service"):
            began = time.monotonic()
            if which == "service":
                job = client.submit(photo)
                _follow(client, job)
            else:
                *_, last = restore(ours, found, Options())
            times[which] = time.monotonic() - began
        assert isinstance(last, Step)
        assert last.result is not None
        made = np.frombuffer(client.result(job, "float32").pixels, "<f4").reshape(*shot.shape)
        differ = max(differ, float((made != last.result.photo.pixels).mean()))
        client.delete_job(job)
        client.delete_photo(photo)
        if not number:  # the first one loads the prior and compiles its kernels, here and there
            continue
        pairs.append((times["service"], times["process"]))
        print(f"  round {number}: {times['service']:.2f} s, in process {times['process']:.2f} s", flush=True)
    by_service, in_process = (min(column) for column in zip(*pairs, strict=True))
    return [
        ("whole photo by the service, least s", by_service, None),
        ("whole photo in process, least s", in_process, None),
        ("overhead of the service, median share", median(a / b for a, b in pairs) - 1, 0.05),
        ("pixels that differ from the call in process, share", differ, 0.0),
    ]


def _upload(client: Client, shot: NDArray[np.uint8]) -> str:
    height, width, channels = shot.shape
    return str(
        client.upload_frame(width, height, channels, "uint8", np.ascontiguousarray(shot).tobytes())["id"]
    )


def _restored(header: dict[str, Any]) -> bool:
    """Whether this event's picture has been through the network."""
    return header["kind"] == "step" or "box" in header


def _when(client: Client, job: str, there: Callable[[dict[str, Any]], bool]) -> float:
    """When the first picture of that kind came; the job goes on until its reader is missed."""
    with client.events(job) as events:
        for header, jpeg in events:
            if jpeg and there(header):
                return time.monotonic()
    raise RuntimeError("the job ended without such a picture")


def _follow(client: Client, job: str) -> None:
    for _ in client.events(job):
        pass


def _drop(client: Client, job: str, photo: str) -> None:
    client.delete_job(job)
    client.delete_photo(photo)


if __name__ == "__main__":
    sys.exit(main())
