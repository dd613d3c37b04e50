"""Takes out of logs and reports what must not leave the machine: the token, and names of users, photos and folders."""

from __future__ import annotations

import getpass
import re
import sys
from pathlib import Path

ENDINGS = (
    "jpe?g|png|tiff?|webp|gif|bmp|avif|hei[cf]|dng|nef|cr[23]|crw|arw|raf|rw2|orf|pef|srw|x3f|json|csv|xmp"
)
QUOTED = re.compile(r"(?P<mark>['\"])(?P<path>(?:~?/|[A-Za-z]:[\\/])[^'\"\n]*)(?P=mark)")
BARE = re.compile(rf"(?:~|\b[A-Za-z]:)?[\\/][^'\"\n]*?(?P<ending>\.(?:{ENDINGS}))\b", re.IGNORECASE)
"""A path that is not in quotes has an end only by its ending: spaces may be part of it."""
OURS = tuple(
    str(folder)
    for folder in {Path(__file__).parents[1], Path(sys.prefix), Path(sys.base_prefix), Path("/proc")}
)
"""Where program files lie: a traceback is of no use without their names."""


def redacted(text: str, token: str = "") -> str:
    """`text` with the token, paths, the home folder and the user's name replaced; program files stay named."""
    if token:
        text = text.replace(token, "[token]")
    text = QUOTED.sub(lambda found: found["mark"] + _named(found["path"]) + found["mark"], text)
    text = BARE.sub(lambda found: found[0] if found[0].startswith(OURS) else f"[path]{found['ending']}", text)
    home = str(Path.home())
    if len(home) > 1:
        text = re.sub(re.escape(home) + r"(?![\w.-])", "~", text)
    name = _user()
    return re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", "user", text) if name else text


def _named(path: str) -> str:
    return path if path.startswith(OURS) else f"[path]{Path(path).suffix}"


def _user() -> str:
    """The user's name, unless it is too short or common to be told from other words."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return ""
    return name if len(name) > 2 and name != "root" else ""
