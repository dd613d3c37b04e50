"""HTTP/1.1 with deadlines: a header that does not end, a body nobody wants, a reader that takes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from upzeroir_plugin.service.answers import Refusal

HEADER_SECONDS = 10.0
STALL_SECONDS = 10.0


class Protocol(H11Protocol):
    """uvicorn's protocol; a connection that is late is aborted (middleware would only run after the header)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A first header is due."""
        super().connection_made(transport)
        self._expect(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """From the first byte of a request its header is due; once that is there, no more."""
        if self._idle() and self._late is None:
            self._expect(HEADER_SECONDS)
        super().data_received(data)
        if not self._idle():
            self._expect(None)

    def on_response_complete(self) -> None:
        """A body that still comes in after its answer is swallowed for a while: closing would lose the answer."""
        super().on_response_complete()
        if self._idle():
            self._expect(STALL_SECONDS if self.conn.their_state is h11.SEND_BODY else None)

    def pause_writing(self) -> None:
        """The reader does not keep up."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader took something."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """No more deadlines."""
        self._expect(None)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP gets a typed answer too, if one can still be sent."""
        refusal = Refusal("usage", msg)
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        body = _json(refusal)
        head = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        for event in (h11.Response(status_code=400, headers=head), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self, seconds: float | None) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


def _json(refusal: Refusal) -> bytes:
    from starlette.responses import JSONResponse

    return bytes(JSONResponse(refusal.to_json()).body)
