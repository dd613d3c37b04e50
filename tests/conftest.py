from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program itself does: results agree to the bit
# As the service does: tests run beside processes of their own.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from hypothesis import settings

from upzeroir_plugin import restore
from upzeroir_plugin.errors import UsageError
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.prior.store import FOLDER
from upzeroir_plugin.solver.means import choose_device

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("quick", max_examples=60, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`tests/run --device cuda` runs the suite on the graphics processor."""
    parser.addoption(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where the prior runs"
    )


def pytest_configure(config: pytest.Config) -> None:
    """A device that is not there ends the run: nothing is skipped for it.

    A suite that a shell started in the background ignores Ctrl+C, and would hand that down to the programs it tests.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        choose_device(config.getoption("--device"))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def on_device(pytestconfig: pytest.Config) -> str:
    """The device that the tests run on: cpu, cuda or mps."""
    return choose_device(pytestconfig.getoption("--device"))


@pytest.fixture(scope="session", autouse=True)
def _auto_device(on_device: str) -> Iterator[None]:
    """In this process, `auto` is the device that the tests run on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            restore, "choose_device", lambda wanted: choose_device(on_device if wanted == "auto" else wanted)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _few_threads() -> None:
    """Small pictures are quickest on few threads, and test runs share their machine."""
    torch.set_num_threads(min(2, torch.get_num_threads()))


@pytest.fixture(scope="session")
def exact_prior(on_device: str) -> EmbeddedPrior:
    """The embedded prior in float32, whatever the processor is fast in."""
    prior = EmbeddedPrior(FOLDER, on_device)
    prior.half = False
    return prior


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout's root; Python processes that the test starts take the packages from there."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return ROOT
