"""Where the picture is within a frame or between bars: it is read and restored there alone.

Ours: 16 of 36 sound photos between a film's black bars were taken for photos short of light, and bars deny any veil,
any noise and any blur.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from upzeroir_plugin.estimate.view import small_view
from upzeroir_plugin.photo.crop import Box

Array = NDArray[np.float32]

SIDE = 512
FLAT, OTHER = 3 / 255, 12 / 255
"""How far a frame's pixels may lie from its colour, and from where on a pixel is none of a frame's."""
FEW = 0.005
"""Share of a frame's pixels that may be anything."""
HALF = 0.5
"""Share of the pixels along a picture's edge that are none of the frame's: a black sky ends less abruptly."""
NARROW = 0.02
"""Bars up to this part of the picture are left in it: a scanner's edge is no more than that, and changes nothing."""
SLIM, LEAST = 0.1, 8
"""What lies between bars is a picture from this part of all and so many pixels on, else a line on a page."""
RINGING = 16
"""Pixels along that edge that compression has touched."""
WHOLE, BLED = 0.8, 3
"""A line that is less than this much of the next one is a frame's, in part: shrunk with it, or colour has bled in; and
how many such lines there may be."""


def picture(pixels: Array) -> Box:
    """Where in pixels (H, W, 3) the picture is (x, y, w, h): all, unless two opposite sides are bars of one colour."""
    whole = 0, 0, pixels.shape[1], pixels.shape[0]
    step = max(1, max(pixels.shape[:2]) // SIDE)
    ends = (pixels[:step], pixels[-step:]), (pixels[:, :step], pixels[:, -step:])
    if not any(_even(first) and _even(last) for first, last in ends):  # the whole view takes 0.18 s of 24 MP
        return whole
    view = small_view(pixels, SIDE)
    zone = 1 + -(-RINGING // step)
    top, left, (bottom, right) = 0, 0, view.shape[:2]
    for _ in range(2):  # where bars are wide, those of the other sides are seen only without them
        above, below = _bars(view[top:bottom, left:right], zone)
        top, bottom = top + above, bottom - below
        before, after = _bars(view[top:bottom, left:right].transpose(1, 0, 2), zone)
        left, right = left + before, right - after
    rows = pixels[:, step * left : step * right]
    columns = pixels[step * top : step * bottom].transpose(1, 0, 2)
    x, y = _edge(columns, step * left, step), _edge(rows, step * top, step)
    width = pixels.shape[1] - x - _edge(columns[::-1], step * (view.shape[1] - right), step)
    height = pixels.shape[0] - y - _edge(rows[::-1], step * (view.shape[0] - bottom), step)
    return (x, y, width, height) if min(width, height) >= LEAST else whole


def _edge(lines: Array, near: int, step: int) -> int:
    """The first of lines (n, m, 3) of pixels that is all picture, in a bar that ends `near` it; 0 without a bar."""
    if not near:
        return 0
    first = max(near - 3 * step, 1)
    away = lines[first : near + RINGING] - np.median(lines[0], 0)
    share = (np.abs(away).max(2) > OTHER).mean(1)
    at = int(np.argmax(share >= HALF * share.max()))
    for line, beyond in pairwise(away[at : at + BLED + 1]):
        if (line * beyond).sum() >= WHOLE * (beyond * beyond).sum():
            break
        at += 1
    return first + at


def around(inner: Array, box: Box, size: tuple[int, int]) -> Array:
    """A map (h, w) of the picture in `box` continued to a photo of `size` (w, h): at the frame as at the edge."""
    x, y, width, height = box
    down, across = inner.shape[0] / height, inner.shape[1] / width
    rows = round(down * y), round(down * (size[1] - y - height))
    columns = round(across * x), round(across * (size[0] - x - width))
    return np.pad(inner, (rows, columns), mode="edge")


def _even(band: Array) -> bool:
    """Whether a band (h, w, 3) at the photo's edge is of one colour."""
    view = small_view(band, SIDE)
    away = np.abs(view - np.median(view, (0, 1))).max(2)
    return bool((away > FLAT).mean() <= FEW)


def _bars(lines: Array, zone: int) -> tuple[int, int]:
    """How many of the first and of the last lines (n, m, 3) are bars of one colour; 0, 0 unless both are."""
    ends = [(lines, np.median(lines[0], 0)), (lines[::-1], np.median(lines[-1], 0))]
    if np.abs(ends[0][1] - ends[1][1]).max() > FLAT:
        return 0, 0
    first, last = (_bar(np.abs(part - colour).max(2), zone) for part, colour in ends)
    return (first, last) if first and last and len(lines) - first - last >= SLIM * len(lines) else (0, 0)


def _bar(away: Array, zone: int) -> int:
    """Lines of a bar, of distances (n, m) from its colour, with one that may be half of it; 0 for none."""
    even = (away > FLAT).mean(1) <= FEW
    count = len(even) if even.all() else int(np.argmin(even))
    if not NARROW * len(even) < count < len(even) // 2:
        return 0
    beyond = (away[count : count + zone] > OTHER).mean(1) >= HALF
    return count + int(np.argmax(beyond)) + 1 if beyond.any() else 0
