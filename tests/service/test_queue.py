"""The queue beside an engine that does what a test says, in this process: what must not depend on an engine's time."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from io import RawIOBase
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from tests.service.faulty import stillborn
from upzeroir_plugin.service.answers import Refusal
from upzeroir_plugin.service.deliveries import Deliveries
from upzeroir_plugin.service.jobs import Job, Jobs, State
from upzeroir_plugin.service.limits import Limits, chunks
from upzeroir_plugin.service.orders import order
from upzeroir_plugin.service.process import Child
from upzeroir_plugin.service.room import Room
from upzeroir_plugin.service.store import Photos, StoredPhoto, _flush

ABOUT = {"width": 64, "height": 48}
Message = dict[str, Any]


class FakeChild:
    """Notes what it is told; answers `run` when the test says so, everything else at once."""

    def __init__(self) -> None:
        self.heard: Callable[[Message], None] = lambda _: None
        self.ended: Callable[[int | None], None] = lambda _: None
        self.pid: int | None = 1
        self.told: list[Message] = []
        self.killed = 0
        self.running: asyncio.Future[Message] | None = None
        self.answers: list[Message | Refusal] = []

    def start(self) -> None:
        self.pid = 1

    def kill(self) -> None:
        self.killed += 1
        self.pid = None
        if self.running is not None and not self.running.done():
            self.running.set_exception(Refusal("worker", "It ended."))

    def tell(self, message: Message) -> None:
        self.told.append(message)

    async def ask(self, message: Message) -> Message:
        self.told.append(message)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Refusal):
                raise answer
            return answer
        if message["do"] != "run":
            return {"found": {}}
        self.running = asyncio.get_running_loop().create_future()
        return await self.running

    def ready(self) -> None:
        self.heard({"is": "ready", "about": {"device": "cpu"}})

    def says(self, job: Job, **fields: Any) -> None:
        self.heard({"is": "event", "job": job.id, "kind": "progress", "jpeg": b"", "fields": fields})

    def answer(self) -> None:
        assert self.running is not None
        self.running.set_result({"result": {"changed": True}})

    def words(self) -> list[str]:
        return [message["do"] for message in self.told]


async def drops(rest: list[bytes], every: float) -> Message:
    """The next piece of a body that comes in drops."""
    await asyncio.sleep(every)
    return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}


class House:
    """A queue, its photos and both children."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self.root, self.reader, self.engine = root, FakeChild(), FakeChild()
        self.photos = Photos(root, limits, cast(Child, self.reader))
        self.jobs = Jobs(root, limits, self.photos, cast(Child, self.engine))

    def photo(self, name: str = "p", size: int = 1000) -> StoredPhoto:
        found = StoredPhoto(name, self.root / f"photo-{name}", dict(ABOUT), size)
        found.folder.mkdir()
        (found.folder / "pixels.npy").write_bytes(bytes(size))
        self.photos.all[name] = found
        return found

    def order(self, photo: str = "p") -> Job:
        return self.jobs.add(order({"photo": photo, "detached": True}))

    async def done(self, photo: str = "p", size: int = 1000) -> Job:
        """A job that went through, with a result of that size."""
        job = self.order(photo)
        await until(lambda: self.engine.running is not None and not self.engine.running.done())
        (job.folder / "result.npy").write_bytes(bytes(size))
        self.engine.answer()
        await asyncio.wait_for(job.ended.wait(), 5)
        await until(lambda: not self.jobs.busy)
        return job

    def there(self) -> set[str]:
        return {path.name for path in self.root.iterdir()}


@contextlib.asynccontextmanager
async def house(root: Path, ready: bool = True, **limits: Any) -> AsyncIterator[House]:
    """A house that works; `ready`: its engine has loaded."""
    found = House(root, Limits(**limits))
    tasks = [asyncio.create_task(found.jobs.run()), asyncio.create_task(found.jobs.watch())]
    if ready:
        found.engine.ready()
    try:
        yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for it."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


