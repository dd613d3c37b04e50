"""EXIF orientation: turning what is stored into what is seen."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])


def turned(stored: Array, orientation: int) -> Array:
    """`stored` (H, W, …) as it is to be seen; `orientation` is EXIF's, 1–8 (CIPA DC-008, tag 0112). A view."""
    seen: Any = stored
    if orientation >= 5:
        seen = np.swapaxes(seen, 0, 1)
    if orientation in (2, 3, 6, 7):
        seen = seen[:, ::-1]
    if orientation in (3, 4, 7, 8):
        seen = seen[::-1]
    result: Array = seen
    return result


def grid_offset(size: tuple[int, int], orientation: int, unit: int = 16) -> tuple[int, int]:
    """Where the seen picture begins on the stored one's grid of `unit` px: (x, y), for `size` (w, h) as stored.

    Mirroring moves the grid's lines unless the side is a multiple of `unit`.
    """
    width, height = (-size[0] % unit, -size[1] % unit)
    if orientation >= 5:
        width, height = height, width
    return (
        width if orientation in (2, 3, 6, 7) else 0,
        height if orientation in (3, 4, 7, 8) else 0,
    )
