"""Room on the disk: when it is full, what nobody needs goes, and what failed is tried once more."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

from upzeroir_plugin.errors import UnwritableError
from upzeroir_plugin.service.answers import Refusal

FULL = (errno.ENOSPC, errno.EDQUOT)
Made = TypeVar("Made")


class Room:
    """`spare`: functions that remove what nobody needs, the most dispensable first; each says whether there was any."""

    def __init__(self) -> None:
        self.spare: list[Callable[[], bool]] = []

    def made(self, error: OSError | Refusal) -> bool:
        """Whether that was for want of room, and there is more of it now."""
        full = error.errno in FULL if isinstance(error, OSError) else error.code == UnwritableError.code
        return full and sum(remove() for remove in self.spare) > 0

    async def within(self, work: Callable[[], Awaitable[Made]]) -> Made:
        """What `work` gives, at the second try if the disk was full. Raises what it raises."""
        try:
            return await work()
        except (OSError, Refusal) as error:
            if not self.made(error):
                raise
        return await work()
