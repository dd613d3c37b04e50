"""Restorations and estimates without a dialog: batch, Script-Fu, Python, and "repeat last"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import job
import work as works
from arguments import NEW_LAYER_MASK, Wish
from gi.repository import Gimp
from marks import mark
from place import Placed, place
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.client import Client


@dataclass(frozen=True)
class Done:
    """What became of one drawable; `placed` is None if there was nothing to fix."""

    summary: str
    parameters: dict[str, Any]
    placed: Any


def restore(client: Client, image: Any, drawables: list[Any], wish: Wish) -> list[Done]:
    """One drawable after another. Raises Refusal, ClientError, NotPlaced; what was finished before stays."""
    _check(drawables)
    return [_restore(client, image, drawable, wish, drawables) for drawable in drawables]


def estimate(client: Client, image: Any, drawables: list[Any], pins: dict[str, float]) -> Done:
    """What is wrong with a layer, or with the selected rectangle of it. Raises Refusal, ClientError."""
    _check(drawables)
    if len(drawables) > 1:
        raise works.Refusal(_("Choose one layer: an estimate says what is wrong with one."))
    work = works.gather(image, drawables[0], NEW_LAYER_MASK)
    sent = None
    try:
        sent = job.send(client, work)
        whole = work.rect == (0, 0, *work.size)
        found = client.estimate(sent.photo, None if whole else work.rect, pins)
        return Done(found["summary"], found["parameters"], None)
    finally:
        job.forget(client, sent)


def _check(drawables: list[Any]) -> None:
    if not drawables:
        raise works.Refusal(_("Choose a layer first."))


def _restore(client: Client, image: Any, drawable: Any, wish: Wish, among: list[Any]) -> Done:
    name = drawable.get_name()
    Gimp.progress_init(_("UP-ZeroIR: {}").format(name) if len(among) > 1 else "UP-ZeroIR")
    work = works.gather(image, drawable, wish.output)
    mark("read")
    outcome = job.run(client, work, wish, work.output(wish.output) != NEW_LAYER_MASK, _progress)
    summary, parameters = outcome.result["summary"], outcome.result["parameters"]
    if outcome.rows is None:
        return Done(summary, parameters, None)
    placed: Placed = place(work, outcome.rows, wish, outcome.result)
    mark("placed")
    if placed.notice:
        Gimp.message(placed.notice)
    Gimp.progress_end()
    return Done(summary, parameters, placed.drawable)


def _progress(header: dict[str, Any], _jpeg: bytes) -> None:
    if "label" in header:
        Gimp.progress_set_text(progress_text(header))
    if "done" in header:
        Gimp.progress_update(float(header["done"]))


def progress_text(header: dict[str, Any]) -> str:
    """What is being done, and for how long still."""
    label = _(str(header.get("label", "")))
    if header.get("kind") == "queued" and header.get("position"):
        return _("Waiting for {} other jobs").format(header["position"])
    eta = header.get("eta")
    if eta is None:
        return label
    if eta >= 90:
        return _("{label}, about {minutes:.0f} min left").format(label=label, minutes=eta / 60)
    return _("{label}, about {seconds:.0f} s left").format(label=label, seconds=max(1, eta))


def as_text(parameters: dict[str, Any]) -> str:
    """θ as JSON, for the procedures' return value."""
    return json.dumps(parameters)
