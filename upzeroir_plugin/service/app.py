"""The routes' handlers. What they do stands in jobs, store, deliveries and in the child processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import UpzeroirError, UsageError
from upzeroir_plugin.parameters import EFFORTS, GROUP_LABELS, PARAMETERS, InvalidParameter
from upzeroir_plugin.prior.store import names as prior_names
from upzeroir_plugin.service import log, orders
from upzeroir_plugin.service.answers import Refusal, on_error
from upzeroir_plugin.service.deliveries import Deliveries
from upzeroir_plugin.service.jobs import Jobs
from upzeroir_plugin.service.limits import Limits, chunks, json_body
from upzeroir_plugin.service.process import Child
from upzeroir_plugin.service.routes import FRAME, ROUTES, Route
from upzeroir_plugin.service.state import API
from upzeroir_plugin.service.store import Photos
from upzeroir_plugin.service.stream import EventStream, FileAnswer, gone

FORMATS = {"png": "image/png", "tiff": "image/tiff", "jpeg": "image/jpeg", "webp": "image/webp"}
MAPS = ("residual", "change", "invented")
METADATA = ("keep", "no-gps", "strip")
LONGEST_WAIT = 30.0
JPEG_QUALITY = 95
Handler = Callable[[Request], Awaitable[ASGIApp]]


class Service:
    """Everything that one running service holds."""

    def __init__(self, root: Path, logfile: Path, limits: Limits, reader: Child, engine: Child) -> None:
        self.logfile, self.limits, self.reader = logfile, limits, reader
        self.photos = Photos(root, limits, reader)
        self.jobs = Jobs(root, limits, self.photos, engine)
        self.deliveries = Deliveries()
        self.quitting = asyncio.Event()
        self.used = time.monotonic()
        self.working = 0

    @property
    def active(self) -> bool:
        """Whether anybody works or listens."""
        return bool(self.working) or self.jobs.busy

    def app(self) -> Starlette:
        """The application, its routes made from the table."""
        kinds = (UpzeroirError, InvalidParameter, HTTPException, OSError, Exception)
        errors: Mapping[Any, Any] = dict.fromkeys(kinds, on_error)
        routes = [StarletteRoute(row.path, self._handler(row), methods=[row.method]) for row in ROUTES]
        app = Starlette(routes=routes, exception_handlers=errors)
        app.router.redirect_slashes = False
        return app

    def _handler(self, row: Route) -> Handler:
        """The handler of a row, with its query checked and its time counted as use of the service."""
        inner: Handler = getattr(self, row.name)

        async def handle(request: Request) -> ASGIApp:
            unknown = set(request.query_params) - set(row.query)
            if unknown:
                raise UsageError(f"The query has an unknown name {min(unknown)[:40]!r}.", "See docs/api.md.")
            if row.name in ("hello", "log"):
                return await inner(request)
            self.working += 1
            try:
                answer = await inner(request)
            finally:
                self.working -= 1
                self.used = time.monotonic()
            return self._counted(answer)

        return handle

    def _counted(self, answer: ASGIApp) -> ASGIApp:
        """The answer, whose sending counts as use too (a stream's reader keeps the service alive)."""

        async def send_it(scope: Any, receive: Any, send: Any) -> None:
            self.working += 1
            try:
                await answer(scope, receive, send)
            finally:
                self.working -= 1
                self.used = time.monotonic()

        return send_it

    async def hello(self, request: Request) -> Response:
        """Versions, engine, memory, limits, schema."""
        if request.query_params.get("quiet") != "1":
            self.used = time.monotonic()
            self.jobs.warm()
        engine = self.jobs.engine
        state = "ready" if self.jobs.about else "starting" if engine.pid else "unloaded"
        return _json(
            {
                "api": [API],
                "build": __version__,
                "engine": {"state": state, "device": None, "dtype": None, **self.jobs.about},
                "memory": self.memory(),
                "processes": {"service": os.getpid(), "reader": self.reader.pid, "engine": engine.pid},
                "priors": prior_names(),
                "efforts": list(EFFORTS),
                "groups": GROUP_LABELS,
                "parameters": [asdict(row) for row in PARAMETERS],
                "limits": asdict(self.limits),
                "jobs": {"waiting": len(self.jobs.waiting), "running": self.jobs.current is not None},
            }
        )

    def memory(self) -> dict[str, int]:
        """Bytes: of the machine, and held by each of our processes."""
        machine = psutil.virtual_memory()
        found = {
            "total": machine.total,
            "available": machine.available,
            "service": psutil.Process().memory_info().rss,
        }
        for child in (self.reader, self.jobs.engine):
            try:
                found[child.name] = psutil.Process(child.pid).memory_info().rss if child.pid else 0
            except psutil.Error:
                found[child.name] = 0
        return found

    async def add_photo(self, request: Request) -> Response:
        """An upload."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        photo = await self.photos.add(kind, chunks(request, self.limits.body, self.limits.slow_start))
        self.jobs.warm()
        return _json(photo.about, 201)

    async def photo(self, request: Request) -> Response:
        """A description."""
        return _json(self.photos[request.path_params["id"]].about)

    async def photo_frame(self, request: Request) -> ASGIApp:
        """The pixels as they were sent."""
        photo = self.photos[request.path_params["id"]]
        return FileAnswer(await self.photos.frame(photo), FRAME)

    async def delete_photo(self, request: Request) -> Response:
        """Forget it, cancel what runs on it, and drop what came of it."""
        self.photos.forget(self.photos[request.path_params["id"]])
        return _json({})

    async def estimate(self, request: Request) -> Response:
        """What is wrong."""
        photo = self.photos[request.path_params["id"]]
        fields = orders.Fields(await json_body(request, self.limits.slow_start))
        rect, pins = fields.rect("rect"), orders.pins(fields.mapping("pins"))
        fields.end()
        return Response(
            (await self.photos.estimate(photo, rect, pins))["json"], media_type="application/json"
        )

    async def add_job(self, request: Request) -> Response:
        """An order."""
        job = self.jobs.add(orders.order(await json_body(request, self.limits.slow_start)))
        return _json({"id": job.id, "position": self.jobs.position(job) or 0}, 201)

    async def job(self, request: Request) -> Response:
        """Its state."""
        job = self.jobs[request.path_params["id"]]
        return _json(job.to_json(self.jobs.position(job)))

    async def events(self, request: Request) -> ASGIApp:
        """Its events."""
        job = self.jobs[request.path_params["id"]]
        after = _whole(request, "after", 0, 2**53, 0)
        return EventStream(job, after, "application/x-ndjson" in request.headers.get("accept", ""))

    async def preview(self, request: Request) -> Response:
        """Its newest preview."""
        job = self.jobs[request.path_params["id"]]
        if not job.preview:
            raise Refusal("conflict", "There is no preview yet.")
        return Response(job.preview, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    async def cancel(self, request: Request) -> Response:
        """Drop it."""
        job = self.jobs[request.path_params["id"]]
        self.jobs.cancel(job)
        return _json({"state": job.state})

    async def keep(self, request: Request) -> Response:
        """End it with the present picture."""
        job = self.jobs[request.path_params["id"]]
        self.jobs.keep(job)
        return _json({"state": job.state})

    async def result(self, request: Request) -> ASGIApp:
        """The restored picture, made into what was asked for by the reader."""
        job = self.jobs[request.path_params["id"]]
        form = _choice(request, "format", ("same", "frame", *FORMATS), "same")
        dtype = _choice(request, "dtype", ("same", *orders.DTYPES), "same")
        metadata = _choice(request, "metadata", METADATA, "keep")
        depth = {"same": 0, "8": 8, "16": 16}[_choice(request, "depth", ("same", "8", "16"), "same")]
        quality = _whole(request, "quality", 1, 100, JPEG_QUALITY)
        self.jobs.finished(job)
        if form == "same":
            form = job.photo.about["format"] if job.photo.about["format"] in FORMATS else "frame"
        path = job.folder / f"result-{form}-{dtype}-{metadata}-{depth}-{quality}"
        if not path.exists():
            with job.in_use():
                places = {"folder": str(job.folder), "photo": str(job.photo.folder), "path": str(path)}
                asked = {
                    "form": form,
                    "dtype": dtype,
                    "metadata": metadata,
                    "depth": depth,
                    "quality": quality,
                }
                message = {"do": "encode", **places, **asked}
                await self.photos.room.within(lambda: self.reader.ask(message))
                self.jobs.weigh(job)
        return FileAnswer(path, FORMATS.get(form, FRAME))

    async def map(self, request: Request) -> ASGIApp:
        """An honesty map."""
        job = self.jobs[request.path_params["id"]]
        kind = request.path_params["kind"]
        if kind not in MAPS:
            raise Refusal("not-found", "There is no such map.", f"They are: {', '.join(MAPS)}.")
        self.jobs.finished(job)
        path = job.folder / f"map-{kind}.png"
        making = asyncio.ensure_future(self.jobs.map(job, kind, path))
        leaving = asyncio.ensure_future(gone(request.receive))
        try:
            await asyncio.wait({making, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not making.done():  # nobody would get it
                raise Refusal("conflict", "The connection broke.")
            await making
        finally:
            leaving.cancel()
            making.cancel()
        means = path.with_suffix(".json").read_text(encoding="utf-8")
        return FileAnswer(path, "image/png", {"x-upzeroir-map": means})

    async def delete_job(self, request: Request) -> Response:
        """Forget it."""
        self.jobs.delete(self.jobs[request.path_params["id"]])
        return _json({})

    async def deliver(self, request: Request) -> Response:
        """Hand a result over."""
        fields = orders.Fields(await json_body(request, self.limits.slow_start))
        name, to, note = fields.name("job"), fields.name("to"), fields.mapping("note")
        fields.end()
        if name is None or to is None:
            raise UsageError("A delivery needs 'job' and 'to'.", "See docs/api.md.")
        delivery = await self.deliveries.add(self.jobs[name], to, note)
        return _json({"id": delivery.id}, 201)

    async def deliveries_for(self, request: Request) -> Response:
        """What was delivered."""
        to = request.query_params.get("to", "")
        if not orders.NAME.fullmatch(to):
            raise UsageError("'to' takes a name of 1 to 64 letters, digits, - or _.")
        text = request.query_params.get("wait", "0")
        fields = orders.Fields({"wait": _float(text)}, "The query")
        seconds = fields.number("wait", 0, LONGEST_WAIT, 0)
        taking = asyncio.ensure_future(self.deliveries.take(to, seconds))
        leaving = asyncio.ensure_future(gone(request.receive))
        await asyncio.wait({taking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not taking.done():  # nobody would get it
            taking.cancel()
            return _json({"deliveries": []})
        return _json({"deliveries": [d.to_json() for d in taking.result()]})

    async def log(self, request: Request) -> Response:
        """Its last lines."""
        lines = _whole(request, "lines", 1, 10_000, 200)
        return PlainTextResponse(await asyncio.to_thread(log.tail, self.logfile, lines))

    async def free_memory(self, request: Request) -> Response:
        """Unload."""
        del request
        await self.jobs.free()
        return _json({"memory": self.memory()})

    async def quit(self, request: Request) -> Response:
        """End."""
        del request
        asyncio.get_running_loop().call_later(0.1, self.quitting.set)
        return _json({})


def _json(data: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(data, status, {"Cache-Control": "no-store"})


def _whole(request: Request, name: str, low: int, high: int, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 18 and low <= int(text) <= high):
        raise UsageError(f"{name!r} takes a whole number from {low} to {high}.")
    return int(text)


def _choice(request: Request, name: str, among: tuple[str, ...], default: str) -> str:
    text = request.query_params.get(name, default)
    if text not in among:
        raise UsageError(f"{name!r} takes one of {', '.join(among)}.")
    return text


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
