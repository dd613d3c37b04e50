"""Pictures as they are shown: 8-bit display RGB in a pyramid of halves, made strip by strip so that nothing waits.

No Qt here. A picture of 24 MP takes 96 MB with its pyramid.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from upzeroir_plugin.client import Client, ClientError

Pixels = NDArray[np.uint8]
STRIP = 128
"""Rows a step: a step holds the interpreter for about a millisecond."""
SMALLEST = 512
CHECKER = (204, 238)
Image.MAX_IMAGE_PIXELS = None  # the service has the limit; here nothing is decoded that it did not accept


class NotHere(Exception):
    """This program cannot decode that file itself; the service can."""


class Display:
    """From a photo's colour profile to the screen's: sRGB, or an ICC file that the user chose."""

    def __init__(self, screen: Path | None = None) -> None:
        self.screen: Any = ImageCms.createProfile("sRGB")
        if screen is not None:
            try:
                self.screen = ImageCms.getOpenProfile(str(screen))
            except (ImageCms.PyCMSError, OSError):
                screen = None
        self.managed = screen is not None

    def way(self, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
        """The transform from that profile, None where nothing changes (or it is of no use for RGB)."""
        if profile is None and not self.managed:
            return None
        try:
            own: Any = ImageCms.createProfile("sRGB")
            if profile is not None:
                own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                if own.profile.xcolor_space.strip() != "RGB":
                    return None
            return ImageCms.buildTransform(own, self.screen, "RGB", "RGB")
        except (ImageCms.PyCMSError, OSError):
            return None

    def back(self, pixels: Pixels) -> Pixels:
        """Pixels (h, w, 3) of the screen as sRGB, in which colours are picked."""
        if not self.managed:
            return pixels
        srgb: Any = ImageCms.createProfile("sRGB")
        way = ImageCms.buildTransform(self.screen, srgb, "RGB", "RGB")
        return _shown(np.ascontiguousarray(pixels), way)


class Pyramid:
    """`levels[0]`: (H, W, 3) uint8; each further level half as large, down to about 512 px."""

    def __init__(self, base: Pixels) -> None:
        self.levels = [base]
        while max(self.levels[-1].shape[:2]) > SMALLEST:
            self.levels.append(halved(self.levels[-1]))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the finest level."""
        height, width = self.levels[0].shape[:2]
        return width, height

    def level(self, zoom: float) -> tuple[Pixels, float]:
        """The coarsest level that still has a px for each screen px at `zoom`, and its scale (1 for the finest)."""
        index = 0 if zoom >= 1 else math.floor(-math.log2(max(zoom, 1e-6)) + 1e-6)
        index = min(index, len(self.levels) - 1)
        found = self.levels[index]
        return found, found.shape[1] / self.levels[0].shape[1]

    def small(self) -> Pixels:
        """The coarsest level."""
        return self.levels[-1]

    def part(self, rect: tuple[int, int, int, int]) -> Pixels:
        """Pixels of the finest level inside (x, y, w, h), clipped to the picture."""
        x, y, w, h = rect
        return self.levels[0][max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]


def halved(level: Pixels) -> Pixels:
    """Half as large, 2×2 means; an odd last row or column is dropped unless it is the only one."""
    height, width = max(1, level.shape[0] // 2), max(1, level.shape[1] // 2)
    made = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        rows = level[2 * top : 2 * min(top + STRIP, height) or 1, : 2 * width or 1]
        if rows.shape[0] < 2 or rows.shape[1] < 2:
            made[top : top + STRIP] = rows[:1, :1]
            continue
        wide = rows[0::2].astype(np.uint16)
        wide += rows[1::2]
        made[top : top + STRIP] = (wide[:, 0::2] + wide[:, 1::2] + 2) >> 2
    return made


def quick_look(path: Path, side: int, display: Display) -> tuple[Pixels, tuple[int, int]]:
    """A small upright picture of a file, long side ≤ `side`, and the photo's own (width, height).

    As soon as possible: a JPEG is decoded at a fraction of its size. Raises NotHere, OSError.
    """
    with _opened(path) as picture:
        size = picture.size
        if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            size = size[1], size[0]
        picture.draft("RGB", (side, side))
        try:
            picture.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2.0)
            upright = ImageOps.exif_transpose(picture)
            profile = picture.info.get("icc_profile")
            return _shown(np.asarray(_flat(upright)), display.way(profile)), size
        except (OSError, ValueError, SyntaxError) as error:
            raise NotHere(str(error)) from error


