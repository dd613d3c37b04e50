"""A restoration as the backend does it: upload, order, listen, fetch. No libgimp: it may run in any thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from marks import mark

if TYPE_CHECKING:
    from arguments import Wish
    from work import Work

    from upzeroir_plugin.client import Client, ClientError, Events
else:
    from client import ClientError

Seen = Callable[[dict[str, Any], bytes], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a job: `rows` of the work's rectangle as they were sent, None if nothing was changed."""

    job: str
    result: dict[str, Any]
    rows: Optional[bytes]


@dataclass
class Sent:
    """A photo at the backend, and the mask that goes with it."""

    photo: str
    mask: Optional[str] = None


def send(client: Client, work: Work) -> Sent:
    """Upload a work's pixels and mask."""
    width, height = work.size
    form = work.layout
    photo = client.upload_frame(
        width, height, form.channels, form.dtype, work.rows, work.profile, work.evidence
    )["id"]
    if work.mask is None:
        return Sent(photo)
    return Sent(photo, client.upload_frame(width, height, 1, form.dtype, work.full_mask())["id"])


def forget(client: Client, sent: Optional[Sent]) -> None:
    """Free what was uploaded; a backend that is gone has freed it already."""
    for photo in (sent.photo, sent.mask) if sent is not None else ():
        if photo:
            with contextlib.suppress(ClientError):
                client.delete_photo(photo)


def order(
    client: Client, work: Work, sent: Sent, wish: Wish, parameters: dict[str, Any], masked: bool, **more: Any
) -> str:
    """Order the restoration of the work's rectangle; the job. `masked`: only where the mask asks for it."""
    whole = work.rect == (0, 0, *work.size)
    options = {**wish.order(), **more}
    if masked and sent.mask is not None:
        options["mask"] = sent.mask
    options.setdefault("region", None if whole else list(work.rect))
    return client.submit(sent.photo, parameters, **options)


def follow(events: Events, seen: Seen) -> dict[str, Any]:
    """Listen to the end; the result's description. Raises ClientError, also `cancelled` when `events` was closed."""
    for header, jpeg in events:
        if header.get("kind") == "done":
            return dict(header["result"])
        seen(header, jpeg)
    raise ClientError("cancelled", "Cancelled.")


def fetch(client: Client, work: Work, job: str, result: dict[str, Any]) -> Outcome:
    """The pixels of a job that is done."""
    if not result.get("changed"):
        return Outcome(job, result, None)
    rows = client.result(job, work.layout.dtype).pixels
    if len(rows) != work.rect[2] * work.rect[3] * work.layout.sent_bytes:
        raise ClientError("service-lost", "The backend sent a picture of another size.")
    return Outcome(job, result, rows)


def run(client: Client, work: Work, wish: Wish, masked: bool, seen: Seen) -> Outcome:
    """From pixels to pixels."""
    sent = None
    try:
        sent = send(client, work)
        mark("sent")
        job = order(client, work, sent, wish, dict(wish.pins), masked)
        with client.events(job) as events:
            result = follow(events, seen)
        mark("done")
        outcome = fetch(client, work, job, result)
        mark("fetched")
        return outcome
    finally:
        forget(client, sent)


def in_words(error: ClientError) -> str:
    """The error's sentence and what to do next."""
    return f"{error.message} {error.hint}".strip()
