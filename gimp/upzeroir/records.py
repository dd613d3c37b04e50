"""What made a result, kept on its layer and linked to its original; a damaged record is none."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import secrets
import zlib
from typing import TYPE_CHECKING, Any, Optional

import pixels
from arguments import NEW_LAYER, NEW_LAYER_MASK, REPLACE, efforts
from gi.repository import Gimp
from pixels import Rect

if TYPE_CHECKING:
    from upzeroir_plugin.parameters import GROUPS, PARAMETERS
else:
    from parameters import GROUPS, PARAMETERS

RECORD = "upzeroir-record"
SOURCE = "upzeroir-source"
"""On an original: the random name that its results know it by. A tattoo means a layer in one image only."""
VERSION = 1
NUMBERS = {row.name: row for row in PARAMETERS}
ENTRY = ("value", "low", "high", "confidence")


def recorded(drawable: Any) -> Optional[dict[str, Any]]:
    """What made this layer, if we did."""
    text = _read(drawable, RECORD)
    if text is None:
        return None
    try:
        found = json.loads(text)
        return found if _sound(found) else None
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
        return None


def remember(layer: Any, record: dict[str, Any], source: Optional[Any]) -> None:
    """Write on a layer how it was made; with its `source` also what it looks like now, to tell later changes."""
    if _read(layer, SOURCE):
        layer.detach_parasite(SOURCE)  # a copy of the original is not the original
    full = {**record, "digest": digest(layer, source) if source is not None else ""}
    _write(layer, RECORD, json.dumps(full))


def link(source: Any) -> str:
    """The name that its results know an original by; written on it the first time."""
    name = _read(source, SOURCE)
    if not name:
        name = secrets.token_hex(16)
        _write(source, SOURCE, name)
    return name


def original(image: Any, record: Optional[dict[str, Any]]) -> Optional[Any]:
    """The layer that a result was made from, if it is still there and of the same size."""
    if not record or not record["source"] or not record["link"]:
        return None
    layer = image.get_layer_by_tattoo(record["source"])
    if layer is None or [layer.get_width(), layer.get_height()] != record["size"]:
        return None
    return layer if _read(layer, SOURCE) == record["link"] else None


def touched(former: Any, source: Any, record: dict[str, Any]) -> bool:
    """Whether a former result holds, or may hold, work of the user's, and is to be kept therefore."""
    return locked(former) or digest(former, source) != record["digest"]


def locked(drawable: Any) -> bool:
    """Whether pixels may not be changed: its own lock, or that of a group that it is in."""
    item = Gimp.Layer.from_mask(drawable) if drawable.is_layer_mask() else drawable
    while item is not None:
        if item.get_lock_content():
            return True
        item = item.get_parent()
    return False


def digest(layer: Any, source: Any) -> str:
    """Of a result's pixels and filters, its size, and its place beside its original."""
    size = (layer.get_width(), layer.get_height())
    (x, y), (left, top) = offsets(layer), offsets(source)
    about = repr((*size, x - left, y - top, *map(_filter, layer.get_filters()))).encode()
    found = hashlib.blake2b(about, digest_size=16)
    found.update(pixels.read(layer, (0, 0, *size), pixels.layout(layer).native))
    return found.hexdigest()


def _filter(each: Any) -> tuple[Any, ...]:
    config = each.get_config()
    values = [(spec.name, config.get_property(spec.name)) for spec in config.list_properties()]
    plain = [(name, value) for name, value in values if isinstance(value, (bool, int, float, str))]
    return each.get_operation_name(), each.get_visible(), each.get_opacity(), plain


def offsets(drawable: Any) -> tuple[int, int]:
    """Where the drawable lies in its image, px."""
    _ok, x, y = drawable.get_offsets()
    return int(x), int(y)


def packed(mask: Optional[bytes]) -> Optional[str]:
    """A mask as text, for the record."""
    return None if mask is None else base64.b64encode(zlib.compress(mask, 6)).decode("ascii")


def area(record: dict[str, Any], kind: str) -> tuple[Rect, Optional[bytes]]:
    """Where a former result was restored, and its mask as `kind` of pixels (dtype), if it had one."""
    x, y, w, h = record["rect"]
    mask = _unpacked(record["mask"])
    if mask is None:
        return (x, y, w, h), None
    was = next(name for name, size in pixels.SAMPLES.items() if size * w * h == len(mask))
    return (x, y, w, h), pixels.converted(mask, (w, h), pixels.GREYS[was], pixels.GREYS[kind])


def _unpacked(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else zlib.decompress(base64.b64decode(text))


def _read(item: Any, name: str) -> Optional[str]:
    parasite = item.get_parasite(name)
    return None if parasite is None else bytes(parasite.get_data()).rstrip(b"\0").decode("utf-8", "replace")


def _write(item: Any, name: str, text: str) -> None:
    item.attach_parasite(Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT, text.encode("utf-8")))


def _sound(found: dict[str, Any]) -> bool:
    """Whether every field that is used later is what it must be. May raise what `recorded` catches."""
    if found["version"] != VERSION or type(found["source"]) not in (int, type(None)):
        return False
    if not all(isinstance(found[name], str) for name in ("link", "digest", "summary")):
        return False
    (width, height), (x, y, w, h) = found["size"], found["rect"]
    if not all(type(n) is int for n in (width, height, x, y, w, h)):
        return False
    if min(x, y) < 0 or min(w, h) < 1 or x + w > width or y + h > height:
        return False
    mask = _unpacked(found["mask"])
    if mask is not None and len(mask) not in [w * h * sample for sample in pixels.SAMPLES.values()]:
        return False
    return _sound_order(found)


def _sound_order(found: dict[str, Any]) -> bool:
    """The same for what was found and asked for."""
    for name, entry in found["parameters"].items():
        NUMBERS[name].check(entry["value"])
        if not all(_number(entry[part]) for part in ENTRY):
            return False
    amount, on = found["amounts"]["amount"], found["amounts"]["on"]
    if not {*amount, *on} <= set(GROUPS) or not all(_number(value, 1.0) for value in amount.values()):
        return False
    return (
        _number(found["strength"], 1.0)
        and found["effort"] in [name for name, *_ in efforts()]
        and found["output"] in (NEW_LAYER, NEW_LAYER_MASK, REPLACE)
        and type(found["seed"]) is int
        and type(found["steps"]) in (int, type(None))
    )


def _number(value: Any, most: float = math.inf) -> bool:
    """A finite number, 0 to `most` if that is given."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return most == math.inf or 0 <= value <= most
