from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from qt_panel.item import Item, Layer, Progress, Status
from qt_panel.picture import Pyramid
from qt_panel.problems import Problem
from qt_panel.settings import Settings
from qt_panel.widgets.alert import Alert
from qt_panel.widgets.band import BandSlider, place_of, value_at
from qt_panel.widgets.canvas import Canvas, Compare
from qt_panel.widgets.charts import Histogram, Line, NoiseChart, Picture
from qt_panel.widgets.honesty import Honesty, Legend, layer_of, table
from qt_panel.widgets.loupes import Loupes, spots
from qt_panel.widgets.parts import Choice, Fold
from qt_panel.widgets.physical import Physical
from qt_panel.widgets.readings import Readings
from qt_panel.widgets.rows import Rows
from qt_panel.widgets.runbar import RunBar
from qt_panel.widgets.tools import Tool
from qt_panel.widgets.why import Why, kernel_picture, transmission
from tests.qt.fakes import estimate
from upzeroir_plugin.parameters import PARAMETERS, Entry, Parameter, ParameterVector


def layer(level: int, width: int = 800, height: int = 600) -> Layer:
    return Layer(Pyramid(np.full((height, width, 3), level, np.uint8)), (0, 0, width, height))


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_layers(layer(40), [layer(200)])
    return made


def seen(canvas: Canvas, x: int, y: int) -> int:
    return canvas.grab().toImage().pixelColor(x, y).red()


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_a_slider_rises_with_its_place_and_back(row: Parameter) -> None:
    values = [value_at(row, place / 1000) for place in range(1001)]
    assert values == sorted(values) and values[0] == row.low and values[-1] == row.high
    places = [place_of(row, row.low + share * (row.high - row.low)) for share in np.linspace(0, 1, 200)]
    assert all(a < b for a, b in pairwise(places))


@given(st.sampled_from(PARAMETERS), st.floats(0, 1))
def test_place_and_value_agree_to_a_step(row: Parameter, place: float) -> None:
    value = value_at(row, place)
    assert abs(value_at(row, place_of(row, value)) - value) <= row.step * 1.001


def test_band_slider_moves_by_keys_and_says_so(qtbot: QtBot) -> None:
    row = next(p for p in PARAMETERS if p.name == "light.ev")
    slider = BandSlider(row, "Exposure")
    qtbot.addWidget(slider)
    slider.resize(300, 20)
    slider.show_entry(Entry(1.0, 0.5, 1.5, 0.6))
    with qtbot.waitSignal(slider.edited) as heard:
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert heard.args[0] > 1.0
    with qtbot.waitSignal(slider.edited) as heard:
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(292, 10))
    assert heard.args[0] == row.high
    assert not slider.grab().isNull()


def test_split_shows_both_and_the_handle_stays_reachable(canvas: Canvas, qtbot: QtBot) -> None:
    assert abs(seen(canvas, 60, 200) - 40) < 4 and abs(seen(canvas, 340, 200) - 200) < 4
    for share in (-3.0, 0.0, 1.0, 7.0):
        canvas.set_split(share)
        assert 5 <= canvas.handle_x <= canvas.width() - 5
    canvas.set_split(1.0)
    x = int(canvas.handle_x)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(x, 150))
    qtbot.mouseMove(canvas, QPoint(100, 150))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 150))
    assert abs(canvas.split - 0.25) < 0.02
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert abs(canvas.split - 0.75) < 0.02
    qtbot.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert canvas.split < 0.75


def test_holding_the_space_bar_shows_the_photo_as_it_was(canvas: Canvas, qtbot: QtBot) -> None:
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    assert abs(seen(canvas, 340, 200) - 40) < 4
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert abs(seen(canvas, 340, 200) - 200) < 4


@pytest.mark.parametrize(
    ("compare", "left", "right"), [("sides", 40, 200), ("after", 200, 200), ("before", 40, 40)]
)
def test_other_ways_to_compare(canvas: Canvas, compare: str, left: int, right: int) -> None:
    canvas.set_compare(Compare(compare))
    canvas.fit()
    assert abs(seen(canvas, 80, 200) - left) < 4 and abs(seen(canvas, 320, 200) - right) < 4


