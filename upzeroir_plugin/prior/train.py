"""Trains the embedded prior on clean photos: AWGN, developed sensor noise, blotches and JPEG, σ 1 to 130 /255.

The recipe is fixed and resumable: a stopped run goes on from its checkpoint, a new one from any weights.
"""

from __future__ import annotations

import io
import json
import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from scipy.ndimage import gaussian_filter
from torch import Tensor

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.physics import tone
from upzeroir_plugin.physics.jpeg import equivalent_sigma
from upzeroir_plugin.physics.noise import sigma_map
from upzeroir_plugin.prior import run
from upzeroir_plugin.prior.pictures import opened, split
from upzeroir_plugin.prior.synthetic import picture
from upzeroir_plugin.prior.unet import LEAST, DenoiserUNet, in_channels_last
from upzeroir_plugin.prior.widen import widened

SCALES = (1.0, 0.7, 0.45)
SYNTHETIC_SHARE = 0.12
SENSOR_SHARE = 0.1
"""Of the crops whose noise has gone through a camera's colour filter."""
DEVELOPED_SHARE = 0.05
"""Of the crops whose noise was cut off at black before the tone curve, as a raw developer does."""
GREY_SHARE = 0.08
"""Of the crops without colour, their noise without colour, too: black-and-white photos."""
SHOT, READ = (1e-4, 2e-2), (1e-3, 3e-2)
"""Least and greatest of the sensor noise that `developed` draws, white = 1."""
EDGE = 4
BILINEAR = (
    torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], dtype=torch.float64)[None, None] / 4
)
CROSS = torch.tensor([[0.0, 1.0, 0.0], [1.0, 4.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)[None, None] / 4
NEAR = (BILINEAR, CROSS, BILINEAR)
"""Bilinear interpolation of a mosaic's red, green and blue."""
FAR = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
FAR[0, 0, [0, 2, 2, 4], [2, 0, 4, 2]] = 0.25
"""Mean of the four next places of the same colour."""


@dataclass(frozen=True, slots=True)
class Recipe(run.Recipe):
    """What a run is made of."""

    rate: float = 4e-4
    crop: int = 128
    batch: int = 9
    average: float = 0.999
    warm: int = 150
    every: int = 250
    clip: float = 0.5
    worst: float = 8.0
    decay: float = 1e-5
    memory: float = 0.999
    told: float = 0.99
    muon: bool = True

    @property
    def drawn(self) -> int:
        """How many synthetic pictures: 120, fewer for runs so short that drawing them would take longer."""
        return min(120, 2 + int(4 * self.minutes))


class Crops:
    """Draws training crops in proportion to their detail (ours: wallpapers are mostly sky)."""

    def __init__(self, folder: Path, crop: int, drawn: int, seed: int) -> None:
        self.crop = crop
        self.rng = np.random.default_rng(seed)
        photos = [image for path in split(folder)[0] for image in _scaled(path, crop)]
        if not photos:
            raise UnreadableError(
                f"No photo in {folder} is larger than {crop} px.", "Give a folder of larger photos."
            )
        self.photos = [self._with_odds(image) for image in photos]
        self.drawn = [self._with_odds(picture(384, self.rng)) for _ in range(drawn)]
        weight = np.array([odds.sum() for _, odds in self.photos]) ** 0.5
        self.weight = np.cumsum(weight / weight.sum())

    def _with_odds(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        grey = image.astype(np.float32).mean(2)
        slope = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
        total = np.pad(slope.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        c = self.crop - 1
        energy = (total[c:, c:] - total[:-c, c:] - total[c:, :-c] + total[:-c, :-c]) / c**2
        odds = (energy[::8, ::8].clip(0, 25) + 0.7) ** 1.2
        return image, odds.astype(np.float32)

    def one(self) -> np.ndarray:
        """One crop, float32 (3, crop, crop) in [0, 1], flipped, turned, its channels sometimes swapped or one grey."""
        if self.rng.random() < SYNTHETIC_SHARE:
            image, odds = self.drawn[self.rng.integers(len(self.drawn))]
        else:
            drawn = np.searchsorted(self.weight[:-1], self.rng.random())
            image, odds = self.photos[int(drawn)]
        chosen = np.searchsorted(np.cumsum(odds), self.rng.random() * odds.sum() * 0.9999)
        top, left = (8 * int(i) for i in np.unravel_index(int(chosen), odds.shape))
        patch = image[top : top + self.crop, left : left + self.crop]
        patch = np.rot90(patch, int(self.rng.integers(4)))
        patch = patch[:, ::-1] if self.rng.random() < 0.5 else patch
        patch = patch[..., self.rng.permutation(3)] if self.rng.random() < 0.3 else patch
        patch = self._exposed(patch.transpose(2, 0, 1).astype(np.float32) / 255)
        return self._grey(patch) if self.rng.random() < GREY_SHARE else patch

    def _grey(self, patch: np.ndarray) -> np.ndarray:
        """`patch` in black-and-white, its colours mixed at random, as filters before a lens did."""
        mixed = np.tensordot(self.rng.dirichlet((1, 1, 1)), patch, 1)
        return np.repeat(mixed[None], 3, 0).astype(np.float32)

    def _exposed(self, patch: np.ndarray) -> np.ndarray:
        kind = self.rng.random()
        if kind < 0.1:
            patch = (patch ** self.rng.uniform(0.8, 2.0)) * self.rng.uniform(0.15, 1)
        elif kind < 0.15:
            t = self.rng.uniform(0.3, 1)
            patch = patch * t + self.rng.uniform(0.6, 1) * (1 - t)
        elif kind < 0.2:
            patch = patch * self.rng.uniform(0.7, 1.05, (3, 1, 1)).astype(np.float32)
        elif kind < 0.26:
            patch = _out_of_focus(patch, float(self.rng.uniform(0.7, 3)))
        return patch.clip(0, 1).astype(np.float32)


def _out_of_focus(patch: np.ndarray, radius: float) -> np.ndarray:
    """`patch` under a Gaussian of `radius` px: smooth parts of photos, and what a deconvolution denoises."""
    blurred: np.ndarray = gaussian_filter(patch, (0, radius, radius), mode="reflect")
    return blurred


def _scaled(path: Path, crop: int) -> list[np.ndarray]:
    image = opened(path)
    sizes = [(round(image.width * s), round(image.height * s)) for s in SCALES]
    return [np.array(image.resize(size, Image.Resampling.LANCZOS)) for size in sizes if min(size) > crop]


def degrade(clean: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """A noisy batch of `clean` (B, 3, H, W in [0, 1]) with σ-map and loss map (B, 1, H, W), all in [0, 1] units."""
    items = [_degrade_one(patch, rng) for patch in clean]
    noisy, sigma, loss = (torch.stack(part) for part in zip(*items, strict=True))
    return noisy, sigma, loss


def _degrade_one(patch: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    compressed = rng.random() < 0.15
    if rng.random() < DEVELOPED_SHARE:
        noisy, sigma = developed(patch, rng)
    else:
        noisy, sigma = _encoded_noise(patch, 0.35 if compressed else 1, rng)
    if rng.random() < 0.5 or compressed:
        noisy = (noisy.clamp(0, 1) * 255).round() / 255
    quality = 100
    if compressed:
        quality = int(rng.integers(8, 96))
        noisy = _jpeg(noisy, quality, int(rng.choice([0, 2])))
        sigma = (sigma**2 + equivalent_sigma(quality) ** 2).sqrt()
    loss = torch.full_like(sigma, 1 - quality / 100)
    return noisy, sigma, loss


def _encoded_noise(patch: Tensor, share: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """`patch` with noise in file values, and its σ-map."""
    sigma = torch.full((1, *patch.shape[1:]), _level(rng) * share)
    if rng.random() < 0.25:
        sigma = sigma * _uneven(patch, rng)
    sigma = sigma.clamp(LEAST / 2, 1.2)
    # Clipped skies and flat drawings hold less noise than told: the answer there is the picture itself.
    told = float(rng.uniform(0, 0.3)) if rng.random() < 0.12 else 1.0
    return patch + told * sigma * _grain(patch, _noise(patch.shape, rng)), sigma


def _grain(patch: Tensor, noise: Tensor) -> Tensor:
    """`noise` as it is, or its mean in every channel, as strong as before, where `patch` has no colour."""
    if not bool((patch == patch[:1]).all()):
        return noise
    grey = noise.mean(0, keepdim=True)
    return (grey / grey.std()).expand_as(noise)


def developed(patch: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """`patch` (3, H, W) with sensor noise that was cut off at black in linear light; and the σ-map of `sigma_map`.

    Ours: the cut and the tone curve move the mean of dark pixels, most in the channel whose gain is highest. The map
    comes to what the noise did, at most a quarter more: told less than there is, the prior learns not to keep to that.
    """
    shot, read = (math.exp(rng.uniform(math.log(low), math.log(high))) for low, high in (SHOT, READ))
    light = tone.decode(patch)
    grain = sensor_noise(patch.shape, rng) if rng.random() < 0.6 else _noise(patch.shape, rng)
    noisy = tone.encode((light + (shot * light + read**2).sqrt() * _grain(patch, grain)).clamp(0, 1))
    theta = {"noise.shot": shot * 1e4, "noise.read": read * 1e3, "noise.file": 0.0}
    sigma = sigma_map(noisy[None], theta)[0]
    came_to = ((noisy - patch).square().mean() / sigma.square().mean()).sqrt()
    return noisy, (sigma * came_to.clamp_min(0.8)).clamp(LEAST / 2, 1.2)


def _level(rng: np.random.Generator) -> float:
    if rng.random() < 0.16:
        return float(rng.uniform(40, 130)) / 255
    share: float = rng.random() ** 1.3
    return (1 + 59 * share) / 255


def _uneven(patch: Tensor, rng: np.random.Generator) -> Tensor:
    """Either a smooth random field, or what a developed photo does: noise that falls with brightness."""
    if rng.random() < 0.4:
        field = torch.from_numpy(rng.normal(0, 0.5, (1, 1, 3, 3)).astype(np.float32))
        return F.interpolate(field, size=patch.shape[1:], mode="bicubic").exp()[0]
    light = F.avg_pool2d(patch.mean(0, keepdim=True)[None], 5, 1, 2, count_include_pad=False)[0]
    slope = float(rng.uniform(-1.2, 0.6))
    return ((light + 0.05) / 0.5) ** slope


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Unit-variance noise, white or correlated over up to 1.5 px, in colour or mostly in luma."""
    if rng.random() < SENSOR_SHARE:
        return sensor_noise(shape, rng)
    noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
    if rng.random() < 0.2:
        noise = _smoothed(noise, float(rng.uniform(0.3, 1.3)))
    if rng.random() < 0.15:
        grey = noise.mean(0, keepdim=True) * math.sqrt(3)
        mix = float(rng.uniform(0, 1))
        noise = noise * math.sqrt(1 - mix) + grey * math.sqrt(mix)
    return noise


def _smoothed(noise: Tensor, radius: float) -> Tensor:
    """White noise (3, H, W) under a Gaussian of `radius` px, its variance as before."""
    reach = math.ceil(3 * radius)
    axis = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-(axis**2) / (2 * radius**2))
    kernel = (kernel[:, None] * kernel)[None, None]
    kernel = kernel / kernel.square().sum().sqrt()
    return F.conv2d(F.pad(noise[:, None], (reach,) * 4, mode="reflect"), kernel)[:, 0]


def sensor_noise(shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Noise of unit variance, of shape (3, H, W), as a camera leaves it.

    Ours: white in the colour filter's mosaic, interpolated like a photo (colours alone, or their differences to green),
    and in some draws smoother in colour than in brightness.
    """
    height, width = shape[1] + 2 * EDGE, shape[2] + 2 * EDGE
    rows, columns = np.mgrid[:height, :width] + rng.integers(0, 2, (2, 1, 1))
    green = (rows + columns) % 2
    at = torch.from_numpy(np.stack([(1 - green) * (1 - rows % 2), green, (1 - green) * (rows % 2)]))
    gain = torch.from_numpy(rng.uniform((0.8, 0.6, 0.8), (2.0, 1.0, 2.0)))[:, None, None]
    mosaic = torch.from_numpy(rng.standard_normal((height, width))) * (at * gain).sum(0)
    found = _interpolated(mosaic * at)
    if rng.random() < 0.7:
        sharper = mosaic - F.conv2d(mosaic[None, None], FAR, padding=2)[0, 0]
        whole = found[1] + float(rng.choice([0.0, 0.5])) * (1 - at[1]) * sharper
        found = whole + _interpolated((mosaic - whole) * at)
    noise = found[:, EDGE:-EDGE, EDGE:-EDGE].float()
    if rng.random() < 0.4:
        grey = noise.mean(0, keepdim=True)
        colour = _smoothed(noise - grey, float(rng.uniform(0.7, 3.0)))
        noise = grey + float(rng.uniform(0.3, 1)) * (noise - grey).std() / colour.std() * colour
    return noise / noise.square().mean().sqrt()


def _interpolated(apart: Tensor) -> Tensor:
    """The three colours of a mosaic (3, H, W), zero where it has another, everywhere (bilinear)."""
    return torch.cat([F.conv2d(a[None, None], k, padding=1)[0] for a, k in zip(apart, NEAR, strict=True)])


def _jpeg(noisy: Tensor, quality: int, subsampling: int) -> Tensor:
    pixels = np.uint8((noisy.clamp(0, 1) * 255).round().permute(1, 2, 0).numpy())
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    decoded = np.asarray(Image.open(buffer)).astype(np.float32) / 255
    return torch.from_numpy(decoded).permute(2, 0, 1)


def train(folder: Path, out: Path, recipe: Recipe, start: Path | None = None, threads: int = 2) -> None:
    """Train for `recipe.minutes`, writing `out` (EMA weights), config.json and `out`.run/ (checkpoint) every 250 steps.

    `start`: weights to go on from; narrower ones are widened.

    Loss: squared error under EDM's weight (σ² + σd²)/(σσd)²; Muon and AdamW, cosine to zero over the time given.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    random.seed(recipe.seed)
    net = in_channels_last(DenoiserUNet())
    if start:
        net.load_state_dict(widened(load_file(start), net))
    training = run.Run(net, out.with_suffix(".run"), recipe)
    crops = Crops(folder, recipe.crop, recipe.drawn, recipe.seed + training.step)

    def save(mean: dict[str, Tensor]) -> None:
        save_file({k: v.half().contiguous() for k, v in mean.items()}, out)
        config = {"_class_name": "DenoiserUNet", "widths": net.widths, "blocks": net.blocks}
        (out.parent / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    training.descend(lambda: _error(net, crops, recipe.batch), save)


def _error(net: DenoiserUNet, crops: Crops, count: int) -> Tensor:
    clean = torch.from_numpy(np.stack([crops.one() for _ in range(count)]))
    noisy, sigma, loss = degrade(clean, crops.rng)
    clean, noisy, sigma = 2 * clean - 1, 2 * noisy - 1, 2 * sigma
    noisy = noisy.to(memory_format=torch.channels_last)
    with run.arithmetic():
        estimate = net(noisy, sigma, loss).float()
    weight = (sigma**2 + 0.25) / (0.5 * sigma) ** 2
    value: Tensor = (weight * (estimate - clean) ** 2).mean()
    return value
