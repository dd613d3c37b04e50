"""The sets: pairs of a degraded picture and its reference, made or read the same way every time.

Noise comes from `numpy.random.default_rng(0)`, one generator a set, drawn in the order of the sorted names.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, signal
from scipy.interpolate import make_interp_spline

from benchmarks.metrics import Picture
from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.estimate.light import decode, encode
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import degrade
from upzeroir_plugin.prior.pictures import split


@dataclass(frozen=True, slots=True)
class Pair:
    """`degraded` as given to the engine (`bit_depth` 32 = float, not clipped) and `reference`, both (H, W, 3)."""

    name: str
    degraded: Picture
    reference: Picture
    bit_depth: int = 8
    sigma: float | None = None


DATA = Path(__file__).resolve().parents[2] / "shared"
HINT = "Name a folder with train/img/ and eval/ with --data; docs/performance.md says what lies in it."
Maker = Callable[[Path], Iterator[Pair]]


def read(path: Path) -> Picture:
    """A picture file as RGB in [0, 1]."""
    return scaled(Image.open(path).convert("RGB"))


def scaled(image: Image.Image) -> Picture:
    """An 8-bit RGB image as float32 in [0, 1]."""
    picture: Picture = np.asarray(image, np.float32) / np.float32(255)
    return picture


def listed(folder: Path) -> list[Path]:
    """The folder's pictures, sorted by name. Raises UnreadableError if there are none."""
    if not folder.is_dir():
        raise UnreadableError(f"The data folder {folder} is not there.", HINT)
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".png", ".jpg", ".jpeg", ".bmp"})
    if not found:
        raise UnreadableError(f"The data folder {folder} holds no pictures.", HINT)
    return found


def training(data: Path) -> Path:
    """The folder of the clean photos that the program was trained on. Raises UnreadableError if it is not there."""
    folder = data / "train" / "img"
    listed(folder)
    return folder


def rounded(picture: NDArray[np.floating[Any]]) -> Picture:
    """Clipped and rounded to 8 bits."""
    exact: Picture = (np.round(np.clip(picture, 0, 1) * 255) / 255).astype(np.float32)
    return exact


def compressed(picture: Picture, quality: int) -> Picture:
    """Through an 8-bit 4:2:0 JPEG file."""
    buffer = io.BytesIO()
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    image.save(buffer, "JPEG", quality=quality)
    return scaled(Image.open(buffer).convert("RGB"))


def tao(name: str, inputs: str) -> Maker:
    """The TAO line's published pairs (docs/performance.md, The data)."""

    def make(data: Path) -> Iterator[Pair]:
        folder = data / "eval" / "tao" / name
        originals = {p.stem: p for p in listed(folder / "original")}
        for path in listed(folder / inputs):
            reference = originals.get(path.stem) or originals[path.stem.split("_")[0]]
            yield Pair(path.stem, read(path), read(reference))

    return make


def awgn(folder: str, sigma: float, clip: bool) -> Maker:
    """White noise of σ (/255) on clean photos: float and not clipped as published, or as an 8-bit file."""

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for path in listed(data / "eval" / folder):
            x = read(path)
            y = (x + rng.normal(0, sigma / 255, x.shape)).astype(np.float32)
            yield Pair(path.stem, rounded(y) if clip else y, x, 8 if clip else 32, sigma)

    return make


def clean(folder: str) -> Maker:
    """Photos that need nothing: they must come back as they went in."""

    def make(data: Path) -> Iterator[Pair]:
        for path in listed(data / "eval" / folder):
            x = read(path)
            yield Pair(path.stem, x, x)

    return make


def jpeg(folder: str, quality: int) -> Maker:
    """4:2:0 JPEG, decoded; the file's tables are not handed on."""

    def make(data: Path) -> Iterator[Pair]:
        for path in listed(data / "eval" / folder):
            yield Pair(path.stem, compressed(read(path), quality), read(path))

    return make


def saved_again(folder: str, first: int, last: int, corner: tuple[int, int]) -> Maker:
    """4:2:0 JPEG, cut at `corner` (x, y), and compressed again; the file's tables are not handed on."""
    x, y = corner

    def make(data: Path) -> Iterator[Pair]:
        for pair in jpeg(folder, first)(data):
            yield Pair(pair.name, compressed(pair.degraded[y:, x:], last), pair.reference[y:, x:])

    return make


def blurred(folder: str, sigma: float, noise: float) -> Maker:
    """Gaussian blur with mirrored borders, white noise (/255), 8 bit."""

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for path in listed(data / "eval" / folder):
            x = read(path)
            y: Picture = ndimage.gaussian_filter(x, (sigma, sigma, 0), mode="reflect")
            yield Pair(path.stem, rounded(y + rng.normal(0, noise / 255, x.shape)), x)

    return make


