"""A restoration as the backend does it: upload, order, listen, fetch. No libgimp: it may run in any thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

import pixels
from marks import mark

if TYPE_CHECKING:
    from arguments import Wish
    from pixels import Rect
    from work import Work

    from upzeroir_plugin.client import Client, ClientError, Events
else:
    from client import ClientError

Seen = Callable[[dict[str, Any], bytes], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a job: `rows` of the work's rectangle as they were sent, None if nothing was changed.

    `rect`: where they lie, if not in the work's rectangle; `unmasked`: the work's mask is still to be applied.
    """

    job: str
    result: dict[str, Any]
    rows: Optional[bytes]
    rect: Optional[Rect] = None
    unmasked: bool = False


class Misfit(Exception):
    """A delivered picture of which nobody can say where in the photo it belongs."""


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


def drop(client: Client, job: str) -> None:
    """Free a job and its result, and stop it if it runs; a backend that is gone has done so already."""
    with contextlib.suppress(ClientError):
        client.delete_job(job)


def forget(client: Client, sent: Optional[Sent]) -> None:
    """Free what was uploaded."""
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


def delivered(client: Client, work: Work, job: str, result: dict[str, Any]) -> Outcome:
    """What the panel made: the whole photo, or the result's `region` of it. Raises Misfit.

    Cut to the work's rectangle, if that is a part; what the region leaves out stays as it was.
    """
    frame = client.result(job, work.layout.dtype)
    whole, size = (0, 0, *work.size), (frame.header["width"], frame.header["height"])
    try:
        x, y, w, h = (int(each) for each in result.get("region") or whole)
    except (TypeError, ValueError):
        raise Misfit from None
    inside = min(x, y) >= 0 and x + w <= work.size[0] and y + h <= work.size[1]
    if (w, h) != size or not inside or len(frame.pixels) != w * h * work.layout.sent_bytes:
        raise Misfit
    if work.rect == whole and work.mask is None:
        return Outcome(job, result, frame.pixels, (x, y, w, h))
    width, sample = work.size[0], work.layout.sent_bytes
    full = pixels.pasted(work.rows, width, (x, y, w, h), frame.pixels, sample)
    rows = pixels.cut(full, width, work.rect, sample)
    return Outcome(job, result, rows, unmasked=work.mask is not None)


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
        drop(client, job)
        return outcome
    finally:
        forget(client, sent)
