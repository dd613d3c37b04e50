"""500 small photos restored by `upzeroir batch`, killed by `kill -9` on the way: is each restored exactly once?"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from upzeroir_plugin.prior.synthetic import dead_leaves


def main() -> int:
    """Print one JSON object; 0 if every photo was restored exactly once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--side", type=int, default=96, help="px")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--options", default="", help="handed to upzeroir batch")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in"), Path(folder, "out")
        source.mkdir()
        for number in range(args.photos):
            photo(args.side, number).save(source / f"{number:05d}.jpg", quality=93)
        command = [sys.executable, "-m", "upzeroir_plugin", "batch", str(source), "-o", str(out)]
        command += args.options.split()
        begun, kept = time.monotonic(), dict[str, tuple[int, int]]()
        lost = 0
        for kill in range(1, args.kills + 1):
            run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            while run.poll() is None and len(made(out)) < args.photos * kill // (args.kills + 1):
                time.sleep(0.2)
            run.send_signal(signal.SIGKILL)
            run.wait()
            lost += sum(made(out).get(name) != stamp for name, stamp in kept.items())
            kept = made(out)
        code = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode
        end = made(out)
        lost += sum(end.get(name) != stamp for name, stamp in kept.items())
        whole = len(end) == args.photos and not list(out.glob(".*"))
        print(
            json.dumps(
                {
                    "photos": args.photos,
                    "restored": len(end),
                    "made_again": lost,
                    "kills": args.kills,
                    "exit_code": code,
                    "seconds": round(time.monotonic() - begun, 1),
                }
            )
        )
        return 0 if whole and not lost and code == 0 else 1


def made(folder: Path) -> dict[str, tuple[int, int]]:
    """Results and what would differ if they were made again."""
    stats = ((path.name, path.stat()) for path in folder.glob("*.jpg"))
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in stats}


def photo(side: int, seed: int) -> Image.Image:
    """A noisy picture of its own."""
    rng = np.random.default_rng(seed)
    leaves = np.asarray(dead_leaves(side, rng), np.float32)
    noisy = leaves * 0.8 + 20 + rng.normal(0, rng.uniform(3, 15), leaves.shape)
    return Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8))


if __name__ == "__main__":
    sys.exit(main())