def test_a_cancel_while_the_engine_loads_leaves_it_alone(tmp_path: Path) -> None:
    """Else it would never be ready while a user moves sliders. Ready, it has the usual grace."""

    async def check() -> None:
        async with house(tmp_path, ready=False, cancel_grace=0.05) as here:
            here.photo()
            for _ in range(3):
                job = here.order()
                await until(lambda: here.engine.running is not None and not here.engine.running.done())
                here.jobs.cancel(job)
                assert job.state is State.CANCELLED
                await asyncio.sleep(0.3)
                assert here.engine.killed == 0
                assert here.engine.words()[-1] == "cancel"
                assert here.engine.running is not None
                here.engine.running.set_exception(Refusal("cancelled", "Cancelled."))
                await until(lambda: not here.jobs.busy)
            job = here.order()
            await until(lambda: here.engine.running is not None and not here.engine.running.done())
            here.engine.ready()
            here.jobs.cancel(job)
            await until(lambda: here.engine.killed == 1)

    asyncio.run(check())


def test_what_came_of_a_deleted_photo_goes_with_it(tmp_path: Path) -> None:
    """Results, files, and what the engine holds, at once; a result that is promised stays until it is deleted."""

    async def check() -> None:
        async with house(tmp_path) as here:
            photo = here.photo()
            jobs = [await here.done() for _ in range(3)]
            waits = Deliveries()
            await waits.add(jobs[1], "gimp", {})
            running = here.order()
            await until(lambda: here.engine.running is not None and not here.engine.running.done())
            here.photos.forget(photo)
            assert running.state is State.CANCELLED
            assert here.engine.told[-1] == {"do": "forget", "photo": "p"}
            here.engine.answer()
            await until(lambda: not here.jobs.busy)
            assert here.there() == {f"job-{jobs[1].id}", "photo-p"}
            (taken,) = await waits.take("gimp", 0.1)
            here.jobs.finished(taken.job)
            here.jobs.delete(taken.job)
            assert here.there() == set()
            assert set(here.jobs.all) == {running.id}

    asyncio.run(check())


