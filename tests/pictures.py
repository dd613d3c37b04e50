"""Pictures that the tests make themselves: clean scenes, and what our own physics does to them."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, signal

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.photo.image import FileEvidence, Photo
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.prior.synthetic import dead_leaves

Pixels = NDArray[np.float32]


@cache
def scene(height: int = 256, width: int = 256, seed: int = 0) -> Pixels:
    """(H, W, 3) in [0, 1], 8 bit: shaded discs and polygons, from black to white, as sharp as a good lens.

    Large leaves are shaded by a smooth field, so that it has flat places and every brightness, as photos have.
    """
    rng = np.random.default_rng(seed)
    side = max(height, width)
    leaves = dead_leaves(2 * side, rng).resize((side, side), Image.Resampling.BOX)
    sharp = np.asarray(leaves, np.float32)[:height, :width] / 255
    smooth = ndimage.gaussian_filter(rng.standard_normal((height, width)), side / 8, mode="reflect")
    shade = 0.5 + smooth / max(float(np.ptp(smooth)), 1e-9)
    where = ndimage.gaussian_filter(rng.standard_normal((height, width)), side / 12, mode="reflect") > 0
    calm = np.stack([shade * gain for gain in (0.95, 0.9, 0.8)], -1).astype(np.float32)
    mixed = np.where(where[..., None], calm, 0.75 * sharp + 0.25 * calm)
    return rounded(0.02 + 0.94 * mixed)


def calm() -> Pixels:
    """A scene of 448 × 576 px with little texture: enlarged four times."""
    enlarged: Pixels = ndimage.zoom(scene(112, 144), (4, 4, 1), order=1).astype(np.float32)
    return enlarged


def hooked(reach: int = 6) -> Pixels:
    """(2·reach + 3)², sum 1: the path of a camera that went to the right and then, slower, down."""
    path = np.zeros((2 * reach + 3, 2 * reach + 3))
    turn = np.linspace(0, 0.5 * np.pi, 400)
    across = np.concatenate([np.linspace(-reach, 0, 300), reach * np.sin(turn)])
    down = np.concatenate([np.full(300, -reach), reach * (0.3 - 1.3 * np.cos(turn))])
    place = np.round(np.stack([down - down.mean(), across - across.mean()]) + reach + 1).astype(int)
    np.add.at(path, tuple(place.clip(0, 2 * reach + 2)), 1.0)
    soft: Pixels = ndimage.gaussian_filter(path, 0.5).astype(np.float32)
    return soft / soft.sum()


def shaken(x: Pixels, path: Pixels) -> Pixels:
    """x under a path (k, k), mirrored at the border."""
    half = path.shape[0] // 2
    wide = np.pad(x, ((half, half), (half, half), (0, 0)), mode="symmetric")
    made: Pixels = signal.fftconvolve(wide, path[..., None], "valid", axes=(0, 1)).astype(np.float32)
    return made


def rounded(x: Pixels, levels: int = 255) -> Pixels:
    """As a file with that many steps holds it."""
    return (np.round(np.clip(x, 0, 1) * levels) / levels).astype(np.float32)


def noisy(x: Pixels, sigma: float, seed: int = 0) -> Pixels:
    """With white noise of σ/255, as an 8-bit file."""
    return rounded(x + np.random.default_rng(seed).normal(0, sigma / 255, x.shape).astype(np.float32))


def bad(x: Pixels, seed: int = 0, **values: float) -> Pixels:
    """What `physics.degrade` makes of x; parameters with _ for the dot, such as light_ev=2."""
    theta = ParameterVector().with_values({n.replace("_", ".", 1): v for n, v in values.items()}).values()
    pixels = torch.from_numpy(x).permute(2, 0, 1)[None]
    y = degrade(pixels, theta, Fields(), torch.Generator().manual_seed(seed))
    return np.ascontiguousarray(y[0].permute(1, 2, 0).numpy())


def compressed(x: Pixels, quality: int, subsampling: int = 0) -> tuple[Pixels, FileEvidence]:
    """Saved as a JPEG (subsampling 0: 4:4:4, 2: 4:2:0) and read again, with what its file says."""
    buffer = io.BytesIO()
    as_image(x).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    image = Image.open(buffer)
    tables = tuple(tuple(t) for _, t in sorted(image.quantization.items()))  # type: ignore[attr-defined]
    return np.asarray(image, np.float32) / 255, FileEvidence(jpeg_tables=tables)


def as_image(x: Pixels) -> Image.Image:
    """x as Pillow's 8-bit picture."""
    return Image.fromarray((x * 255).round().astype(np.uint8))


def psnr(a: Pixels, b: Pixels) -> float:
    """dB, peak 1."""
    return float(-10 * np.log10(max(float(np.square(a - b).mean()), 1e-12)))


def dusk(path: Path, part: tuple[int, int, int, int] = (200, 100, 584, 388)) -> None:
    """Save a part of examples/dusk.jpg, dark and noisy, as a JPEG."""
    with Image.open(Path(__file__).resolve().parents[1] / "examples" / "dusk.jpg") as picture:
        picture.crop(part).save(path, quality=95)


def photo(pixels: Pixels, evidence: FileEvidence | None = None) -> Photo:
    """As if loaded from an 8-bit file."""
    return Photo(np.ascontiguousarray(pixels, np.float32), evidence=evidence or FileEvidence())
