from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.helpers import Running, launched, several
from upzeroir_plugin.client import Client, connect

Launch = Callable[..., Running]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One real service for all tests that leave it alive; everything it may write lies in its `root`."""
    with launched(tmp_path_factory.mktemp("service")) as found:
        yield found


@pytest.fixture
def service(running: Running) -> Client:
    """A client of that service, which must be alive."""
    return connect(launch=False, state=running.state)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts services of the test's own, and ends them with it."""
    with several(tmp_path) as start:
        yield start
