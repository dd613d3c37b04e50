"""`upzeroir status`: whether the service runs, and what it does."""

from __future__ import annotations

import contextlib
import json
from argparse import Namespace
from collections.abc import Iterator

from upzeroir_plugin import client, launch
from upzeroir_plugin.errors import UpzeroirError

NOT_RUNNING = 1


def run(args: Namespace) -> int:
    """Print a few lines, or JSON. Returns 0, or 1 if no service runs."""
    try:
        with talking():
            there = client.connect(launch=False, quiet=True)
            said = there.hello(quiet=True)
    except NoServiceError:
        print(json.dumps({"running": False}) if args.json else "The service is not running.")
        return NOT_RUNNING
    state = launch.read_state(there.state) or {}
    if args.json:
        shown = {name: said[name] for name in ("api", "build", "engine", "memory", "jobs", "limits")}
        print(json.dumps({"running": True, "pid": state.get("pid"), "port": state.get("port"), **shown}))
        return 0
    engine, memory, jobs = said["engine"], said["memory"], said["jobs"]
    print(f"The service runs: process {state.get('pid')}, port {state.get('port')}, version {said['build']}.")
    print(
        f"Engine: {engine['state']}, {engine['device'] or 'no device yet'}, {engine['dtype'] or 'unknown precision'}."
    )
    held = sum(memory[name] for name in ("service", "reader", "engine"))
    print(f"Memory: {held / 1e9:.2f} GB held, {memory['available'] / 1e9:.1f} GB free.")
    print(f"Jobs: {'one running' if jobs['running'] else 'none running'}, {jobs['waiting']} waiting.")
    print(f"Log: {launch.log_path(there.state)}")
    return 0


class NoServiceError(UpzeroirError):
    """There is no service."""

    code = "no-service"


@contextlib.contextmanager
def talking() -> Iterator[None]:
    """The client's errors as the command line's."""
    try:
        yield
    except client.ClientError as error:
        kind = NoServiceError if error.code == "no-service" else UpzeroirError
        raise kind(error.message, error.hint) from error
