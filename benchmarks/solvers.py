"""The two solvers side by side, and what each part of the paper's does: `upzeroir bench --solvers`.

    python -m benchmarks.solvers [--data FOLDER] [--set NAME] [--limit N] [--way NAME] [--ablations] [--seeds N]
                                 [--jobs N] [--pictures] [--out FOLDER]

Blind and with one setting for all sets. Each measurement is a line in FOLDER/solvers.jsonl, and is not made again: a
stopped run goes on. `--jobs`: processes of one thread each, that many pictures at a time; seconds are of one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.engine import run
from benchmarks.metrics import psnr, ssim
from benchmarks.sets import DATA, SETS, Pair
from benchmarks.sheets import sheet
from upzeroir_plugin.restore import Options, Step
from upzeroir_plugin.solver.degloss import ONLY_MSE, Weights
from upzeroir_plugin.solver.guided import Settings

SETS_ASKED = ("kodak256", "lol", "hsts", "mix-hsts")
DEFAULT = Settings()
FULL = Weights()
ABLATIONS: dict[str, Settings] = {
    "without PCDM (phi = physics, fixed)": replace(DEFAULT, phi="physics", learn=False),
    "phi = physics, theta free": replace(DEFAULT, phi="physics", free=True),
    "phi = physics + network, theta free": replace(DEFAULT, free=True),
    "phi = network alone": replace(DEFAULT, phi="net"),
    "without DegLoss (squared error alone)": replace(
        DEFAULT, weights=replace(ONLY_MSE, quality=FULL.quality)
    ),
    "without KL": replace(DEFAULT, weights=replace(FULL, divergence=0.0)),
    "without perceptual": replace(DEFAULT, weights=replace(FULL, perceptual=0.0)),
    "without adversarial": replace(DEFAULT, weights=replace(FULL, adversarial=0.0)),
    "without quality term": replace(DEFAULT, weights=replace(FULL, quality=0.0)),
    "without DQR": replace(DEFAULT, refine=False),
    "DDPM (all noise fresh)": replace(DEFAULT, fresh=1.0),
    "DDIM's own schedule": replace(DEFAULT, spacing="ddim"),
    "Karras's schedule": replace(DEFAULT, spacing="karras"),
    "100 steps": replace(DEFAULT, steps=100),
}
MOMENTS = 8
Key = tuple[str, int, str, int]
"""Set, index, way and seed: what a measurement is known by."""


@dataclass(frozen=True, slots=True)
class Work:
    """One picture of a set, one way, one seed."""

    data: Path
    set: str
    index: int
    way: str
    options: Options
    picture: Path | None = None

    def key(self) -> Key:
        """Its own."""
        return self.set, self.index, self.way, self.options.seed


@dataclass(frozen=True, slots=True)
class Measured:
    """PSNR in dB, SSIM, network calls, seconds, and the process's largest memory in MB."""

    set: str
    index: int
    way: str
    seed: int
    name: str
    psnr: float
    ssim: float
    calls: int
    seconds: float
    memory: float

    def key(self) -> Key:
        """As of the work that it measures."""
        return self.set, self.index, self.way, self.seed


