"""`upzeroir serve`: start the local service, or be it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace

from upzeroir_plugin import client, launch
from upzeroir_plugin.commands.status import talking


def run(args: Namespace) -> int:
    """In the foreground until the service ends; else launch it unless it runs, and say where it is. Returns 0."""
    if args.foreground:
        return _be_it(args)
    command, asked = launch.launch_command(), []
    if args.idle_exit is not None:
        asked += ["--idle-exit", str(args.idle_exit)]
    if args.memory is not None:
        asked += ["--memory", str(args.memory)]
    if args.prior is not None:
        asked += ["--prior", str(args.prior.absolute())]
    before = launch.read_state(launch.state_path())
    with talking():
        there = client.connect(command=[*command, *asked])
    state = launch.read_state(there.state) or {}
    if asked and before is not None and before.get("token") == state.get("token"):
        names = ", ".join(word for word in asked if word.startswith("--"))
        print(
            f"upzeroir: a service runs already, as it was started: {names} changed nothing. "
            "For other settings: upzeroir stop, then this again.",
            file=sys.stderr,
        )
    print(f"The service runs: process {state.get('pid')}, port {state.get('port')}.")
    return 0


def _be_it(args: Namespace) -> int:
    # It runs beside the program that asks. Threads that spin while they wait for each other cost nothing where nothing
    # else runs, and hold up both where something does (two cores, one of them busy: 1.3 to 1.7 times as long).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from upzeroir_plugin.service.lifecycle import AlreadyRunning, serve
    from upzeroir_plugin.service.limits import Limits

    limits = Limits()
    if args.idle_exit is not None:
        seconds = 60 * args.idle_exit
        limits = Limits(idle_exit=seconds, idle_unload=min(limits.idle_unload, seconds / 2))
    if args.memory is not None:
        limits = replace(limits, held=int(args.memory * 1e9))
    try:
        serve(launch.state_path(), limits, prior=args.prior)
    except AlreadyRunning as error:
        print(f"upzeroir: {error}", file=sys.stderr)
    return 0
