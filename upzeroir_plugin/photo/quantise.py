"""From float32 to the samples of a file: what did not change stays exact, what changed is dithered."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.photo.image import Pixels

SEED = 20240523
ROWS = 128
EXACT = 1e-3
"""Steps within which a value counts as one of the file's own: float32 cannot say it better."""


def quantised(pixels: Pixels, source: Pixels | None, bits: int) -> NDArray[Any]:
    """`pixels` (H, W[, C]) in [0, 1] as uint8, uint16 or, for 32 bits, float32 of the same shape.

    `source`: the photo before, of the same shape; samples equal to it are rounded. In 8 bits, changed samples are
    rounded up with a probability equal to their fraction: the mean stays what it was, smooth gradients do not band,
    and a value that is a step of the file needs no noise (rectangular dither of one step; Lipshitz, Wannamaker and
    Vanderkooy, JAES 1992). 16 bits are finer than any photo's noise, and are rounded. The noise is the same each time.
    """
    if bits == 32:
        return pixels
    made = np.empty(pixels.shape, np.uint8 if bits == 8 else np.uint16)
    top = np.float32(2**bits - 1)
    rng = np.random.default_rng(SEED)
    for at in range(0, len(pixels), ROWS):
        rows = slice(at, at + ROWS)
        scaled = pixels[rows].clip(0, 1) * top
        whole = np.rint(scaled)
        if bits == 8:
            noise = rng.random(scaled.shape, np.float32)
            changed = np.abs(scaled - whole) > EXACT
            if source is not None:
                changed &= pixels[rows] != source[rows]
            whole = np.where(changed, np.floor(scaled + noise), whole)
        made[rows] = whole
    return made
