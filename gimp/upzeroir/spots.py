"""Where a photo shows best what was done to it: its finest detail, its deepest shadow, its flattest area."""

from __future__ import annotations

from typing import NamedTuple

BLOCK = 8
LEAST_LIGHT = 12
"""Grey levels below which a block is black rather than shadow."""


class Spot(NamedTuple):
    """Centre of a block in the small picture, px."""

    x: float
    y: float


def spots(grey: bytes, width: int, height: int) -> tuple[Spot, Spot, Spot]:
    """(finest detail, deepest shadow, flattest area) of a grey picture of 8 bits, rows without padding.

    By blocks of 8 by 8 px: the largest sum of differences between neighbours; the darkest mean that is not black; the
    smallest sum of differences at middle brightness (ours: clipped sky is flat as well, and shows nothing).
    """
    blocks = [
        (_activity(grey, width, x, y), _mean(grey, width, x, y), Spot(x + BLOCK / 2, y + BLOCK / 2))
        for y in range(0, max(1, height - BLOCK + 1), BLOCK)
        for x in range(0, max(1, width - BLOCK + 1), BLOCK)
        if x + BLOCK <= width and y + BLOCK <= height
    ]
    if not blocks:
        middle = Spot(width / 2, height / 2)
        return middle, middle, middle
    fine = max(blocks, key=lambda block: block[0])
    dark = min(blocks, key=lambda block: block[1] if block[1] >= LEAST_LIGHT else 255 + block[1])
    flat = min(blocks, key=lambda block: block[0] + 4 * abs(block[1] - 128))
    return fine[2], dark[2], flat[2]


def around(spot: Spot, scale: float, size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """The rectangle of `side` px about a spot of a picture that was made smaller by `scale`; inside `size` (w, h)."""
    w, h = min(side, size[0]), min(side, size[1])
    x = min(max(0, round(spot.x / scale - w / 2)), size[0] - w)
    y = min(max(0, round(spot.y / scale - h / 2)), size[1] - h)
    return x, y, w, h


def _mean(grey: bytes, width: int, x: int, y: int) -> float:
    return sum(sum(grey[(y + r) * width + x : (y + r) * width + x + BLOCK]) for r in range(BLOCK)) / BLOCK**2


def _activity(grey: bytes, width: int, x: int, y: int) -> int:
    total = 0
    for r in range(BLOCK):
        at = (y + r) * width + x
        row = grey[at : at + BLOCK]
        total += sum(abs(a - b) for a, b in zip(row, row[1:]))  # noqa: RUF007 - Python 3.9
        if r:
            above = grey[at - width : at - width + BLOCK]
            total += sum(abs(a - b) for a, b in zip(row, above))
    return total
