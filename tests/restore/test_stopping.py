"""Cancel, keep, and closing the iterator."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.pictures import bad, noisy, photo, scene
from tests.restore.helpers import FakePrior, events, run, told
from upzeroir_plugin.errors import CancelledError
from upzeroir_plugin.restore import Control, Options, Progress, Step, restore


def slow(use: Callable[[FakePrior], FakePrior], pause: float = 5) -> FakePrior:
    return use(FakePrior(lambda z: z, pause=pause))


def test_cancel_from_another_thread_ends_it_within_a_third_of_a_second(
    use: Callable[[FakePrior], FakePrior],
) -> None:
    slow(use)
    control, called = Control(), []

    def cancel() -> None:
        called.append(time.monotonic())
        control.cancel()

    timer = threading.Timer(0.3, cancel)
    timer.start()
    with pytest.raises(CancelledError):
        events(scene(64, 64), told(noise_file=10), control=control)
    assert time.monotonic() - called[0] < 0.3
    timer.join()


def test_closing_the_iterator_stops_the_work(use: Callable[[FakePrior], FakePrior]) -> None:
    slow(use)
    steps = restore(photo(scene(64, 64)), told(noise_file=10))
    next(steps)
    start = time.monotonic()
    steps.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 0.3
    assert not any(t.name == "upzeroir-restore" for t in threading.enumerate())


def test_the_real_network_cancels_quickly() -> None:
    """A generous bound for busy machines; between two blocks of a tile there are some milliseconds."""
    y = photo(noisy(scene(400, 400), 10))
    steps = restore(y, told(noise_file=10, blur_sigma=1.0))
    for event in steps:
        if isinstance(event, Step):
            break
    start = time.monotonic()
    steps.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 1.5


@pytest.mark.usefixtures("small_tiles")
def test_keep_ends_with_the_present_picture(use: Callable[[FakePrior], FakePrior]) -> None:
    """The tiles that are done stay; in the others light is undone without the network: no dark patches."""
    prior = use(FakePrior(lambda z: z * 0.9))
    x = scene(128, 192, seed=2)
    y = bad(x, light_ev=1.5)
    control = Control()
    last: Progress | Step | None = None
    steps = restore(photo(y), told(light_ev=1.5, noise_file=4.0), Options(), control)
    for event in steps:
        last = event
        if isinstance(event, Progress) and event.box is not None:
            control.keep()
            prior.pause = 60
    assert isinstance(last, Step)
    assert last.result is not None
    made = last.result.photo.pixels
    kept = np.abs(made / np.maximum(x, 0.02) - 1) < 0.03
    assert 0.2 < kept.mean() < 0.98
    assert made.mean() > 0.7 * x.mean()


def test_keep_during_deblurring_keeps_the_steps_made(use: Callable[[FakePrior], FakePrior]) -> None:
    y = bad(scene(96, 96, seed=2), blur_sigma=1.5)
    found = told(blur_sigma=1.5)
    use(FakePrior(lambda z: z))
    full = run(y, found).photo.pixels
    control = Control()
    steps = restore(photo(y), found, Options(), control)
    for event in steps:
        if isinstance(event, Step) and event.index == 4:
            control.keep()
        last = event
    assert isinstance(last, Step)
    assert last.result is not None
    kept = last.result.photo.pixels
    assert np.abs(kept - y).mean() > 0.3 * np.abs(full - y).mean()
