"""Masks: where to restore."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from upzeroir_plugin.errors import TooLargeError, UnreadableError, UsageError
from upzeroir_plugin.photo.image import Pixels
from upzeroir_plugin.photo.load import load


def load_mask(path: Path, size: tuple[int, int]) -> Pixels:
    """A grey picture of the photo's upright `size` (w, h) as (H, W) float32 in [0, 1], 1 = restore.

    Transparent places count as black. Raises UsageError in words for anything else.
    """
    hint = f"It takes a grey picture of {size[0]} by {size[1]} px, white where to restore."
    try:
        found = load(path, float(size[0] * size[1]))
    except TooLargeError as error:
        raise UsageError(f"The mask {path} is larger than the photo.", hint) from error
    except UnreadableError as error:
        raise UsageError(f"The mask cannot be read. {error.message}", hint) from error
    if found.size != size:
        raise UsageError(f"The mask {path} has {found.size[0]} by {found.size[1]} px.", hint)
    if not found.grey and float(np.ptp(found.pixels, axis=2).max()) > 2 / 255:
        raise UsageError(f"The mask {path} is coloured.", hint)
    grey = found.pixels[..., 1]
    mask: Pixels = (grey if found.alpha is None else grey * found.alpha).clip(0, 1).astype(np.float32)
    return mask
