"""One running service: lock, socket, server, state file, idle exit, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import uvicorn

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import UnwritableError, UpzeroirError
from upzeroir_plugin.launch import beside, log_path
from upzeroir_plugin.service import log
from upzeroir_plugin.service.app import Service
from upzeroir_plugin.service.auth import Guard
from upzeroir_plugin.service.engine import main as engine_main
from upzeroir_plugin.service.limits import HEADER_BYTES, Limits
from upzeroir_plugin.service.process import Child, Target
from upzeroir_plugin.service.protocol import Protocol
from upzeroir_plugin.service.reader import main as reader_main
from upzeroir_plugin.service.state import API, State, publish, withdraw
from upzeroir_plugin.service.store import private_folder

CONNECTIONS = 512
GRACE_SECONDS = 2


class AlreadyRunning(UpzeroirError):
    """Another service holds the lock: that one is used."""

    code, exit_code = "already-running", 0


def serve(
    state: Path,
    limits: Limits | None = None,
    reader: Target = reader_main,
    engine: Target = engine_main,
    prior: Path | None = None,
) -> None:
    """Run a service until it is told to stop, or idle. Raises AlreadyRunning, UnwritableError.

    `reader` and `engine`: what the two child processes run (tests put faulty ones there). `prior`: another denoiser's
    folder than the embedded one's.
    """
    try:
        state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = filelock.FileLock(beside(state, ".lock"), timeout=0)
        lock.acquire()
    except filelock.Timeout:
        raise AlreadyRunning(
            "The service is running already.", "upzeroir status says more, upzeroir stop ends it."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise UnwritableError(
            f"The folder {state.parent} cannot be written: {error}.",
            "Name another state file in UPZEROIR_STATE.",
        ) from error
    try:
        folder = private_folder(state)
        try:
            token = secrets.token_hex(32)
            log.begin(log_path(state), token, sys.stderr.isatty())
            asyncio.run(_run(state, folder, token, limits or Limits(), reader, engine, prior))
        finally:
            withdraw(state, os.getpid())
            shutil.rmtree(folder, ignore_errors=True)
            logging.getLogger(__name__).info("ended")
    finally:
        lock.release()


class _Server(uvicorn.Server):
    """uvicorn's server that leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


async def _run(
    state: Path, folder: Path, token: str, limits: Limits, reader: Target, engine: Target, prior: Path | None
) -> None:
    looks = Child("reader", reader, {"does": "looks at photos"})
    looks.start()  # its imports take a second: the first photo is not to wait for them
    # With the protocol named, asyncio sends at once; else every second answer on a connection waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    works = Child("engine", engine, {"does": "restores", "prior": str(prior) if prior else None})
    service = Service(folder, log_path(state), limits, looks, works)
    config = uvicorn.Config(
        Guard(service.app(), token, port), http=Protocol, ws="none", lifespan="off", loop="asyncio", log_config=None,
        access_log=False, server_header=False, date_header=False, proxy_headers=False, limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS, h11_max_incomplete_event_size=HEADER_BYTES,
    )  # fmt: skip
    server = _Server(config)
    _on_signals(service.quitting)
    parts = (server.serve(sockets=[listener]), service.jobs.run(), service.jobs.watch(), _idle(service))
    tasks: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(part) for part in (*parts, service.quitting.wait())
    ]
    try:
        while not server.started and not tasks[0].done():
            await asyncio.sleep(0.005)
        publish(state, State(os.getpid(), port, token, API, time.time()))
        logging.getLogger(__name__).info("upzeroir %s: pid %d, port %d", __version__, os.getpid(), port)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        withdraw(state, os.getpid())
        for job in list(service.jobs.all.values()):
            service.jobs.cancel(job, "Cancelled: the service ends.")
        server.should_exit = True
        await asyncio.wait(tasks[:1], timeout=2 * GRACE_SECONDS)
    finally:
        looks.kill()
        works.kill()
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logging.getLogger(__name__).error("part of the service failed", exc_info=result)


async def _idle(service: Service) -> None:
    """Returns when the service has been idle long enough to end; unloads the model before."""
    limits, engine = service.limits, service.jobs.engine
    while True:
        await asyncio.sleep(min(1.0, limits.idle_exit / 4))
        idle = 0.0 if service.active else time.monotonic() - service.used
        if idle > limits.idle_exit:
            logging.getLogger(__name__).info("idle for %.0f s: the service ends", idle)
            return
        if idle > limits.idle_unload and engine.pid:
            logging.getLogger(__name__).info("idle for %.0f s: the model is unloaded", idle)
            await service.jobs.free()


def _on_signals(quitting: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    names = [n for n in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, n)]
    for name in names:
        number: int = getattr(signal, name)
        try:
            loop.add_signal_handler(number, quitting.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(quitting.set))
    hangup: Any = getattr(signal, "SIGHUP", None)
    if hangup is not None:
        signal.signal(hangup, signal.SIG_IGN)  # a closed terminal is no reason to stop
