"""Typed errors as HTTP answers."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from upzeroir_plugin.errors import UpzeroirError
from upzeroir_plugin.parameters import InvalidParameter

STATUS = {
    "usage": 400,
    "parameter": 400,
    "device": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "method": 405,
    "timeout": 408,
    "conflict": 409,
    "cancelled": 409,
    "result": 409,
    "too-long": 409,
    "too-large": 413,
    "media-type": 415,
    "host": 421,
    "unreadable": 422,
    "queue-full": 429,
    "unwritable": 507,
}
"""Status of each code; 500 for all others."""


class Refusal(UpzeroirError):
    """An error with a code of its own: made by the service, or come from one of its processes."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


def not_found(what: str) -> Refusal:
    """`what`: "photo", "job" or "route"."""
    hint = (
        ""
        if what == "route"
        else "It may have been forgotten or belong to an earlier service: send it again."
    )
    return Refusal("not-found", f"There is no such {what}.", hint)


def as_answer(error: UpzeroirError) -> JSONResponse:
    """The error as the body of an answer."""
    return JSONResponse(error.to_json(), STATUS.get(error.code, 500), {"Cache-Control": "no-store"})


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """Whatever a handler raised, as an answer; what nobody foresaw goes to the log as well."""
    if isinstance(error, UpzeroirError):
        return as_answer(error)
    if isinstance(error, InvalidParameter):
        return as_answer(Refusal("parameter", str(error)))
    if isinstance(error, HTTPException):
        known = {404: not_found("route"), 405: Refusal("method", f"{request.method} does not work there.")}
        return as_answer(known.get(error.status_code, Refusal("usage", str(error.detail))))
    if isinstance(error, OSError):
        logging.getLogger(__name__).warning("disk: %s", error)
        return as_answer(no_room(error))
    logging.getLogger(__name__).error("unforeseen", exc_info=error)
    return as_answer(
        Refusal(
            "internal",
            f"{type(error).__name__}: {error}",
            "Please report it with the log: upzeroir doctor --report.",
        )
    )


def no_room(error: OSError) -> Refusal:
    """A write into the private folder that failed."""
    why = error.strerror or str(error)
    return Refusal(
        "unwritable",
        f"The backend cannot write to its folder: {why}.",
        "Make room on the disk and try again.",
    )
