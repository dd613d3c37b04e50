"""`upzeroir serve`: start the local service, or be it."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from upzeroir_plugin import client, launch
from upzeroir_plugin.commands.status import talking


def run(args: Namespace) -> int:
    """In the foreground until the service ends; else launch it unless it runs, and say where it is. Returns 0."""
    if args.foreground:
        return _be_it(args)
    command = launch.launch_command()
    if args.idle_exit is not None:
        command += ["--idle-exit", str(args.idle_exit)]
    if args.memory is not None:
        command += ["--memory", str(args.memory)]
    if args.prior is not None:
        command += ["--prior", str(args.prior.absolute())]
    with talking():
        there = client.connect(command=command)
    state = launch.read_state(there.state) or {}
    print(f"The service runs: process {state.get('pid')}, port {state.get('port')}.")
    return 0


def _be_it(args: Namespace) -> int:
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
