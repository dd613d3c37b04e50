"""The dialog: opens at once, shows what was found, restores as a preview, and puts the result into the image."""

from __future__ import annotations

import base64
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import arguments
import backend
import look
import pixels
import records
import run
import work as works
from gi.repository import Gimp, GimpUi, GLib, Gtk
from job import Outcome
from marks import mark
from place import Placed, place
from session import Session, Wanted
from spots import around, spots
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.client import ClientError
    from upzeroir_plugin.summary import summary
else:
    from client import ClientError
    from summary import summary

VIEW = (520, 390)
LOUPE = 128
GLANCE = 256
PAUSE_MS = 250
"""After a change, before a new preview is ordered: a slider that is being dragged orders none."""


def restore(procedure: Any, config: Any, image: Any, drawables: list[Any]) -> Optional[list[Any]]:
    """Show the dialog for the first layer; the others get the same pins and amounts afterwards. None: cancelled."""
    if not drawables:
        raise works.Refusal(_("Choose a layer first."))
    GimpUi.init("upzeroir")
    dialog = Dialog(procedure, config, image, drawables[0])
    answer = dialog.run()
    if answer is None or len(drawables) < 2:
        return answer
    done = run.restore(backend.client(), image, drawables[1:], arguments.wish(config))
    return [answer[0] or any(each.placed is not None for each in done), *answer[1:]]


