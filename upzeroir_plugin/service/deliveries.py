"""Results handed from one client to another that waits for them under a name."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.service.answers import Refusal
from upzeroir_plugin.service.jobs import Job, State

MOST = 256
NOTE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Delivery:
    """One result on its way. `note`: what the sender wants the receiver to know."""

    id: str
    job: Job
    to: str
    note: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As the receiver sees it."""
        return {"id": self.id, "job": self.job.id, "note": self.note}


class Deliveries:
    """All results on their way; each is taken once."""

    def __init__(self) -> None:
        self.all: list[Delivery] = []
        self._news = asyncio.Condition()

    async def add(self, job: Job, to: str, note: dict[str, Any]) -> Delivery:
        """Keep a finished job for `to`. Raises Refusal `conflict`, `queue-full`, UsageError."""
        if job.state is not State.DONE:
            raise Refusal("conflict", f"The job is {job.state}: there is no result.")
        if len(self.all) >= MOST:
            raise Refusal("queue-full", "Too many deliveries are waiting to be taken.")
        if len(str(note)) > NOTE_BYTES:
            raise UsageError("The note is too long.")
        delivery = Delivery(secrets.token_hex(8), job, to, note)
        job.promised += 1
        self.all.append(delivery)
        async with self._news:
            self._news.notify_all()
        return delivery

    async def take(self, to: str, seconds: float) -> list[Delivery]:
        """What is there for `to`, waiting for the first one. The jobs stay until they are deleted or forgotten."""

        def there() -> bool:
            return any(d.to == to for d in self.all)

        try:
            async with self._news:
                await asyncio.wait_for(self._news.wait_for(there), seconds)
        except TimeoutError:
            return []
        found = [d for d in self.all if d.to == to]
        self.all = [d for d in self.all if d.to != to]
        for delivery in found:
            delivery.job.promised -= 1
        return found
