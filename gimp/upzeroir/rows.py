"""The six rows and the physical sliders that fold out below each, bound to the procedure's config."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

import gi

gi.require_version("Gtk", "3.0")
from arguments import AUTO, argument
from gi.repository import Gdk, GObject, Gtk
from marks import mark, where
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.parameters import GROUP_LABELS, GROUPS, PARAMETERS, Parameter, ParameterVector
    from upzeroir_plugin.summary import noise_on_grey
else:
    from parameters import GROUP_LABELS, GROUPS, PARAMETERS, ParameterVector
    from summary import noise_on_grey

BOTH = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
INVERTED = BOTH | GObject.BindingFlags.INVERT_BOOLEAN
DIM = "dim-label"


class Rows(Gtk.Box):  # type: ignore[misc]
    """All six rows. `changed()` is called when the user changed something that the restoration depends on."""

    def __init__(self, config: Any, changed: Callable[[], None]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self.config, self.changed = config, changed
        self.filling = False
        self.found: dict[str, dict[str, Any]] = {}
        self.groups = {group: Row(self, group) for group in GROUPS}
        for row in self.groups.values():
            self.pack_start(row, False, False, 0)
        config.connect("notify", self._notified)

    def show_found(self, parameters: dict[str, dict[str, Any]]) -> None:
        """Values with intervals and confidence, as the estimate gives them: into all rows that are automatic."""
        self.found = parameters
        self.refresh()

    def take(self, values: dict[str, float]) -> None:
        """Another reading's values instead of those that were found; what is pinned stays."""
        changed = {}
        for name, value in values.items():
            old = self.found[name]
            low, high = min(old["low"], value), max(old["high"], value)
            changed[name] = {**old, "value": value, "low": low, "high": high}
        self.show_found({**self.found, **changed})

    def refresh(self) -> None:
        """Automatic values follow what was found; the words follow the values."""
        self.filling = True
        try:
            for row in PARAMETERS:
                entry = self.found.get(row.name)
                if entry is not None and self.config.get_property(argument(row.name) + AUTO):
                    self.config.set_property(argument(row.name), float(entry["value"]))
        finally:
            self.filling = False
        for group in self.groups.values():
            group.refresh()

    def pin(self, entries: dict[str, dict[str, Any]]) -> None:
        """Pin what is pinned in `entries`, let everything else go."""
        self.filling = True
        try:
            for row in PARAMETERS:
                pinned = bool(entries.get(row.name, {}).get("pinned"))
                if pinned:
                    self.config.set_property(argument(row.name), float(entries[row.name]["value"]))
                self.config.set_property(argument(row.name) + AUTO, not pinned)
        finally:
            self.filling = False

    def vector(self) -> ParameterVector:
        """The values as they are shown."""
        return ParameterVector().with_values(
            {row.name: self.config.get_property(argument(row.name)) for row in PARAMETERS}
        )

    def entries(self) -> dict[str, Any]:
        """For an order: pinned values as numbers, the others as they were found."""
        made: dict[str, Any] = {}
        for row in PARAMETERS:
            if not self.config.get_property(argument(row.name) + AUTO):
                made[row.name] = float(self.config.get_property(argument(row.name)))
            elif row.name in self.found:
                made[row.name] = {**self.found[row.name], "pinned": False}
        return made

    def edited(self, name: str) -> None:
        """The user moved a slider: pinned from now on."""
        if not self.filling:
            self.config.set_property(argument(name) + AUTO, False)
            mark("edited", f"{name} {where(self.slider(name).holder)}")

    def slider(self, name: str) -> Slider:
        """A parameter's slider."""
        return next(each for row in self.groups.values() for each in row.sliders if each.row.name == name)

    def let_go(self, name: str) -> None:
        """Back to what was found."""
        self.config.set_property(argument(name) + AUTO, True)
        mark("let-go", name)

    def _notified(self, _config: Any, prop: Any) -> None:
        if self.filling:
            return
        if prop.name.endswith(AUTO):
            self.refresh()
        else:
            for group in self.groups.values():
                group.refresh()
        self.changed()


class Row(Gtk.Box):  # type: ignore[misc]
    """One group: switch, name, what was found, amount; below it, folded in, its physical sliders."""

    def __init__(self, rows: Rows, group: str) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        self.rows, self.group = rows, group
        config, label = rows.config, _(GROUP_LABELS[group])
        switch = Gtk.CheckButton(label=label)
        switch.set_size_request(92, -1)
        switch.set_tooltip_text(_("Whether to undo this at all."))
        config.bind_property(f"{group}-on", switch, "active", BOTH)
        self.words = Gtk.Label(xalign=0, width_chars=22, max_width_chars=22)
        self.words.set_ellipsize(3)
        amount = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0.0, 1.0, 0.05)
        amount.set_value_pos(Gtk.PositionType.RIGHT)
        amount.connect("format-value", lambda _scale, value: f"{100 * value:.0f} %")
        amount.set_size_request(150, -1)
        amount.set_tooltip_text(_("How much of it to undo."))
        amount.get_accessible().set_name(_("{}: amount").format(label))
        config.bind_property(f"{group}-amount", amount.get_adjustment(), "value", BOTH)
        self.fold = Gtk.ToggleButton(label="▸")
        self.fold.set_relief(Gtk.ReliefStyle.NONE)
        self.fold.set_tooltip_text(_("Physical values"))
        self.fold.get_accessible().set_name(_("{}: physical values").format(label))
        head = Gtk.Box(spacing=6)
        head.pack_start(switch, False, False, 0)
        head.pack_start(self.words, True, True, 0)
        head.pack_start(amount, False, False, 0)
        head.pack_start(self.fold, False, False, 0)
        self.pack_start(head, False, False, 0)
        self.grid = Gtk.Grid(column_spacing=8, row_spacing=2, margin_start=24)
        mine = [row for row in PARAMETERS if row.group == group]
        self.sliders = [Slider(rows, row, self.grid, place) for place, row in enumerate(mine)]
        self.reveal = Gtk.Revealer()
        self.reveal.add(self.grid)
        self.pack_start(self.reveal, False, False, 0)
        self.fold.connect("toggled", self._folded)

    def refresh(self) -> None:
        """The words, and the sliders' own."""
        self.words.set_text(in_words(self.group, self.rows.vector()) if self.rows.found else "…")
        for slider in self.sliders:
            slider.refresh()

    def _folded(self, button: Any) -> None:
        self.reveal.set_reveal_child(button.get_active())
        button.set_label("▾" if button.get_active() else "▸")
        mark("folded", f"{self.group} {'out' if button.get_active() else 'in'}")


