"""The C library's heap while a photo is restored: what is freed is kept for the next layer, and given back at last."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -2, -3, -4, -8
KEEPING = {MMAP_MAX: 0, TRIM_THRESHOLD: (1 << 31) - 1, TOP_PAD: 1 << 26}
"""As it is, glibc gives every block above 32 MB, and what is free at the heap's end, back to the kernel at once, which
clears it anew for each of a network's layers (ours, 6 MP: noise .64 s per MP, .53 with these; a full mixture in float32
7.2 and 6.1; huge pages for torch instead .67 to .92)."""
GIVING = {MMAP_MAX: 1 << 16, MMAP_THRESHOLD: 1 << 25, TRIM_THRESHOLD: 1 << 26, TOP_PAD: 1 << 17}
"""What glibc comes to by itself in a process that uses large blocks."""


def shared() -> None:
    """Let all threads of this process, and of those that it starts, take memory from one arena: what one has freed
    another may use (ours, 12 MP of a full mixture: 1.7 GB at most, 2.4 with an arena each). To be called before there
    are threads.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")
    tell({ARENA_MAX: 1})


@contextmanager
def kept() -> Iterator[None]:
    """Keep what is freed within; at the end give back what is free. Where there is no glibc nothing changes."""
    tell(KEEPING)
    try:
        yield
    finally:
        tell(GIVING)
        library = _glibc()
        if library is not None:
            library.malloc_trim(0)


def tell(settings: Mapping[int, int]) -> None:
    """Set options of glibc's mallopt(3) for this process; with another library nothing."""
    library = _glibc()
    if library is not None:
        for option, value in settings.items():
            library.mallopt(option, value)


@lru_cache(1)
def _glibc() -> ctypes.CDLL | None:
    """The library; None where there is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, AttributeError):
        return None
