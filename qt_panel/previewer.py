"""Live effect of an edit: a draft of what can be seen, at once; the part that needs the network after a pause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject

from qt_panel.background import once
from qt_panel.item import Item, Layer, Rect, Status
from qt_panel.loader import sent
from qt_panel.picture import Pixels, Pyramid
from qt_panel.runs import Job, keep_mask, mask_sent, order_of
from upzeroir_plugin.client import ClientError

if TYPE_CHECKING:
    from qt_panel.session import Session

THROTTLE_MS = 30
PAUSE_MS = 700
LARGEST = 2_500_000
"""Pixels of the visible part up to which the whole work is done after a pause; larger parts wait for Restore."""


class Previewer(QObject):
    """One small job at a time for the present photo; a newer edit takes the place of an older one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.enabled = True
        self.region: Rect | None = None
        self.job: Job | None = None
        self.shown = 0
        self._again = False
        self._soon = once(self, THROTTLE_MS)
        self._soon.timeout.connect(self._draft)
        self._pause = once(self, PAUSE_MS)
        self._pause.timeout.connect(self._refine)

    def edited(self) -> None:
        """The settings changed: show the effect as soon as may be."""
        if not self._possible():
            return
        self._pause.stop()
        if self.job is not None and self.job.whole:
            self._end()
        if self.job is not None:
            self._again = True
        elif not self._soon.isActive():
            self._soon.start()

    def looked(self, region: Rect | None) -> None:
        """Another part of the photo is seen; a preview of settings that were not applied yet follows it."""
        if region == self.region:
            return
        self.region = region
        item = self.session.current
        if item is not None and item.draft is not None and not item.fresh:
            self.edited()

    def stop(self) -> None:
        """No more previews for now."""
        self._soon.stop()
        self._pause.stop()
        self._again = False
        self._end()

    def _possible(self) -> bool:
        item = self.session.current
        return (
            self.enabled
            and item is not None
            and bool(item.photo)
            and item not in self.session.runs.running
            and self.session.backend.state in ("ready", "starting")  # again, while the photo is open
        )

    def _end(self) -> None:
        job, self.job = self.job, None
        if job is not None:
            job.stop()
            job.close()

    def _draft(self) -> None:
        self._start(False)

    def _refine(self) -> None:
        item = self.session.current
        if item is None:
            return
        width, height = self.region[2:] if self.region else item.size
        if width * height <= LARGEST:
            self._start(True)

    def _start(self, whole: bool) -> None:
        item = self.session.current
        if item is None or not self._possible():
            return
        if item.fresh and not whole:
            item.draft = None
            self.session.update(item, "picture")
            return
        self._end()
        job = self.job = Job(whole)
        quick = replace(item.settings, effort="fast")
        order = order_of(quick, bool(item.estimate), self.session.device)
        order["region"] = list(self.region) if self.region and _within(self.region, item.size) else None
        mask = item.mask
        previous = item.result.job if item.result else None

        def work() -> None:
            client = self.session.backend.client()
            about = sent(client, item)
            mask_id, known = mask_sent(client, item, mask, about), about["id"] == item.photo
            self.session.background.post(lambda: self._sent(item, about, mask, mask_id))
            order["mask"] = mask_id or None
            if previous and known:
                order["start_from"] = previous

            def heard(header: dict[str, Any], picture: Pixels | None) -> None:
                if picture is None:
                    return
                area = tuple(header.get("area") or (0, 0, about["width"], about["height"]))
                layer = Layer(Pyramid(picture), area)
                self.session.background.post(lambda: self._shown(item, job, layer))
                if not whole:
                    job.stop()

            job.follow(client, about["id"], order, heard, self.session.display)

        self.session.background.run(
            work, lambda _: self._over(item, job, whole, None), lambda e: self._over(item, job, whole, e)
        )

    def _sent(self, item: Item, about: dict[str, Any], mask: Pixels | None, mask_id: str) -> None:
        """The service has them under these names: they need not be sent again for every preview."""
        item.photo, item.about = str(about["id"]), about
        keep_mask(item, mask, mask_id)

    def _shown(self, item: Item, job: Job, layer: Layer) -> None:
        if self.job is job and item is self.session.current:
            item.draft = layer
            self.shown += 1
            self.session.update(item, "picture")

    def _over(self, item: Item, job: Job, whole: bool, error: Exception | None) -> None:
        if self.job is not job:
            return
        self.job = None
        if isinstance(error, ClientError) and error.code == "not-found" and item.result is not None:
            item.result = None
            self.session.set_status(item, Status.READY)
            self._again = True
        elif error is not None and not (isinstance(error, ClientError) and error.code == "cancelled"):
            self.session.fail(error)
            return
        if self._again:
            self._again = False
            self._soon.start()
        elif not whole:
            self._pause.start()


def _within(region: Rect, size: tuple[int, int]) -> bool:
    """Whether it is a part of this photo, and not of the one that was shown before."""
    x, y, w, h = region
    return x + w <= size[0] and y + h <= size[1]
