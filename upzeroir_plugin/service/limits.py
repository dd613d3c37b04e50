"""Bounds on what clients may ask for, and reading request bodies within them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from upzeroir_plugin.errors import TooLargeError, UsageError
from upzeroir_plugin.service.answers import Refusal

JSON_BYTES = 1 << 20
HEADER_BYTES = 32 * 1024
STALL_SECONDS = 10.0
LEAST_RATE = 8192
"""Bytes per second that an upload must reach on average after SLOW_START."""
SLOW_START = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """All bounds of one service. `held`: bytes of pictures kept in the private folder; times in seconds.

    `job_seconds`: how long a running job may say nothing new; one that gets on may take as long as it likes.
    """

    pixels: int = 150_000_000
    body: int = 150_000_000 * 16 + (1 << 20)
    queue: int = 64
    photos: int = 64
    jobs: int = 64
    held: int = 8 << 30
    reader_gone: float = 2.0
    never_heard: float = 10.0
    cancel_grace: float = 3.0
    job_seconds: float = 3600.0
    idle_exit: float = 600.0
    idle_unload: float = 240.0
    slow_start: float = SLOW_START


async def chunks(request: Request, limit: int, slow_start: float = SLOW_START) -> AsyncIterator[bytes]:
    """The body piece by piece. Raises TooLargeError, or Refusal `timeout` for one that stalls or drips."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    began, size, more = time.monotonic(), 0, True
    while more:
        try:
            message = await asyncio.wait_for(request.receive(), STALL_SECONDS)
        except TimeoutError:
            raise Refusal("timeout", "The request's body came too slowly.", "Send it again.") from None
        if message["type"] == "http.disconnect":
            raise Refusal("timeout", "The connection broke.")
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(piece)
        spent = time.monotonic() - began
        if size > limit:
            raise _too_large(limit)
        if spent > slow_start and size < LEAST_RATE * spent:
            raise Refusal("timeout", "The request's body came too slowly.", "Send it again.")
        if piece:
            yield piece


async def json_body(request: Request, slow_start: float = SLOW_START) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal `media-type`, UsageError, TooLargeError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal("media-type", "The body must be JSON.", "Send Content-Type: application/json.")
    data = b"".join([piece async for piece in chunks(request, JSON_BYTES, slow_start)])
    return parsed(data)


def parsed(data: bytes) -> dict[str, Any]:
    """Strict JSON (no NaN, no bottomless nesting) of one object. Raises UsageError."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UsageError("The body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise UsageError("The body must be a JSON object.")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit / 1e6:.0f} MB.", "Send a smaller picture.")
