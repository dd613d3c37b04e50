"""Raw files through rawpy (LibRaw): linear, camera white balance, brightness fitted to the embedded JPEG."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.errors import UnreadableError
from upzeroir_plugin.photo import evidence, jpeg, profile, tiff
from upzeroir_plugin.photo.decoded import Decoded, Limits
from upzeroir_plugin.photo.extras import needed
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.photo.metadata import Metadata

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
SAMPLE = 1 << 18
"""Pixels that the brightness is fitted on."""
GAINS = (1 / 64, 64.0)
SHOULDER = 0.5
"""Linear light above which highlights are rolled off, so that the sensor's white stays white."""


def read(stream: IO[bytes], limits: Limits) -> Decoded:
    """A raw photo developed to encoded sRGB, 16 bit, upright."""
    rawpy = needed("rawpy", "raw", limits.name, "a raw file")
    stream.seek(0)
    try:
        with _hushed(), rawpy.imread(stream) as raw:
            limits.check(raw.sizes.width, raw.sizes.height, 14)
            preview = _preview(raw, rawpy)  # before the development, which may let go of the file's bytes
            found = _metadata(stream, raw)
            noise = evidence.noise_profile(tiff.noise_profile(stream))
            linear = raw.postprocess(
                gamma=(1, 1), no_auto_bright=True, use_camera_wb=True, output_bps=16,
                output_color=rawpy.ColorSpace.sRGB,
            )  # fmt: skip
    except rawpy.LibRawError as error:
        words = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise UnreadableError(
            f"{limits.name} is damaged, cut short, or of a camera that LibRaw does not know ({words}).",
            "Copy it again from where it came, or convert it to DNG.",
        ) from error
    gain = 1.0 if preview is None else fitted_gain(linear, preview)
    hints = FileEvidence(noise_profile=noise)
    return Decoded(developed(linear, gain), None, 65535, profile.srgb(), found, "RAW", hints)


def fitted_gain(linear: NDArray[np.uint16], preview: NDArray[np.uint8]) -> float:
    """The gain on linear light (H, W, 3), white = 65535, that makes it as bright as the camera's own picture.

    As bright: the same mean of encoded luma, which is what a person sees, whatever the camera's tone curve did to
    contrast. The preview may have any size and orientation (h, w, 3). Found by bisection: the mean grows with the
    gain. Ours: quantiles would follow the camera's curve into its clipped ends.
    """
    some = _few(linear).astype(np.float32) / np.float32(65535)
    wanted = float((_few(_without_bars(preview, linear.shape)) @ LUMA).mean()) / 255
    low, high = (float(np.log2(g)) for g in GAINS)
    for _ in range(24):
        middle = (low + high) / 2
        if float((encode(rolled_off(some, 2.0**middle)) @ LUMA).mean()) < wanted:
            low = middle
        else:
            high = middle
    return float(2.0 ** ((low + high) / 2))


def _few(picture: NDArray[Any]) -> NDArray[Any]:
    step = max(1, round((picture.shape[0] * picture.shape[1] / SAMPLE) ** 0.5))
    return picture[::step, ::step]


def _without_bars(preview: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The middle of the preview in the photo's proportions: small ones have black bars to fill their frame."""
    long, short = max(shape[:2]), min(shape[:2])
    height, width = preview.shape[:2]
    if height > width:
        keep = (round(width * long / short), round(height * short / long))
    else:
        keep = (round(width * short / long), round(height * long / short))
    top, left = max(0, height - keep[0]) // 2, max(0, width - keep[1]) // 2
    return preview[top : height - top, left : width - left]


def rolled_off(linear: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """`linear` in [0, 1] times `gain`, bent above a shoulder so that 1 goes to 1; slope and value go on smoothly."""
    start = SHOULDER * min(1.0, gain)
    room, span = 1 - start, gain - start
    over = np.maximum(linear * np.float32(gain) - np.float32(start), 0)
    bent = over / (1 + over * np.float32(1 / room - 1 / span))
    result: NDArray[np.float32] = np.minimum(linear * np.float32(gain), np.float32(start)) + bent
    return result


def encode(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """The tone curve of sRGB (IEC 61966-2-1)."""
    result: NDArray[np.float32] = np.where(
        linear <= 0.0031308,
        linear * np.float32(12.92),
        np.float32(1.055) * linear ** np.float32(1 / 2.4) - np.float32(0.055),
    )
    return result


def developed(linear: NDArray[np.uint16], gain: float) -> NDArray[np.uint16]:
    """Linear 16-bit samples through gain, shoulder and tone curve, to encoded 16 bit, by a table of all values."""
    every = np.arange(65536, dtype=np.float32) / np.float32(65535)
    table = np.rint(encode(rolled_off(every, gain)).clip(0, 1) * 65535).astype(np.uint16)
    made: NDArray[np.uint16] = table[linear]
    return made


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """LibRaw tells the process's stderr about damage, beside raising errors; the user shall read one sentence."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _preview(raw: Any, rawpy: Any) -> NDArray[np.uint8] | None:
    """The embedded picture (h, w, 3), or None."""
    try:
        thumb = raw.extract_thumb()
        if thumb.format == rawpy.ThumbFormat.BITMAP:
            array = np.asarray(thumb.data)
        else:
            array = np.asarray(Image.open(io.BytesIO(thumb.data), formats=["JPEG", "MPO"]).convert("RGB"))
    except (rawpy.LibRawError, OSError, SyntaxError, ValueError):
        return None
    return array if array.ndim == 3 and array.shape[2] == 3 and array.std() > 1 else None


def _metadata(stream: IO[bytes], raw: Any) -> Metadata:
    """EXIF and XMP of a TIFF-like raw file; of other kinds, the embedded JPEG's EXIF. LibRaw turns the pixels."""
    try:
        stream.seek(0)
        if stream.read(2) in (b"II", b"MM"):
            return replace(tiff.metadata(stream), orientation=1)
        picture = Image.open(io.BytesIO(raw.extract_thumb().data), formats=["JPEG", "MPO"])
        return replace(jpeg.metadata(picture), orientation=1, xmp=b"", dpi=None)
    except Exception:  # the pixels are good without
        return Metadata()
