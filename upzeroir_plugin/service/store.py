"""Uploaded photos in a private folder: taken in, estimated once, forgotten when nobody needs them."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Any

from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.folders import PICTURES
from upzeroir_plugin.service.answers import Refusal, not_found
from upzeroir_plugin.service.limits import Limits, parsed
from upzeroir_plugin.service.orders import FrameHeader, Rect, frame_header
from upzeroir_plugin.service.process import Child, Ended, Message
from upzeroir_plugin.service.room import Room
from upzeroir_plugin.service.routes import FRAME

HEAD_BYTES = 16 << 20
BLOCK = 4 << 20
RANDOM = 8
"""Letters that tempfile.mkdtemp adds."""


def private_folder(state: Path) -> Path:
    """A new folder for the user only; those that killed services of the same state file left behind are removed.

    Only theirs: we hold that lock, and another state file's service in the same folder has its own.
    """
    name = f"{PICTURES}{state.stem}-"
    for left in state.parent.glob(f"{glob.escape(name)}{'?' * RANDOM}"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=name, dir=state.parent))


def bytes_in(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(entry.stat().st_size for entry in os.scandir(folder))


@dataclass(slots=True)
class StoredPhoto:
    """One photo. `about`: its description; `users`: jobs and requests that need it now; `whole`: its estimate."""

    id: str
    folder: Path
    about: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    whole: asyncio.Task[Message] | None = None

    @contextlib.contextmanager
    def in_use(self) -> Any:
        """Not to be forgotten inside."""
        self.users += 1
        try:
            yield self
        finally:
            self.users -= 1
            self.used = time.monotonic()


class Photos:
    """The photos of one service; `reader` is the process that looks at them (numpy only).

    `gone(photo)`: called when one is forgotten; answers whether somebody still needs its files.
    """

    def __init__(self, root: Path, limits: Limits, reader: Child) -> None:
        self.root, self.limits, self.reader = root, limits, reader
        self.all: dict[str, StoredPhoto] = {}
        self.gone: Callable[[StoredPhoto], bool] = lambda _: False
        self.room = Room()
        self.room.spare.append(self.evict)

    def __getitem__(self, name: str) -> StoredPhoto:
        """The photo of that id. Raises Refusal `not-found`."""
        try:
            found = self.all[name]
        except KeyError:
            raise not_found("photo") from None
        found.used = time.monotonic()
        return found

    async def add(self, kind: str, body: AsyncIterator[bytes]) -> StoredPhoto:
        """Take in an upload of that media type. Raises Refusal, UsageError, TooLargeError, UnreadableError, OSError."""
        if kind != FRAME and kind != "application/octet-stream" and not kind.startswith("image/"):
            raise Refusal(
                "media-type", "That is no picture.", f"Send image/*, application/octet-stream or {FRAME}."
            )
        name = secrets.token_hex(8)
        photo = StoredPhoto(name, self.root / f"photo-{name}")
        photo.folder.mkdir(mode=0o700)
        try:
            upload = photo.folder / "upload"
            header = await _receive(upload, body, self.limits.pixels if kind == FRAME else None, self.room)
            message: Message = {"do": "file", "folder": str(photo.folder), "pixels": self.limits.pixels}
            if header is not None:
                message = {"do": "frame", "folder": str(photo.folder), "header": header}
            answer = await self.room.within(lambda: self._asked(message))
            photo.about = {"id": name, **answer["about"]}
            photo.size = bytes_in(photo.folder)
        except BaseException:
            shutil.rmtree(photo.folder, ignore_errors=True)
            raise
        self.all[name] = photo
        self.make_room()
        return photo

    async def estimate(
        self, photo: StoredPhoto, rect: Rect | None = None, pins: dict[str, float] | None = None
    ) -> Message:
        """What is wrong with it; the whole photo's own estimate is made once and kept for the jobs."""
        if rect is None and not pins:
            if photo.whole is None or (photo.whole.done() and photo.whole.exception() is not None):
                photo.whole = asyncio.get_running_loop().create_task(self._estimate(photo, None, {}))
                photo.whole.add_done_callback(_seen)
            return await asyncio.shield(photo.whole)
        return await self._estimate(photo, rect, pins or {})

    def forget(self, photo: StoredPhoto) -> None:
        """Remove it, and its files unless a result that was promised to somebody needs them."""
        self.all.pop(photo.id, None)
        if photo.whole is not None:
            photo.whole.cancel()
        if not self.gone(photo):
            shutil.rmtree(photo.folder, ignore_errors=True)

    def make_room(self) -> None:
        """Forget the least recently used photos that nobody needs, until the limits hold."""
        held = sum(p.size for p in self.all.values())
        for photo in self._spare():
            if len(self.all) <= self.limits.photos and held <= self.limits.held:
                return
            held -= photo.size
            self.forget(photo)

    def evict(self) -> bool:
        """The disk is full: forget all that nobody needs, but the one used last. Whether there were any."""
        spare = self._spare()
        for photo in spare:
            self.forget(photo)
        return bool(spare)

    async def frame(self, photo: StoredPhoto) -> Path:
        """The photo as it was sent, as a frame file; made once."""
        path = photo.folder / "frame"
        with photo.in_use():
            if not path.exists():
                message = {"do": "original", "folder": str(photo.folder), "path": str(path)}
                await self.room.within(lambda: self.reader.ask(message))
                photo.size = bytes_in(photo.folder)
                self.make_room()
        return path

    def _spare(self) -> list[StoredPhoto]:
        """Those that nobody needs now, the least recently used first, without the one used last of all."""
        by_use = sorted(self.all.values(), key=lambda p: p.used)
        return [photo for photo in by_use[:-1] if not photo.users]

    async def _estimate(self, photo: StoredPhoto, rect: Rect | None, pins: dict[str, float]) -> Message:
        with photo.in_use():
            message = {"do": "estimate", "folder": str(photo.folder), "rect": rect, "pins": pins}
            found: Message = (await self.room.within(lambda: self._asked(message)))["found"]
            return found

    async def _asked(self, message: Message) -> Message:
        """The reader's answer; a picture that brings a reader down that had started is an unreadable one."""
        try:
            return await self.reader.ask(message)
        except Ended as error:
            if not error.ready:
                raise
            raise Refusal("unreadable", "The picture could not be read: the process that looks at it ended.",
                          "Open it in an image editor and save it anew.") from error  # fmt: skip


