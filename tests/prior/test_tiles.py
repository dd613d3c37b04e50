from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import noisy, scene
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.prior.tiles import Box, Tile, grown, tiles, weights
from upzeroir_plugin.solver.canvas import RAMP
from upzeroir_plugin.solver.means import CORE, WINDOW


@dataclass(frozen=True)
class Cut:
    """A photo, the area of it that is wanted, and how it is cut."""

    size: tuple[int, int]
    area: Box
    core: int
    context: int
    multiple: int
    ramp: int

    def tiles(self) -> list[Tile]:
        return tiles(self.area, self.size, self.core, self.context, self.multiple)


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    size = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    x, y = (draw(st.integers(0, n - 1)) for n in size)
    area = (x, y, draw(st.integers(1, size[0] - x)), draw(st.integers(1, size[1] - y)))
    ramp, multiple = draw(st.integers(1, 8)), draw(st.sampled_from([1, 2, 8]))
    core = draw(st.integers(4 * ramp + 4 * multiple, 200))
    return Cut(size, area, core, draw(st.integers(ramp, 64)), multiple, ramp)


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


@given(cuts())
def test_cores_cover_the_area_once(cut: Cut) -> None:
    count = np.zeros((cut.size[1], cut.size[0]), int)
    for tile in cut.tiles():
        x, y, w, h = tile.core
        count[y : y + h, x : x + w] += 1
    x, y, w, h = cut.area
    assert (count[y : y + h, x : x + w] == 1).all()
    assert count.sum() == w * h


@given(cuts())
def test_windows_hold_core_ramp_and_context(cut: Cut) -> None:
    for tile in cut.tiles():
        x, y, w, h = tile.core
        left, top = max(0, x - cut.context), max(0, y - cut.context)
        right, bottom = min(cut.size[0], x + w + cut.context), min(cut.size[1], y + h + cut.context)
        assert contains((0, 0, *cut.size), tile.window)
        assert contains(tile.window, (left, top, right - left, bottom - top))
        assert contains(tile.window, grown(tile, cut.area, cut.ramp))


@given(cuts())
def test_windows_begin_and_end_on_the_photos_lattice(cut: Cut) -> None:
    for tile in cut.tiles():
        x, y, w, h = tile.window
        assert x % cut.multiple == 0
        assert y % cut.multiple == 0
        assert (x + w) % cut.multiple == 0 or x + w == cut.size[0]
        assert (y + h) % cut.multiple == 0 or y + h == cut.size[1]


@given(cuts())
def test_weights_sum_to_one_everywhere(cut: Cut) -> None:
    ax, ay, aw, ah = cut.area
    total = np.zeros((ah, aw, 1), np.float64)
    for tile in cut.tiles():
        x, y, w, h = grown(tile, cut.area, cut.ramp)
        share = weights(tile, cut.area, cut.ramp)
        assert share.shape == (h, w, 1)
        assert share.min() > 0
        total[y - ay : y - ay + h, x - ax : x - ax + w] += share
    assert np.abs(total - 1).max() < 1e-6


@given(cuts(), st.floats(0, 300), st.floats(0, 300))
def test_the_nearest_to_the_centre_come_first(cut: Cut, cx: float, cy: float) -> None:
    found = tiles(cut.area, cut.size, cut.core, cut.context, cut.multiple, (cx, cy))
    away = [(t.core[0] + t.core[2] / 2 - cx) ** 2 + (t.core[1] + t.core[3] / 2 - cy) ** 2 for t in found]
    assert away == sorted(away)
    assert set(found) == set(cut.tiles())


@pytest.mark.parametrize(("sigma", "cost"), [(10, 0.12), (15, 0.14), (50, 0.18)])
def test_what_the_overlap_costs_at_24_megapixels(exact_prior: EmbeddedPrior, sigma: int, cost: float) -> None:
    size, context = (6000, 4000), exact_prior.context(sigma / 255)
    core = min(CORE, WINDOW - 2 * context) // 32 * 32
    found = tiles((0, 0, *size), size, core, context, 8)
    assert sum(t.window[2] * t.window[3] for t in found) <= (1 + cost) * size[0] * size[1]


@pytest.mark.parametrize(
    ("size", "context", "cost"),
    [
        ((3000, 2000), 127, 1.23),
        ((4243, 2828), 48, 1.09),
        ((4243, 2828), 127, 1.29),
        ((6000, 4000), 127, 1.33),
    ],
)
def test_windows_have_the_form_that_costs_least(size: tuple[int, int], context: int, cost: float) -> None:
    """Square ones cost 1.32, 1.14, 1.39, 1.39."""
    found = tiles((0, 0, *size), size, WINDOW - 2 * context, context, 8)
    areas = [t.window[2] * t.window[3] for t in found]
    assert sum(areas) <= cost * size[0] * size[1]
    assert max(areas) <= WINDOW**2


@pytest.mark.parametrize("sigma", [3, 15, 50])
def test_tiled_equals_untiled(exact_prior: EmbeddedPrior, sigma: int) -> None:
    """Within 1e-3 in float32, cut much finer than in earnest, with the overlap and the ramps of the program."""
    pixels = noisy(scene(176, 208), sigma)
    z, told = torch.from_numpy(pixels).permute(2, 0, 1)[None], torch.tensor(sigma / 255)
    whole = exact_prior.denoise(z, told)[0].permute(1, 2, 0).numpy()
    area = (0, 0, 208, 176)
    joined = np.zeros_like(whole)
    pieces = tiles(area, (208, 176), 60, exact_prior.context(sigma / 255), exact_prior.multiple)
    assert len(pieces) == 12
    for tile in pieces:
        x, y, w, h = tile.window
        made = exact_prior.denoise(z[..., y : y + h, x : x + w], told)[0].permute(1, 2, 0).numpy()
        gx, gy, gw, gh = grown(tile, area, RAMP)
        part = made[gy - y : gy - y + gh, gx - x : gx - x + gw]
        joined[gy : gy + gh, gx : gx + gw] += weights(tile, area, RAMP) * part
    assert np.abs(joined - whole).max() < 1e-3
    assert np.abs(whole - pixels).max() > sigma / 255
