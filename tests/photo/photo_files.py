"""Small picture files of every kind, made on the spot."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.load import load

ROOM = 1e7
XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="uuid:1" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
 exif:GPSLatitude="52,31.0N" drone-dji:GpsLongtitude="13.4" tiff:Orientation="1" exif:PixelXDimension="999">
<exif:GPSLongitude>13,24.0E</exif:GPSLongitude>
<photoshop:City xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">Kreuzberg</photoshop:City>
<Iptc4xmpExt:LocationShown xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Bag><rdf:li
 rdf:parseType="Resource"><Iptc4xmpExt:City>Kreuzberg</Iptc4xmpExt:City></rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>
<dc:creator><rdf:Seq><rdf:li>Ada Léger</rdf:li></rdf:Seq></dc:creator>
<xmp:Thumbnails><rdf:Alt><rdf:li><xmpGImg:image>AAAA</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>
<xmp:Rating>4</xmp:Rating></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
IPTC = b"\x1c\x02\x78\x00\x07a harbo" + b"\x1c\x02\x5a\x00\x09Kreuzberg" + b"\x1c\x02\x50\x00\x03Ada"


def scene(height: int = 36, width: int = 52, channels: int = 3, top: int = 255) -> NDArray[Any]:
    """A smooth picture whose corners all differ, (H, W, C) or (H, W) for one channel, integers up to `top`."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x / max(width - 1, 1), y / max(height - 1, 1), (x + 2 * y) / max(width + 2 * height - 3, 1)]
    stack = np.stack([planes[c % 3] if c < 3 else 1 - planes[0] for c in range(channels)], -1)
    done: NDArray[Any] = np.rint(stack * top).astype(np.uint8 if top < 256 else np.uint16)
    if channels == 1:
        done = done[..., 0]
    return done


def encoded(array: NDArray[Any], kind: str, **options: Any) -> bytes:
    """A picture as Pillow writes it."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def png16(array: NDArray[np.uint16]) -> bytes:
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(array)))


def tif(array: NDArray[Any], **options: Any) -> bytes:
    """A TIFF as tifffile writes it."""
    buffer = io.BytesIO()
    colour = array.ndim == 3 and array.shape[-1] in (3, 4)
    tifffile.imwrite(buffer, array, **{"photometric": "rgb" if colour else "minisblack", **options})
    return buffer.getvalue()


def loaded(folder: Path, data: bytes, name: str = "in.bin") -> Photo:
    """What `load` makes of these bytes."""
    path = folder / name
    path.write_bytes(data)
    return load(path, ROOM)


def exif_block(orientation: int | None = None, **camera: Any) -> Image.Exif:
    """EXIF of a camera: maker, ISO, exposure, lens, maker note, place, and a thumbnail that Pillow cannot write."""
    found = Image.Exif()
    found[0x010F], found[0x0110] = camera.get("make", "NIKON CORPORATION"), camera.get("model", "NIKON D70")
    if orientation is not None:
        found[0x0112] = orientation
    found[0x013B] = "Ada"
    below = found.get_ifd(0x8769)
    below[0x829A], below[0x8827], below[0x9204] = 0.008, camera.get("iso", 1600), -0.5
    below[0x927C] = camera.get("note", b"Maker\0\x01\x02\x03" * 30)
    below[0xA002], below[0xA003], below[0xA434] = 52, 36, "AF 35mm f/2"
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 0.0), "E", (13.0, 24.0, 0.0)
    return found
