"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from upzeroir_plugin.errors import OutputExistsError, UnwritableError

OTHER_NAME = "Choose another name, or add --overwrite."


@contextlib.contextmanager
def written(path: Path, overwrite: bool, hint: str = OTHER_NAME) -> Iterator[IO[bytes]]:
    """A stream whose bytes become the file `path` when the block ends well, and nothing otherwise.

    They go to a hidden file in the same folder, are synced to the disk and renamed. Raises OutputExistsError if the
    file is there and may not be replaced, with that `hint`; UnwritableError for what the system refuses.
    """
    refuse_existing(path, overwrite, hint)
    part = path.with_name(f".{path.stem[:40]}.{secrets.token_hex(4)}.part")
    try:
        opened = part.open("x+b")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with opened as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        _place(part, path, overwrite, hint)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def refuse_existing(path: Path, overwrite: bool, hint: str = OTHER_NAME) -> None:
    """Raise OutputExistsError if the file is there and may not be replaced."""
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} exists already.", hint)


def _place(part: Path, path: Path, overwrite: bool, hint: str) -> None:
    """Rename; a file that came into being meanwhile is not replaced, where the file system can tell."""
    if not overwrite:
        try:
            os.link(part, path)
            return
        except FileExistsError:
            refuse_existing(path, overwrite, hint)
        except OSError:  # no hard links there
            refuse_existing(path, overwrite, hint)
    part.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself lasting; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(path: Path, error: OSError) -> UnwritableError:
    words = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "your quota is used up",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "the folder may not be written to",
        errno.EPERM: "the folder may not be written to",
        errno.ENOENT: "its folder is not there",
        errno.ENOTDIR: "its folder is not there",
    }
    reason = words.get(error.errno or 0, error.strerror or str(error))
    return UnwritableError(f"{path} cannot be written: {reason}.", "Choose another place.")
