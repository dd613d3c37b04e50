"""A batch on a Ray cluster: photos travel to the nodes as bytes, results come back as bytes, one process writes them.

Nodes share no folders with us. What a lost node was working on is done again elsewhere; what came back is written, and
never made twice. Ours: Ray's own retries are off, since they would run again what is merely slow to fetch.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from upzeroir_plugin import __version__
from upzeroir_plugin.batch.pool import DIED, need
from upzeroir_plugin.batch.task import Outcome, Task, do, failed
from upzeroir_plugin.errors import UnreadableError, UpzeroirError, UsageError, known
from upzeroir_plugin.single import Order

AHEAD = 1.25
"""Photos handed out for each that can run: enough that no node waits, few enough that their bytes fit anywhere."""
MOVES = 3
"""So often a photo goes to another node when its own is lost; after that it is its own fault."""
LOOK = 5.0
"""Seconds after which the cluster is counted again: nodes come and go."""
SHARE = 0.9
"""Of a node's memory; a photo that needs more than every node has is tried on the largest."""


class RayError(UpzeroirError):
    """The cluster cannot be reached, or its nodes do not fit."""

    code = "ray"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A photo on its way to a node: names and bytes of the photo and of the files that the order names."""

    source: str
    output: str
    photo: bytes
    mask: bytes | None = None
    repeat: tuple[str, bytes] | None = None
    look: bool = False
    theta: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a node sends back: `found` and the bytes of report and result, or `error`."""

    version: str
    node: str
    found: dict[str, Any] | None = None
    report: bytes = b""
    result: bytes = b""
    error: dict[str, Any] | None = None


def pack(task: Task, order: Order) -> Parcel:
    """Read what a node needs. Raises UnreadableError."""
    try:
        mask = order.mask.read_bytes() if order.mask else None
        repeat = (order.repeat.name, order.repeat.read_bytes()) if order.repeat else None
        photo = task.source.read_bytes()
        return Parcel(task.source.name, task.output.name, photo, mask, repeat, task.look, task.theta)
    except OSError as error:
        raise UnreadableError(f"{error.filename} cannot be read: {error.strerror}.") from error


def restore_parcel(parcel: Parcel, order: Order, threads: int) -> Made:
    """A node's part: unpack, restore as a single run would, send back. Never raises."""
    import torch

    torch.set_num_threads(threads)
    node = os.uname().nodename if hasattr(os, "uname") else ""
    with tempfile.TemporaryDirectory(prefix="upzeroir-") as folder:
        here = Path(folder)
        source, output = here / "in" / parcel.source, here / "out" / parcel.output
        task = Task(source, output, here / "report.json", parcel.look, parcel.theta)
        task.source.parent.mkdir()
        task.source.write_bytes(parcel.photo)
        if parcel.mask is not None:
            (here / "mask").write_bytes(parcel.mask)
            order = replace(order, mask=here / "mask")
        if parcel.repeat is not None:
            (here / "repeat").mkdir()
            repeat = here / "repeat" / parcel.repeat[0]
            repeat.write_bytes(parcel.repeat[1])
            order = replace(order, repeat=repeat)
        outcome = do(task, order)
        if outcome.error is not None:
            said = {n: _without(v, here) for n, v in outcome.error.items()}
            return Made(__version__, node, error=said)
        if task.look:
            return Made(__version__, node, outcome.found)
        return Made(__version__, node, outcome.found, task.report.read_bytes(), task.output.read_bytes())


def _without(value: object, folder: Path) -> object:
    """Words without the node's own folders, which mean nothing here."""
    if not isinstance(value, str):
        return value
    for part in ("in", "out", "repeat"):
        value = value.replace(f"{folder / part}{os.sep}", "")
    return value


