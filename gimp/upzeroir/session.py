"""What goes on between dialog and backend: one thread that talks, and tells the dialog by `post`. No gi in here."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional, Protocol, TypeVar

import job
from job import Misfit, Outcome, Sent

if TYPE_CHECKING:
    from arguments import Wish
    from pixels import Rect
    from work import Work

    from upzeroir_plugin.client import Client, ClientError, Events
else:
    from client import ClientError

T = TypeVar("T")
Post = Callable[..., None]
POLL = 5.0
"""Seconds that one question for the panel's delivery may wait: closing is noticed in between."""
REFUSALS = ("usage", "too-large", "parameter", "unreadable", "too-long")
"""What another order may cure: the photo at the backend stays as it is."""
GONE = ("service-lost", "no-service", "not-found")
"""What a backend says, or does not say, that has ended meanwhile, or has begun anew without our photo."""


class Listener(Protocol):
    """Whom the session tells, in the thread that `post` leads to."""

    def on_found(self, estimate: dict[str, Any]) -> None:
        """What is wrong with the photo."""

    def on_event(self, number: int, header: dict[str, Any], jpeg: bytes) -> None:
        """Something happened in job `number`."""

    def on_loupe(self, index: int, jpeg: bytes) -> None:
        """A small part at 1:1."""

    def on_done(self, number: int, outcome: Outcome) -> None:
        """Job `number` is done."""

    def on_failed(self, error: ClientError) -> None:
        """The backend is not there, or refused."""

    def on_refused(self, number: int, error: ClientError) -> None:
        """The backend will not do order `number`; it is ready for another one."""

    def on_misfit(self) -> None:
        """The panel sent a picture that belongs nowhere; another one is waited for."""

    def on_delivered(self, outcome: Outcome) -> None:
        """The panel sent a picture."""


@dataclass(frozen=True)
class Wanted:
    """One restoration that the dialog asks for. `loupes`: rectangles to be shown at 1:1 first."""

    wish: Wish
    parameters: dict[str, Any]
    masked: bool = True
    loupes: tuple[Rect, ...] = ()


@dataclass
class _Turn:
    """What the thread shares with the dialog's."""

    number: int = 0
    wanted: Optional[Wanted] = None
    panel: Optional[Callable[[str], str]] = None
    closed: bool = False
    events: Optional[Events] = None
    job: str = ""
    lock: threading.Condition = field(default_factory=threading.Condition)


