#!/usr/bin/env python3
"""The GIMP 3 plug-in: registers its procedures, and hands each call to where it is done.

Only gi and the standard library, so that it runs in the Python of any GIMP 3.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Optional

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
gi.require_version("Babl", "0.1")
import arguments
import backend
from gi.repository import Gimp, GLib, GObject
from marks import mark
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.client import ClientError
else:
    from client import ClientError

RESTORE, ESTIMATE = "plug-in-upzeroir-restore", "plug-in-upzeroir-estimate"
HELP = (
    "Parameters that are not given are found from the photo. A value counts only when its -auto argument is off. "
    "GIMP itself takes the default for a value that is out of its range, without an error. Errors come as the "
    "procedure's status and message."
)


class UpZeroIR(Gimp.PlugIn):
    """Two procedures: restore (with a dialog when called from the menu) and estimate."""

    def do_set_i18n(self, _name: str) -> bool:
        """Texts are translated by texts.py, which works alike in every GIMP."""
        return False

    def do_query_procedures(self) -> list[str]:
        """What we offer."""
        return [RESTORE, ESTIMATE]

    def do_create_procedure(self, name: str) -> Any:
        """One of the procedures, with its arguments."""
        run = self.restore if name == RESTORE else self.estimate
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("*")
        mask = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(mask.DRAWABLE | mask.DRAWABLES | mask.NO_DRAWABLES)
        procedure.set_attribution("UP-ZeroIR plug-in", "UP-ZeroIR plug-in", "2026")
        if name == RESTORE:
            procedure.set_menu_label(_("UP-_ZeroIR Restore…"))
            procedure.add_menu_path("<Image>/Filters/Enhance")
            procedure.set_documentation(
                _("Finds what is wrong with a photo (haze, blur, light, noise, colour, JPEG) and undoes it"),
                _(HELP), name,
            )  # fmt: skip
            arguments.register(procedure)
            procedure.add_boolean_return_value(
                "changed", _("Changed"), _("Whether there was anything to fix."), False, arguments.BOTH
            )
        else:
            procedure.set_documentation(_("Says what is wrong with a photo"), _(HELP), name)
            arguments.register_pins(procedure)
        procedure.add_string_return_value(
            "summary", _("Summary"), _("What was found, in one sentence."), "", arguments.BOTH
        )
        procedure.add_string_return_value(
            "parameters", _("Parameters"), _("What was found, as JSON."), "", arguments.BOTH
        )
        return procedure

    def restore(
        self, procedure: Any, mode: Any, image: Any, drawables: list[Any], config: Any, _data: Any
    ) -> Any:
        """The menu entry, "repeat last", and calls from scripts."""
        mark("called")
        if mode == Gimp.RunMode.INTERACTIVE:
            import dialog

            return _answered(procedure, lambda: dialog.restore(procedure, config, image, drawables))
        import run

        def work() -> list[Any]:
            wish = arguments.wish(config, mode == Gimp.RunMode.NONINTERACTIVE)
            done = run.restore(backend.client(), image, drawables, wish)
            last = done[-1]
            summary = " ".join(each.summary for each in done)
            return [any(each.placed is not None for each in done), summary, run.as_text(last.parameters)]

        return _answered(procedure, work)

    def estimate(
        self, procedure: Any, mode: Any, image: Any, drawables: list[Any], config: Any, _data: Any
    ) -> Any:
        """What is wrong, without changing anything."""
        import run

        def work() -> list[Any]:
            pins = arguments.pins(config, mode == Gimp.RunMode.NONINTERACTIVE)
            done = run.estimate(backend.client(), image, drawables, pins)
            return [done.summary, run.as_text(done.parameters)]

        return _answered(procedure, work)


def _answered(procedure: Any, work: Any) -> Any:
    """The procedure's return values: what `work` gives, or its error as status and message. None: cancelled."""
    from place import NotPlaced
    from work import Refusal

    try:
        values: Optional[list[Any]] = work()
    except ClientError as error:
        if error.code == "cancelled":
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
        return _failed(procedure, backend.in_words(error))
    except (Refusal, NotPlaced, ValueError) as error:
        return _failed(procedure, str(error))
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _failed(
            procedure, _("Something unforeseen happened: {}").format(f"{type(error).__name__}: {error}")
        )
    if values is None:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    answer = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    for index, value in enumerate(values, 1):
        boxed = GObject.Value(GObject.TYPE_BOOLEAN if isinstance(value, bool) else GObject.TYPE_STRING, value)
        answer.remove(index)
        answer.insert(index, boxed)
    return answer


def _failed(procedure: Any, text: str) -> Any:
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), text, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)


if __name__ == "__main__":
    Gimp.main(UpZeroIR.__gtype__, sys.argv)
