"""Energies of the 8×8 blocks of a photo in three bands of frequency, for luma and chroma apart.

The blocks with the least energy at low frequencies are the flattest; for white noise their energies at the other
frequencies are independent of that choice, hence unbiased (Ponomarenko et al. 2007; Colom and Buades, IPOL 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.jpeg_tables import BASIS
from upzeroir_plugin.estimate.tiles import spread

Array = NDArray[np.float32]

GREY = np.array([1, 1, 1], np.float32) / np.float32(3**0.5)
AXES = np.stack(
    [
        GREY,
        np.array([1, 0, -1], np.float32) / np.float32(2**0.5),
        np.array([1, -2, 1], np.float32) / np.float32(6**0.5),
        np.array([0.299, 0.587, 0.114], np.float32),
    ]
)
"""Luma along (1, 1, 1)/√3 and two chroma axes, orthonormal; and Y of JPEG."""
LUMA, RED_BLUE, GREEN, Y = range(4)

ORDER = np.add.outer(np.arange(8), np.arange(8))
LOW, MIDDLE, HIGH = range(3)
BANDS = np.stack([(ORDER >= 1) & (ORDER <= 3), (ORDER >= 4) & (ORDER <= 6), ORDER >= 7])
"""(3, 8, 8): which frequencies (vertical, horizontal) are in the low, middle and high band."""

TILE, TILES = 64, 400
QUARTERED = 100
"""Tiles of a photo at a quarter of its size: as many of its pixels as 400 at half of it."""
NONE = 1e-3
"""Energy of colour, in levels squared, that arithmetic alone may make."""
FEW = 4000
"""Below this number of blocks they overlap by half, for more flat ones."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """N blocks: `mean` (N, 3) of the channels and `energy` (N, axis, band), mean square, all in levels (1/255)."""

    mean: Array
    energy: Array
    overlap: float
    """How often each pixel is counted."""
    clipped: tuple[bool, bool]
    """Whether values may have been cut off at black and at white."""
    grey: bool
    """Whether no block has any colour: the photo is black-and-white, and so is its noise, whatever JPEG left."""


def measure(pixels: Array, grid: tuple[int, int] | None, halvings: int = 0) -> Blocks:
    """Blocks of a photo (H, W, 3) in [0, 1]; `grid` is the phase (x, y) that JPEG's blocks have, or None.

    `halvings`: of the photo at half its size so many times (0 to 2), each pixel the mean of four. A photo with a side
    below 8 px there has no blocks.
    """
    x, y = grid or (0, 0)
    tiles = spread(pixels[y:, x:], TILE << halvings, QUARTERED if halvings == 2 else TILES)
    for _ in range(halvings):
        tiles = _halved(tiles)
    tall, wide = tiles.shape[1] // 8, tiles.shape[2] // 8
    cuts = [(0, 0)]
    if grid is None and 0 < len(tiles) * tall * wide < FEW:
        cuts = [(top, left) for top in (0, 4) for left in (0, 4)]
    parts = [_cut(tiles[:, top:, left:]) for top, left in cuts]
    blocks = np.concatenate(parts) * np.float32(255)
    spectrum = np.square(BASIS @ (AXES @ blocks.reshape(-1, 3, 64)).reshape(-1, 4, 8, 8) @ BASIS.T)
    weights = (BANDS / BANDS.sum((1, 2), keepdims=True)).reshape(3, 64).astype(np.float32)
    clipped = bool(len(blocks) and blocks.min() >= 0), bool(len(blocks) and blocks.max() <= 255)
    grey = bool(spectrum[:, RED_BLUE : GREEN + 1].max(initial=0) < NONE)
    energy = spectrum.reshape(-1, 4, 64) @ weights.T
    return Blocks(blocks.mean((2, 3)), energy, float(len(cuts)), clipped, grey)


def _halved(tiles: Array) -> Array:
    """Tiles (n, h, w, 3) at half their size, each pixel the mean of four."""
    tall, wide = (side // 2 * 2 for side in tiles.shape[1:3])
    rows = tiles[:, 0:tall:2] + tiles[:, 1:tall:2]
    four: Array = rows[:, :, 0:wide:2] + rows[:, :, 1:wide:2]
    return np.multiply(four, 0.25, out=four)


def _cut(tiles: Array) -> Array:
    """(N, 3, 8, 8) of tiles (n, h, w, 3)."""
    tall, wide = tiles.shape[1] // 8, tiles.shape[2] // 8
    whole = tiles[:, : 8 * tall, : 8 * wide].reshape(len(tiles), tall, 8, wide, 8, 3)
    return np.ascontiguousarray(whole.transpose(0, 1, 3, 5, 2, 4)).reshape(-1, 3, 8, 8)
