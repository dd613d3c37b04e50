"""What is to be restored: a drawable with its pixels, selection, profile and history, or a refusal in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

import pixels
import records
from arguments import REPLACE
from gi.repository import Gimp
from pixels import Layout, Rect
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.evidence import read_evidence
else:
    from evidence import read_evidence

LEAST = 8
"""Pixels that a side must have: below there is nothing to measure."""


class Refusal(Exception):
    """Why this cannot be restored, and what to do instead, in plain words."""


@dataclass(frozen=True)
class Work:
    """One drawable to be restored.

    `source`: where the pixels come from: the drawable itself, or, when that is a former result, its original; then
    `former` is the result to be replaced and `record` what made it. `rect` in px of the source; `mask`: 0 where nothing
    may change, rows of `rect` in the precision of the pixels, or None. `rows` as sent, `stored` as GIMP holds them.
    """

    image: Any
    drawable: Any
    source: Any
    former: Optional[Any]
    record: Optional[dict[str, Any]]
    size: tuple[int, int]
    offsets: tuple[int, int]
    rect: Rect
    mask: Optional[bytes]
    layout: Layout
    rows: bytes
    stored: bytes
    profile: Optional[bytes]
    precision: Any
    evidence: dict[str, Any]

    def full_mask(self) -> bytes:
        """The mask as a grey frame of the source's size."""
        assert self.mask is not None  # noqa: S101 - asked for only where there is one
        sample = len(self.mask) // (self.rect[2] * self.rect[3])
        empty = bytes(self.size[0] * self.size[1] * sample)
        return pixels.pasted(empty, self.size[0], self.rect, self.mask, sample)

    def output(self, asked: str) -> str:
        """Where the result goes: a former result's successor to where that went, whatever is `asked` for now."""
        return str(self.record["output"]) if self.record is not None else asked

    def former_kept(self) -> bool:
        """Whether the former result stays beside the new one, as it holds work of the user's."""
        return self.former is not None and records.touched(self.former, self.source, self.record or {})


def gather(image: Any, drawable: Any, output: str) -> Work:
    """Everything that the restoration of a drawable needs. Raises Refusal."""
    if image.get_floating_sel() is not None:
        raise Refusal(
            _(
                "This image has a floating selection. Anchor it first (Layer > Anchor), or make it a new layer."
            )
        )
    record = records.recorded(drawable)
    source = records.original(image, record)
    former = drawable if source is not None else None
    _check(drawable, output)
    if source is None:
        source, record = drawable, None
    form = pixels.layout(source)
    width, height = source.get_width(), source.get_height()
    if min(width, height) < LEAST:
        raise Refusal(_("The layer is too small: each side needs at least {} pixels.").format(LEAST))
    rect, mask = _selected(image, source, form, record)
    rows = pixels.read(source, (0, 0, width, height), form.name)
    stored = rows if form.direct else pixels.read(source, (0, 0, width, height), form.native)
    return Work(
        image, drawable, source, former, record, (width, height),
        records.offsets(source), rect, mask, form, rows, stored, _profile(image, source), image.get_precision(),
        _evidence(image, source),
    )  # fmt: skip


def _check(drawable: Any, output: str) -> None:
    if drawable.is_indexed():
        raise Refusal(
            _("This image has a colour table. Choose Image > Mode > RGB, and run the filter again.")
        )
    bare = drawable.is_layer_mask() or drawable.is_channel()
    if output != REPLACE and not bare:
        return
    if drawable.is_group():
        raise Refusal(
            _("A layer group has no pixels of its own. Choose a new layer as output, or one of its layers.")
        )
    if records.locked(drawable):
        raise Refusal(locked_text())


def locked_text() -> str:
    """Why pixels cannot be changed in place."""
    return _(
        "The pixels of this layer or of its group are locked. Unlock them, or choose a new layer as output."
    )


def _selected(
    image: Any, source: Any, form: Layout, record: Optional[dict[str, Any]]
) -> tuple[Rect, Optional[bytes]]:
    """Where to restore: as the record of a former result says, else the selection."""
    whole = (0, 0, source.get_width(), source.get_height())
    if record is not None:
        return records.area(record, form.dtype)
    if Gimp.Selection.is_empty(image):
        return whole, None
    meets, x, y, w, h = source.mask_intersect()
    if not meets or w < 1 or h < 1:
        raise Refusal(_("The selection does not meet this layer. Select a part of it, or nothing."))
    if min(w, h) < LEAST:
        raise Refusal(
            _("The selection is too small: each side needs at least {} pixels in the layer.").format(LEAST)
        )
    left, top = records.offsets(source)
    mask = pixels.read(image.get_selection(), (x + left, y + top, w, h), pixels.GREYS[form.dtype])
    return (x, y, w, h), mask


def _profile(image: Any, source: Any) -> Optional[bytes]:
    """The image's own ICC profile; masks hold numbers, not colours."""
    if source.is_layer_mask() or source.is_channel():
        return None
    profile = image.get_color_profile()
    return bytes(profile.get_icc_profile()) if profile is not None else None


def _evidence(image: Any, source: Any) -> dict[str, Any]:
    """What the file says that these pixels came from; nothing where they do not look like that file's.

    GIMP turns a photo upright as it opens it; if it was told not to, the tag is still in the image's metadata.
    """
    file = image.get_imported_file() or image.get_file()
    path = file.get_path() if file is not None else None
    if path is None or source.is_layer_mask() or source.is_channel():
        return {}
    found = read_evidence(path, _upright(image))
    size = found.pop("size", None)
    if size is not None and list(size) != [source.get_width(), source.get_height()]:
        for name in ("jpeg_tables", "jpeg_subsampling", "webp_quantiser", "crop_offset"):
            found.pop(name, None)
    return found


def _upright(image: Any) -> bool:
    metadata = image.get_metadata()
    text = metadata.serialize() if metadata is not None else ""
    at = text.find('name="Exif.Image.Orientation"')
    return at < 0 or text[at:].partition(">")[2][:1] in ("", "1", "<")
