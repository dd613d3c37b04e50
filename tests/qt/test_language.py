from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from PyQt6.QtCore import QTranslator
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qt_panel import texts
from qt_panel.app_parts import TRANSLATIONS, speak
from qt_panel.problems import problem_of
from qt_panel.translations.update import TS, known, sources
from qt_panel.widgets.alert import Alert
from qt_panel.window import Window
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.service.answers import STATUS
from upzeroir_plugin.summary import summary


def test_every_text_has_a_german_one_with_the_same_places_and_none_is_left_over() -> None:
    there = known()
    assert set(there) == set(sources()), "run python -m qt_panel.translations.update LRELEASE"
    assert not [m for m in ET.parse(TS).iter("translation") if m.get("type") == "unfinished"]
    for source, german in there.items():
        assert sorted(re.findall(r"\{\w+\}", source)) == sorted(re.findall(r"\{\w+\}", german)), source


def test_the_compiled_file_holds_them(qapp: QApplication) -> None:
    translator = QTranslator(qapp)
    assert translator.load(str(TRANSLATIONS / "upzeroir_de.qm"))
    qapp.installTranslator(translator)
    try:
        for source, german in known().items():
            assert texts.tr(source) == german, source
    finally:
        qapp.removeTranslator(translator)


def test_the_window_speaks_german(qapp: QApplication, opened: Window, qtbot: QtBot) -> None:
    assert opened.sidebar.run.go.text() == "Restore"
    kept = speak(qapp, "de")
    try:
        theta = opened.session.current.settings.theta  # type: ignore[union-attr]
        said = texts.sentence(theta)
        assert said.startswith("Stark verrauscht, zwei Blenden unterbelichtet, ") and said.endswith(
            "keine Unschärfe gefunden."
        )
        opened.sidebar.show_item(opened.session.current)
        assert opened.sidebar.sentence.text() == said
        assert opened.sidebar.rows.rows["light"].words.text() == "zwei Blenden unterbelichtet"
    finally:
        for translator in kept:
            qapp.removeTranslator(translator)
    del qtbot


@pytest.mark.parametrize(
    "code", [*STATUS, "internal", "worker", "no-service", "version", "service-lost", "new"]
)
def test_what_the_backend_refuses_is_said_in_german(qapp: QApplication, qtbot: QtBot, code: str) -> None:
    error = ClientError(code, "This needs about 3 GB.", "Close other programs.")
    assert code == "service-lost" or str(problem_of(error)) == str(error), "English: its own words"
    kept = speak(qapp, "de")
    try:
        problem = problem_of(error)
        assert problem.code == code
        said = {*known().values()}
        assert problem.message in said and (not problem.hint or problem.hint in said)
        alert = Alert()
        qtbot.addWidget(alert)
        alert.show_problem(problem)
        assert alert.message.text() == problem.message
        assert code == "service-lost" or "3 GB" in alert.toolTip(), "what only the backend knows is not lost"
    finally:
        for translator in kept:
            qapp.removeTranslator(translator)


def test_sentences_are_those_of_the_summary() -> None:
    cases = (
        {}, {"light.ev": 0.5}, {"light.ev": 1.0}, {"light.ev": -2.5}, {"noise.file": 0.5},
        {"jpeg.quality": 40, "sampling.scale": 2.0}, {"blur.length": 8.0, "haze.depth": 1.0},
        {"colour.temperature": 50, "colour.tint": -30, "light.midtones": 2.0, "light.local": 0.4},
    )  # fmt: skip
    for values in cases:
        theta = ParameterVector().with_values(values)
        assert texts.sentence(theta) == summary(theta)


def test_an_enlarged_photo_is_not_called_sharp() -> None:
    plain = ParameterVector()
    assert texts.in_words(plain, "blur") == "sharp"
    enlarged = plain.with_values({"sampling.scale": 2.0})
    assert (texts.in_words(enlarged, "blur"), texts.in_words(enlarged, "jpeg")) == (
        "none",
        "enlarged about 2.0 times",
    )


def test_every_stage_of_a_run_has_words() -> None:
    from upzeroir_plugin.service.restoring import LABELS

    assert set(LABELS) <= set(texts.LABELS)
