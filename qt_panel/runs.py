"""Restorations as they happen: order, stream, keep, cancel, result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PyQt6.QtCore import QObject, pyqtSignal

from qt_panel.item import Item, Layer, Progress, Rect, Result, Status
from qt_panel.loader import sent
from qt_panel.picture import Display, Pixels, Pyramid, of_jpeg
from qt_panel.settings import Settings
from qt_panel.texts import label_of, tr
from upzeroir_plugin.client import Client, ClientError, Events

if TYPE_CHECKING:
    from qt_panel.session import Session

Heard = Callable[[dict[str, Any], Pixels | None], None]


class Job:
    """One job of the service, followed from a thread; `stop()` from any other. `whole`: more than a draft is wanted.

    `then`: who wants to hear of the result.
    """

    def __init__(self, whole: bool = True, then: Callable[[Item], None] | None = None) -> None:
        self.id, self.whole = "", whole
        self.then = [] if then is None else [then]
        self.stopped = threading.Event()
        self._events: Events | None = None
        self._client: Client | None = None

    def follow(
        self, client: Client, photo: str, order: dict[str, Any], heard: Heard, display: Display
    ) -> dict[str, Any]:
        """Order, then hear every event until the end; what the result is. Raises ClientError."""
        self._client = client
        self.id = client.submit(photo, **order)
        self._events = client.events(self.id)
        with self._events as events:
            for header, jpeg in events:
                if header["kind"] == "done":
                    return dict(header.get("result") or {})
                if not self.stopped.is_set():
                    heard(header, of_jpeg(jpeg, display) if jpeg else None)
                if self.stopped.is_set():
                    break
        raise ClientError("cancelled", "Cancelled.")

    def stop(self) -> None:
        """Cancel at once. Tells the service in a thread of its own; a service that is gone needs no telling."""
        self.stopped.set()
        client, job = self._client, self.id
        if client is not None and job:

            def tell() -> None:
                try:
                    client.cancel(job)
                except ClientError:
                    return

            threading.Thread(target=tell, daemon=True, name="panel-cancel").start()

    def close(self) -> None:
        """Stop listening."""
        self.stopped.set()
        if self._events is not None:
            self._events.close()


class Runs(QObject):
    """The runs of the session's photos, at most one a photo. `cancelled(item)`: a run ended without a result."""

    cancelled = pyqtSignal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.running: dict[Item, Job] = {}
        self.centre: tuple[float, float] | None = None

    def start(self, item: Item, then: Callable[[Item], None] | None = None) -> None:
        """Restore the whole photo as set; of a run that is on already `then` hears too."""
        if item in self.running:
            self.running[item].then += [] if then is None else [then]
            return
        job = Job(then=then)
        self.running[item] = job
        settings, mask = item.settings, item.mask
        known = bool(item.estimate)
        centre = self.centre if item is self.session.current else None
        start_from = item.result.job if item.result else None
        item.progress = Progress(tr("Starting"))
        self.session.set_status(item, Status.RUNNING)
        self.session.update(item, "progress")

        def work() -> tuple[dict[str, Any], str, dict[str, Any]]:
            client = self.session.backend.client()
            about = sent(client, item)
            mask_id = mask_sent(client, item, mask, about)
            order = order_of(settings, known, self.session.device)
            order.update(centre=centre, mask=mask_id or None)
            if start_from and about["id"] == item.photo:
                order["start_from"] = start_from

            def heard(header: dict[str, Any], picture: Pixels | None) -> None:
                layer = Layer(Pyramid(picture), _area(header, about)) if picture is not None else None
                self.session.background.post(lambda: self._heard(item, job, header, layer))

            try:
                return about, mask_id, job.follow(client, about["id"], order, heard, self.session.display)
            except ClientError as error:
                if error.code == "not-found" and "start_from" in order:  # it was forgotten meanwhile
                    order.pop("start_from")
                    return about, mask_id, job.follow(client, about["id"], order, heard, self.session.display)
                raise

        self.session.background.run(
            work,
            lambda said: self._done(item, job, settings, mask, said),
            lambda error: self._failed(item, job, error),
        )

    def keep(self, item: Item) -> None:
        """End the run with the present picture."""
        job = self.running.get(item)
        if job is None or not job.id:
            return
        if item.progress is not None:
            item.progress.label = tr("Finishing with this picture")
            self.session.update(item, "progress")
        self.session.background.run(
            lambda: self.session.backend.client().keep(job.id), None, lambda error: _ignored(error)
        )

    def cancel(self, item: Item) -> None:
        """Drop the run; the photo is as it was before."""
        job = self.running.pop(item, None)
        if job is None:
            return
        job.stop()
        job.close()
        item.progress = None
        item.draft = None
        status = Status.DONE if item.result else Status.READY if item.estimate else Status.NEW
        self.session.set_status(item, status)
        self.session.update(item, "progress")
        self.session.update(item, "picture")
        self.cancelled.emit(item)

    def shut(self) -> None:
        """The program ends."""
        for job in self.running.values():
            job.stop()
            job.close()
        self.running.clear()

    def _heard(self, item: Item, job: Job, header: dict[str, Any], layer: Layer | None) -> None:
        if self.running.get(item) is not job:
            return
        progress = item.progress or Progress()
        item.progress = progressed(progress, header)
        if header.get("notice"):
            self.session.told.emit(str(header["notice"]))
        if layer is not None and item is self.session.current:
            item.draft = layer
            self.session.update(item, "picture")
        self.session.update(item, "progress")

    def _done(
        self, item: Item, job: Job, settings: Settings, mask: Pixels | None,
        said: tuple[dict[str, Any], str, dict[str, Any]],
    ) -> None:  # fmt: skip
        if self.running.get(item) is not job:
            return
        del self.running[item]
        about, mask_id, result = said
        keep_mask(item, mask, mask_id)
        item.photo, item.about, item.progress = about["id"], about, None
        old, item.result = item.result, Result(job.id, settings, result, mask)
        item.maps.clear()
        self.session.set_status(item, Status.DONE)
        self.session.update(item, "progress")
        self.session.update(item, "result")
        if item is self.session.current:
            self.session.loader.fetch_result(item)
        if old is not None:
            self.session.background.run(
                lambda: self.session.backend.client().delete_job(old.job), None, _ignored
            )
        for notice in result.get("notices", []):
            self.session.told.emit(str(notice))
        for then in job.then:
            then(item)

    def _failed(self, item: Item, job: Job, error: Exception) -> None:
        if self.running.get(item) is not job:
            return
        del self.running[item]
        item.progress, item.draft = None, None
        if isinstance(error, ClientError) and error.code == "cancelled":
            self.session.set_status(item, Status.DONE if item.result else Status.READY)
            self.cancelled.emit(item)
        else:
            self.session.fail(error, item)
        self.session.update(item, "progress")
        self.session.update(item, "picture")


