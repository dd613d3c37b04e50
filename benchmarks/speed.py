"""Seconds and memory by size: mosaics of unscaled photos, each size in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.metrics import Picture
from benchmarks.sets import listed, read, rounded

SIZES = {1: (1152, 868), 6: (3000, 2000), 12: (4243, 2828), 24: (6000, 4000)}
KINDS: dict[str, dict[str, float]] = {
    "noise": {"noise.file": 12},
    "blur": {"blur.sigma": 1.6},
    "mixture": {
        "blur.sigma": 1.6,
        "noise.file": 12,
        "haze.depth": 0.5,
        "light.ev": 2,
        "colour.temperature": 30,
    },
}
"""What is told of the photo; the rest is found."""


def mosaic(data: Path, megapixels: int) -> Picture:
    """Unscaled Kodak originals side by side, cut to the size wanted, with white noise of σ 12/255, 8 bit."""
    width, height = SIZES[megapixels]
    photos = [p for p in map(read, listed(data / "eval" / "kodak24")) if p.shape == (512, 768, 3)]
    rows = []
    for top in range(-(-height // 512)):
        row = [photos[(top * 7 + left) % len(photos)] for left in range(-(-width // 768))]
        rows.append(np.concatenate(row, axis=1)[:, :width])
    whole = np.concatenate(rows)[:height]
    for top in range(0, height, 512):
        rng = np.random.default_rng(top)
        band = whole[top : top + 512]
        whole[top : top + 512] = rounded(band + rng.normal(0, 12 / 255, band.shape).astype(np.float32))
    return whole


def measure(data: Path, megapixels: int, kind: str, ffdnet: bool) -> dict[str, float]:
    """One size and one of `KINDS` in a fresh process: seconds (warm) per megapixel and peak memory above torch's own,
    GB.
    """
    command = [
        sys.executable,
        "-m",
        "benchmarks.speed",
        str(data),
        str(megapixels),
        kind,
        str(int(ffdnet)),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _child(data: Path, megapixels: int, kind: str, ffdnet: bool) -> dict[str, float]:
    import torch  # noqa: F401  its own memory is not ours

    base = _peak()
    from benchmarks.peers import ffdnet_at
    from upzeroir_plugin.photo.image import Photo
    from upzeroir_plugin.restore import Options, estimate, restore

    photo = Photo(mosaic(data, megapixels))
    small = Photo(np.ascontiguousarray(photo.pixels[:512, :768]))
    for _ in restore(small, estimate(small), Options()):
        pass
    start = time.perf_counter()
    found = estimate(photo, KINDS[kind])
    between = time.perf_counter()
    for _ in restore(photo, found, Options()):
        pass
    end = time.perf_counter()
    pixels = photo.pixels.shape[0] * photo.pixels.shape[1] / 1e6
    out = {
        "megapixels": pixels,
        "estimate_seconds": between - start,
        "restore_per_mp": (end - between) / pixels,
    }
    out["peak_gb"] = _peak() - base
    if ffdnet:
        start = time.perf_counter()
        ffdnet_at(photo.pixels, 12)
        out["ffdnet_per_mp"] = (time.perf_counter() - start) / pixels
        out["ratio_to_ffdnet"] = out["restore_per_mp"] / out["ffdnet_per_mp"]
    return out


if __name__ == "__main__":
    _data, _mp, _kind, _ffdnet = sys.argv[1:]
    print(json.dumps(_child(Path(_data), int(_mp), _kind, _ffdnet == "1")))