def decoded(path: Path, display: Display) -> Pixels:
    """The whole picture, upright, for display. Raises NotHere for what the service must decode, OSError."""
    with _opened(path) as picture:
        if picture.mode not in ("RGB", "L", "RGBA"):
            raise NotHere(picture.mode)
        try:
            picture.load()
            upright = ImageOps.exif_transpose(picture) if picture.getexif().get(0x0112, 1) != 1 else picture
        except (OSError, ValueError, SyntaxError) as error:
            raise NotHere(str(error)) from error
        width, height = upright.size
        way = display.way(picture.info.get("icc_profile"))
        made = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, STRIP):
            strip = upright.crop((0, top, width, min(height, top + STRIP)))
            made[top : top + STRIP] = _shown(np.asarray(_flat(strip)), way)
    return made


def fetched(
    client: Client, path: str, display: Display, stopped: Callable[[], bool] = lambda: False
) -> Pixels:
    """A frame of the service, streamed and made fit for display row by row. Raises ClientError."""
    connection, answer = client.request("GET", path, patience=600.0)
    try:
        length = int.from_bytes(answer.read(4), "big")
        header: dict[str, Any] = json.loads(answer.read(length))
        dtype = np.dtype(header["dtype"]).newbyteorder("<")
        width, height, channels = header["width"], header["height"], header["channels"]
        way = display.way(_profile(header))
        made = np.empty((height, width, 3), np.uint8)
        rows = np.empty((STRIP, width, channels), dtype)
        for top in range(0, height, STRIP):
            count = min(STRIP, height - top)
            _fill(answer, rows[:count].data.cast("B"))
            made[top : top + count] = _shown(_rgb(_bytes(rows[:count]), top), way)
            if stopped():
                raise ClientError("cancelled", "Not needed any more.")
        return made
    except (OSError, ValueError, KeyError) as error:
        raise ClientError("service-lost", "The connection to the backend broke.") from error
    finally:
        connection.close()


def of_jpeg(data: bytes, display: Display) -> Pixels:
    """A preview (JPEG in sRGB) as pixels of the screen."""
    with Image.open(io.BytesIO(data)) as picture:
        return _shown(np.array(picture.convert("RGB")), display.way(None))


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"])
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, ValueError) as error:
        raise NotHere(str(error)) from error


def _flat(picture: Image.Image) -> Image.Image:
    """As RGB, on a light chequer where it is transparent."""
    if picture.mode == "RGB":
        return picture
    if "A" in picture.mode or "transparency" in picture.info:
        rgba = np.asarray(picture.convert("RGBA"))
        return Image.fromarray(_rgb(rgba, 0))
    return picture.convert("RGB")


def _rgb(values: Pixels, top: int) -> Pixels:
    """(h, w, 1–4) grey, grey + alpha, RGB or RGBA as RGB; `top`: the first row's number, for the chequer."""
    channels = values.shape[2]
    colour = values[..., :3] if channels >= 3 else np.repeat(values[..., :1], 3, axis=2)
    if channels in (1, 3):
        return np.ascontiguousarray(colour)
    alpha = values[..., -1:].astype(np.uint16)
    rows = (np.arange(values.shape[0]) + top) // 8
    light = (rows[:, None] + np.arange(values.shape[1]) // 8) % 2
    board = np.where(light, CHECKER[1], CHECKER[0]).astype(np.uint16)[..., None]
    made: Pixels = ((colour * alpha + board * (255 - alpha) + 127) // 255).astype(np.uint8)
    return made


def _bytes(rows: NDArray[Any]) -> Pixels:
    """Samples of any depth as 8 bits."""
    if rows.dtype.itemsize == 1:
        return rows
    if rows.dtype.kind == "u":
        made: Pixels = ((rows.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)
        return made
    whole: Pixels = (np.nan_to_num(rows).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return whole


def _shown(pixels: Pixels, way: ImageCms.ImageCmsTransform | None) -> Pixels:
    if way is None:
        return pixels
    image = Image.fromarray(pixels)
    ImageCms.applyTransform(image, way, inPlace=True)
    return np.asarray(image)


def _profile(header: dict[str, Any]) -> bytes | None:
    import base64

    text = header.get("profile")
    return base64.b64decode(text) if text else None


def _fill(answer: Any, view: memoryview) -> None:
    at = 0
    while at < len(view):
        count = answer.readinto(view[at:])
        if not count:
            raise OSError("the picture ended early")
        at += count