def test_wheel_zoom_keeps_the_point_and_double_click_toggles(canvas: Canvas, qtbot: QtBot) -> None:
    at = QPointF(250, 180)
    before = canvas.photo_at(at)
    canvas.zoom_to(2.0, at)
    after = canvas.photo_at(at)
    assert abs(before[0] - after[0]) < 0.01 and abs(before[1] - after[1]) < 0.01
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert canvas.fitting
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert canvas.view.zoom == 1.0


def test_dragging_moves_the_photo(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.zoom_to(3.0)
    before = canvas.view.centre
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(320, 250))
    qtbot.mouseMove(canvas, QPoint(300, 240))
    qtbot.mouseMove(canvas, QPoint(260, 220))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(260, 220))
    assert canvas.view.centre[0] > before[0] and canvas.view.centre[1] > before[1]


def test_a_picker_says_the_photo_px_and_goes(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.tools.choose(Tool.GREY)
    spot = canvas.place_of(200, 300)
    with qtbot.waitSignal(canvas.tools.picked) as heard:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    tool, x, y = heard.args
    assert tool == "grey" and abs(x - 200) < 4 and abs(y - 300) < 4 and canvas.tools.tool is Tool.NONE


def test_rectangle_and_brush_make_a_mask(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.tools.choose(Tool.RECTANGLE)
    start, end = canvas.place_of(100, 100), canvas.place_of(300, 250)
    with qtbot.waitSignal(canvas.tools.painted) as heard:
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(canvas, end)
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)
    mask = heard.args[0]
    assert mask[170, 200] == 255 and mask[50, 50] == 0
    canvas.tools.choose(Tool.BRUSH)
    spot = canvas.place_of(600, 450)
    with qtbot.waitSignal(canvas.tools.painted):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert mask[450, 600] == 255
    with qtbot.waitSignal(canvas.tools.painted):
        qtbot.mouseClick(canvas, Qt.MouseButton.RightButton, pos=spot)
    assert mask[450, 600] == 0
    assert seen(canvas, 60, 150) > 80, "what is left alone is tinted"


def test_a_hundred_megapixels_pan_at_once(qtbot: QtBot) -> None:
    import time

    huge = np.zeros((8000, 12500, 3), np.uint8)
    huge[::64] = 255
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(1200, 800)
    picture = Layer(Pyramid(huge), (0, 0, 12500, 8000))
    made.show_layers(picture, [picture])
    made.show()
    spent = []
    for zoom, x in ((0.1, 0.0), (0.4, 30.0), (0.9, 100.0), (1.0, 400.0), (3.0, 900.0)) * 3:
        made.zoom_to(zoom)
        made._changed(made.view.moved(x, 5))
        began = time.perf_counter()
        made.grab()
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[len(spent) // 2] < 0.1


def test_rows_say_what_was_found_and_pass_on_what_is_set(qtbot: QtBot) -> None:
    rows = Rows()
    qtbot.addWidget(rows)
    settings = Settings(theta=ParameterVector.from_json(estimate()["parameters"])).amount("haze", 0.4)
    rows.show_settings(settings, True)
    haze = rows.rows["haze"]
    assert haze.words.text() == "haze" and haze.amount.value() == 40 and "%" in haze.numbers.text()
    assert rows.rows["light"].words.text() == "two stops under-exposed"
    assert rows.rows["blur"].words.text() == "sharp" and not rows.rows["blur"].numbers.text()
    text = " ".join(label.text() for label in rows.findChildren(QLabel)).lower()
    assert not any(word in text for word in ("θ", "σ", "prior", "solver", "sigma"))
    with qtbot.waitSignal(rows.changed) as heard:
        qtbot.keyClick(haze.amount, Qt.Key.Key_Left)
    assert heard.args == ["haze", 0.39]
    with qtbot.waitSignal(rows.switched) as heard:
        haze.switch.click()
    assert heard.args == ["haze", False]
    qtbot.mouseDClick(haze, Qt.MouseButton.LeftButton)
    assert haze.amount.value() == 100


def test_any_edit_pins_and_a_double_click_lets_go(qtbot: QtBot) -> None:
    physical = Physical({})
    qtbot.addWidget(physical)
    physical.show()
    for fold in physical.folds.values():
        fold.open()
    theta = ParameterVector.from_json(estimate()["parameters"])
    physical.show_theta(theta)
    row = physical.rows["light.ev"]
    assert row.pin.text() == "auto" and "likely" in row.said.text()
    with qtbot.waitSignal(physical.edited) as heard:
        row.spin.setValue(1.25)
    assert heard.args == ["light.ev", 1.25]
    physical.show_theta(theta.pinned({"light.ev": 1.25}))
    assert row.pin.isChecked() and row.said.text() == "set by you"
    with qtbot.waitSignal(physical.released) as heard:
        qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert heard.args == ["light.ev"]
    assert set(physical.rows) == {p.name for p in PARAMETERS}


def test_readings_are_pictures_and_one_click_chooses(qtbot: QtBot) -> None:
    readings = Readings()
    qtbot.addWidget(readings)
    readings.show_readings(estimate(readings=2)["hypotheses"], "")
    assert [b.text() for b in readings.buttons] == ["As shot", "Lift"] and readings.buttons[0].isChecked()
    assert not readings.buttons[1].icon().isNull()
    with qtbot.waitSignal(readings.chosen) as heard:
        readings.buttons[1].click()
    assert heard.args == [1]
    readings.show_readings([], "")
    assert readings.isHidden()


def test_four_readings_are_no_wider_than_the_side_bar(qtbot: QtBot) -> None:
    readings = Readings()
    qtbot.addWidget(readings)
    four = [
        {**estimate(readings=2)["hypotheses"][0], "label": f"clear haze and lift and {n}"} for n in range(4)
    ]
    readings.show_readings(four, "")
    assert len(readings.buttons) == 4 and readings.minimumSizeHint().width() < 320
    readings.resize(320, 240)
    readings.show()
    places = {(b.x(), b.y()) for b in readings.buttons}
    assert len(places) == 4 and all(b.geometry().right() <= 320 and b.width() > 100 for b in readings.buttons)


def test_why_views_show_what_was_measured(qtbot: QtBot) -> None:
    why = Why()
    for view in why.views.values():
        qtbot.addWidget(view)
    item = Item(path=None)  # type: ignore[arg-type]
    item.estimate = estimate()
    why.show_item(item)
    assert len(why.noise.points) == 3 and not why.views["noise"].isHidden()
    assert abs(why.noise.points[0][1] - 80.1**0.5) < 1e-6
    for view in why.views.values():
        view.resize(300, 160)
        assert not view.grab().isNull()
    why.show_item(None)
    assert why.views["noise"].isHidden()


def test_kernel_and_transmission_pictures() -> None:
    assert kernel_picture([[1.0]]) is None and kernel_picture(None) is None
    kernel = kernel_picture([[0, 1], [2, 4]])
    assert kernel is not None and kernel[1, 1] == 255
    assert transmission(None, 1.0) is None and transmission({"png": "x", "low": 0, "high": 1}, 1.0) is None


@pytest.mark.parametrize("chart", ["noise", "histogram", "line", "picture"])
def test_charts_paint_with_and_without_data(qtbot: QtBot, chart: str) -> None:
    made = {
        "noise": lambda: NoiseChart("n", "x", "y"), "histogram": lambda: Histogram("h", "x"),
        "line": lambda: Line("l", "x"), "picture": lambda: Picture("p", smooth=False),
    }[chart]()  # fmt: skip
    qtbot.addWidget(made)
    made.resize(260, 120)
    empty = made.grab().toImage()
    if isinstance(made, NoiseChart):
        made.show_bins(estimate()["evidence"]["noise"]["bins"])
    elif isinstance(made, Histogram):
        made.show_bins([0.1] * 64, [0.2] * 64)
    elif isinstance(made, Line):
        made.show_values([1, 5, 2], 0.5)
    else:
        made.show_picture(np.full((5, 5), 200, np.uint8), (10, 20, 30))
    assert made.grab().toImage() != empty


def test_loupes_find_detail_shadow_and_flat_places(qtbot: QtBot) -> None:
    rng = np.random.default_rng(1)
    picture = np.full((600, 900, 3), 128, np.uint8)
    picture[50:250, 50:250] = rng.integers(0, 255, (200, 200, 1))
    picture[350:550, 650:850] = 12
    detail, shadow, flat = spots(picture, (900, 600))
    assert detail.x < 300 and detail.y < 300
    assert shadow.x > 600 and shadow.y > 300
    assert not (flat.x < 250 and flat.y < 250) and abs(flat.x - detail.x) > 50
    loupes = Loupes()
    qtbot.addWidget(loupes)
    loupes.resize(900, 140)
    before = Layer(Pyramid(picture), (0, 0, 900, 600))
    loupes.show_layers(before, [layer(240, 900, 600)], [detail, shadow, flat])
    shot = loupes.loupes[1].grab().toImage()
    width = shot.width()
    assert shot.pixelColor(width // 4, 40).red() < 40 and shot.pixelColor(3 * width // 4, 40).red() > 200
    with qtbot.waitSignal(loupes.clicked) as heard:
        qtbot.mouseClick(loupes.loupes[0], Qt.MouseButton.LeftButton)
    assert heard.args == [detail.x, detail.y]


def test_honesty_maps_have_colours_and_a_legend(qtbot: QtBot) -> None:
    for kind in (Honesty.CHANGE, Honesty.RESIDUAL, Honesty.INVENTED):
        assert table(kind).shape == (256, 3)
    made = layer_of(Honesty.CHANGE, np.arange(256, dtype=np.uint8).reshape(16, 16), (320, 320))
    assert made.scale == 0.05
    legend = Legend()
    qtbot.addWidget(legend)
    item = Item(path=None)  # type: ignore[arg-type]
    legend.show_map(Honesty.RESIDUAL, item)
    assert "Restore" in legend.verdict.text()
    legend.show_map(Honesty.NONE, item)
    assert legend.isHidden()


def test_run_bar_says_where_it_is(qtbot: QtBot) -> None:
    bar = RunBar()
    qtbot.addWidget(bar)
    bar.show()
    item = Item(path=None, status=Status.RUNNING)  # type: ignore[arg-type]
    item.progress = Progress("Removing noise", 0.4, 12.0, (2, 5))
    bar.show_item(item)
    assert bar.bar.value() == 400 and bar.numbers.text() == "step 2 of 5 · about 12 s left"
    assert bar.keeping.isVisible() and not bar.go.isVisible()
    for signal, made in ((bar.keep, bar.keeping), (bar.cancel, bar.cancelling)):
        with qtbot.waitSignal(signal):
            made.click()


def test_alert_offers_what_helps(qtbot: QtBot) -> None:
    alert = Alert()
    qtbot.addWidget(alert)
    alert.show_problem(Problem("no-service", "Nobody is there.", "Start it."))
    assert not any(b.isHidden() for b in (alert.retrying, alert.logging, alert.helping))
    alert.show_problem(Problem("parameter", "Not so."))
    assert alert.retrying.isHidden() and alert.hint.isHidden()
    alert.closing.click()
    assert alert.isHidden()


def test_choice_and_fold(qtbot: QtBot) -> None:
    choice = Choice([("a", "A", ""), ("b", "B", "")], "letters")
    qtbot.addWidget(choice)
    with qtbot.waitSignal(choice.chosen) as heard:
        choice.buttons["b"].click()
    assert heard.args == ["b"]
    body = QLabel("inside")
    fold = Fold("More", body)
    qtbot.addWidget(fold)
    fold.show()
    assert not body.isVisible()
    fold.open()
    assert body.isVisible()