def main(argv: list[str]) -> int:
    """Measure what is asked for and not there yet, and print the tables; returns 0."""
    args = _arguments(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    kept = args.out / "solvers.jsonl"
    found = (
        [Measured(**json.loads(line)) for line in kept.read_text("utf-8").splitlines()]
        if kept.exists()
        else []
    )
    there = {measured.key() for measured in found}
    asked: dict[Key, Work] = {}
    for work in _asked(
        args
    ):  # the same may be asked for as a way, as what ablations compare with and as a seed
        asked.setdefault(work.key(), work)
    todo = [work for key, work in asked.items() if key not in there]
    # a stopped run then has something of every set
    todo.sort(key=lambda work: (work.way in ABLATIONS, work.index))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.jobs, context, _one_thread, max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(measure, work) for work in todo]):
            measured = future.result()
            found.append(measured)
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(measured)) + "\n")
            print(
                f"{measured.key()}  {measured.psnr:.2f} dB  {measured.seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    text = "\n".join([*_solvers(found), "", *_ablations(found), "", *_seeds(found)])
    (args.out / "solvers.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="upzeroir bench --solvers", description="The two solvers side by side."
    )
    add = parser.add_argument
    add("--data", type=Path, default=DATA)
    add(
        "--set",
        action="append",
        choices=list(SETS),
        help="may be repeated; default: the paper's three and mix-hsts",
    )
    add("--limit", type=int, help="only the first N pictures")
    add("--way", action="append", help="fast, thorough, guided, or guided on NAME; default: fast and guided")
    add(
        "--ablations",
        action="store_true",
        help="the guided solver without each of its parts, five pictures a set",
    )
    add(
        "--seeds",
        type=int,
        default=0,
        help="so many seeds on the first picture of each set and another of the first set",
    )
    add("--jobs", type=int, default=1)
    add("--out", type=Path, default=Path("solvers"))
    add("--pictures", action="store_true", help="trajectories of the first picture of each set")
    return parser.parse_args(argv)


def _asked(args: argparse.Namespace) -> Iterator[Work]:
    for number, name in enumerate(args.set or SETS_ASKED):
        count = len(list(SETS[name](args.data)))
        for way in args.way or ("fast", "guided"):
            effort, _, prior = way.partition(" on ")
            options = Options(effort=effort, prior=prior or "embedded")
            for index in range(min(count, args.limit or count)):
                shown = args.out / f"trajectory-{name}-{way.replace(' ', '-')}.png"
                wanted = args.pictures and index == 0 and effort == "guided"
                yield Work(args.data, name, index, way, options, shown if wanted else None)
        for index in range(min(5, count) if args.ablations else 0):
            yield Work(args.data, name, index, "guided", Options(effort="guided"))
            for part, settings in ABLATIONS.items():
                yield Work(args.data, name, index, part, Options(effort="guided", guided=settings))
        for index in range(1 + (number == 0)):  # five pictures of four sets
            for seed in range(args.seeds):
                yield Work(args.data, name, index, "guided", Options(effort="guided", seed=seed))


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def measure(work: Work) -> Measured:
    """Restore one picture. Raises UpzeroirError."""
    pair = list(SETS[work.set](work.data))[work.index]
    steps: list[Step] = []
    outcome = run(pair, work.options, steps.append)
    if work.picture:
        _trajectory(work.set, pair, steps, work.picture)
    return Measured(
        set=work.set, index=work.index, way=work.way, seed=work.options.seed, name=pair.name,
        psnr=round(psnr(outcome.picture, pair.reference), 3), ssim=round(ssim(outcome.picture, pair.reference), 4),
        calls=outcome.result.network_calls, seconds=round(outcome.restore_seconds, 2),
        memory=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0),
    )  # fmt: skip


def _trajectory(name: str, pair: Pair, steps: list[Step], path: Path) -> None:
    """A row of the scene on its way, as a picture."""
    shown = [step for step in steps if step.preview is not None]
    chosen = [shown[i] for i in np.unique(np.linspace(0, len(shown) - 1, MOMENTS).astype(int))]
    cells = [(f"{name} {pair.name[:12]}", pair.degraded)]
    for step in chosen:
        assert step.preview is not None
        label = "end" if step.result else f"step {step.index}, sigma {255 * step.sigma:.0f}/255"
        cells.append((label, step.preview.astype(np.float32) / np.float32(255)))
    sheet([[*cells, ("reference", pair.reference)]], path)


def _rows(found: list[Measured], name: str, way: str, seed: int = 0) -> dict[int, Measured]:
    return {m.index: m for m in found if (m.set, m.way, m.seed) == (name, way, seed)}


def _solvers(found: list[Measured]) -> Iterator[str]:
    yield "| set | solver | pictures | PSNR | SSIM | network calls | seconds | MB |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in dict.fromkeys(m.set for m in found):
        for way in dict.fromkeys(m.way for m in found if m.way not in ABLATIONS):
            rows = list(_rows(found, name, way).values())
            if rows:
                columns = [(m.psnr, m.ssim, m.calls, m.seconds, m.memory) for m in rows]
                db, like, calls, seconds, memory = np.mean(columns, axis=0)
                quality = f"{len(rows)} | {db:.2f} | {like:.3f}"
                yield f"| {name} | {way} | {quality} | {calls:.0f} | {seconds:.1f} | {memory:.0f} |"


def _ablations(found: list[Measured]) -> Iterator[str]:
    """Mean paired difference of PSNR to the whole, and its standard error."""
    names = [
        name for name in dict.fromkeys(m.set for m in found) if _rows(found, name, next(iter(ABLATIONS)))
    ]
    if not names:
        return
    yield "| guided | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for part in ABLATIONS:
        cells = []
        for name in names:
            whole, without = _rows(found, name, "guided"), _rows(found, name, part)
            gaps = np.array([without[i].psnr - whole[i].psnr for i in without if i in whole])
            cells.append(
                f"{gaps.mean():+.2f} ± {gaps.std(ddof=1) / len(gaps) ** 0.5:.2f}" if len(gaps) > 1 else ""
            )
        yield f"| {part} | " + " | ".join(cells) + " |"


def _seeds(found: list[Measured]) -> Iterator[str]:
    """Standard deviation of PSNR over seeds, by picture."""
    for name, index in dict.fromkeys((m.set, m.index) for m in found if m.seed):
        values = [m.psnr for m in found if (m.set, m.index, m.way) == (name, index, "guided")]
        mean, deviation = np.mean(values), np.std(values, ddof=1)
        yield f"{name} #{index}: {len(values)} seeds, {mean:.2f} dB, deviation {deviation:.3f} dB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
