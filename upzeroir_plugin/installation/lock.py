"""The exact versions of everything that is installed, with the SHA-256 of every file that may stand for them.

`requirements.lock` holds every system and Python at once, by markers; made by `installer/lock`. A processor's torch for
Linux comes from PyTorch's own index, whose files are others than the registry's: pinned by version, not by hash.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

NAME = "upzeroir_plugin/installation/requirements.lock"
CUDA = re.compile(r"^(torch|triton|nvidia-|cuda-)")


def lock_of(wheel: Path) -> str:
    """The lock that a wheel of ours carries; "" if it has none."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(NAME).decode() if NAME in archive.namelist() else ""


def entries(lock: str) -> dict[str, str]:
    """{name and marker: its lines} of every pinned package."""
    blocks = re.findall(r"^[a-z0-9][^\n]*(?:\n[ \t]+[^\n]*)*", lock, re.M)
    return {block.partition("\\")[0].strip(): block for block in blocks}


def without_torch(lock: str) -> str:
    """The lock without torch and what only its CUDA build needs."""
    return "\n".join(block for name, block in entries(lock).items() if not CUDA.match(name)) + "\n"


def pinned(lock: str, package: str) -> str:
    """`package==version` as the lock says it; "" if it does not."""
    found = re.search(rf"^{re.escape(package)}==[^\s;\\]+", lock, re.M)
    return found.group() if found else ""
