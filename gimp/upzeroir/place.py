"""Puts a result into the image, as one undo step, and never over anything that was changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Optional

import pixels
import records
import work as works
from arguments import NEW_LAYER_MASK, REPLACE, Wish
from gi.repository import Gimp
from texts import _
from work import Work

NEW_TYPES = {1: Gimp.ImageType.GRAY_IMAGE, 2: Gimp.ImageType.GRAYA_IMAGE,
             3: Gimp.ImageType.RGB_IMAGE, 4: Gimp.ImageType.RGBA_IMAGE}  # fmt: skip


class NotPlaced(Exception):
    """GIMP did not take the result, in words."""


@dataclass(frozen=True)
class Placed:
    """Where the result went: a drawable, and what is to be said if it is another place than asked for."""

    drawable: Any
    notice: str = ""


def place(work: Work, rows: bytes, wish: Wish, result: dict[str, Any]) -> Placed:
    """Put the restored `rows` of work.rect where `wish.output` says, if that is still as it was. Raises NotPlaced."""
    wish = replace(wish, output=work.output(wish.output))
    part = _part(work, rows, wish.output)
    record = _record(work, wish, result)
    if not _there(work.image):
        return _new_image(work, part, record)
    fresh = _unchanged(work)
    bare = fresh and (work.source.is_layer_mask() or work.source.is_channel())
    if fresh and work.former is None and (wish.output == REPLACE or bare):
        return _replace(work, part, record, bare)
    notice = "" if fresh else _("The layer was changed meanwhile: the result is a new layer.")
    kept = _valid(work.former) and (not _valid(work.source) or work.former_kept())
    if kept:
        notice = _("The former result was changed or is locked: it is kept, and the new one lies above it.")
    return Placed(_insert(work, part, wish, record, fresh, kept), notice)


def _part(work: Work, rows: bytes, output: str) -> bytes:
    """The rectangle as GIMP stores it, with the very bytes of before wherever nothing was selected."""
    size, form = work.rect[2:], work.layout
    made = pixels.converted(rows, size, form.name, form.native)
    if work.mask is None or output == NEW_LAYER_MASK:
        return made
    before = pixels.cut(work.stored, work.size[0], work.rect, form.native_bytes)
    return pixels.where(work.mask, before, made, size, form.native_bytes)


def _record(work: Work, wish: Wish, result: dict[str, Any]) -> dict[str, Any]:
    """What re-editing needs: what was found and asked, and where it came from."""
    return {
        "version": records.VERSION,
        "source": None
        if wish.output == REPLACE or not _valid(work.source)
        else int(work.source.get_tattoo()),
        "link": "",
        "size": list(work.size),
        "rect": list(work.rect),
        "mask": records.packed(work.mask),
        "parameters": result.get("parameters", {}),
        "summary": result.get("summary", ""),
        **wish.order(),
        "output": wish.output,
        "prior": result.get("prior", {}),
    }


def _there(image: Any) -> bool:
    return bool(Gimp.Image.id_is_valid(image.get_id()))


def _valid(item: Optional[Any]) -> bool:
    return item is not None and bool(Gimp.Item.id_is_valid(item.get_id()))


def _unchanged(work: Work) -> bool:
    """Whether the source is still there with the same size, place and pixels."""
    source = work.source
    if not _valid(source):
        return False
    if (source.get_width(), source.get_height()) != work.size or records.offsets(source) != work.offsets:
        return False
    if pixels.layout(source) != work.layout:
        return False
    rows = pixels.read(source, (0, 0, *work.size), work.layout.name)
    return rows == work.rows


@contextmanager
def _one_step(image: Any) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()
        Gimp.displays_flush()


def _replace(work: Work, part: bytes, record: dict[str, Any], bare: bool) -> Placed:
    """Into the drawable's own pixels. The selection has been honoured already: it is set aside for that moment."""
    image, source, form = work.image, work.source, work.layout
    if records.locked(source) or source.is_group():
        raise NotPlaced(works.locked_text())
    with _one_step(image):
        chosen, channels = image.get_selected_layers(), image.get_selected_channels()
        kept = None if Gimp.Selection.is_empty(image) else Gimp.Selection.save(image)
        if kept is not None:
            Gimp.Selection.none(image)
        try:
            shadow = source.get_shadow_buffer()
            whole = pixels.pasted(work.stored, work.size[0], work.rect, part, form.native_bytes)
            pixels.write(shadow, (0, 0, *work.size), form.native, whole, form.native_bytes)
            merged = source.merge_shadow(True)
            source.update(*work.rect)
        finally:
            if kept is not None:
                image.select_item(Gimp.ChannelOps.REPLACE, kept)
                image.remove_channel(kept)
                if channels:
                    image.set_selected_channels(channels)
                elif chosen:
                    image.set_selected_layers(chosen)
        if merged and not bare:
            records.remember(source, record, None)
    if not merged:
        raise NotPlaced(_("GIMP did not take the result into this layer. Choose a new layer as output."))
    return Placed(source)