def keep(task: Task, made: Made) -> Outcome:
    """Write what came back: the report first, the result last, each whole or not at all."""
    from upzeroir_plugin.photo.atomic import written

    if made.found is None or task.look:
        return Outcome(task, made.found, made.error)
    try:
        for path, content, again in ((task.report, made.report, True), (task.output, made.result, False)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with written(path, overwrite=again) as stream:
                stream.write(content)
    except Exception as error:
        return failed(task, error)
    return Outcome(task, found=made.found)


@dataclass(frozen=True, slots=True)
class Share:
    """What one photo takes of a node: `threads` cores, `memory` bytes, `gpus`; `slots`: photos at a time on all."""

    threads: int
    memory: float
    gpus: float
    slots: int


def share_of(
    nodes: list[dict[str, float]], pixels: float, threads: int | None, jobs: int | None, device: str
) -> Share:
    """How photos of up to `pixels` are spread over nodes ({CPU, memory, GPU} each). Raises RayError if there are none.

    Where there are graphics processors, and `device` does not say cpu, each photo has one of its own and nodes
    without are left out: results of both kinds would not be alike to the bit.
    """
    gpus = 1.0 if device != "cpu" and any(node.get("GPU", 0) >= 1 for node in nodes) else 0.0
    fit = [node for node in nodes if node.get("CPU", 0) >= 1 and node.get("GPU", 0) >= gpus]
    if not fit:
        raise RayError(
            "The Ray cluster has no node with a free processor.", "Start one: ray start --address ADDRESS"
        )
    memory = min(need(pixels), SHARE * max(node.get("memory", math.inf) for node in fit))
    if threads is None:
        threads = max(1, min(int(node["CPU"] // max(1, _held(node, 1, memory, gpus))) for node in fit))
    slots = sum(_held(node, threads, memory, gpus) for node in fit)
    return Share(threads, memory, gpus, max(1, min(slots, jobs or slots)))


def _held(node: dict[str, float], threads: int, memory: float, gpus: float) -> int:
    """Photos that a node carries at a time."""
    by_gpu = node.get("GPU", 0) // gpus if gpus else math.inf
    return int(min(node["CPU"] // threads, node.get("memory", math.inf) // memory, by_gpu))


class Cluster:
    """A connection to a Ray cluster, as a context; `run` has the contract of `pool.run_all`."""

    def __init__(self, address: str, pixels: float) -> None:
        """`pixels`: of the largest photo. Raises UsageError without Ray, RayError if there is no cluster."""
        try:
            ray: Any = import_module("ray")
        except ImportError as error:
            raise UsageError(
                "--ray needs the extra `ray`.", "Install it: installer/install --extras panel,raw,heif,ray"
            ) from error
        self.ray, self.pixels = ray, pixels
        try:
            ray.init(
                address=address, log_to_driver=False, logging_level=logging.ERROR, ignore_reinit_error=True
            )
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            raise RayError(
                f"There is no Ray cluster at {address}: {' '.join(str(error).split())[:200]}",
                "Start one with `ray start --head`, and give what it says. Python and Ray must be alike everywhere.",
            ) from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.ray.shutdown()

    def share(self, threads: int | None, jobs: int | None, device: str) -> Share:
        """How the photos are spread over the nodes that are there now."""
        alive = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        return share_of(alive, self.pixels, threads, jobs, device)

    def run(
        self, tasks: Iterator[Task], order: Order, jobs: int, threads: int, begin: Callable[[Task], bool]
    ) -> Iterator[Outcome]:
        """Do the tasks on the cluster, at most `jobs` at a time (0: as many as fit); outcomes as they come.

        Raises RayError if a node has another version of us, or none.
        """
        crew = _Crew(self, order, jobs or None, threads or None)
        try:
            yield from crew.work(task for task in tasks if begin(task))
        finally:
            crew.dismiss()


class _Crew:
    """Photos under way. `flying`: reference → (task, how often it was lost)."""

    def __init__(self, cluster: Cluster, order: Order, jobs: int | None, threads: int | None) -> None:
        self.cluster, self.ray, self.order, self.jobs, self.threads = (
            cluster,
            cluster.ray,
            order,
            jobs,
            threads,
        )
        self.flying: dict[Any, tuple[Task, int]] = {}
        self.order_there = self.ray.put(replace(order, mask=None, repeat=None))
        self._count()

    def _count(self) -> None:
        self.share = self.cluster.share(self.threads, self.jobs, self.order.device)
        self.counted = time.monotonic()
        room = self.share.slots if self.jobs else self.share.slots * AHEAD
        self.room = math.ceil(room)

    def work(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        """Keep the cluster busy, no more than that, until all is done."""
        more = True
        while more or self.flying:
            if time.monotonic() - self.counted > LOOK:
                with contextlib.suppress(RayError):  # for a moment there may be no node at all
                    self._count()
            while more and len(self.flying) < self.room:
                task = next(tasks, None)
                if task is None:
                    more = False
                    break
                refused = self._send(task, 0)
                if refused is not None:
                    yield refused
            ready, _ = self.ray.wait(list(self.flying), timeout=1.0) if self.flying else ([], [])
            for reference in ready:
                outcome = self._received(reference)
                if outcome is not None:
                    yield outcome

    def _send(self, task: Task, lost: int) -> Outcome | None:
        try:
            parcel = pack(task, self.order)
        except UnreadableError as error:
            return failed(task, error)
        share = self.share
        remote = self.ray.remote(restore_parcel).options(
            num_cpus=share.threads, num_gpus=share.gpus, memory=int(share.memory), max_retries=0,
            scheduling_strategy="SPREAD",
        )  # fmt: skip
        self.flying[remote.remote(parcel, self.order_there, share.threads)] = (task, lost)
        return None

    def _received(self, reference: Any) -> Outcome | None:
        """The outcome of a photo; None if its node was lost and it has gone to another."""
        task, lost = self.flying.pop(reference)
        failed = self.ray.exceptions
        try:
            made: Made = self.ray.get(reference)
        except failed.RayTaskError as error:
            if "ModuleNotFoundError" in str(error):
                raise RayError(
                    "A node of the Ray cluster has no upzeroir.",
                    f"Install version {__version__} on every node.",
                ) from error
            found = known(error)
            return Outcome(task, error={**found.to_json(), "exit_code": 5, "trace": str(error)})
        except (failed.RayError, OSError) as error:
            if lost < MOVES:
                return self._send(task, lost + 1)
            return Outcome(task, error={**DIED, "trace": str(error)})
        if made.version != __version__:
            raise RayError(
                f"The node {made.node} has upzeroir {made.version}, this machine {__version__}.",
                "Install the same version on every node.",
            )
        return keep(task, made)

    def dismiss(self) -> None:
        """Stop what is still under way; nobody would take its results."""
        for reference in self.flying:
            with contextlib.suppress(Exception):
                self.ray.cancel(reference, force=True)
