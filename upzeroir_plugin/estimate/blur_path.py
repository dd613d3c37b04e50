"""Camera shake: the path that points of light took while the shutter was open, as a picture of any shape.

Coarse to fine, a picture of few strong edges and the path that leads from it to the photo take turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from upzeroir_plugin.estimate.blur_kernel import kernel_picture
from upzeroir_plugin.estimate.blur_path_edges import (
    Single,
    back,
    centred,
    closed,
    edges,
    slopes,
    transform,
    useful,
)
from upzeroir_plugin.estimate.blur_path_fit import fitted
from upzeroir_plugin.estimate.view import block_means

SIDE = 704
"""px: side of the part of a photo that is looked at."""
SCALES = (5, 4), (9, 4), (15, 4), (25, 3), (41, 2)
"""Sides in px of the path's picture, coarse to fine, and turns at each (ours: more at the last find no better ones)."""
SAMPLED = 1024
"""Rows and columns of a large photo that are looked at for where it is."""
MEAN = np.full(3, 1 / 3, np.float32)
"""Weights of the channels."""
LEAST = 160
"""px of a photo's shorter side, below which there is too little to see."""
WIDE = 4.5
"""Width of edges (σ in px) from which a photo is halved first."""
WEIGHT, PATIENCE, SOFTEST = 0.01, 1.1, 1e-4
"""Of the edges at first, by what it falls with each turn, and its least."""
LOUD = 1.5 / 255
"""Noise above which edges weigh more."""
MOST = 8.0
"""By how much tones are spread at most."""
NEAR, TELLING = 9, 0.1
"""px around a pixel, and share of the photo, with most edges, that paths are compared in."""
JUDGED, STEPS, FLAT, LINE = 0.008, 8, 1e-4, 0.6
"""Weight of the edges where paths are compared, and steps to these; square of a slope that is no edge; softness of a
line, px."""


@dataclass(frozen=True, slots=True)
class Path:
    """What was found.

    `picture` (k, k): sum 1, k odd, centred, in px of the photo. `better`: how many times as much the photo costs under
    the likest Gaussian, disc or line, in squared error and edges. `noise`: σ where it was looked for, at full
    contrast.
    """

    picture: Single
    better: float
    noise: float

    @property
    def extent(self) -> float:
        """Root mean square distance from the middle, px."""
        return math.sqrt(float(np.trace(covariance(self.picture))))


def find(pixels: Single, width: float, noise: float) -> Path | None:
    """The path of a photo (h, w, 3) in [0, 1] whose sharpest edges have σ `width` in px; None if it is too small.

    `noise`: σ of the channels' mean. Source: the edges of Pan et al. 2014 and Xu, Zheng and Jia 2013; ours: a path
    without negative values by least squares, and how it is judged.
    """
    halvings = max(0, math.ceil(math.log2(max(width, 1e-3) / WIDE)))
    if min(pixels.shape[:2]) >> halvings < LEAST:
        return None
    scale = 2**halvings
    part, gain = _contrasty(block_means(_busiest(pixels, scale), scale) @ MEAN)
    noise *= gain / scale
    weight = WEIGHT * max(1.0, noise / LOUD)
    path = np.array([[0, 0, 0], [0.2, 0.6, 0.2], [0, 0, 0]], np.float32)
    for side, turns in SCALES:
        y = _shrunk(part, side / SCALES[-1][0])
        sight = _Sight(y, side)
        path = _moved(_stretched(path, side))
        for _ in range(turns):
            sharp = edges(sight.y, sight.spectrum, path, weight)
            path = _moved(sight.fitted(sharp))
            weight = max(weight / PATIENCE, SOFTEST)
    telling = sight.telling()
    plain, shaken = min(sight.cost(shape, telling) for shape in _plain(path)), sight.cost(path, telling)
    return Path(_trimmed(_enlarged(path, scale)), plain / max(shaken, 1e-12), noise)


class _Sight:
    """A photo at one scale, closed, and what of it counts."""

    def __init__(self, y: Single, side: int) -> None:
        self.y, self.side = closed(y, side), side
        self.spectrum = transform(self.y)
        self.within = slice(side, y.shape[0] - side), slice(side, y.shape[1] - side)
        self.inside = np.zeros(self.y.shape, np.float32)
        self.inside[self.within] = 1
        self.chosen = useful(self.y)

    def fitted(self, sharp: Single) -> Single:
        """The path that leads from edges to the photo."""
        return fitted(sharp, self.y, self.side, self.inside, self.chosen)

    def telling(self) -> NDArray[np.bool_]:
        """The part of the picture with most edges, which paths are compared in."""
        steep = np.square(slopes(self.y)).sum(0)
        around = ndimage.uniform_filter(steep, NEAR)[self.within]
        most: NDArray[np.bool_] = around >= np.quantile(around, 1 - TELLING)
        return most

    def cost(self, spread: Single, telling: NDArray[np.bool_]) -> float:
        """Squared error and, by `JUDGED`, edges under a point spread function, per pixel where they tell something."""
        sharp = edges(self.y, self.spectrum, spread, JUDGED, STEPS)
        missed = back(transform(sharp) * transform(centred(spread, self.y.shape)), self.y.shape) - self.y
        across, down = slopes(sharp)
        there = (across**2 + down**2)[self.within] > FLAT
        cost = np.square(missed[self.within]) + JUDGED * there
        return float(cost[telling].mean())