class Slider:
    """One parameter: name, slider, number, interval with confidence, and whether it is pinned."""

    def __init__(self, rows: Rows, row: Parameter, grid: Any, place: int) -> None:
        self.rows, self.row = rows, row
        adjustment = Gtk.Adjustment(
            lower=row.low, upper=row.high, step_increment=row.step, page_increment=10 * row.step
        )
        rows.config.bind_property(argument(row.name), adjustment, "value", BOTH)
        digits = max(0, -math.floor(math.log10(row.step) + 1e-9))
        label = Gtk.Label(label=_(row.label), xalign=0)
        self.holder = holder = Gtk.EventBox()
        holder.add(label)
        scale = Gtk.Scale(
            orientation=Gtk.Orientation.HORIZONTAL, adjustment=adjustment, draw_value=False, hexpand=True
        )
        scale.set_size_request(110, -1)
        number = Gtk.SpinButton(adjustment=adjustment, digits=digits, width_chars=6)
        self.span = Gtk.Label(xalign=0, width_chars=17)
        self.span.get_style_context().add_class(DIM)
        self.pin = Gtk.ToggleButton(label=_("auto"))
        rows.config.bind_property(argument(row.name) + AUTO, self.pin, "active", INVERTED)
        self.pin.set_tooltip_text(
            _("Pinned values stay as they are; a click or a double-click on the name lets go.")
        )
        for widget in (scale, number, self.pin):
            widget.get_accessible().set_name(_(row.label))
        for widget in (holder, scale, number):
            widget.set_tooltip_text(f"{_(row.help)} ({_(row.unit)})" if row.unit else _(row.help))
        for widget in (holder, scale):
            widget.connect("button-press-event", self._pressed)
        adjustment.connect("value-changed", lambda _adjustment: rows.edited(row.name))
        for column, widget in enumerate((holder, scale, number, self.span, self.pin)):
            grid.attach(widget, column, place, 1, 1)

    def refresh(self) -> None:
        """Interval and confidence of an automatic value, or that it is pinned."""
        pinned = not self.rows.config.get_property(argument(self.row.name) + AUTO)
        self.pin.set_label(_("pinned") if pinned else _("auto"))
        entry: Optional[dict[str, Any]] = self.rows.found.get(self.row.name)
        if pinned or entry is None:
            self.span.set_text("")
            return
        text = _("{low:.3g} to {high:.3g}, {sure:.0f} % sure")
        self.span.set_text(
            text.format(low=entry["low"], high=entry["high"], sure=100 * entry.get("confidence", 0))
        )

    def _pressed(self, _widget: Any, event: Any) -> bool:
        if event.type == Gdk.EventType.DOUBLE_BUTTON_PRESS:
            self.rows.let_go(self.row.name)
            return True
        return False


def in_words(group: str, theta: ParameterVector) -> str:
    """A group's value as a photographer reads it."""
    if group == "haze":
        lost = 100 * (1 - math.exp(-theta["haze.depth"]))
        return _("none") if lost < 0.5 else _("{:.0f} % of contrast lost").format(lost)
    if group == "blur":
        found = [
            (theta["blur.sigma"], _("soft by {:.1f} px")), (theta["blur.focus"], _("out of focus by {:.1f} px")),
            (theta["blur.length"], _("moved by {:.0f} px")), (theta["blur.shake"], _("shaken by {:.0f} px")),
        ]  # fmt: skip
        parts = [text.format(value) for value, text in found if value >= 0.05]
        return ", ".join(parts) or _("none")
    if group == "light":
        ev = theta["light.ev"]
        if abs(ev) < 0.05:
            fine = abs(math.log2(theta["light.midtones"])) < 0.05
            return _("exposure is good") if fine else _("mid-tones {:.2f}").format(theta["light.midtones"])
        return (_("{:.1f} EV too dark") if ev > 0 else _("{:.1f} EV too bright")).format(abs(ev))
    if group == "noise":
        sigma = noise_on_grey(theta)
        return _("none") if sigma < 0.05 else _("{:.1f} of 255 on mid-grey").format(sigma)
    if group == "colour":
        warm, tint = theta["colour.temperature"], theta["colour.tint"]
        if abs(warm) < 0.5 and abs(tint) < 0.5:
            return _("neutral")
        return _("{:+.0f} mired, tint {:+.0f}").format(warm, tint)
    quality, scale = theta["jpeg.quality"], theta["sampling.scale"]
    parts = [_("quality {:.0f}").format(quality)] if quality < 99.5 else []
    parts += [_("enlarged {:.1f} times").format(scale)] if scale >= 1.05 else []
    return ", ".join(parts) or _("none")
