"""Rectangles of photos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.photo.image import Photo, Pixels

Box = tuple[int, int, int, int]


def checked_region(region: Box, size: tuple[int, int]) -> Box:
    """The rectangle (x, y, w, h) if it lies in a photo of `size` (w, h). Raises UsageError."""
    x, y, w, h = region
    if min(x, y) < 0 or min(w, h) < 1 or x + w > size[0] or y + h > size[1]:
        raise UsageError(
            f"The region {x},{y},{w},{h} is not inside the photo.", f"It is {size[0]} by {size[1]} px."
        )
    return region


def crop(photo: Photo, box: Box) -> Photo:
    """The rectangle (x, y, w, h) of a photo, as views; its evidence knows where it lay."""
    x, y, w, h = box
    if box == (0, 0, *photo.size):
        return photo
    left, top = photo.evidence.crop_offset
    inside = (slice(y, y + h), slice(x, x + w))
    return replace(
        photo,
        pixels=photo.pixels[inside],
        alpha=None if photo.alpha is None else photo.alpha[inside],
        evidence=replace(photo.evidence, crop_offset=(left + x, top + y)),
    )


def overlap(box: Box, area: Box) -> Box | None:
    """What of `box` lies in `area`, counted from the area's corner; None if nothing does."""
    left, top = max(box[0] - area[0], 0), max(box[1] - area[1], 0)
    right, bottom = min(box[0] + box[2] - area[0], area[2]), min(box[1] + box[3] - area[1], area[3])
    return (left, top, right - left, bottom - top) if left < right and top < bottom else None


def continued(pixels: Pixels, box: Box | None) -> Pixels:
    """Pixels (H, W, 3) with what lies in `box` mirrored over all around it; None: as they are."""
    if box is None:
        return pixels
    x, y, w, h = box
    around = (y, pixels.shape[0] - y - h), (x, pixels.shape[1] - x - w), (0, 0)
    return np.pad(pixels[y : y + h, x : x + w], around, mode="symmetric")