def _busiest(pixels: Single, scale: int) -> Single:
    """The square of `SIDE` · `scale` px with most edges, or all of a small photo.

    Edges are differences over `scale` px; of large photos only at every so many, so that the cost does not grow.
    """
    side = SIDE * scale
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // SAMPLED)
    tall, wide = height - scale, width - scale
    here = pixels[:tall:step, :wide:step] @ MEAN
    steep = np.abs(pixels[scale::step, :wide:step] @ MEAN - here)
    steep += np.abs(pixels[:tall:step, scale::step] @ MEAN - here)
    summed = np.minimum(steep, 0.1).cumsum(0, dtype=np.float64).cumsum(1)
    total = np.pad(summed, ((1, 1), (1, 1)), mode="edge")
    total[0] = total[:, 0] = 0
    rows, columns = (min(n + 1, side // step) for n in steep.shape)
    found = (
        total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    )
    top, left = (step * int(n) for n in np.unravel_index(int(found.argmax()), found.shape))
    top, left = max(0, min(top, height - side)), max(0, min(left, width - side))
    return pixels[top : top + side, left : left + side]


def _contrasty(luma: Single) -> tuple[Single, float]:
    """`luma` with its tones spread to full contrast, and by how much: dark and veiled photos have edges, too."""
    low, high = np.quantile(luma, (0.005, 0.995))
    gain = float(min(1 / max(high - low, 1e-3), MOST))
    return np.float32(gain) * (luma - np.float32(low)), gain


def _shrunk(y: Single, factor: float) -> Single:
    if factor > 0.999:
        return y
    soft = ndimage.gaussian_filter(y, 0.45 * math.sqrt(1 / factor**2 - 1))
    small: Single = ndimage.zoom(
        soft, [round(n * factor) / n for n in y.shape], order=1, grid_mode=True, mode="nearest"
    )
    return small


def _stretched(path: Single, side: int) -> Single:
    return np.maximum(
        ndimage.zoom(path, side / path.shape[0], order=1, grid_mode=True, mode="grid-constant"), 0
    )


def _enlarged(path: Single, times: int) -> Single:
    """`path` so many times as large, of odd size."""
    if times == 1:
        return path
    return _moved(_stretched(path, path.shape[0] * times | 1))


def _moved(path: Single) -> Single:
    """`path` with its centre of mass in the middle pixel, sum 1."""
    if not path.sum() > 0:
        path = np.fft.fftshift(centred(np.ones((1, 1), np.float32), path.shape))
    path = path / path.sum()
    by = [round(n // 2 - c) for n, c in zip(path.shape, ndimage.center_of_mass(path), strict=True)]
    moved: Single = ndimage.shift(path, by, order=0)
    moved /= moved.sum()
    return moved


def _trimmed(path: Single) -> Single:
    """`path` without empty rows and columns around it."""
    half = path.shape[0] // 2
    reach = max(int(np.abs(np.argwhere(path > 0) - half).max()), 1)
    return np.ascontiguousarray(path[half - reach : half + reach + 1, half - reach : half + reach + 1])


def covariance(path: Single) -> NDArray[np.float64]:
    """(2, 2) of x and y (upwards)."""
    y, x = np.indices(path.shape)
    place = np.stack([x.ravel(), -y.ravel()]).astype(np.float64)
    return np.cov(place, aweights=np.maximum(path.ravel(), 1e-12), ddof=0)


def _plain(path: Single) -> list[Single]:
    """A Gaussian, a disc and a line of the extents of a path, in pictures as large."""
    values, vectors = np.linalg.eigh(covariance(path))
    short, long = np.sqrt(np.maximum(values, 0.05))
    mean = math.hypot(short, long) / math.sqrt(2)
    angle = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1])) % 180
    length = math.sqrt(12 * max(long**2 - LINE**2, 0.1))
    drawn = (
        kernel_picture(mean, 0, 0, 0),
        kernel_picture(0.4, 2 * mean, 0, 0),
        kernel_picture(LINE, 0, length, angle),
    )
    return [_fitting(shape, path.shape[0]) for shape in drawn]


def _fitting(drawn: NDArray[np.float64], side: int) -> Single:
    """The middle of a picture, sum 1, in one of `side` px."""
    more = (side - drawn.shape[0]) // 2
    fits = np.pad(drawn, more) if more >= 0 else drawn[-more:more, -more:more]
    whole: Single = (fits / fits.sum()).astype(np.float32)
    return whole
