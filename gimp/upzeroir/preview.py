"""Before and after in one picture with a movable split, and the small 1:1 loupes beside it. Pixbufs only, no cairo.

PyGObject's cairo bridge is a package of its own that a GIMP need not have.
"""

from __future__ import annotations

from typing import Any, Optional

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk
from marks import mark, where
from texts import _

HANDLE = 3
STEP = 0.05
LINE = 0xFFFFFFFF


def of_rows(rows: bytes, width: int, height: int) -> Any:
    """A pixbuf of RGB rows."""
    data = GLib.Bytes.new(rows)
    return GdkPixbuf.Pixbuf.new_from_bytes(data, GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width)


def of_jpeg(data: bytes) -> Any:
    """A pixbuf of a JPEG."""
    loader = GdkPixbuf.PixbufLoader.new_with_type("jpeg")
    loader.write(data)
    loader.close()
    return loader.get_pixbuf()


def fitted(pixbuf: Any, width: int, height: int) -> Any:
    """Scaled to that size."""
    if (pixbuf.get_width(), pixbuf.get_height()) == (width, height):
        return pixbuf
    return pixbuf.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


class Split(Gtk.EventBox):  # type: ignore[misc]
    """One picture: left of the handle as it was, right of it as it is restored.

    Dragging or clicking moves the handle, so do the arrow keys, Home and End; it stays within reach at the edges.
    """

    def __init__(self, label: str, handle: bool = True) -> None:
        super().__init__()
        self.image = Gtk.Image()
        self.image.set_halign(Gtk.Align.CENTER)
        self.image.set_valign(Gtk.Align.CENTER)
        self.add(self.image)
        self.before: Optional[Any] = None
        self.after: Optional[Any] = None
        self.at = 0.5
        self.get_accessible().set_name(label)
        if handle:
            self.set_can_focus(True)
            self.add_events(
                Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON1_MOTION_MASK | Gdk.EventMask.KEY_PRESS_MASK
            )  # fmt: skip
            self.connect("button-press-event", self._pointed)
            self.connect("motion-notify-event", self._pointed)
            self.connect("key-press-event", self._key)
            self.set_tooltip_text(_("Left: before. Right: after. Drag, or use the arrow keys."))

    def set_before(self, pixbuf: Any) -> None:
        """The picture as it is; the restored one is fitted to its size."""
        self.before = pixbuf
        self.after = None
        self.redraw()

    def set_after(self, pixbuf: Optional[Any]) -> None:
        """The restored picture, or None while there is none."""
        before = self.before
        if before is None:
            return
        self.after = None if pixbuf is None else fitted(pixbuf, before.get_width(), before.get_height())
        self.redraw()

    def move(self, at: float) -> None:
        """Put the handle at `at`, 0 left to 1 right."""
        self.at = min(1.0, max(0.0, at))
        self.redraw()

    def redraw(self) -> None:
        """Put the two together."""
        if self.before is None:
            return
        width, height = self.before.get_width(), self.before.get_height()
        if self.after is None:
            self.image.set_from_pixbuf(self.before)
            return
        shown = self.after.copy()
        edge = min(width - HANDLE, max(0, round(self.at * width) - HANDLE // 2))
        if edge > 0:
            self.before.copy_area(0, 0, edge, height, shown, 0, 0)
        shown.new_subpixbuf(edge, 0, HANDLE, height).fill(LINE)
        self.image.set_from_pixbuf(shown)

    def _pointed(self, _widget: Any, event: Any) -> bool:
        self.grab_focus()
        if self.before is not None:
            left = (self.get_allocated_width() - self.before.get_width()) / 2
            self.move((event.x - left) / self.before.get_width())
        return True

    def _key(self, _widget: Any, event: Any) -> bool:
        moved = {
            Gdk.KEY_Left: self.at - STEP, Gdk.KEY_Right: self.at + STEP, Gdk.KEY_Home: 0.0, Gdk.KEY_End: 1.0,
        }.get(event.keyval)  # fmt: skip
        if moved is None:
            return False
        self.move(moved)
        return True


class Loupe(Gtk.Box):  # type: ignore[misc]
    """A small part at 1:1, before and after, with its name below."""

    def __init__(self, label: str) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        self.split = Split(label)
        frame = Gtk.Frame()
        frame.add(self.split)
        self.pack_start(frame, False, False, 0)
        self.pack_start(Gtk.Label(label=label), False, False, 0)


class Readings(Gtk.Box):  # type: ignore[misc]
    """Close readings of the same photo as small pictures; a click takes one."""

    def __init__(self, chosen: Any) -> None:
        super().__init__(spacing=6)
        self.chosen = chosen
        self.places: dict[str, str] = {}
        self.set_no_show_all(True)

    def show_readings(self, readings: list[dict[str, Any]], decode: Any, height: int) -> None:
        """`readings` as the estimate gives them; `decode`: base64 to bytes."""
        for child in self.get_children():
            self.remove(child)
        self.set_visible(len(readings) > 1)
        if len(readings) < 2:
            return
        label = Gtk.Label(
            label=_("This photo can be read in several ways:"), wrap=True, max_width_chars=18, xalign=0
        )
        self.pack_start(label, False, False, 0)
        label.show()
        first: Optional[Any] = None
        for reading in readings:
            button = Gtk.RadioButton.new_from_widget(first)
            first = first or button
            button.set_mode(False)
            picture = of_jpeg(decode(reading["jpeg"]))
            width = max(1, round(picture.get_width() * height / picture.get_height()))
            inner = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
            inner.pack_start(Gtk.Image.new_from_pixbuf(fitted(picture, width, height)), False, False, 0)
            words = _(" and ").join(_(part) for part in str(reading["label"]).split(" and "))
            inner.pack_start(Gtk.Label(label=words), False, False, 0)
            button.add(inner)
            button.connect("toggled", self._toggled, reading)
            button.connect("size-allocate", self._marked, reading)
            self.pack_start(button, False, False, 0)
            button.show_all()

    def _marked(self, button: Any, _place: Any, reading: dict[str, Any]) -> None:
        now = f"{where(button)} {reading['label']}"
        if self.places.get(reading["label"]) != now:
            self.places[reading["label"]] = now
            mark("reading", now)

    def _toggled(self, button: Any, reading: dict[str, Any]) -> None:
        if button.get_active():
            self.chosen(reading)
