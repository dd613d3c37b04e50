from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from PyQt6.QtCore import QTranslator
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qt_panel import texts
from qt_panel.app_parts import TRANSLATIONS, speak
from qt_panel.translations.update import TS, known, sources
from qt_panel.window import Window
from upzeroir_plugin.parameters import ParameterVector
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
            "die Schärfe ist gut."
        )
        opened.sidebar.show_item(opened.session.current)
        assert opened.sidebar.sentence.text() == said
        assert opened.sidebar.rows.rows["light"].words.text() == "zwei Blenden unterbelichtet"
    finally:
        for translator in kept:
            qapp.removeTranslator(translator)
    del qtbot


def test_sentences_are_those_of_the_summary() -> None:
    cases = (
        {}, {"light.ev": 0.5}, {"light.ev": 1.0}, {"light.ev": -2.5}, {"noise.file": 0.5},
        {"jpeg.quality": 40, "sampling.scale": 2.0}, {"blur.length": 8.0, "haze.depth": 1.0},
        {"colour.temperature": 50, "colour.tint": -30, "light.midtones": 2.0, "light.local": 0.4},
    )  # fmt: skip
    for values in cases:
        theta = ParameterVector().with_values(values)
        assert texts.sentence(theta) == summary(theta)


def test_every_stage_of_a_run_has_words() -> None:
    from upzeroir_plugin.service.restoring import LABELS

    assert set(LABELS) <= set(texts.LABELS)