def test_an_engine_that_does_not_run_is_not_started_to_forget(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as here:
            photo = here.photo()
            here.engine.pid = None
            here.photos.forget(photo)
            assert here.engine.told == []

    asyncio.run(check())


def test_a_cancelled_job_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as here:
            here.photo()
            job = here.order()
            await until(lambda: here.engine.running is not None)
            here.jobs.cancel(job)
            (job.folder / "result.npy").write_bytes(b"late")
            here.engine.answer()
            await until(lambda: not here.jobs.busy)
            assert here.there() == {"photo-p"}

    asyncio.run(check())


def test_encodings_count(tmp_path: Path) -> None:
    """What a job's results were made into is held too: the oldest job has to go for it."""

    async def check() -> None:
        async with house(tmp_path, held=5000) as here:
            here.photo()
            old, new = await here.done(size=1000), await here.done(size=1000)
            (new.folder / "result-png").write_bytes(bytes(6000))
            with new.in_use():
                here.jobs.weigh(new)
            assert new.size == 7000
            assert set(here.jobs.all) == {new.id} and old.id not in here.jobs.all

    asyncio.run(check())


def test_a_full_disk_is_emptied_of_what_nobody_needs(tmp_path: Path) -> None:
    """Then what failed is tried once more; what is promised, and what was used last, stays."""
    full = Refusal("unwritable", "No space left on device.")

    async def check() -> None:
        async with house(tmp_path) as here:
            old, last = here.photo("old"), here.photo("last")
            jobs = [await here.done("last") for _ in range(3)]
            await Deliveries().add(jobs[0], "gimp", {})
            here.reader.answers = [full, {"found": {"json": "{}"}}]
            assert await here.photos.estimate(last, pins={"noise.file": 1.0}) == {"json": "{}"}
            assert set(here.jobs.all) == {jobs[0].id, jobs[2].id}
            assert list(here.photos.all.values()) == [last] and not old.folder.exists()
            here.reader.answers = [full, full]
            with pytest.raises(Refusal):
                await here.photos.estimate(last, pins={"noise.file": 1.0})

    asyncio.run(check())


def test_an_upload_goes_on_after_room_was_made() -> None:
    """Not a byte of it is written twice."""

    class Full:
        def __init__(self) -> None:
            self.data, self.failures = b"", 1

        def write(self, data: memoryview) -> int:
            if len(self.data) >= 4 and self.failures:
                self.failures -= 1
                raise OSError(errno.ENOSPC, "No space left on device")
            self.data += bytes(data[:4])
            return min(4, len(data))

    async def check() -> None:
        room, file = Room(), Full()
        room.spare.append(lambda: True)
        assert await _flush(cast(RawIOBase, file), bytearray(b"0123456789"), room) == 10
        assert file.data == b"0123456789"
        room.spare = []
        file.failures = 1
        with pytest.raises(OSError):
            await _flush(cast(RawIOBase, file), bytearray(b"more"), room)

    asyncio.run(check())


def test_a_job_that_gets_on_may_take_long_and_one_that_hangs_is_ended(tmp_path: Path) -> None:
    """Its time counts from when the engine began on it, and it does not look like the user's own cancel."""

    async def check() -> None:
        async with house(tmp_path, ready=False, job_seconds=1.0, cancel_grace=0.05) as here:
            here.photo()
            job = here.order()
            await until(lambda: here.engine.running is not None)
            await asyncio.sleep(0.7)
            here.engine.ready()
            await asyncio.sleep(0.7)
            for step in range(3):
                here.engine.says(job, done=step / 3)
                await asyncio.sleep(0.7)
                assert not job.over
            await asyncio.wait_for(job.ended.wait(), 5)
            last = job.events[-1].header
            assert (last["kind"], last["code"]) == ("error", "too-long") and last["hint"]
            assert job.state is State.FAILED
            await until(lambda: here.engine.killed == 1)

    asyncio.run(check())


def test_an_engine_that_never_loads_is_ended_too(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path, ready=False, job_seconds=0.2, cancel_grace=0.05) as here:
            here.photo()
            job = here.order()
            await until(lambda: here.engine.killed == 1)
            assert job.events[-1].header["code"] == "too-long"

    asyncio.run(check())


def test_a_reader_that_cannot_start_is_not_the_pictures_fault(tmp_path: Path) -> None:
    """Whether it ends at once, or there is no process to be had at all."""

    async def check(context: str | None) -> None:
        reader = Child("reader", stillborn, {"does": "looks at photos"})
        photos = Photos(tmp_path, Limits(), reader)
        photo = StoredPhoto("p", tmp_path)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Refusal) as caught:
            if context:
                patch.setattr(context, _no_process)
            await photos.estimate(photo)
        assert caught.value.code == "worker"
        assert "looks at photos could not be started" in str(caught.value) and "doctor" in caught.value.hint

    asyncio.run(check(None))
    asyncio.run(check("multiprocessing.context.SpawnProcess.start"))


def _no_process(_process: Any) -> None:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_body_that_drips_is_cut_off() -> None:
    """One that never stalls, but would take for ever; the first seconds are free, and a quick one is never cut off."""

    async def check() -> None:
        slow_start = Limits(slow_start=1.0).slow_start
        rest = [b"x"] * 1000
        request = SimpleNamespace(headers={}, receive=partial(drops, rest, 0.05))
        began = time.monotonic()
        with pytest.raises(Refusal) as caught:
            async for _ in chunks(cast(Request, request), 1 << 20, slow_start):
                pass
        assert caught.value.code == "timeout" and 0.9 < time.monotonic() - began < 10
        request.receive = partial(drops, [bytes(1 << 16)] * 30, 0.05)
        assert len([piece async for piece in chunks(cast(Request, request), 1 << 30, slow_start)]) == 30

    asyncio.run(check())
