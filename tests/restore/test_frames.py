"""The picture within a frame is restored as it would be alone; the frame stays, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.pictures import Pixels, bad, photo, psnr, rounded, scene
from tests.restore.helpers import cut, events, run, told
from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.messages import Options
from upzeroir_plugin.restore import estimate

BOX = (40, 30, 160, 128)
FAULTS = [{"noise_file": 10.0}, {"blur_sigma": 1.6, "noise_file": 3.0}, {"light_ev": 2.0, "noise_file": 3.0}]


def framed(x: Pixels, colour: float) -> Pixels:
    """`x` of 160 × 128 px in a frame: the picture is at `BOX`."""
    return np.pad(x, ((30, 20), (40, 40), (0, 0)), constant_values=colour)


def inner(pixels: Pixels) -> Pixels:
    x, y, w, h = BOX
    return pixels[y : y + h, x : x + w]


def within(**values: float) -> Estimate:
    return replace(told(**values), picture=BOX)


@pytest.mark.parametrize(("colour", "fault"), list(zip([1.0, 0.0, 0.5], FAULTS, strict=True)))
def test_as_it_would_be_alone(fault: dict[str, float], colour: float) -> None:
    clean = scene(128, 160, 3)
    y = rounded(bad(clean, 0, **fault))
    alone, done = run(y, told(**fault)), run(framed(y, colour), within(**fault))
    assert np.abs(inner(done.photo.pixels) - alone.photo.pixels).mean() < 1.5 / 255
    assert psnr(inner(done.photo.pixels), clean) > psnr(alone.photo.pixels, clean) - 0.1
    frame = np.ones(done.photo.pixels.shape[:2], bool)
    inner(frame)[:] = False
    assert np.array_equal(done.photo.pixels[frame], framed(y, colour)[frame])
    assert done.changed


def test_its_previews_leave_the_frame() -> None:
    y = framed(rounded(bad(scene(128, 160, 3), 0, light_ev=2.0, noise_file=5.0)), 0.2)
    for event in events(y, within(light_ev=2.0, noise_file=5.0)):
        assert event.preview is not None
        assert event.preview.shape[:2] == y.shape[:2]
        assert (event.preview[:28] == 51).all() and (event.preview[:, :38] == 51).all()


def test_a_region_is_the_crop_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    cut(monkeypatch, 64)
    y, found = framed(rounded(bad(scene(128, 160, 3), 0, noise_file=8.0)), 1.0), within(noise_file=8.0)
    whole = run(y, found).photo.pixels
    part = run(y, found, region=(10, 20, 90, 70)).photo.pixels
    assert np.abs(part - whole[20:90, 10:100]).max() < 0.5 / 255
    assert not run(y, found, region=(0, 0, 40, 178)).changed, "nothing but the frame"


def test_a_mask_counts_inside_alone() -> None:
    y = framed(rounded(bad(scene(128, 160, 3), 0, noise_file=8.0)), 1.0)
    mask = np.zeros(y.shape[:2], np.float32)
    mask[:100, :100] = 1
    done = run(y, within(noise_file=8.0), mask=mask).photo.pixels != y
    assert done[60, 60].any() and not done[100:].any() and not done[:, 100:].any() and not done[:30].any()


def test_a_picture_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="not inside"):
        events(scene(64, 64), within(noise_file=8.0), Options())


def test_what_a_region_tells_may_serve_the_whole() -> None:
    y = photo(framed(scene(128, 160, 3), 0.0))
    assert estimate(y).picture == BOX
    assert estimate(y, region=(10, 10, 200, 160)).picture is None
