"""Preferences: what the user chose for good. Stored as JSON; what makes no sense is as if it were not there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from qt_panel import places, theme
from qt_panel.exports import POLICIES, ExportOptions

NAME = "panel.json"
DEVICES = ("auto", "cpu", "cuda", "mps")
LANGUAGES = ("", "en", "de")


@dataclass(frozen=True)
class Preferences:
    """`memory`: GB that the backend may hold in pictures, `idle`: minutes until it ends, 0: as it comes."""

    look: str = "system"
    language: str = ""
    device: str = "auto"
    memory: float = 0.0
    idle: float = 0.0
    prior: str = ""
    screen: str = ""
    metadata: str = "keep"
    live: bool = True
    seen: bool = False
    export: dict[str, Any] | None = None
    recent: tuple[str, ...] = ()

    def backend_options(self) -> list[str]:
        """What a backend that the panel starts is told."""
        said: list[str] = []
        if self.idle:
            said += ["--idle-exit", f"{self.idle:g}"]
        if self.memory:
            said += ["--memory", f"{self.memory:g}"]
        if self.prior:
            said += ["--prior", self.prior]
        return said

    def export_options(self) -> ExportOptions:
        """As exported last."""
        data = dict(self.export or {})
        folder = data.pop("folder", None)
        known = {f.name for f in fields(ExportOptions)}
        try:
            made = ExportOptions(**{k: v for k, v in data.items() if k in known})
        except TypeError:
            made = ExportOptions()
        path = Path(folder) if isinstance(folder, str) else None
        return ExportOptions(**{**asdict(made), "folder": path if path and path.is_dir() else None})


def load() -> Preferences:
    """From the disk."""
    found = places.read_json(places.folder() / NAME) or {}
    plain = Preferences()
    kept: dict[str, Any] = {}
    for field in fields(Preferences):
        value = found.get(field.name)
        default = getattr(plain, field.name)
        if field.name == "recent" and isinstance(value, list):
            kept["recent"] = tuple(v for v in value if isinstance(v, str))[:12]
        elif field.name == "export" and isinstance(value, dict):
            kept["export"] = value
        elif isinstance(default, bool) and isinstance(value, bool):
            kept[field.name] = value
        elif isinstance(default, float) and isinstance(value, int | float) and not isinstance(value, bool):
            kept[field.name] = max(0.0, float(value))
        elif isinstance(default, str) and isinstance(value, str):
            kept[field.name] = value
    among = {"look": theme.CHOICES, "device": DEVICES, "metadata": POLICIES, "language": LANGUAGES}
    return Preferences(**{k: v for k, v in kept.items() if k not in among or v in among[k]})


def save(preferences: Preferences) -> None:
    """To the disk. Raises UnwritableError."""
    places.write_json(places.folder() / NAME, asdict(preferences))
