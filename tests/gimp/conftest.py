from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gimp import gimp3
from upzeroir_plugin.client import Client, connect


class Service:
    """A real service whose state file GIMP sees."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Client:
        """Start it, unless it runs, and wait until it answers."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "upzeroir_plugin.cli", "serve", "--foreground"],
                env=gimp3.environment(self.state), stdin=subprocess.DEVNULL,
            )  # fmt: skip
        end = time.monotonic() + 30
        while True:
            try:
                return connect(launch=False, state=self.state)
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """End it as a user would."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


@pytest.fixture(scope="session")
def gimp() -> Iterator[gimp3.Gimp3]:
    """A GIMP 3 with the plug-in installed by our own installer."""
    try:
        with gimp3.opened() as found:
            state = found.inside(found.box / "state" / "service.json")
            gimp3.upzeroir("install-gimp", "--folder", str(found.profile), state=state)
            yield found
    except RuntimeError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def service(gimp: gimp3.Gimp3) -> Iterator[Service]:
    """The service that the plug-in finds."""
    made = Service(gimp.box / "state" / "service.json")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def box(gimp: gimp3.Gimp3, request: pytest.FixtureRequest) -> Path:
    """A folder of this test's own that GIMP sees."""
    folder = gimp.box / request.node.name.replace("/", "_")[:60]
    folder.mkdir(exist_ok=True)
    return folder
