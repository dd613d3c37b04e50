"""A `gi` that is not there: whatever is asked of it is a class that does nothing. For what needs no GIMP."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class _Nothing:
    """Stands for any class, constant or result of libgimp, GTK and GLib."""

    def __init__(self, *_given: Any, **_named: Any) -> None:
        pass

    def __getattr__(self, _name: str) -> Any:
        return _Nothing()

    def __call__(self, *_given: Any, **_named: Any) -> Any:
        return _Nothing()

    def __or__(self, _other: Any) -> Any:
        return self


class _Library(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (_Nothing,), {"new": classmethod(lambda cls, *_a: cls())})
        for constant in ("READWRITE", "GRAY_IMAGE", "GRAYA_IMAGE", "RGB_IMAGE", "RGBA_IMAGE"):
            setattr(made, constant, _Nothing())
        for constant in ("BIDIRECTIONAL", "SYNC_CREATE", "INVERT_BOOLEAN"):
            setattr(made, constant, 0)
        setattr(self, name, made)
        return made


@contextmanager
def plugin(folder: Path, languages: list[str]) -> Iterator[Any]:
    """Import function for the plug-in's modules as installed in `folder`, with a fake gi and these languages."""
    gi, repository = types.ModuleType("gi"), _Library("gi.repository")
    gi.require_version = lambda *_a: None  # type: ignore[attr-defined]
    gi.repository = repository  # type: ignore[attr-defined]
    for name in ("Gimp", "GimpUi", "Gtk", "Gdk", "GdkPixbuf", "GLib", "GObject", "Gegl", "Babl", "Pango"):
        setattr(repository, name, _Library(name))
    repository.GLib.get_language_names = lambda: languages
    own = {path.stem for path in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in [*own, "gi", "gi.repository"] if name in sys.modules}
    sys.modules["gi"], sys.modules["gi.repository"] = gi, repository
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(str(folder))
        for name in [*own, "gi", "gi.repository"]:
            sys.modules.pop(name, None)
        sys.modules.update(before)
