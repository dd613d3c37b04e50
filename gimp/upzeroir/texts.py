"""Texts in the user's language: `_` and the catalogue that lies beside this file."""

from __future__ import annotations

import gettext
from pathlib import Path

from gi.repository import GLib

DOMAIN = "upzeroir"


def languages() -> list[str]:
    """The user's languages, dearest first, as GLib knows them on every system ("de_DE", "de", …)."""
    return [name.split(".")[0] for name in GLib.get_language_names() if name not in ("C", "POSIX")]


_catalogue = gettext.translation(
    DOMAIN, str(Path(__file__).with_name("locale")), languages=languages(), fallback=True
)


def _(text: str) -> str:
    """The translation, or the English text itself."""
    return _catalogue.gettext(text) if text else text