def _seen(task: asyncio.Task[Message]) -> None:
    """A failed estimate nobody waited for is no news."""
    if not task.cancelled():
        task.exception()


async def _receive(
    path: Path, body: AsyncIterator[bytes], frame_pixels: int | None, room: Room
) -> dict[str, Any] | None:
    """Write an upload to `path`; for a frame only its rows, and its checked header is returned."""
    waiting = bytearray()
    header: FrameHeader | None = None
    size = 0
    with open(path, "xb", buffering=0) as file:  # noqa: PTH123
        async for piece in body:
            waiting += piece
            if frame_pixels is not None and header is None:
                header = _head(waiting, frame_pixels)
            elif len(waiting) >= BLOCK:
                size += await _flush(file, waiting, room)
        if frame_pixels is not None and header is None:
            raise UsageError("The frame ends within its header.")
        size += await _flush(file, waiting, room)
    if header is None:
        if size == 0:
            raise Refusal("unreadable", "The upload is empty.")
        return None
    if size != header.size:
        raise UsageError(f"The frame has {size} bytes of pixels where its header says {header.size}.")
    return {name: getattr(header, name) for name in FrameHeader.__slots__}


def _head(waiting: bytearray, pixels: int) -> FrameHeader | None:
    """The frame's header once it has arrived whole, taken off the front of `waiting`."""
    if len(waiting) < 4:
        return None
    length = int.from_bytes(waiting[:4], "big")
    if not 2 <= length <= HEAD_BYTES:
        raise UsageError("The frame does not begin with the length of its header.")
    if len(waiting) < 4 + length:
        return None
    header = frame_header(parsed(bytes(waiting[4 : 4 + length])), pixels)
    del waiting[: 4 + length]
    return header


async def _flush(file: RawIOBase, waiting: bytearray, room: Room) -> int:
    """Write what waits, and again the rest of it after room was made on a full disk; how much it was."""
    left = memoryview(bytes(waiting))
    size = len(left)
    waiting.clear()
    while left:
        try:
            left = left[await asyncio.to_thread(file.write, left) or 0 :]
        except OSError as error:
            if not room.made(error):
                raise
    return size
