"""Jobs: a queue with one restoration at a time, their events, and what ends them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from upzeroir_plugin.errors import UpzeroirError, UsageError
from upzeroir_plugin.parameters import Entry
from upzeroir_plugin.prior.store import place_of
from upzeroir_plugin.service.answers import Refusal, not_found
from upzeroir_plugin.service.limits import Limits
from upzeroir_plugin.service.orders import Order
from upzeroir_plugin.service.process import Child, Message
from upzeroir_plugin.service.store import Photos, StoredPhoto, bytes_in

STEPS_KEPT = 8
log = logging.getLogger(__name__)


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a job's stream: header and JPEG."""

    header: dict[str, Any]
    jpeg: bytes = b""

    @property
    def seq(self) -> int:
        """Its number."""
        return int(self.header["seq"])


@dataclass(slots=True, eq=False)
class Job:
    """One restoration: what was ordered, and what came of it so far. `moved`: when it last got on, once it runs."""

    id: str
    order: Order
    photo: StoredPhoto
    mask: StoredPhoto | None
    folder: Path
    state: State = State.QUEUED
    made: float = field(default_factory=time.monotonic)
    moved: float | None = None
    events: list[Event] = field(default_factory=list)
    seq: int = 0
    readers: int = 0
    left: float | None = None
    preview: bytes = b""
    result: dict[str, Any] = field(default_factory=dict)
    promised: int = 0
    size: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: set[asyncio.Event] = field(default_factory=set)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Neither it nor its photo is forgotten inside."""
        self.readers += 1
        try:
            with self.photo.in_use():
                yield
        finally:
            self.readers -= 1

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in (State.QUEUED, State.RUNNING)

    def publish(self, kind: str, jpeg: bytes = b"", **fields: Any) -> None:
        """Add an event; what it supersedes is dropped, so that a slow reader gets the latest."""
        self.seq += 1
        event = Event({"seq": self.seq, "kind": kind, **fields}, jpeg)
        if jpeg:
            self.preview = jpeg
        if kind in ("progress", "queued"):
            self.events = [e for e in self.events if not _superseded(e, event)]
        steps = [e for e in self.events if e.header["kind"] == "step"]
        if kind == "step" and len(steps) >= STEPS_KEPT:
            self.events.remove(steps[0])
        self.events.append(event)
        for listener in self.listeners:
            listener.set()

    def end(self, state: State, kind: str, **fields: Any) -> None:
        """The last event."""
        if not self.over:
            self.state = state
            self.publish(kind, **fields)
            self.ended.set()

    def label(self) -> str:
        """What it does or waits for now."""
        return next((e.header["label"] for e in reversed(self.events) if "label" in e.header), "Waiting")

    def to_json(self, position: int | None) -> dict[str, Any]:
        """Its state for GET /v1/jobs/{id}."""
        last = self.events[-1].header if self.events else None
        return {
            "id": self.id,
            "photo": self.photo.id,
            "state": self.state,
            "position": position,
            "label": self.label(),
            "last": last,
            "result": self.result or None,
        }


def _superseded(old: Event, new: Event) -> bool:
    """Progress by newer progress (with a picture only by one with a picture), a place in the queue by what follows."""
    kind = old.header["kind"]
    if "notice" in old.header:  # said once: nobody is to miss it
        return False
    return kind == "queued" or (kind == "progress" and (bool(new.jpeg) or not old.jpeg))


class Jobs:
    """All jobs of one service, run one after another in the engine's process."""

    def __init__(self, root: Path, limits: Limits, photos: Photos, engine: Child) -> None:
        self.root, self.limits, self.photos, self.engine = root, limits, photos, engine
        engine.heard, engine.ended = self._heard, self._engine_ended
        photos.gone = self._photo_gone
        photos.room.spare.insert(0, self.evict)
        self.all: dict[str, Job] = {}
        self.waiting: deque[Job] = deque()
        self.current: Job | None = None
        self.about: dict[str, Any] = {}
        self._news, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._looks: set[str] = set()

    def __getitem__(self, name: str) -> Job:
        """The job of that id. Raises Refusal `not-found`."""
        try:
            return self.all[name]
        except KeyError:
            raise not_found("job") from None

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits."""
        return self.current is not None or bool(self.waiting)

    def warm(self) -> None:
        """Start the engine, unless it runs."""
        self.engine.start()

    def add(self, order: Order) -> Job:
        """Put it into the queue. Raises Refusal `not-found`, `queue-full`, UsageError."""
        photo = self.photos[order.photo]
        mask = self.photos[order.mask] if order.mask else None
        size = (photo.about["width"], photo.about["height"])
        if order.region is not None:
            x, y, w, h = order.region
            if x + w > size[0] or y + h > size[1]:
                raise UsageError(
                    f"The region {x},{y},{w},{h} is not inside the photo.",
                    f"It is {size[0]} by {size[1]} px.",
                )
        if mask is not None and (mask.about["width"], mask.about["height"]) != size:
            raise UsageError(
                "The mask does not have the photo's size.", "Make it as wide and high as the photo."
            )
        if order.prior is not None:
            place_of(order.prior, paths=False)
        if order.start_from is not None:
            self[order.start_from]
        if len(self.waiting) >= self.limits.queue:
            raise Refusal("queue-full", "Too many jobs are waiting.", "Try again when some are done.")
        name = secrets.token_hex(8)
        job = Job(name, order, photo, mask, self.root / f"job-{name}")
        job.folder.mkdir(mode=0o700)
        photo.users += 1
        if mask is not None:
            mask.users += 1
        self.all[name] = job
        self.waiting.append(job)
        self._say_places()
        self._idle.clear()
        self._news.set()
        self._make_room()
        return job

    def position(self, job: Job) -> int | None:
        """How many are to be started before it; None if it does not wait."""
        return self.waiting.index(job) if job in self.waiting else None

    def cancel(self, job: Job, why: str = "Cancelled.") -> None:
        """Drop it; one that runs is told, and killed if it does not listen."""
        if job in self.waiting:
            self.waiting.remove(job)
            self._release(job)
            self._say_places()
        elif job is self.current:
            job.stopping.set()
        job.end(State.CANCELLED, "error", code="cancelled", message=why, hint="")

    def keep(self, job: Job) -> None:
        """End it with the present picture. Raises Refusal `conflict` if it does not run yet or any more."""
        if job is not self.current or job.over:
            raise Refusal("conflict", f"The job is {job.state}: there is no picture to keep.")
        self.engine.tell({"do": "keep", "job": job.id})

    def delete(self, job: Job) -> None:
        """Forget it and its result, and what was kept of a deleted photo for its sake."""
        self.cancel(job)
        self.all.pop(job.id, None)
        if job is not self.current:
            shutil.rmtree(job.folder, ignore_errors=True)
        if job.photo.id not in self.photos.all and not self._results(job.photo):
            shutil.rmtree(job.photo.folder, ignore_errors=True)

    def weigh(self, job: Job) -> None:
        """Count what lies in its folder now, and keep within the limits."""
        job.size = bytes_in(job.folder)
        self._make_room()

    def evict(self) -> bool:
        """The disk is full: delete all results that nobody needs, but the newest. Whether there were any."""
        spare = [job for job in self._spare() if job.size][:-1]
        for job in spare:
            self.delete(job)
        return bool(spare)

    def finished(self, job: Job) -> None:
        """Raises Refusal `conflict` unless it has a result, `not-found` if its photo has been forgotten."""
        if job.state is not State.DONE:
            raise Refusal("conflict", f"The job is {job.state}: there is no result.")
        if job.photo.id not in self.photos.all and not job.photo.folder.exists():
            raise not_found("photo")

    async def map(self, job: Job, kind: str, path: Path) -> None:
        """An honesty map of a finished job, made while nothing else runs: a job that is ordered goes first.

        Raises Refusal.
        """
        with job.in_use():
            while not path.exists():
                await self._idle.wait()
                name = secrets.token_hex(8)
                self._looks.add(name)
                message = {
                    **{"do": "map", "kind": kind, "path": str(path), "device": job.order.device},
                    **self._places(job),
                    "job": name,
                }
                try:
                    await self.photos.room.within(partial(self.engine.ask, message))
                    self.weigh(job)
                except asyncio.CancelledError:
                    self.engine.tell({"do": "cancel", "job": name})
                    raise
                except Refusal as error:
                    if error.code != "cancelled":
                        raise
                finally:
                    self._looks.discard(name)

    async def free(self) -> None:
        """Drop the model: the engine ends, unless it works."""
        if self.busy:
            raise Refusal("conflict", "A job is running.", "Cancel it, or wait until it is done.")
        self.engine.kill()
        self.about = {}

    async def run(self) -> None:
        """Work through the queue for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            for name in self._looks:
                with contextlib.suppress(Refusal):  # the engine ended meanwhile: it is started anew below
                    self.engine.tell({"do": "cancel", "job": name})
            while self.waiting:
                job = self.current = self.waiting.popleft()
                job.state, job.moved = State.RUNNING, time.monotonic()
                self._say_places()
                try:
                    await self._one(job)
                except UpzeroirError as error:
                    job.end(State.FAILED, "error", **error.to_json())
                except Exception as error:
                    log.exception("job failed")
                    job.end(
                        State.FAILED,
                        "error",
                        code="internal",
                        message=f"{type(error).__name__}: {error}",
                        hint="",
                    )
                finally:
                    self.current = None
                    self._release(job)
            self._idle.set()

    async def watch(self) -> None:
        """Cancel jobs that nobody listens to; end one that runs and does not get on."""
        while True:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            for job in [j for j in (*self.waiting, self.current) if j is not None and not j.over]:
                if job.moved is not None and now - job.moved > self.limits.job_seconds:
                    self._give_up(job)
                if job.order.detached or job.readers:
                    continue
                if job.left is not None and now - job.left > self.limits.reader_gone:
                    self.cancel(job, "Cancelled: nobody listened any more.")
                elif job.left is None and now - job.made > self.limits.never_heard:
                    self.cancel(job, "Cancelled: nobody ever listened.")

    def _give_up(self, job: Job) -> None:
        """The running job hangs: end it, and the engine with it if that does not listen."""
        minutes = self.limits.job_seconds / 60
        error = Refusal("too-long", f"The restoration did not get on for {minutes:g} minutes and was ended.",
                        "Try again, or restore a smaller region.")  # fmt: skip
        log.warning("%s", error)
        job.stopping.set()
        job.end(State.FAILED, "error", **error.to_json())

    async def _one(self, job: Job) -> None:
        job.publish("progress", label="Looking at the photo", stage="estimate", done=0.0)
        estimate: asyncio.Future[Any] = asyncio.ensure_future(self.photos.estimate(job.photo))
        stopped: asyncio.Future[Any] = asyncio.ensure_future(job.stopping.wait())
        try:
            await asyncio.wait({estimate, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if job.over:
                return
            await estimate
            job.moved = time.monotonic()
            if not self.about:
                job.publish("progress", label="Waiting for the engine to start", stage="engine", done=0.0)
            await self._drive(job, stopped)
        finally:
            estimate.cancel()
            stopped.cancel()

    async def _drive(self, job: Job, stopped: asyncio.Future[Any]) -> None:
        """From the order to the last event; `finished` comes when the engine is free again."""
        message = {"do": "run", "job": job.id, "order": _plain(job.order), **self._places(job)}
        done: asyncio.Future[Any] = asyncio.ensure_future(
            self.photos.room.within(lambda: self.engine.ask(message))
        )
        await asyncio.wait({done, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            await self._let_go(job, done)
        try:
            answer = await done
        except Refusal as error:
            job.end(State.FAILED, "error", **error.to_json())
            return
        if not job.over:
            job.result = answer["result"]
            job.size = bytes_in(job.folder)
            job.end(State.DONE, "done", result=job.result)

    async def _let_go(self, job: Job, done: asyncio.Future[Any]) -> None:
        """Until the engine has dropped a job that is over. One that still loads is given time: it drops the job at its
        first check, and ended now it would load for ever while a user moves sliders.
        """
        self.engine.tell({"do": "cancel", "job": job.id})
        while not done.done():
            listens = bool(self.about) or job.state is State.FAILED
            await asyncio.wait({done}, timeout=self.limits.cancel_grace)
            if listens and not done.done():
                log.warning("the engine did not stop in time and is ended")
                self._restart()

    def _restart(self) -> None:
        self.engine.kill()
        self.about = {}
        self.engine.start()

    def _heard(self, message: Message) -> None:
        """What the engine says of itself and of the running job."""
        said = message.get("is")
        if said == "ready":
            self.about = message["about"]
            if self.current is not None:
                self.current.moved = time.monotonic()
            log.info("engine ready: %s", self.about)
        elif said == "log":
            log.log(message["level"], "engine: %s", message["text"])
        elif (
            said == "event"
            and self.current is not None
            and message["job"] == self.current.id
            and not self.current.over
        ):
            self.current.moved = time.monotonic()
            self.current.publish(message["kind"], message["jpeg"], **message["fields"])

    def _engine_ended(self, exitcode: int | None) -> None:
        log.warning("the engine ended unexpectedly (%s); a new one is started", exitcode)
        self.about = {}
        if self.busy:
            self.engine.start()

    def _photo_gone(self, photo: StoredPhoto) -> bool:
        """Its jobs go with it, but for results that are promised to somebody; whether there are such."""
        for job in [j for j in self.all.values() if photo in (j.photo, j.mask)]:
            if not job.over:
                self.cancel(job, "Cancelled: its photo was deleted.")
            elif job.photo is photo and job.state is State.DONE and not job.promised:
                self.delete(job)
        if self.engine.pid is not None:
            with contextlib.suppress(Refusal):  # it is just dying
                self.engine.tell({"do": "forget", "photo": photo.id})
        return self._results(photo)

    def _results(self, photo: StoredPhoto) -> bool:
        return any(job.photo is photo and job.state is State.DONE for job in self.all.values())

    def _places(self, job: Job) -> Message:
        return {
            "folder": str(job.folder),
            "photo": job.photo.id,
            "photo_folder": str(job.photo.folder),
            "mask_folder": str(job.mask.folder) if job.mask is not None else None,
        }

    def _say_places(self) -> None:
        for place, job in enumerate(self.waiting):
            if not (job.events and job.events[-1].header.get("position") == place):
                ahead = place + (self.current is not None)
                label = "Waiting" if not ahead else f"Waiting: {ahead} before it"
                job.publish("queued", position=place, label=label)

    def _release(self, job: Job) -> None:
        job.photo.users -= 1
        if job.mask is not None:
            job.mask.users -= 1
        if job.id not in self.all or job.state is not State.DONE:
            shutil.rmtree(job.folder, ignore_errors=True)

    def _spare(self) -> list[Job]:
        """Those that are over and that nobody needs, the oldest first."""
        return [j for j in self.all.values() if j.over and not j.promised and not j.readers]

    def _make_room(self) -> None:
        held = sum(j.size for j in self.all.values())
        for job in self._spare():
            if len(self.all) <= self.limits.jobs and held <= self.limits.held:
                return
            held -= job.size
            self.delete(job)


def _plain(order: Order) -> dict[str, Any]:
    """The order as plain values for the pipe."""
    data = {name: getattr(order, name) for name in Order.__slots__}
    data["entries"] = {name: _entry(e) for name, e in order.entries.items()}
    data["amounts"] = order.amounts.to_json()
    return data


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "value": entry.value,
        "low": entry.low,
        "high": entry.high,
        "confidence": entry.confidence,
        "pinned": entry.pinned,
    }