class Session:
    """One photo at the backend. The newest order counts; what is under way for an older one is dropped."""

    def __init__(self, open_client: Callable[[], Client], work: Work, post: Post, listener: Listener) -> None:
        self.open_client, self.work, self.post, self.listener = open_client, work, post, listener
        self.turn = _Turn()
        self.client: Optional[Client] = None
        self.sent: Optional[Sent] = None
        self.thread: Optional[threading.Thread] = None

    def start(self, estimate: bool = True) -> None:
        """Begin, or begin again after a failure."""
        self.thread = threading.Thread(target=self._run, args=(estimate,), daemon=True)
        self.thread.start()

    def ask(self, wanted: Wanted) -> int:
        """Order a restoration in place of any other; its number."""
        with self.turn.lock:
            self.turn.number += 1
            self.turn.wanted = wanted
            self._interrupt()
            self.turn.lock.notify()
            return self.turn.number

    def drop(self) -> None:
        """Nothing is wanted now."""
        with self.turn.lock:
            self.turn.number += 1
            self.turn.wanted = None
            self._interrupt()

    def keep(self) -> None:
        """End the running job with the present picture."""
        client, name = self.client, self.turn.job
        if client is not None and name:
            threading.Thread(target=self._quietly, args=(client.keep, name), daemon=True).start()

    def await_panel(self, launch: Callable[[str], str]) -> None:
        """Hand the photo over: `launch(photo id)` opens the panel and gives the name that it will deliver to."""
        with self.turn.lock:
            self.turn.panel = launch
            self.turn.wanted = None
            self._interrupt()
            self.turn.lock.notify()

    def close(self) -> None:
        """Stop everything; what the backend still does for us is cancelled."""
        with self.turn.lock:
            self.turn.closed = True
            self._interrupt()
            self.turn.lock.notify()
        if self.thread is not None:
            self.thread.join(1.0)

    def _interrupt(self) -> None:
        if self.turn.events is not None:
            self.turn.events.close()

    def _quietly(self, call: Callable[..., Any], *values: Any) -> None:
        with contextlib.suppress(ClientError):
            call(*values)

    def _run(self, estimate: bool) -> None:
        try:
            client, sent = self._connect()
            if estimate:
                whole = self.work.rect == (0, 0, *self.work.size)
                found = client.estimate(sent.photo, None if whole or self.work.mask else self.work.rect)
                self.post(self.listener.on_found, found)
            self._serve()
        except ClientError as error:
            self._fail(error)
        except Exception as error:
            traceback.print_exc()
            self._fail(ClientError("internal", f"{type(error).__name__}: {error}"))
        finally:
            if self.turn.closed and self.client is not None:
                job.forget(self.client, self.sent)

    def _connect(self) -> tuple[Client, Sent]:
        self.client = client = self.open_client()
        self.sent = sent = job.send(client, self.work)
        return client, sent

    def _afresh(self, call: Callable[[Client, Sent], T]) -> T:
        """`call`; once more if the backend had ended meanwhile (as it does when idle), with the photo sent again."""
        assert self.client is not None and self.sent is not None  # noqa: S101 - connected by now
        try:
            return call(self.client, self.sent)
        except ClientError as error:
            if error.code not in GONE or self.turn.closed:
                raise
        return call(*self._connect())

    def _fail(self, error: ClientError) -> None:
        if not self.turn.closed:
            self.post(self.listener.on_failed, error)

    def _serve(self) -> None:
        while True:
            with self.turn.lock:
                while not (self.turn.closed or self.turn.wanted or self.turn.panel):
                    self.turn.lock.wait()
                if self.turn.closed:
                    return
                number, wanted, panel = self.turn.number, self.turn.wanted, self.turn.panel
                self.turn.wanted = self.turn.panel = None
            if panel is not None:
                self._deliveries(panel)
            elif wanted is not None:
                try:
                    self._restore(number, wanted)
                except ClientError as error:
                    if error.code not in REFUSALS:
                        raise
                    self.post(self.listener.on_refused, number, error)

    def _restore(self, number: int, wanted: Wanted) -> None:
        for index, rect in enumerate(wanted.loupes):
            jpeg = self._loupe(number, wanted, rect)
            if jpeg is None:
                return
            self.post(self.listener.on_loupe, index, jpeg)
        name = self._afresh(
            lambda client, sent: job.order(
                client, self.work, sent, wanted.wish, wanted.parameters, wanted.masked
            )
        )

        def seen(header: dict[str, Any], jpeg: bytes) -> None:
            self.post(self.listener.on_event, number, header, jpeg)

        def fetched(client: Client, result: dict[str, Any]) -> Outcome:
            return job.fetch(client, self.work, name, result)

        outcome = self._followed(number, name, seen, fetched)
        if outcome is not None:
            self.post(self.listener.on_done, number, outcome)

    def _loupe(self, number: int, wanted: Wanted, rect: Rect) -> Optional[bytes]:
        """A rectangle at 1:1 as a JPEG; None if something newer is wanted."""
        last = [b""]

        def seen(_header: dict[str, Any], jpeg: bytes) -> None:
            last[0] = jpeg or last[0]

        effort = wanted.wish.effort
        if effort == "guided":  # three of those would take minutes
            effort = "fast"
        more = {"region": list(rect), "effort": effort}
        name = self._afresh(
            lambda client, sent: job.order(
                client, self.work, sent, wanted.wish, wanted.parameters, False, **more
            )
        )
        return self._followed(number, name, seen, lambda _client, _result: last[0])

    def _followed(
        self, number: int, name: str, seen: job.Seen, taken: Callable[[Client, dict[str, Any]], T]
    ) -> Optional[T]:
        """Listen to a job to its end; what is `taken` of it then, or None if it was dropped for something newer."""
        client = self.client
        assert client is not None  # noqa: S101 - it gave the job
        events = client.events(name)
        with self.turn.lock:
            current = self._current(number)
            self.turn.events, self.turn.job = events, name
        try:
            if current:
                found = taken(client, job.follow(events, seen))
                job.drop(client, name)
                return found
        except ClientError as error:
            with self.turn.lock:
                current = self._current(number)
            if current or error.code != "cancelled":
                raise
        finally:
            with self.turn.lock:
                self.turn.events, self.turn.job = None, ""
            events.close()
        job.drop(client, name)
        return None

    def _current(self, number: int) -> bool:
        return number == self.turn.number and not self.turn.closed and self.turn.panel is None

    def _deliveries(self, launch: Callable[[str], str]) -> None:
        """Wait until the panel delivers a picture of this photo."""

        def there(client: Client, sent: Sent) -> tuple[Client, str]:
            client.photo(sent.photo)
            return client, sent.photo

        client, photo = self._afresh(there)
        to = launch(photo)
        while not self.turn.closed:
            for delivery in client.deliveries(to, POLL):
                name = str(delivery["job"])
                result = {**(client.job(name).get("result") or {}), "changed": True}
                try:
                    outcome = job.delivered(client, self.work, name, result)
                except Misfit:
                    self.post(self.listener.on_misfit)
                    continue
                job.drop(client, name)
                self.post(self.listener.on_delivered, outcome)
                return
