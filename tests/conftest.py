from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from upzeroir_plugin.prior.embedded import EmbeddedPrior

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("quick", max_examples=60, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session", autouse=True)
def _few_threads() -> None:
    """Small pictures are quickest on few threads, and test runs share their machine."""
    torch.set_num_threads(min(2, torch.get_num_threads()))


@pytest.fixture(scope="session")
def exact_prior() -> EmbeddedPrior:
    """The embedded prior in float32, whatever the processor is fast in."""
    prior = EmbeddedPrior()
    prior.half = False
    return prior


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout's root; Python processes that the test starts take the packages from there."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return ROOT
