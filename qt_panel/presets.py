"""Presets as files: pins and amounts only, since all else is found for each photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qt_panel import places
from qt_panel.problems import PlaceError, PresetError
from qt_panel.settings import Settings
from qt_panel.texts import tr
from upzeroir_plugin.parameters import InvalidParameter

ENDING = ".upzeroir.json"
KIND = "upzeroir-preset"


def folder() -> Path:
    """Where they lie. Raises OSError."""
    path = places.folder() / "presets"
    path.mkdir(exist_ok=True)
    return path


def names() -> list[str]:
    """Of all presets, sorted."""
    try:
        return sorted(path.name[: -len(ENDING)] for path in folder().glob(f"*{ENDING}"))
    except OSError:
        return []


def save(name: str, settings: Settings) -> Path:
    """Write one; one of that name is replaced. Raises PlaceError."""
    name = name.strip()
    if not name or name.startswith(".") or any(mark in name for mark in '/\\:*?"<>|\0'):
        message = tr("“{name}” cannot be the name of a file.").format(name=name)
        raise PlaceError(message, tr("Use letters and digits."))
    path = folder() / (name + ENDING)
    places.write_json(path, {"kind": KIND, "version": 1, **settings.preset()})
    return path


def load(path: Path) -> dict[str, Any]:
    """Of a file, checked. Raises PresetError, which names what is wrong."""
    found = places.read_json(path)
    if found is None or found.get("kind") != KIND:
        raise PresetError(
            tr("{name} is no preset of this program, or it is damaged.").format(name=path.name),
            tr("Nothing was changed. Save the preset anew."),
        )
    try:
        Settings().with_preset(found)
    except InvalidParameter as error:
        raise PresetError(
            tr("The preset {name} does not fit: {why}").format(name=path.name, why=error),
            tr("Nothing was changed."),
        ) from None
    return found


def named(name: str) -> dict[str, Any]:
    """The preset of that name. Raises PresetError."""
    return load(folder() / (name + ENDING))


def remove(name: str) -> None:
    """Delete one. Raises OSError."""
    (folder() / (name + ENDING)).unlink(missing_ok=True)