def _grain(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> NDArray[np.float64]:
    """White noise under a Gaussian of σ size/2 px, (H, W, 3)."""
    made: NDArray[np.float64] = ndimage.gaussian_filter(
        rng.standard_normal(shape), (size / 2, size / 2, 0), mode="wrap"
    )
    return made


def grainy(folder: str, sigma: float, size: float, ratio: float) -> Maker:
    """Noise of σ (/255) in each channel, Gaussian of σ size/2 px filtered, chroma over luma `ratio`, cut off, 8 bit.

    Made without physics/, so that what is wrong there shows here.
    """

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for path in listed(data / "eval" / folder):
            x = read(path)
            grain = _grain(rng, x.shape, size)
            grain /= grain.std()
            grey = grain.mean(2, keepdims=True)
            coloured = (grey + ratio * (grain - grey)) * (3 / (1 + 2 * ratio**2)) ** 0.5
            yield Pair(path.stem, rounded(x + sigma / 255 * coloured), x)

    return make


def blotched(folder: str, sigma: float, size: float, fine: float, quality: int) -> Maker:
    """Colour noise of σ (/255) in each channel and no luma, Gaussian of σ size/2 px; grey noise of `fine`; JPEG.

    Made without physics/, too.
    """

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for path in listed(data / "eval" / folder):
            x = read(path)
            spots = _grain(rng, x.shape, size)
            spots -= spots.mean(2, keepdims=True)
            y = x + sigma / 255 * spots / spots.std() + fine / 255 * rng.standard_normal((*x.shape[:2], 1))
            yield Pair(path.stem, compressed(rounded(y), quality), x)

    return make


def shaken(folder: str, extent: float, noise: float, quality: int) -> Maker:
    """Under the path of a shaken camera: a cubic spline through 3 to 5 places of a random walk, `extent` px root mean
    square from its middle, which stays where it is; noise of σ (/255); JPEG.

    Made without physics/, too.
    """

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for path in listed(data / "eval" / folder):
            x = read(path)
            turns = int(rng.integers(3, 6))
            walk = np.cumsum(rng.standard_normal((turns, 2)), 0)
            way = make_interp_spline(np.arange(turns), walk, k=min(3, turns - 1))(
                np.linspace(0, turns - 1, 2000)
            )
            way -= way.mean(0)
            way *= extent / np.sqrt(np.square(way).sum(1).mean())
            half = math.ceil(np.abs(way).max()) + 2
            edges = np.arange(-half - 0.5, half + 1)
            drawn = np.histogram2d(way[:, 0], way[:, 1], bins=[edges, edges])[0]
            spread = ndimage.gaussian_filter(drawn, 0.5)
            wide = np.pad(x, ((half, half), (half, half), (0, 0)), mode="reflect")
            y = signal.fftconvolve(wide, spread[..., None] / spread.sum(), "valid", axes=(0, 1))
            y = y + noise / 255 * rng.standard_normal(x.shape)
            yield Pair(path.stem, compressed(rounded(y), quality), x)

    return make


def developed(folder: str, shot: float, read_noise: float) -> Maker:
    """Poisson–Gaussian noise of linear light seen through the tone curve (θ's own model), 8 bit."""
    theta = ParameterVector().with_values({"noise.shot": shot, "noise.read": read_noise})

    def make(data: Path) -> Iterator[Pair]:
        generator = torch.Generator().manual_seed(0)
        for path in listed(data / "eval" / folder):
            yield _through(path.stem, read(path), theta, generator)

    return make


def noisier(maker: Maker, sigma: float, gain: float = 1.0) -> Maker:
    """Another set's inputs with their linear light times `gain`, then white noise of σ (/255), clipped, 8 bit."""

    def make(data: Path) -> Iterator[Pair]:
        rng = np.random.default_rng(0)
        for pair in maker(data):
            y = pair.degraded if gain == 1 else encode(gain * decode(pair.degraded))
            yield Pair(pair.name, rounded(y + rng.normal(0, sigma / 255, y.shape)), pair.reference)

    return make


def blur_noise_jpeg(folder: str, sigma: float, noise: float, quality: int) -> Maker:
    """`blurred`, then 4:2:0 JPEG; the file's tables are not handed on."""

    def make(data: Path) -> Iterator[Pair]:
        for pair in blurred(folder, sigma, noise)(data):
            yield Pair(pair.name, compressed(pair.degraded, quality), pair.reference)

    return make


NOISY, MEAN = "_real", "_mean"
"""How the names of a noisy photo and of the mean of many of its kind end (PolyU's pairs, Xu et al. 2018)."""


def polyu(data: Path) -> Iterator[Pair]:
    """Real camera noise beside the mean of many exposures."""
    for path in listed(data / "eval" / "real" / "noisy"):
        if path.stem.endswith(NOISY):
            clean = path.with_name(path.name.replace(NOISY, MEAN))
            yield Pair(path.stem.removesuffix(NOISY), read(path), read(clean))


def mix_hsts(data: Path) -> Iterator[Pair]:
    """0.5·(0.6·x + 0.34)^2.2 + noise of 8/255 on the encoded HSTS originals, clipped, 8 bit; ours."""
    rng = np.random.default_rng(0)
    for path in listed(data / "eval" / "tao" / "HSTS_256x256" / "original"):
        x = read(path)
        y = 0.5 * (0.6 * x + 0.34) ** 2.2
        yield Pair(path.stem, rounded(y + rng.normal(0, 8 / 255, x.shape)), x)


VAL_THETA: tuple[dict[str, float], ...] = (
    {},
    {"noise.file": 10},
    {"noise.shot": 10, "noise.read": 5},
    {"noise.file": 20, "noise.size": 1.5},
    {"jpeg.quality": 20},
    {"jpeg.quality": 50, "noise.file": 8},
    {"blur.sigma": 1.6, "noise.file": 2.5},
    {"light.ev": 3, "noise.shot": 4, "noise.read": 2},
    {"haze.depth": 0.8, "noise.file": 3},
    {"haze.depth": 0.5, "light.ev": 2, "noise.file": 5},
)


def val(data: Path) -> Iterator[Pair]:
    """The kept-back tenth of train/, at 0.6 of its size, through `physics/`: ten kinds in turn, clean among them."""
    generator = torch.Generator().manual_seed(0)
    for index, path in enumerate(split(training(data))[1]):
        image = Image.open(path).convert("RGB")
        small = image.resize((round(image.width * 0.6), round(image.height * 0.6)), Image.Resampling.LANCZOS)
        values = VAL_THETA[index % len(VAL_THETA)]
        x = scaled(small)
        yield _through("+".join(values) or "clean", x, ParameterVector().with_values(values), generator)


def _through(name: str, x: Picture, theta: ParameterVector, generator: torch.Generator) -> Pair:
    tensor = torch.from_numpy(x.transpose(2, 0, 1).copy())[None]
    y = degrade(tensor, theta.values(), Fields(), generator)[0].permute(1, 2, 0)
    return Pair(name, np.ascontiguousarray(y.numpy(), np.float32), x)


SETS: dict[str, Maker] = {
    "val": val,
    "kodak256": tao("Kodak24_256x256", "sigma30"),
    "lol": tao("LOL_256x256", "lowlight"),
    "hsts": tao("HSTS_256x256", "synthetic"),
    **{f"cbsd68-awgn{s}": awgn("cbsd68", s, False) for s in (15, 25, 50)},
    **{f"kodak24-awgn{s}": awgn("kodak24", s, False) for s in (15, 25, 50)},
    "cbsd68-awgn25-8bit": awgn("cbsd68", 25, True),
    "kodak24-awgn25-8bit": awgn("kodak24", 25, True),
    "kodak24-developed": developed("kodak24", 10, 5),
    "kodak24-colour-noise": grainy("kodak24", 15, 0, 2.5),
    "kodak24-grain": grainy("kodak24", 12, 2, 1.5),
    "kodak24-shake": shaken("kodak24", 3, 1.5, 95),
    "kodak24-blotches": blotched("kodak24", 8, 6, 4, 92),
    "kodak24-jpeg20": jpeg("kodak24", 20),
    "kodak24-jpeg40": jpeg("kodak24", 40),
    "kodak24-jpeg-twice": saved_again("kodak24", 40, 85, (3, 5)),
    "kodak24-blur": blurred("kodak24", 1.6, 2.55),
    "lol-noise": noisier(tao("LOL_256x256", "lowlight"), 15),
    "hsts-noise": noisier(tao("HSTS_256x256", "synthetic"), 15),
    "hsts-dark-noise": noisier(tao("HSTS_256x256", "synthetic"), 8, 0.25),
    "kodak24-blur-jpeg": blur_noise_jpeg("kodak24", 1.6, 10, 60),
    "mix-hsts": mix_hsts,
    "polyu": polyu,
    "kodak24-clean": clean("kodak24"),
    "cbsd68-clean": clean("cbsd68"),
}
