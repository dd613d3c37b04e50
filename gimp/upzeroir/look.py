"""The dialog's widgets and what they can show; what happens is decided in dialog.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import arguments
from gi.repository import GimpUi, GObject, Gtk, Pango
from preview import Loupe, Readings, Split, of_jpeg, of_rows
from rows import Rows
from texts import _

if TYPE_CHECKING:
    from dialog import Dialog

    from upzeroir_plugin.client import ClientError

PREVIEW_SIDE = 1024
"""Long side of the backend's previews: a photo of at most that size is shown at 1:1 in them."""
BOTH = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
__all__ = ["PREVIEW_SIDE", "View", "of_jpeg", "of_rows"]


class View:
    """The window."""

    def __init__(self, procedure: Any, config: Any, owner: Dialog) -> None:
        self.owner = owner
        self.window = GimpUi.ProcedureDialog.new(procedure, config, _("UP-ZeroIR Restore"))
        self.window.set_ok_label(_("Rest_ore"))
        self.split = Split(_("Before and after"))
        self.loupes = [Loupe(text) for text in (_("Finest detail"), _("Deepest shadow"), _("Flattest area"))]
        self.readings = Readings(owner.on_reading)
        self.rows = Rows(config, owner.on_changed)
        self.stack = Gtk.Stack()
        self.stack.add_named(self._main(config), "main")
        self.stack.add_named(self._failure(), "failure")
        area = self.window.get_content_area()
        area.pack_start(self.stack, True, True, 6)
        self.stack.show_all()
        self.restore_button = self.window.get_widget_for_response(Gtk.ResponseType.OK)
        self.keep_button = self._button(_("Stop and _Keep This"), lambda _button: owner.on_keep())
        self.panel_button = self._button(_("Open in the UP-ZeroIR Pa_nel"), lambda _button: owner.on_panel())
        self.ready(False)
        self.keep_button.set_sensitive(False)
        self.progress(_("Looking at the photo"), None)

    def _button(self, label: str, clicked: Any) -> Any:
        button = Gtk.Button.new_with_mnemonic(label)
        button.connect("clicked", clicked)
        row = self.restore_button.get_parent()
        row.pack_start(button, False, False, 0)
        button.show()
        return button

    def _main(self, config: Any) -> Any:
        left = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        frame = Gtk.Frame()
        self.split.set_size_request(520, 390)
        frame.add(self.split)
        left.pack_start(frame, True, True, 0)
        loupes = Gtk.Box(spacing=8, halign=Gtk.Align.CENTER)
        for loupe in self.loupes:
            loupes.pack_start(loupe, False, False, 0)
        left.pack_start(loupes, False, False, 0)
        left.pack_start(self.readings, False, False, 0)
        right = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        self.words = Gtk.Label(xalign=0, wrap=True, max_width_chars=52, width_chars=52, selectable=False)
        bold = Pango.AttrList.from_string("0 -1 weight bold")
        self.words.set_attributes(bold)
        right.pack_start(self.words, False, False, 0)
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, min_content_height=300)
        scrolled.add(self.rows)
        right.pack_start(scrolled, True, True, 0)
        right.pack_start(self._options(config), False, False, 0)
        self.notice = Gtk.Label(xalign=0, wrap=True, max_width_chars=52)
        right.pack_start(self.notice, False, False, 0)
        self.bar = Gtk.ProgressBar(show_text=True)
        self.bar.set_ellipsize(Pango.EllipsizeMode.END)
        right.pack_start(self.bar, False, False, 0)
        main = Gtk.Box(spacing=12, border_width=6)
        main.pack_start(left, True, True, 0)
        main.pack_start(right, False, False, 0)
        return main

    def _options(self, config: Any) -> Any:
        grid = Gtk.Grid(column_spacing=8, row_spacing=6)
        self.effort = self._choice(config, "effort", arguments.efforts())
        self.output = self._choice(config, "output", arguments.outputs())
        strength = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0.0, 1.0, 0.05)
        strength.set_value_pos(Gtk.PositionType.RIGHT)
        strength.connect("format-value", lambda _scale, value: f"{100 * value:.0f} %")
        strength.set_hexpand(True)
        config.bind_property("strength", strength.get_adjustment(), "value", BOTH)
        self.preview = Gtk.CheckButton.new_with_mnemonic(_("Pre_view"))
        self.preview.set_active(True)
        self.preview.connect("toggled", lambda button: self.owner.on_preview(button.get_active()))
        entries = ((_("S_trength"), strength), (_("_Effort"), self.effort), (_("O_utput"), self.output))
        for place, (text, widget) in enumerate(entries):
            label = Gtk.Label.new_with_mnemonic(text)
            label.set_xalign(0)
            label.set_mnemonic_widget(widget)
            grid.attach(label, 0, place, 1, 1)
            grid.attach(widget, 1, place, 1, 1)
        grid.attach(self.preview, 1, len(entries), 1, 1)
        return grid

    def _choice(self, config: Any, name: str, rows: list[tuple[str, str, str]]) -> Any:
        combo = Gtk.ComboBoxText()
        for value, label, _help in rows:
            combo.append(value, label)
        config.bind_property(name, combo, "active-id", BOTH)
        combo.set_tooltip_text("\n".join(f"{label}: {text}" for _value, label, text in rows))
        return combo

    def _failure(self) -> Any:
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10, border_width=12)
        self.reason = Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True)
        self.advice = Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True)
        self.log = Gtk.TextView(
            editable=False, monospace=True, cursor_visible=False, wrap_mode=Gtk.WrapMode.CHAR
        )
        scrolled = Gtk.ScrolledWindow(min_content_height=220)
        scrolled.add(self.log)
        self.retry = retry = Gtk.Button.new_with_mnemonic(_("Try _Again"))
        retry.set_halign(Gtk.Align.START)
        retry.connect("clicked", lambda _button: self.owner.on_retry())
        for widget in (self.reason, self.advice):
            page.pack_start(widget, False, False, 0)
        page.pack_start(retry, False, False, 0)
        page.pack_start(Gtk.Label(label=_("What the backend said last:"), xalign=0), False, False, 0)
        page.pack_start(scrolled, True, True, 0)
        return page

    def ready(self, is_ready: bool) -> None:
        """Whether Restore and the panel can be asked for."""
        self.restore_button.set_sensitive(is_ready)
        self.panel_button.set_sensitive(is_ready)
        if is_ready:
            self.window.set_default_response(Gtk.ResponseType.OK)
            self.restore_button.grab_focus()

    def busy(self, is_busy: bool) -> None:
        """A job is running, or is done."""
        self.keep_button.set_sensitive(is_busy)
        if not is_busy:
            self.bar.set_fraction(1.0)
            self.bar.set_text(_("Done"))

    def finishing(self) -> None:
        """Only stopping and cancelling are possible now."""
        self.restore_button.set_sensitive(False)
        self.panel_button.set_sensitive(False)
        self.rows.set_sensitive(False)
        for widget in (self.effort, self.output, self.preview, self.readings):
            widget.set_sensitive(False)

    def sentence(self, text: str) -> None:
        """What is wrong, in one sentence."""
        self.words.set_text(text)

    def say(self, text: str) -> None:
        """A remark below the rows."""
        self.notice.set_text(text)

    def nothing(self) -> None:
        """The photo is fine as it is."""
        self.split.set_after(None)
        self.say(_("Nothing to fix: Restore would change nothing."))

    def progress(self, text: str, done: float | None) -> None:
        """What is being done, and how far it is; None: nobody knows."""
        if text:
            self.bar.set_text(text)
        if done is not None:
            self.bar.set_fraction(min(1.0, max(0.0, float(done))))

    def failed(self, error: ClientError, advice: str, log: str) -> None:
        """The page with the reason, what to do, the log, and a way to try again."""
        self.reason.set_text(error.message)
        self.advice.set_text(advice)
        self.log.get_buffer().set_text(log)
        self.stack.set_visible_child_name("failure")
        self.retry.grab_focus()
        self.ready(False)
        self.keep_button.set_sensitive(False)

    def refused(self, text: str) -> None:
        """Why this was not done; everything can be changed, and asked for again."""
        self._usable()
        if not self.restore_button.get_sensitive():
            self.ready(True)
        self.keep_button.set_sensitive(False)
        self.bar.set_fraction(0.0)
        self.bar.set_text("")
        self.say(text)

    def working(self) -> None:
        """Back from the failure's page, everything usable."""
        self.stack.set_visible_child_name("main")
        self._usable()
        self.progress(_("Looking at the photo"), 0.0)

    def _usable(self) -> None:
        self.rows.set_sensitive(True)
        for widget in (self.effort, self.output, self.preview, self.readings):
            widget.set_sensitive(True)
