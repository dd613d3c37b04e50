from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qt_panel.view import View

SIDES = st.integers(1, 20_000)
PORTS = st.integers(50, 4000)


def views() -> st.SearchStrategy[View]:
    return st.builds(
        lambda w, h, pw, ph, zoom, x, y: View((w, h), (pw, ph), zoom, (x * w, y * h)).held(),
        SIDES, SIDES, PORTS, PORTS, st.floats(0.02, 32), st.floats(0, 1), st.floats(0, 1),
    )  # fmt: skip


@given(views(), st.floats(0, 1), st.floats(0, 1))
def test_there_and_back(view: View, a: float, b: float) -> None:
    x, y = a * view.photo[0], b * view.photo[1]
    back = view.to_photo(*view.to_screen(x, y))
    assert abs(back[0] - x) < 1e-5 * max(1, x) and abs(back[1] - y) < 1e-5 * max(1, y)


@given(views(), st.floats(0, 1), st.floats(0, 1), st.floats(0.02, 32))
def test_zoom_keeps_the_point_unless_the_edge_would_leave(
    view: View, a: float, b: float, zoom: float
) -> None:
    at = (a * view.port[0], b * view.port[1])
    before = view.to_photo(*at)
    after = view.zoomed(zoom, at)
    moved = View(view.photo, view.port, after.zoom, after.centre).to_photo(*at)
    free = after.centre == View(view.photo, view.port, after.zoom, after.centre).held().centre
    assert free
    for side in (0, 1):
        half = view.port[side] / 2 / after.zoom
        inner = half + 1e-6 < after.centre[side] < view.photo[side] - half - 1e-6
        if inner:
            assert abs(moved[side] - before[side]) < 1e-4 * max(1, view.photo[side])


@given(views())
def test_visible_is_inside_the_photo(view: View) -> None:
    x, y, w, h = view.visible()
    assert 0 <= x < view.photo[0] and 0 <= y < view.photo[1]
    assert x + w <= view.photo[0] and y + h <= view.photo[1] and w >= 1 and h >= 1


def test_fit_shows_all_and_never_enlarges() -> None:
    assert View.fitted((6000, 4000), (1000, 800)).visible() == (0, 0, 6000, 4000)
    assert View.fitted((200, 100), (1000, 800)).zoom == 1.0


def test_a_photo_that_fits_stays_in_the_middle() -> None:
    view = View.fitted((200, 100), (1000, 800)).moved(300, -200)
    assert view.to_screen(100, 50) == (500, 400)
