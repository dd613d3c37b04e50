"""`upzeroir stop`: end the service, by force if it does not answer."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path

import psutil

from upzeroir_plugin import client, launch
from upzeroir_plugin.commands.status import NoServiceError, talking

PATIENCE = 8.0


def run(args: Namespace) -> int:
    """Ask it to end, wait, and end it if it hangs. Returns 0, also if none runs."""
    del args
    path = launch.state_path()
    process = _process(path)
    try:
        with talking():
            client.connect(launch=False, state=path, quiet=True).quit()
    except NoServiceError:
        if process is None:
            print("The service is not running.")
            return 0
    if process is not None and not _ended(process):
        process.kill()
        _ended(process)
        path.unlink(missing_ok=True)
    print("The service has ended.")
    return 0


def _ended(process: psutil.Process) -> bool:
    """Whether it ends within PATIENCE; one that only waits to be reaped has ended."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.Error:
            return True
        time.sleep(0.02)
    return False


def _process(path: Path) -> psutil.Process | None:
    """The process of the state file, if it is indeed a service of ours and no later one with its number."""
    state = launch.read_state(path)
    if state is None:
        return None
    try:
        process = psutil.Process(int(state["pid"]))
        ours = "serve" in process.cmdline() and process.create_time() <= float(state["started"]) + 5
    except (psutil.Error, KeyError, ValueError):
        return None
    return process if ours else None
