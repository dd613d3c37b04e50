"""`upzeroir bench`: tables in Markdown and JSON, and contact sheets."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.adds import table as adds_table
from benchmarks.engine import Outcome, run
from benchmarks.estimators import table as estimator_table
from benchmarks.intent import table as intent_table
from benchmarks.invented import table as invented_table
from benchmarks.metrics import psnr, ssim
from benchmarks.peers import Cache, peers_of, seconds
from benchmarks.real import table as real_table
from benchmarks.sets import DATA, SETS, Pair
from benchmarks.sheets import sheet
from benchmarks.speed import SIZES, measure
from upzeroir_plugin.parameters import GROUPS, Amounts
from upzeroir_plugin.restore import Options

TABLES = {
    "estimates": estimator_table,
    "adds": adds_table,
    "intent": intent_table,
    "invented": invented_table,
}
"""What is measured on no set of pairs, by name."""
ROWS_ON_SHEET = 12


def main(argv: list[str]) -> int:
    """Measure the sets asked for; returns 0. With `--solvers`, what benchmarks/solvers.py measures."""
    if "--solvers" in argv:
        from benchmarks.solvers import main as solvers

        return solvers([word for word in argv if word != "--solvers"])
    args = options().parse_args(argv)
    report: dict[str, Any] = {}
    for name in args.set or ["val"]:
        if name in TABLES:
            report[name] = TABLES[name](args.data, args.limit)
        elif name == "real":
            report[name] = real_table(args.data, args.limit, args.out if args.sheets else None)
        elif name == "speed":
            report[name] = _speed(args)
        else:
            report[name] = _quality(name, args)
        print(_markdown(name, report[name]), flush=True)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "bench.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        text = "\n".join(_markdown(name, rows) for name, rows in report.items())
        (args.out / "bench.md").write_text(text, encoding="utf-8")
    return 0


def options() -> argparse.ArgumentParser:
    """The options of `upzeroir bench`, without those of `--solvers`."""
    parser = argparse.ArgumentParser(prog="upzeroir bench", description="Quality and speed against peers.")
    add = parser.add_argument
    names = [*SETS, *TABLES, "real", "speed"]
    add(
        "--set",
        action="append",
        metavar="NAME",
        choices=names,
        help=f"may be repeated; default: val. One of {', '.join(names)}",
    )
    add(
        "--data",
        type=Path,
        default=DATA,
        metavar="DIR",
        help="folder with eval/ and train/img/ (default: shared/ beside the checkout)",
    )
    add("--out", type=Path, metavar="DIR", help="write tables and contact sheets there")
    add("--peers", choices=("none", "cached", "fresh"), default="cached", help="other programs, beside ours")
    add("--slow", action="store_true", help="CBM3D too")
    add("--limit", type=int, metavar="N", help="only the first N pictures")
    add("--effort", choices=("fast", "thorough"), default="fast", help="how much work")
    add("--off", action="append", choices=GROUPS, default=[], help="leave this group alone; may be repeated")
    add("--megapixels", type=int, action="append", choices=list(SIZES), help="sizes of --set speed")
    add("--sheets", action="store_true", help="contact sheets of every set")
    add(
        "--solvers",
        action="store_true",
        help="the fast and the paper's solver side by side; options of its own (--solvers --help)",
    )
    return parser


def _quality(name: str, args: argparse.Namespace) -> dict[str, Any]:
    pairs = list(SETS[name](args.data))[: args.limit]
    options = Options(effort=args.effort, amounts=Amounts(dict.fromkeys(args.off, 0.0)))
    outcomes = [run(pair, options) for pair in pairs]
    pixels = sum(p.degraded.shape[0] * p.degraded.shape[1] for p in pairs) / 1e6
    each = [psnr(o.picture, p.reference) for o, p in zip(outcomes, pairs, strict=True)]
    table: dict[str, Any] = {
        "pictures": len(pairs),
        "input": _scores(pairs, [p.degraded for p in pairs]),
        "ours": _scores(pairs, [o.picture for o in outcomes]),
        "ours, lowest": round(min(each), 2),
        "bit-identical": sum(o.unchanged(p) for o, p in zip(outcomes, pairs, strict=True)),
        "seconds per MP": {
            "ours": round(sum(o.restore_seconds + o.estimate_seconds for o in outcomes) / pixels, 2)
        },
        "each": {p.name + f" #{i}": round(v, 2) for i, (p, v) in enumerate(zip(pairs, each, strict=True))},
    }
    if args.peers != "none":
        cache = Cache()
        for label, peer in peers_of(name, args.data, args.slow).items():
            scores = [cache.score(label, peer, pair, args.peers == "fresh") for pair in pairs]
            cache.save()
            if None not in scores:
                table[label] = [round(float(v), 4) for v in np.mean([s for s in scores if s], axis=0)]
                if label != "TAO files":
                    taken = seconds(peer, pairs)
                    table["seconds per MP"][label] = None if taken is None else round(taken, 2)
    if args.sheets and args.out:
        _sheet(name, pairs, outcomes, args)
    return table


def _scores(pairs: list[Pair], pictures: list[Any]) -> list[float]:
    both = [(psnr(x, p.reference), ssim(x, p.reference)) for x, p in zip(pictures, pairs, strict=True)]
    return [round(float(v), 4) for v in np.mean(both, axis=0)]


def _sheet(name: str, pairs: list[Pair], outcomes: list[Outcome], args: argparse.Namespace) -> None:
    peers = {} if args.peers == "none" else peers_of(name, args.data, False)
    rows = []
    step = max(1, len(pairs) // ROWS_ON_SHEET)
    for pair, outcome in list(zip(pairs, outcomes, strict=True))[::step]:
        made = {}
        for label, peer in peers.items():
            try:
                made[label] = peer(pair)
            except ModuleNotFoundError:
                continue
        cells = [(f"{pair.name[:24]} input", pair.degraded), ("ours", outcome.picture)]
        if made:
            best = max(made, key=lambda k: psnr(made[k], pair.reference))
            cells.append((best, made[best]))
        rows.append([*cells, ("reference", pair.reference)])
    sheet(rows, args.out / f"sheet-{name}.png")


def _speed(args: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    sizes = args.megapixels or list(SIZES)
    runs = [*((size, "noise") for size in sizes), (max(sizes), "blur"), (max(sizes), "mixture")]
    for size, kind in runs:
        print(f"{size} MP {kind} …", file=sys.stderr)
        beside = args.peers != "none" and (size, kind) == (1, "noise")
        found[f"{size} MP {kind}"] = {
            k: round(v, 3) for k, v in measure(args.data, size, kind, beside).items()
        }
    return found


def _markdown(name: str, table: dict[str, Any]) -> str:
    lines = [f"## {name}", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in table.items() if key != "each"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
