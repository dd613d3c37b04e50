"""`upzeroir estimate`: what is wrong with a photo."""

from __future__ import annotations

import json
from argparse import Namespace

from upzeroir_plugin.parameters import PARAMETERS, ParameterVector
from upzeroir_plugin.summary import summary


def run(args: Namespace) -> int:
    """Print the sentence and a table, or one JSON object. Returns the exit code."""
    from upzeroir_plugin.photo.load import load
    from upzeroir_plugin.restore import estimate

    found = estimate(load(args.photo, args.max_pixels * 1e6), dict(args.pins), args.region)
    if args.json:
        said = {"summary": summary(found.theta), "parameters": found.theta.to_json()}
        print(json.dumps({**said, "picture": found.picture}))
    else:
        print(summary(found.theta))
        print(table(found.theta), end="")
        if found.picture is not None:
            x, y, w, h = found.picture
            print(f"  In a frame, which stays as it is: the picture is {w} x {h} px at {x}, {y}.")
    return 0


def table(theta: ParameterVector) -> str:
    """The parameters that are not neutral or are pinned, one a line: value, interval, confidence."""
    lines = []
    for row in PARAMETERS:
        entry = theta.entries[row.name]
        if entry.value == row.neutral and not entry.pinned:
            continue
        state = (
            "pinned"
            if entry.pinned
            else f"{entry.low:.3g} to {entry.high:.3g}, confidence {entry.confidence:.0%}"
        )
        lines.append(f"  {row.label:16} {entry.value:8.3g} {row.unit:30} {state}  ({row.name})\n")
    return "".join(lines)
