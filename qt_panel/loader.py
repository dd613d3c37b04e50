"""Brings photos in: a quick look, the upload, what is wrong, and the full picture (of the present photo only)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PyQt6.QtCore import QObject

from qt_panel.item import Item, Layer, Status
from qt_panel.picture import NotHere, Pixels, Pyramid, decoded, fetched, quick_look
from qt_panel.problems import GoneError
from qt_panel.texts import tr
from upzeroir_plugin.client import Client, ClientError
from upzeroir_plugin.parameters import ParameterVector

if TYPE_CHECKING:
    from qt_panel.session import Session

QUICK_SIDE = 1600
THUMB_SIDE = 192
AT_ONCE = 1
"""Photos that are sent and looked at at a time, beside the present one: the service does one after another anyway."""


class Loader(QObject):
    """Works for the session; all methods in the main thread, but for those that say otherwise."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.looking: set[Item] = set()

    def show(self, item: Item) -> None:
        """Load the pictures of the present photo, and look at what is wrong with it unless that is known."""
        self.session.background.run(
            lambda: self._quick(item), lambda found: self._quick_done(item, found), lambda _: self._full(item)
        )
        if item.status in (Status.NEW, Status.FAILED) and not item.estimate:
            self.look(item)
        if item.result is not None:
            self.fetch_result(item)

    def look(self, item: Item) -> None:
        """Send it and have it looked at."""
        if item in self.looking:
            return
        self.looking.add(item)
        self.session.set_status(item, Status.LOOKING)
        self.session.background.run(
            lambda: self._look(item),
            lambda said: self._looked(item, said),
            lambda error: self._not_looked(item, error),
        )

    def look_at_all(self) -> None:
        """Go on with photos that nobody has looked at yet, a few at a time."""
        waiting = [i for i in self.session.items if i.status is Status.NEW and not i.estimate]
        for item in waiting:
            if len(self.looking) > AT_ONCE:
                return
            self.look(item)

    def drop(self, item: Item) -> None:
        """Free the big pictures of a photo that is no longer shown."""
        item.original = item.draft = item.restored = None
        item.maps.clear()

    def forget(self, item: Item) -> None:
        """The photo is off the list: the service need not keep it."""
        self.drop(item)
        photo, job = item.photo, item.result.job if item.result else ""
        if photo and self.session.backend.state == "ready":

            def work() -> None:
                client = self.session.backend.client()
                if job:
                    client.delete_job(job)
                client.delete_photo(photo)

            self.session.background.run(work)

    def fetch_result(self, item: Item) -> None:
        """The finished picture, for display."""
        result = item.result
        if result is None:
            return
        path = f"/v1/jobs/{result.job}/result?format=frame&dtype=uint8"

        def work() -> Pyramid:
            client = self.session.backend.client()
            return Pyramid(
                fetched(client, path, self.session.display, lambda: item is not self.session.current)
            )

        def done(picture: Pyramid) -> None:
            if item is self.session.current and item.result is result:
                item.restored = Layer(picture, (0, 0, *item.size))
                item.draft = None
                self.session.update(item, "picture")
                if not item.fresh:  # set anew during the run, or before another photo was looked at
                    self.session.previewer.edited()

        def failed(error: Exception) -> None:
            if isinstance(error, ClientError) and error.code in ("not-found", "cancelled"):
                if error.code == "not-found" and item.result is result:
                    item.result = None
                    self.session.set_status(item, Status.READY)
                return
            if item is self.session.current:
                self.session.fail(error)

        self.session.background.run(work, done, failed)

    def map(self, item: Item, kind: str) -> None:
        """An honesty map of the result."""
        result = item.result
        if result is None:
            return

        def work() -> tuple[dict[str, Any], Pixels]:
            means, png = self.session.backend.client().map(result.job, kind)
            with Image.open(io.BytesIO(png)) as picture:
                return means, np.array(picture.convert("L"))

        def done(found: tuple[dict[str, Any], Pixels]) -> None:
            if item.result is result:
                item.maps[kind] = found
                self.session.update(item, "maps")

        self.session.background.run(work, done, self.session.fail)

    # -- in a thread -----------------------------------------------------------------------------------------------

    def _quick(self, item: Item) -> tuple[Pixels, tuple[int, int]]:
        return quick_look(item.path, QUICK_SIDE, self.session.display)

    def _look(self, item: Item) -> tuple[dict[str, Any], dict[str, Any], Pixels | None]:
        thumbnail = item.thumbnail
        if thumbnail is None:
            try:
                thumbnail = quick_look(item.path, THUMB_SIDE, self.session.display)[0]
            except (NotHere, OSError):
                thumbnail = None
        client = self.session.backend.client()
        about = sent(client, item)
        return about, client.estimate(about["id"]), thumbnail

    def _whole(self, item: Item) -> Pyramid:
        try:
            picture = Pyramid(decoded(item.path, self.session.display))
        except (NotHere, OSError):
            return self._frame(item)
        size = item.size
        if size != (0, 0) and item.about and picture.size != size:
            return self._frame(item)
        return picture

    def _frame(self, item: Item) -> Pyramid:
        """The service decodes what we cannot."""
        client = self.session.backend.client()
        about = sent(client, item)
        path = f"/v1/photos/{about['id']}/frame"
        return Pyramid(fetched(client, path, self.session.display, lambda: item is not self.session.current))

    # -- answers ---------------------------------------------------------------------------------------------------

    def _quick_done(self, item: Item, found: tuple[Pixels, tuple[int, int]]) -> None:
        pixels, size = found
        item.thumbnail = thumbnail_of(pixels)
        if item is self.session.current:
            item.original = Layer(Pyramid(pixels), (0, 0, *size))
            self.session.update(item, "picture")
            if pixels.shape[1] < size[0]:
                self._full(item)
        self.session.update(item, "status")

    def _full(self, item: Item) -> None:
        def done(picture: Pyramid) -> None:
            if item is self.session.current:
                item.original = Layer(picture, (0, 0, *picture.size))
                if item.thumbnail is None:
                    item.thumbnail = thumbnail_of(picture.small())
                self.session.update(item, "picture")

        def failed(error: Exception) -> None:
            if item is self.session.current and item.status is not Status.FAILED and item not in self.looking:
                self.session.fail(error, item)

        self.session.background.run(lambda: self._whole(item), done, failed)

    def _looked(self, item: Item, said: tuple[dict[str, Any], dict[str, Any], Pixels | None]) -> None:
        self.looking.discard(item)
        about, estimate, thumbnail = said
        item.photo, item.about, item.estimate = about["id"], about, estimate
        item.thumbnail = item.thumbnail if item.thumbnail is not None else thumbnail
        item.found = ParameterVector.from_json(estimate["parameters"])
        item.history.revise(lambda settings: settings.found(item.found))
        if item.status is Status.LOOKING:
            self.session.set_status(item, Status.READY)
        self.session.update(item, "found")
        self.session.update(item, "settings")
        self.look_at_all()

    def _not_looked(self, item: Item, error: Exception) -> None:
        self.looking.discard(item)
        problem = self.session.fail(error, item)
        if not problem.backend:
            self.look_at_all()


def sent(client: Client, item: Item) -> dict[str, Any]:
    """In a thread: the photo's description, after sending it (again) if the service does not have it."""
    if item.photo:
        try:
            return client.photo(item.photo)
        except ClientError as error:
            if error.code != "not-found":
                raise
    if item.title:
        raise GoneError(
            tr("The backend has forgotten the picture that another program handed over."),
            tr("Open it from there again. What was saved is safe."),
        )
    return client.upload_file(item.path)


def thumbnail_of(pixels: Pixels) -> Pixels:
    """At most THUMB_SIDE px a side."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)
