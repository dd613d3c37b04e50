"""Make the bad photos of this folder from clean ones: `python examples/make.py --train DIR` (see SOURCES.md).

DIR holds the clean photos named below. All that is wrong with the results is in EXAMPLES, in θ's own units.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.fields import fields
from upzeroir_plugin.physics.model import degrade

Plane = NDArray[np.float64]

LONG_SIDE = 960
CAMERA_QUALITY = 90
"""JPEG quality of the files that are not meant to show compression; as good as cameras write."""


@dataclass(frozen=True)
class Example:
    """One bad photo: the clean one, what is wrong with it, and whether its veil deepens with distance."""

    source: str
    theta: dict[str, float]
    distance: bool = False


EXAMPLES = {
    "dusk.jpg": Example(
        "budgie_roman-colosseum.jpg",
        {
            "light.ev": 2.5,
            "noise.shot": 6.0,
            "noise.read": 5.0,
            "noise.size": 0.8,
            "noise.chroma": 1.5,
        },
    ),
    "haze.jpg": Example(
        "budgie_lake-sherburne.jpg",
        {
            "haze.depth": 1.2,
            "haze.red": 0.80,
            "haze.green": 0.82,
            "haze.blue": 0.84,
            "noise.shot": 0.3,
            "noise.read": 1.0,
        },
        distance=True,
    ),
    "compressed.jpg": Example("budgie_beacon-street-sunset.jpg", {"jpeg.quality": 15}),
    "soft.jpg": Example(
        "budgie_kitten-on-lawn.jpg",
        {"blur.focus": 2.0, "blur.sigma": 0.8, "noise.shot": 14.0, "noise.read": 8.0, "noise.chroma": 1.3},
    ),
    "grain.jpg": Example(
        "budgie_oakland-zoo-otters.jpg",
        {"noise.shot": 22.0, "noise.read": 8.0, "noise.size": 2.2, "noise.chroma": 1.8},
    ),
    "shaken.jpg": Example(
        "budgie_orange-hallway.jpg", {"blur.shake": 4.0, "noise.shot": 0.5, "noise.read": 0.8}
    ),
}


def clean(path: Path) -> Plane:
    """The photo at LONG_SIDE, (H, W, 3) in [0, 1]."""
    with Image.open(path) as image:
        image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        return np.asarray(image.convert("RGB"), np.float64) / 255


def distance(photo: Plane) -> Plane:
    """A plausible depth map, (H, W), mean 1: farther towards the top, bright and blue parts farther still.

    A guided filter (He, Sun and Tang 2010) with the luma as guide makes it follow the photo's edges.
    """
    luma = photo @ np.array([0.299, 0.587, 0.114])
    blue = photo[..., 2] - photo[..., 0]
    ramp = np.linspace(1, 0, len(photo))[:, None] ** 0.8
    rough = ramp + 0.5 * luma + 0.5 * blue.clip(0, 1)
    spread = _mean(luma**2) - _mean(luma) ** 2
    slope = (_mean(luma * rough) - _mean(luma) * _mean(rough)) / (spread + 1e-2)
    depth = _mean(slope) * luma + _mean(_mean(rough) - slope * _mean(luma))
    depth = depth.clip(0.05)
    return np.asarray(depth / depth.mean())


def hook() -> np.ndarray:
    """The path of a trembling hand, (31, 31): down, and back in an arc."""
    turn = np.linspace(0, 1, 2000)
    down, across = 9 * np.sin(3.6 * turn**1.3), 7 * turn**2 - 3 * np.sin(5 * turn)
    ends = np.arange(-15.5, 16)
    drawn = np.histogram2d(down - down.mean(), across - across.mean(), bins=[ends, ends])[0]
    soft: np.ndarray = ndimage.gaussian_filter(drawn, 0.6).astype(np.float32)
    return soft / soft.sum()


def _mean(values: Plane) -> Plane:
    return np.asarray(ndimage.uniform_filter(values, 41))


def make(example: Example, folder: Path, seed: int) -> tuple[Image.Image, int]:
    """The bad photo and the JPEG quality to write it with, which compresses it for good."""
    photo = clean(folder / example.source)
    theta = ParameterVector().with_values(example.theta).values()
    quality, theta["jpeg.quality"] = round(theta["jpeg.quality"]), 100.0
    maps = Maps(depth=distance(photo).astype(np.float32) if example.distance else None, path=hook())
    x = torch.from_numpy(photo).permute(2, 0, 1)[None].float()
    spread = fields(maps, (photo.shape[1], photo.shape[0]))
    y = degrade(x, theta, spread, torch.Generator().manual_seed(seed))
    pixels = (y[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    return Image.fromarray(pixels), min(quality, CAMERA_QUALITY)


def main() -> None:
    """Write all examples beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True, metavar="DIR", help="folder of the clean photos")
    folder = parser.parse_args().train
    for seed, (name, example) in enumerate(EXAMPLES.items()):
        image, quality = make(example, folder, seed)
        path = Path(__file__).parent / name
        image.save(path, quality=quality, subsampling=0, optimize=True)
        print(f"{name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
