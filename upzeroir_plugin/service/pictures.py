"""Photos in the private folder, and their ways in and out: frames, previews, maps. numpy and Pillow, no torch."""

from __future__ import annotations

import base64
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from upzeroir_plugin.photo.decoded import Decoded
from upzeroir_plugin.photo.image import FileEvidence, Photo, Pixels
from upzeroir_plugin.photo.load import finished
from upzeroir_plugin.photo.metadata import Metadata
from upzeroir_plugin.photo.profile import kept
from upzeroir_plugin.photo.quantise import quantised

DTYPES = {8: "uint8", 16: "uint16", 32: "float32"}
TOPS = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
PIXELS = "pixels.npy"
PREVIEW_SIDE = 1024
PREVIEW_QUALITY = 88
SRGB = ImageCms.createProfile("sRGB")


def keep_photo(photo: Photo, folder: Path) -> None:
    """Store a photo's pixels and what is needed beside them. Raises OSError."""
    if getattr(photo.pixels, "filename", None) != folder / PIXELS:
        np.save(folder / PIXELS, photo.pixels)
    if photo.alpha is not None:
        np.save(folder / "alpha.npy", photo.alpha)
    if photo.profile is not None:
        (folder / "profile.icc").write_bytes(photo.profile)
    about = {"grey": photo.grey, "bit_depth": photo.bit_depth, "format": photo.format}
    (folder / "photo.json").write_text(
        json.dumps({**about, "evidence": photo.evidence.to_json()}), encoding="utf-8"
    )


def kept_photo(folder: Path) -> Photo:
    """Back from `keep_photo`; the pixels are mapped, not read, and changes to them stay in memory."""
    about = json.loads((folder / "photo.json").read_text(encoding="utf-8"))
    alpha, profile = folder / "alpha.npy", folder / "profile.icc"
    return Photo(
        pixels=np.load(folder / PIXELS, mmap_mode="c"),
        alpha=np.load(alpha, mmap_mode="c") if alpha.exists() else None,
        grey=about["grey"],
        bit_depth=about["bit_depth"],
        profile=profile.read_bytes() if profile.exists() else None,
        evidence=FileEvidence.from_json(about["evidence"]),
        format=about["format"],
    )


def photo_of_frame(header: dict[str, Any], rows: Path, folder: Path | None = None) -> Photo:
    """An uploaded frame (orders.FrameHeader as a dict) as a Photo, its pixels made in `folder` if possible.

    Raises UnreadableError for NaN and the like, OSError.
    """
    dtype = np.dtype(header["dtype"]).newbyteorder("<")
    shape = (header["height"], header["width"], header["channels"])
    samples = np.memmap(rows, dtype, "r", shape=shape).astype(header["dtype"], copy=False)
    grey = header["channels"] <= 2
    has_alpha = header["channels"] in (2, 4)
    decoded = Decoded(
        colour=samples[..., 0] if grey else samples[..., :3],
        alpha=samples[..., -1] if has_alpha else None,
        top=TOPS[header["dtype"]],
        profile=kept(header["profile"], b"", grey),
        metadata=Metadata(),
        format="",
    )
    photo = finished(decoded, "The frame", None if folder is None or grey else _room(header, folder / PIXELS))
    evidence = FileEvidence.from_json({"bit_depth": photo.bit_depth, **header["evidence"]})
    return replace(photo, evidence=evidence)


def _room(header: dict[str, Any], path: Path) -> Pixels | None:
    """Room in a file for a frame's pixels: what is computed there need not be copied, a third of an upload's time.

    Its blocks are had beforehand, since a full disk would end the process later. Raises OSError.
    """
    if not hasattr(os, "posix_fallocate"):
        return None
    shape = (header["height"], header["width"], 3)
    made: Pixels = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    with open(path, "r+b") as file:  # noqa: PTH123
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return made


def write_frame(photo: Photo, source: Photo | None, dtype: str, path: Path) -> None:
    """A photo as a frame file with its own channels; `source`: as in `quantised`. Raises OSError."""
    bits = {name: bits for bits, name in DTYPES.items()}[dtype]
    channels = slice(0, 1) if photo.grey else slice(0, 3)
    before = None if source is None else source.pixels[..., channels]
    rows = quantised(photo.pixels[..., channels], before, bits)
    if photo.alpha is not None:
        rows = np.concatenate([rows, quantised(photo.alpha, photo.alpha, bits)[..., None]], axis=2)
    header: dict[str, Any] = {
        "width": rows.shape[1], "height": rows.shape[0], "channels": rows.shape[2],
        "dtype": dtype, "bytes": rows.nbytes,
    }  # fmt: skip
    if photo.profile is not None:
        header["profile"] = base64.b64encode(photo.profile).decode("ascii")
    text = json.dumps(header).encode("utf-8")
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(len(text).to_bytes(4, "big") + text)
        np.ascontiguousarray(rows, np.dtype(dtype).newbyteorder("<")).tofile(file)


class Previews:
    """Makes the JPEGs of one photo: its profile to sRGB, long side at most PREVIEW_SIDE."""

    def __init__(self, profile: bytes | None) -> None:
        self.transform: ImageCms.ImageCmsTransform | None = None
        if profile is not None:
            try:
                own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                self.transform = ImageCms.buildTransform(own, SRGB, "RGB", "RGB")
            except (ImageCms.PyCMSError, OSError):
                pass  # a grey or damaged profile: shown as if it were sRGB

    def jpeg(self, picture: NDArray[np.uint8]) -> bytes:
        """(h, w, 3) in the photo's profile as a JPEG in sRGB."""
        image = Image.fromarray(picture)
        image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BOX)
        if self.transform is not None:
            ImageCms.applyTransform(image, self.transform, inPlace=True)
        return jpeg(image)


def jpeg(image: Image.Image) -> bytes:
    """An image as JPEG bytes."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=PREVIEW_QUALITY)
    return out.getvalue()


def grey_png(values: Pixels, low: float, high: float, side: int) -> bytes:
    """(h, w) as a grey PNG, 0 = `low`, 255 = `high`, long side at most `side`."""
    span = max(high - low, 1e-12)
    levels = ((values - low) / span * 255).clip(0, 255).round().astype(np.uint8)
    image = Image.fromarray(levels)
    image.thumbnail((side, side), Image.Resampling.BOX)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
