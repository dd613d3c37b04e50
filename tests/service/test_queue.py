"""The queue beside an engine that does what a test says, in this process: what must not depend on an engine's time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

from upzeroir_plugin.service.answers import Refusal
from upzeroir_plugin.service.jobs import Job, Jobs, State
from upzeroir_plugin.service.limits import Limits
from upzeroir_plugin.service.orders import order
from upzeroir_plugin.service.process import Child
from upzeroir_plugin.service.store import Photos, StoredPhoto

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
