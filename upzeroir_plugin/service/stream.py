"""A job's events as a chunked answer, for as long as somebody listens; files as answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from upzeroir_plugin.service.jobs import Event, Job
from upzeroir_plugin.service.routes import EVENTS

HEARTBEAT = 1.0
BLOCK = 1 << 20


class EventStream:
    """ASGI answer: the events after number `after`, a heartbeat each second without one, the end after the last.

    `lines`: JSON lines without pictures. The job knows its readers, and when the last one left.
    """

    def __init__(self, job: Job, after: int, lines: bool) -> None:
        self.job, self.after, self.lines = job, after, lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the job is over or the reader is gone."""
        del scope
        kind = b"application/x-ndjson" if self.lines else EVENTS.encode()
        headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        leaving = asyncio.ensure_future(gone(receive))
        self.job.readers += 1
        try:
            async for event in self._events(leaving):
                await send({"type": "http.response.body", "body": self._packed(event), "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            self.job.readers -= 1
            if not self.job.readers:
                self.job.left = time.monotonic()

    async def _events(self, leaving: asyncio.Future[Any]) -> AsyncIterator[Event]:
        news = asyncio.Event()
        self.job.listeners.add(news)
        try:
            while not leaving.done():
                news.clear()
                pending = [event for event in self.job.events if event.seq > self.after]
                for event in pending:
                    if event in self.job.events:  # not superseded while the last one was sent
                        self.after = event.seq
                        yield event
                if self.job.over and self.after >= self.job.seq:
                    return
                if not pending and not await _soon(news, leaving):
                    yield Event({"seq": self.after, "kind": "heartbeat", "label": self.job.label()})
        finally:
            self.job.listeners.discard(news)

    def _packed(self, event: Event) -> bytes:
        if self.lines:
            return json.dumps(event.header).encode() + b"\n"
        header = json.dumps({**event.header, "bytes": len(event.jpeg)}).encode()
        return len(header).to_bytes(4, "big") + header + event.jpeg


class FileAnswer:
    """ASGI answer: a file of the private folder, block by block."""

    def __init__(self, path: Path, kind: str, headers: dict[str, str] | None = None) -> None:
        self.path, self.kind, self.headers = path, kind, headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        with open(self.path, "rb") as file:  # noqa: PTH123
            size = file.seek(0, 2)
            file.seek(0)
            pairs = {
                "content-type": self.kind,
                "content-length": str(size),
                "cache-control": "no-store",
                **self.headers,
            }
            headers = [(name.encode(), value.encode()) for name, value in pairs.items()]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while data := await asyncio.to_thread(file.read, BLOCK):
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def gone(receive: Receive) -> None:
    """Returns when the connection is broken."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _soon(news: asyncio.Event, leaving: asyncio.Future[Any]) -> bool:
    """Whether anything happened within a heartbeat."""
    waiter: asyncio.Future[Any] = asyncio.ensure_future(news.wait())
    try:
        done, _ = await asyncio.wait(
            {waiter, leaving}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        waiter.cancel()
