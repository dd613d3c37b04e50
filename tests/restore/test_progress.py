"""What the reader sees on the way: progress and previews."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.pictures import bad, noisy, photo, scene
from tests.restore.helpers import FakePrior, events, told
from upzeroir_plugin.restore import Options, Progress, Step, restore


def test_progress_comes_at_most_half_a_second_apart(use: Callable[[FakePrior], FakePrior]) -> None:
    """However long one network call takes. (0.9: the machine may be busy.)"""
    use(FakePrior(lambda z: z, pause=1.2))
    times = [time.monotonic()]
    for event in restore(photo(np.zeros((730, 730, 3), np.float32) + 0.5), told(noise_file=10)):
        times.append(time.monotonic())
        if isinstance(event, Progress):
            assert 0 <= event.done <= 1
    assert np.diff(times).max() < 0.9
    assert len(times) > 3


def test_progress_moves_within_a_single_tile(use: Callable[[FakePrior], FakePrior]) -> None:
    use(FakePrior(lambda z: z, pause=1.2, checks=120))
    seen = list(restore(photo(np.zeros((730, 730, 3), np.float32) + 0.5), told(noise_file=10)))
    within = [e for e in seen if isinstance(e, Progress) and 0.05 < e.done < 0.98]
    assert len({e.done for e in within}) >= 2
    assert all(e.eta_seconds is not None and 0 < e.eta_seconds < 5 for e in within)


@pytest.mark.usefixtures("small_tiles")
def test_progress_grows_and_ends_with_the_result() -> None:
    seen = events(noisy(scene(128, 192), 10), told(noise_file=10))
    done = [e.done for e in seen if isinstance(e, Progress)]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == 1
    assert [isinstance(e, Step) and e.result is not None for e in seen].index(True) == len(seen) - 1


@pytest.mark.parametrize(("width", "height"), [(300, 200), (1400, 700), (40, 1100)])
def test_previews_show_the_whole_at_1024_px_at_most(
    use: Callable[[FakePrior], FakePrior], width: int, height: int
) -> None:
    use(FakePrior(lambda z: z))
    y = np.full((height, width, 3), 0.4, np.float32)
    factor = min(1.0, 1024 / max(width, height))
    shown = [e.preview for e in events(y, told(noise_file=10)) if e.preview is not None]
    assert len(shown) >= 2
    for preview in shown:
        assert preview.dtype == np.uint8
        assert preview.shape == (round(height * factor), round(width * factor), 3)
        assert np.abs(preview.astype(float) / 255 - 0.4).max() < 0.01


@pytest.mark.usefixtures("small_tiles")
def test_finished_tiles_are_drawn_over_the_draft_from_the_centre_on(
    use: Callable[[FakePrior], FakePrior],
) -> None:
    use(FakePrior(lambda z: 1 - z))
    y = np.full((192, 192, 3), 0.8, np.float32)
    options = Options(centre=(180, 10))
    seen = [e for e in events(y, told(noise_file=10), options) if isinstance(e, Progress)]
    boxes = [e.box for e in seen if e.box is not None]
    assert len(boxes) == 9
    assert boxes[0][0] > 100
    assert boxes[0][1] == 0
    first = next(e.preview for e in seen if e.box is not None)
    assert first is not None
    assert abs(int(first[20, 170, 0]) - 51) <= 2
    assert abs(int(first[170, 20, 0]) - 204) <= 2


@pytest.mark.usefixtures("small_tiles")
def test_of_the_first_tile_the_first_call_is_seen_already(use: Callable[[FakePrior], FakePrior]) -> None:
    """Where a second call cleans up after the lift, nobody waits for it to see something."""
    prior = use(FakePrior(lambda z: z))
    prior.made = lambda z: z * 0.5 if prior.calls > 3 else z  # all after the probes
    y = np.full((192, 192, 3), 0.2, np.float32)
    seen = [e for e in events(y, told(light_ev=2.5, noise_file=12)) if isinstance(e, Progress) and e.box]
    assert len(seen) == 9 + 1
    assert seen[0].box == seen[1].box
    once, twice = (e.preview[96, 96, 0] for e in seen[:2] if e.preview is not None)
    assert once > 1.5 * twice, "the first call's picture, then that of both"


def test_a_draft_is_lifted_already(use: Callable[[FakePrior], FakePrior]) -> None:
    use(FakePrior(lambda z: z))
    x = scene(96, 96)
    y = bad(x, light_ev=2)
    first = events(y, told(light_ev=2, noise_file=3))[0]
    assert isinstance(first, Progress)
    assert first.label == "draft"
    assert first.preview is not None
    assert abs(first.preview.mean() / 255 - x.mean()) < 0.03


@pytest.mark.parametrize("theta", [{"light_ev": 1.5}, {"light_ev": 1.5, "noise_file": 10}])
def test_previews_leave_alone_what_the_mask_leaves_alone(theta: dict[str, float]) -> None:
    y = noisy(0.2 * scene(96, 128), 10)
    mask = np.zeros((96, 128), np.float32)
    mask[:, 64:] = 1
    before = (y * 255 + 0.5).astype(np.uint8)
    shown = [e.preview for e in events(y, told(**theta), Options(mask=mask)) if e.preview is not None]
    assert len(shown) >= 2
    for preview in shown:
        assert np.abs(preview[:, :64].astype(float) - before[:, :64]).max() <= 1
        assert preview[:, 90:].mean() > 1.5 * before[:, 90:].mean()
