"""Fixtures of the tests of `restore()`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.restore.helpers import FakePrior, cut
from upzeroir_plugin import restore as module
from upzeroir_plugin.solver import means


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakePrior], FakePrior]:
    def install(prior: FakePrior) -> FakePrior:
        monkeypatch.setattr(module, "embedded", lambda _folder, _device: prior)
        monkeypatch.setattr(means, "_fitted", {})
        return prior

    return install


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    cut(monkeypatch, 64)
