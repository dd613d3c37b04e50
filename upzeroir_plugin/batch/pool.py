"""Worker processes of a batch, and how many of them this machine carries."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from upzeroir_plugin.batch.task import Outcome, Task, do
from upzeroir_plugin.single import Order

BASE = 0.55e9
"""Bytes that a worker holds before its first photo (ours, measured: 0.45 GB on a processor)."""
PER_PIXEL = 60
PER_WINDOW_PIXEL = 512
LARGEST_WINDOW = 1800**2
"""A tile with its context, px."""
SPARE = 2
"""A run plans its tiles as if it might use half of what is free; with less spare, tiles and so bits could differ."""
UNKNOWN = 50e6
PROBED = 64
DIED = {
    "code": "worker",
    "message": "The process that restored it ended unexpectedly.",
    "hint": "Most often memory was short: try --jobs 1.",
    "exit_code": 5,
}


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def auto_jobs(pixels: float, free: float, count: int, accelerator: bool) -> int:
    """Workers for photos of up to `pixels`, `free` bytes and `count` cores; one where all would share a GPU."""
    if accelerator:
        return 1
    each = need(pixels)
    others = int((free - each - (SPARE - 1) * _window(pixels)) // each)
    return max(1, min(count, 1 + others))


def need(pixels: float) -> float:
    """Bytes that a worker takes for a photo of so many pixels."""
    return BASE + PER_PIXEL * pixels + _window(pixels)


def _window(pixels: float) -> float:
    return PER_WINDOW_PIXEL * min(pixels, LARGEST_WINDOW)


def largest(photos: Iterable[Path]) -> float:
    """Pixels of the largest photo, from the headers of the largest files; UNKNOWN for what Pillow cannot read."""
    from PIL import Image

    sized = []
    for path in photos:
        with contextlib.suppress(OSError):
            sized.append((path.stat().st_size, path))
    most = 1.0
    for _, path in sorted(sized, reverse=True)[:PROBED]:
        try:
            with Image.open(path) as image:
                found = float(image.width * image.height)
                raw = image.format == "TIFF" and path.suffix.lower() not in (".tif", ".tiff")
        except Exception:
            raw = True
        most = max(most, UNKNOWN if raw else found)
    return most


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    line: Connection
    task: Task


def run_all(
    tasks: Iterator[Task], order: Order, jobs: int, threads: int, begin: Callable[[Task], bool]
) -> Iterator[Outcome]:
    """Do the tasks with `jobs` processes of `threads` threads; outcomes as they come.

    `begin` is called just before a task is handed out; False passes it over. A worker that dies costs its task an
    error, nothing else. Closing the iterator ends the workers at once.
    """
    workers: list[_Worker] = []
    context = get_context("spawn")

    def following() -> Task | None:
        return next((task for task in tasks if begin(task)), None)

    def hire() -> None:
        task = following()
        if task is None:
            return
        here, there = context.Pipe()
        process = context.Process(
            target=_work, args=(there, order, threads), name="upzeroir-batch", daemon=True
        )
        process.start()
        there.close()
        workers.append(_Worker(process, here, task))
        _hand(workers[-1], task)

    try:
        for _ in range(jobs):
            hire()
        while workers:
            ready = wait([worker.line for worker in workers])
            for worker in [w for w in workers if w.line in ready]:
                try:
                    yield worker.line.recv()
                except (EOFError, OSError):
                    workers.remove(worker)
                    worker.process.kill()
                    worker.process.join()
                    yield Outcome(worker.task, error=dict(DIED))
                    hire()
                    continue
                task = following()
                if task is None:
                    workers.remove(worker)
                    _dismiss(worker)
                else:
                    worker.task = task
                    _hand(worker, task)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


def _hand(worker: _Worker, task: Task) -> None:
    with contextlib.suppress(OSError):  # a dead one is found when its answer is read
        worker.line.send(task)


def _dismiss(worker: _Worker) -> None:
    with contextlib.suppress(OSError):
        worker.line.send(None)
    worker.line.close()
    worker.process.join(5)
    worker.process.kill()


def _work(line: Connection, order: Order, threads: int) -> None:
    """A worker's life: task in, outcome out, until None comes or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    threading.Thread(target=_follow_parent, daemon=True).start()
    import torch

    torch.set_num_threads(threads)
    with contextlib.suppress(EOFError, OSError):
        while (task := line.recv()) is not None:
            line.send(do(task, order))


def _follow_parent() -> None:
    """End at once when the parent has ended, however it did: nobody else would take our results."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def free_memory() -> float:
    """Bytes free."""
    return float(psutil.virtual_memory().available)