def _insert(work: Work, part: bytes, wish: Wish, record: dict[str, Any], fresh: bool, kept: bool) -> Any:
    """As a new layer above the original, or in the place of a former result, or above that if it is to be kept."""
    image = work.image
    plain = fresh and type(work.source) is Gimp.Layer
    if plain:
        layer = work.source.copy()
        layer.set_lock_content(False)
        layer.set_lock_visibility(False)
        pixels.write(layer.get_buffer(), work.rect, work.layout.native, part, work.layout.native_bytes)
    else:
        layer = _scratch(work, image, part)
    former = work.former if _valid(work.former) else None
    anchor = former or (work.drawable if _valid(work.drawable) else None)
    if anchor is not None and (anchor.is_layer_mask() or anchor.is_channel()):
        anchor = None
    name = _named(former or anchor, former is not None)
    layer.set_name(name)
    with _one_step(image):
        parent = anchor.get_parent() if anchor is not None else None
        image.insert_layer(layer, parent, image.get_item_position(anchor) if anchor is not None else 0)
        if former is not None or (anchor is not None and not plain):
            _like(layer, former or anchor)
        if former is None and wish.output == NEW_LAYER_MASK:
            _masked(image, layer)
        layer.set_visible(former.get_visible() if former is not None and not kept else True)
        if former is not None and not kept:
            image.remove_layer(former)
            layer.set_name(name)  # while the former one was there, GIMP numbered the new one
        linked = record["source"] is not None
        if linked:
            record = {**record, "link": records.link(work.source)}
        records.remember(layer, record, work.source if linked else None)
        layer.update(0, 0, *work.size)
    return layer


def _like(layer: Any, model: Any) -> None:
    """Opacity, mode and mask as those of a former result, or of what no plain copy can be made of."""
    mode = model.get_mode()
    layer.set_opacity(model.get_opacity())
    layer.set_mode(Gimp.LayerMode.NORMAL if mode == Gimp.LayerMode.PASS_THROUGH else mode)
    if layer.get_mask() is not None:
        layer.remove_mask(Gimp.MaskApplyMode.DISCARD)
    mask = model.get_mask()
    if mask is None or (mask.get_width(), mask.get_height()) != (layer.get_width(), layer.get_height()):
        return
    mine = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mine)
    size, form = (0, 0, mask.get_width(), mask.get_height()), pixels.layout(mask)
    pixels.write(
        mine.get_buffer(), size, form.native, pixels.read(mask, size, form.native), form.native_bytes
    )
    layer.set_apply_mask(model.get_apply_mask())


def _masked(image: Any, layer: Any) -> None:
    if layer.get_mask() is not None:
        layer.remove_mask(Gimp.MaskApplyMode.APPLY)
    kind = Gimp.AddMaskType.WHITE if Gimp.Selection.is_empty(image) else Gimp.AddMaskType.SELECTION
    layer.add_mask(layer.create_mask(kind))


def _scratch(work: Work, image: Any, part: bytes) -> Any:
    """A layer of our own from the pixels that we hold."""
    form = work.layout
    layer = Gimp.Layer.new(
        image, "UP-ZeroIR", *work.size, NEW_TYPES[form.channels], 100.0, Gimp.LayerMode.NORMAL
    )
    whole = pixels.pasted(work.stored, work.size[0], work.rect, part, form.native_bytes)
    pixels.write(layer.get_buffer(), (0, 0, *work.size), form.native, whole, form.native_bytes)
    layer.set_offsets(*work.offsets)
    return layer


def _new_image(work: Work, part: bytes, record: dict[str, Any]) -> Placed:
    """The image is gone: the result gets one of its own."""
    form = work.layout
    base = Gimp.ImageBaseType.GRAY if form.channels <= 2 else Gimp.ImageBaseType.RGB
    image = Gimp.Image.new_with_precision(*work.size, base, work.precision)
    if work.profile is not None:
        image.set_color_profile(Gimp.ColorProfile.new_from_icc_profile(work.profile))
    layer = _scratch(work, image, part)
    layer.set_offsets(0, 0)
    image.insert_layer(layer, None, 0)
    records.remember(layer, {**record, "source": None}, None)
    image.clean_all()
    Gimp.Display.new(image)
    return Placed(layer, _("The image was closed meanwhile: the result is a new image."))


def _named(anchor: Optional[Any], former: bool) -> str:
    if anchor is None:
        return "UP-ZeroIR"
    name = str(anchor.get_name())
    return name if former else f"{name} (UP-ZeroIR)"