def mask_sent(client: Client, item: Item, mask: Pixels | None, about: dict[str, Any]) -> str:
    """In a thread: the service's name of a mask of the item, after sending it at the photo's size if need be."""
    if mask is None:
        return ""
    if item.mask_id and mask is item.mask:
        try:
            return str(client.photo(item.mask_id)["id"])
        except ClientError as error:
            if error.code != "not-found":
                raise
    size = (int(about["width"]), int(about["height"]))
    grey = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR))
    return str(client.upload_frame(*size, 1, "uint8", np.ascontiguousarray(grey).data)["id"])


def keep_mask(item: Item, mask: Pixels | None, mask_id: str) -> None:
    """The service's name of a mask, for as long as it is the item's."""
    if mask is item.mask:
        item.mask_id = mask_id


def order_of(settings: Settings, known: bool, device: str) -> dict[str, Any]:
    """A job's order; before anything was found only the pins are said, so that the service estimates the rest."""
    order = settings.order()
    if not known:
        order["parameters"] = settings.theta.pins()
    order["device"] = device
    return order


def progressed(old: Progress, header: dict[str, Any]) -> Progress:
    """Where the run is after an event; what it does not say stays."""
    kind = header.get("kind")
    label = label_of(str(header.get("stage", "")), str(header.get("label", old.label) or old.label))
    if kind == "queued":
        label = label_of("queued")
    done, step, residual = float(header.get("done", old.done)), old.step, dict(old.residual)
    if kind == "step":
        step = (int(header.get("index", 0)), int(header.get("total", 0)))
        residual = {**residual, **(header.get("residual") or {})}
        label = old.label
        if step[1]:
            done = max(done, min(0.99, step[0] / (step[1] + 1)))
    eta = header.get("eta", old.eta if kind != "progress" else None)
    return Progress(label, max(done, old.done), None if eta is None else float(eta), step, residual)


def _area(header: dict[str, Any], about: dict[str, Any]) -> Rect:
    x, y, w, h = header.get("area") or (0, 0, about["width"], about["height"])
    return int(x), int(y), int(w), int(h)


def _ignored(_error: Exception) -> None:
    """The job is over, or its service is gone: nothing to say."""
