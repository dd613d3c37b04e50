"""`upzeroir batch`: whole folders, by several processes, resumable."""

from __future__ import annotations

import sys
from argparse import Namespace

from upzeroir_plugin.batch.find import FOLDER, Names, find
from upzeroir_plugin.batch.ledger import results_in
from upzeroir_plugin.batch.run import Count, Ways
from upzeroir_plugin.batch.run import run as run_batch
from upzeroir_plugin.commands.progress import ProgressLine
from upzeroir_plugin.commands.restore import order_of
from upzeroir_plugin.errors import CancelledError

SHOWN = 10


def run(args: Namespace) -> int:
    """Restore what is not restored yet; the highest exit code of a photo wins."""
    names = Names(args.name, args.format)
    results = results_in(args.output.absolute() / FOLDER)
    found = find(args.photos, args.output, args.recursive, args.pairs, names, results)
    for photo, reason in found.left[:SHOWN]:
        _say(f"{photo}: {reason}.")
    if len(found.left) > SHOWN:
        _say(f"… and {len(found.left) - SHOWN} more such pairs; the summary lists them.")
    line = ProgressLine("batch")

    def tell(count: Count) -> None:
        if count.error:
            line.close()
            _say(f"{count.source}: {count.error}")
            if args.debug:
                print(count.trace, file=sys.stderr)
        if count.looked is not None:
            line.update(count.looked / count.total, f"looked at {count.looked} of {count.total} photos", None)
            return
        failed = f", {count.failed} failed" if count.failed else ""
        label = f"{count.done} of {count.total} photos{failed}"
        line.update((count.done + count.failed) / count.total, label, count.eta_seconds)

    try:
        ways = Ways(args.jobs, args.threads, args.retries, args.ray)
        ended = run_batch(found, args.output, order_of(args), ways, tell, args.series, names)
    except KeyboardInterrupt:
        raise CancelledError(
            "Stopped; what is done is kept.", "Run the same command again to go on."
        ) from None
    finally:
        line.close()
    before = ended.done - ended.made
    earlier = f", {before} by earlier runs" if before else ""
    failed = f", {ended.failed} failed" if ended.failed else ""
    _say(f"{ended.made} restored{earlier}{failed}. The summary: {ended.summary}")
    return ended.exit_code


def _say(text: str) -> None:
    print(f"upzeroir: {text}", file=sys.stderr)
