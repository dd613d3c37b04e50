from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_API", "pyqt6")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from qt_panel.app import build
from qt_panel.window import Window
from tests.pictures import dusk
from tests.qt.fakes import FakeClient
from upzeroir_plugin import client as clients


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own settings is read or written."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("UPZEROIR_PANEL", str(tmp_path / "panel"))
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A noisy JPEG of 320 × 240."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(110, 12, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    path = tmp_path / "photo.jpg"
    Image.fromarray(pixels).save(path, quality=92)
    return path


@pytest.fixture
def fake() -> FakeClient:
    return FakeClient()


@pytest.fixture
def window(qtbot: QtBot, fake: FakeClient) -> Window:
    """A window on the fake service, shown."""
    made = build(lambda _: fake)  # type: ignore[arg-type,return-value]
    qtbot.addWidget(made, before_close_func=Window.shut)
    made.show()
    made.session.backend.start()
    qtbot.waitUntil(lambda: made.session.backend.state == "ready")
    return made


@pytest.fixture
def opened(window: Window, qtbot: QtBot, photo: Path) -> Window:
    """With a photo that has been looked at."""
    window.session.open([photo])
    qtbot.waitUntil(lambda: bool(window.session.current and window.session.current.estimate))
    qtbot.waitUntil(lambda: window.session.current.original is not None)  # type: ignore[union-attr]
    return window


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], clients.Client]]:
    """A real service of this checkout, with its own state file; one for all tests, ended at the end."""
    state = tmp_path_factory.mktemp("service") / "service.json"

    def connect() -> clients.Client:
        return clients.connect(state=state, patience=60)

    connect()
    yield connect
    connect().quit()


@pytest.fixture(scope="session")
def bad_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dark and noisy example, a part of it."""
    path = tmp_path_factory.mktemp("photos") / "bad.jpg"
    dusk(path, (200, 100, 712, 484))
    return path