class Dialog:
    """One layer in work. All libgimp calls happen here, on the main thread; the session's thread only talks."""

    def __init__(self, procedure: Any, config: Any, image: Any, drawable: Any) -> None:
        self.config, self.image, self.drawable = config, image, drawable
        self.work: Optional[works.Work] = None
        self.session: Optional[Session] = None
        self.number, self.timer = 0, 0
        self.outcome: Optional[Outcome] = None
        self.delivered: Optional[Outcome] = None
        self.error: Optional[Exception] = None
        self.last: Optional[arguments.Wish] = None
        self.finishing = self.opened = False
        self.loupes: tuple[pixels.Rect, ...] = ()
        self.record = records.recorded(drawable)
        if records.original(image, self.record) is None:
            self.record = None
        self.view = look.View(procedure, config, self)
        self._begin_values()

    def run(self) -> Optional[list[Any]]:
        """Until the user is done; the procedure's return values, or None if cancelled. Raises Refusal, NotPlaced."""
        self.view.window.connect("map-event", self._mapped)
        try:
            while self.view.window.run():
                if self.error is not None:
                    raise self.error
                if self.delivered is not None:
                    return self._placed(self.delivered)
                if self.outcome is not None:
                    return self._placed(self.outcome)
                self._finish()
            return None
        finally:
            if self.session is not None:
                self.session.close()
            self.view.window.destroy()

    def _begin_values(self) -> None:
        """A new photo starts automatic; a former result starts with what made it. Amounts stay the user's."""
        record = self.record or {}
        self.view.rows.pin(record.get("parameters", {}))
        if not record:
            self.config.set_property("strength", 1.0)
            return
        amounts = record.get("amounts", {})
        for group, value in amounts.get("amount", {}).items():
            self.config.set_property(f"{group}-amount", float(value))
        for group, on in amounts.get("on", {}).items():
            self.config.set_property(f"{group}-on", bool(on))
        for name in ("strength", "effort", "seed"):
            if record.get(name) is not None:
                self.config.set_property(name, record[name])
        self.config.set_property("steps", int(record.get("steps") or 0))

    def _mapped(self, _window: Any, _event: Any) -> bool:
        """The window is there: everything that takes time comes after."""
        if not self.opened:
            self.opened = True
            mark("dialog")
            GLib.idle_add(self._open)
        return False

    def _open(self) -> bool:
        """After the window is there: begin; whatever goes wrong ends the dialog, which says why."""
        self._guarded(self._begin)
        return False

    def _guarded(self, call: Any, *values: Any) -> None:
        try:
            call(*values)
        except Exception as error:
            if not isinstance(error, works.Refusal):
                traceback.print_exc()
            self.error = error
            self.view.window.response(Gtk.ResponseType.OK)

    def _begin(self) -> None:
        """Read the pixels, show them, and let the session begin."""
        self.work = work = works.gather(self.image, self.drawable, arguments.NEW_LAYER)
        mark("read")
        self.session = Session(backend.client, work, self._post, self)
        self.session.start(estimate=self.record is None)
        self._show_before(work)
        mark("shown")
        if self.record is not None:
            self.view.say(
                _(
                    "This result was changed or is locked: it is kept, and made anew above from its original layer."
                )
                if work.former_kept()
                else _("This result is made anew from its original layer, and replaced.")
            )
            self.view.rows.show_found(self.record["parameters"])
            self._sentence()
            self.view.ready(True)
            self._order()

    def _show_before(self, work: works.Work) -> None:
        x, y, w, h = work.rect
        scale = min(1.0, VIEW[0] / w, VIEW[1] / h)
        rows, width, height = pixels.read_small(work.source, work.rect, scale)
        self.view.split.set_before(look.of_rows(rows, width, height))
        glance = min(1.0, GLANCE / max(w, h))
        grey, gw, gh = pixels.read_small(work.source, work.rect, glance, "Y' u8")
        found = [around(spot, glance, (w, h), LOUPE) for spot in spots(grey, gw, gh)]
        self.loupes = tuple((x + left, y + top, width, height) for left, top, width, height in found)
        for loupe, rect in zip(self.view.loupes, self.loupes):
            rows, width, height = pixels.read_small(work.source, rect, 1.0)
            loupe.split.set_before(look.of_rows(rows, width, height))

    def _post(self, function: Any, *values: Any) -> None:
        """From the session's thread to this one."""

        def call() -> bool:
            self._guarded(function, *values)
            return False

        GLib.idle_add(call)

    def on_found(self, estimate: dict[str, Any]) -> None:
        """First values: fill the rows and begin the preview."""
        self.view.rows.show_found(estimate["parameters"])
        self._sentence()
        mark("found", estimate["summary"])
        self.view.readings.show_readings(estimate.get("hypotheses") or [], base64.b64decode, 72)
        self.view.ready(True)
        self._order()

    def on_reading(self, reading: dict[str, Any]) -> None:
        """The user took another reading of the photo."""
        mark("chosen", reading["label"])
        self.view.rows.take(reading["parameters"])
        self._changed_now()

    def on_changed(self) -> None:
        """The user changed something: restore again after a short pause."""
        if self.work is None or not self.view.rows.found:
            return
        if self.last is not None and self.last == arguments.wish(self.config):
            return
        self._changed_now()

    def _changed_now(self) -> None:
        self._sentence()
        self.outcome, self.number = None, 0
        if self.session is not None:
            self.session.drop()
        if self.timer:
            GLib.source_remove(self.timer)
        self.timer = GLib.timeout_add(PAUSE_MS, self._order)

    def on_preview(self, wanted: bool) -> None:
        """The preview was switched on or off."""
        if self.session is None:
            return
        if wanted:
            self._order()
        else:
            self.session.drop()
            self.view.split.set_after(None)

    def _order(self) -> bool:
        """Ask for the restoration as the dialog shows it."""
        self.timer = 0
        if self.work is None or self.session is None or not self.view.rows.found:
            return False
        if not (self.view.preview.get_active() or self.finishing):
            return False
        self.outcome = None
        self.last = arguments.wish(self.config)
        mark("wish", self.last)
        large = max(self.work.rect[2:]) > look.PREVIEW_SIDE
        masked = self.work.output(self.last.output) != arguments.NEW_LAYER_MASK
        wanted = Wanted(
            self.last, self.view.rows.entries(), masked, self.loupes if large and not self.finishing else ()
        )
        self.view.busy(True)
        self.number = self.session.ask(wanted)
        mark("asked", self.number)
        return False

    def on_event(self, number: int, header: dict[str, Any], jpeg: bytes) -> None:
        """A draft, a step, progress, or a heartbeat of the present job."""
        if number != self.number:
            return
        self._progress(header)
        if jpeg:
            picture = look.of_jpeg(jpeg)
            self.view.split.set_after(picture)
            mark("preview", header.get("label", header["kind"]))
            if self.work is not None and picture.get_width() == self.work.rect[2]:
                self._loupes_from(picture)

    def _loupes_from(self, picture: Any) -> None:
        """A preview at 1:1 shows the loupes' parts as well."""
        assert self.work is not None  # noqa: S101 - only called with it
        left, top = self.work.rect[:2]
        for loupe, (x, y, w, h) in zip(self.view.loupes, self.loupes):
            loupe.split.set_after(picture.new_subpixbuf(x - left, y - top, w, h).copy())

    def on_loupe(self, index: int, jpeg: bytes) -> None:
        """One of the three parts at 1:1."""
        if jpeg:
            self.view.loupes[index].split.set_after(look.of_jpeg(jpeg))

    def on_done(self, number: int, outcome: Outcome) -> None:
        """The restoration is done: shown, and put into the image if the user has asked for that."""
        if number != self.number:
            return
        self.outcome = outcome
        mark("done", number)
        self.view.busy(False)
        self.view.say(" ".join(outcome.result.get("notices", [])))
        if outcome.rows is None:
            self.view.nothing()
        if self.finishing:
            self.view.window.response(Gtk.ResponseType.OK)

    def on_failed(self, error: ClientError) -> None:
        """The backend is not there, or is lost: say why, show the log, offer to try again."""
        self._unfinished()
        mark("failed", error.code)
        self.view.failed(error, backend.advice(error), backend.log())

    def on_refused(self, number: int, error: ClientError) -> None:
        """The backend does not do this one: say why here, so that what is in the way can be changed."""
        if number != self.number:
            return
        self._unfinished()
        self.number = 0
        mark("refused", error.code)
        self.view.refused(backend.in_words(error))

    def _unfinished(self) -> None:
        self.outcome = None
        if self.finishing:
            Gimp.progress_end()
        self.finishing = False

    def on_retry(self) -> None:
        """Begin again with a new connection; what the user set stays."""
        self.view.working()
        self.view.ready(False)
        if self.work is None:
            self._open()
            return
        if self.session is not None:
            self.session.close()
        self.session = Session(backend.client, self.work, self._post, self)
        found = bool(self.view.rows.found)
        self.session.start(estimate=not found)
        if found:
            self.view.ready(True)
            self._order()

    def on_keep(self) -> None:
        """Stop and keep this."""
        if self.session is not None:
            self._finish()
            self.session.keep()

    def on_panel(self) -> None:
        """Hand the photo to the panel and wait for what it delivers."""
        if self.session is not None:
            self.session.await_panel(backend.open_panel)
            self.view.busy(True)
            self.view.say(_("Waiting for what the UP-ZeroIR panel delivers. Cancel ends the waiting."))
            self.view.ready(False)

    def on_misfit(self) -> None:
        """What the panel delivered is a part of the photo, and nobody knows which: wait on."""
        mark("misfit")
        self.view.say(
            _("The panel delivered a part of the photo. Restore all of it there, and deliver that.")
        )

    def on_delivered(self, outcome: Outcome) -> None:
        """The panel is done with it."""
        self.delivered = outcome
        self.view.window.response(Gtk.ResponseType.OK)

    def _finish(self) -> None:
        """The user wants the result: wait for the running job, with progress in GIMP's own bar as well."""
        if self.finishing:
            return
        self.finishing = True
        mark("finishing")
        Gimp.progress_init("UP-ZeroIR")
        self.view.finishing()
        if self.timer:
            GLib.source_remove(self.timer)
            self.timer = 0
            self._order()
        elif not (self.view.preview.get_active() and self.number):
            self._order()

    def _progress(self, header: dict[str, Any]) -> None:
        text = run.progress_text(header)
        done = header.get("done")
        self.view.progress(text, done)
        if header.get("notice"):
            self.view.say(str(header["notice"]))
        if self.finishing:
            if text:
                Gimp.progress_set_text(text)
            if done is not None:
                Gimp.progress_update(float(done))

    def _sentence(self) -> None:
        self.view.sentence(summary(self.view.rows.vector(), _))

    def _placed(self, outcome: Outcome) -> Optional[list[Any]]:
        """Put it into the image, as `output` says now."""
        assert self.work is not None  # noqa: S101 - an outcome has a work
        wish = arguments.wish(self.config)
        said = str(outcome.result.get("summary", ""))
        parameters = run.as_text(outcome.result.get("parameters", {}))
        if outcome.rows is None:
            mark("placed", "nothing")
            Gimp.message(_("Nothing to fix: no layer was made."))
            return [False, said, parameters]
        work, rows = self.work, outcome.rows
        if outcome.rect is not None:
            work = replace(work, rect=outcome.rect)
        if outcome.unmasked and work.output(wish.output) != arguments.NEW_LAYER_MASK:
            before = pixels.cut(work.rows, work.size[0], work.rect, work.layout.sent_bytes)
            rows = pixels.mixed(work.mask or b"", before, rows, work.layout.dtype, work.layout.channels)
        placed: Placed = place(work, rows, wish, outcome.result)
        mark("placed", placed.notice)
        if placed.notice:
            Gimp.message(placed.notice)
        if self.finishing:
            Gimp.progress_end()
        if not self.image.is_valid():
            return None  # libgimp would write the last values to an image that is gone
        return [True, said, parameters]
