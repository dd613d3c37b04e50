"""What is refused, each with its own error, and what `estimate()` takes as given."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.pictures import bad, noisy, photo, scene
from tests.restore.helpers import FakePrior, events, run, told
from upzeroir_plugin import restore as module
from upzeroir_plugin.errors import DeviceError, ResultError, TooLargeError, UsageError
from upzeroir_plugin.parameters import Amounts, InvalidParameter
from upzeroir_plugin.prior.embedded import EmbeddedPrior, embedded
from upzeroir_plugin.restore import Options, estimate
from upzeroir_plugin.solver import means


def test_more_than_the_free_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(available=96 * 96 * module.BYTES_PER_PIXEL - 1)
    monkeypatch.setattr(means.psutil, "virtual_memory", lambda: free)
    with pytest.raises(TooLargeError, match="memory"):
        events(noisy(scene(96, 96), 10), told(noise_file=10))
    assert run(noisy(scene(96, 96), 10), told(noise_file=10), region=(0, 0, 90, 90)).changed


def test_memory_that_runs_out_on_the_way_is_a_typed_error(use: Callable[[FakePrior], FakePrior]) -> None:
    def full(_z: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("boom")

    use(FakePrior(full))
    with pytest.raises(TooLargeError, match="memory"):
        events(scene(64, 64), told(noise_file=10))


@pytest.mark.parametrize("device", ["cuda", "mps", "abacus"])
def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=device):
        events(scene(32, 32), told(noise_file=10), Options(device=device))


@pytest.mark.parametrize(
    "options",
    [
        Options(effort="best"),
        Options(strength=1.5),
        Options(strength=float("nan")),
        Options(mask=np.ones((31, 32), np.float32)),
    ],
    ids=["best", "strength", "nan", "mask"],
)
def test_what_does_not_fit_is_refused(options: Options) -> None:
    with pytest.raises(UsageError):
        events(scene(32, 32), told(noise_file=10), options)


def test_a_prior_that_is_not_there_is_refused(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="prior"):
        events(scene(32, 32), told(noise_file=10), Options(prior=f"{tmp_path}/none"))


def test_another_prior_is_named_in_the_result() -> None:
    folder = EmbeddedPrior.__init__.__defaults__[0]  # type: ignore[index]
    result = run(noisy(scene(64, 64), 10), told(noise_file=10), prior=str(folder))
    assert result.prior["sha256"] == embedded().sha256


@pytest.mark.parametrize(
    ("made", "word"),
    [(lambda z: z * float("nan"), "finite"), (lambda z: torch.zeros_like(z) + 0.1, "flat")],
)
def test_results_that_make_no_sense_are_refused(
    use: Callable[[FakePrior], FakePrior], made: Callable[[Tensor], Tensor], word: str
) -> None:
    use(FakePrior(made))
    with pytest.raises(ResultError, match=word):
        events(scene(64, 64), told(noise_file=10))


def test_nan_while_deblurring_is_not_hidden_by_the_preview(use: Callable[[FakePrior], FakePrior]) -> None:
    """With light left in it, previews go through a table."""
    use(FakePrior(lambda z: z * float("nan")))
    y = bad(scene(64, 64), light_ev=1.5, blur_sigma=1.5)
    options = Options(amounts=Amounts({"light": 0.5}))
    with pytest.raises(ResultError, match="finite"):
        events(y, told(light_ev=1.5, blur_sigma=1.5), options)


def test_an_error_inside_reaches_the_reader(use: Callable[[FakePrior], FakePrior]) -> None:
    def broken(_z: Tensor) -> Tensor:
        raise ArithmeticError("inside")

    use(FakePrior(broken))
    with pytest.raises(ArithmeticError, match="inside"):
        events(scene(64, 64), told(noise_file=10))


def test_pins_are_taken_as_given() -> None:
    found = estimate(photo(noisy(scene(128, 128), 10)), {"noise.file": 3, "light.ev": "1.5"})
    assert found.theta.pins() == {"noise.file": 3.0, "light.ev": 1.5}
    with pytest.raises(InvalidParameter, match=r"noise\.file"):
        estimate(photo(scene(16, 16)), {"noise.file": -1})


def test_a_region_is_estimated_by_itself() -> None:
    x = scene(128, 256)
    y = np.concatenate([x[:, :128], noisy(x[:, 128:], 20)], 1)
    left = estimate(photo(y), region=(0, 0, 128, 128)).theta
    right = estimate(photo(y), region=(128, 0, 128, 128)).theta
    assert left["noise.file"] + left["noise.read"] + left["noise.shot"] < 1
    assert right["noise.file"] + right["noise.read"] + right["noise.shot"] > 5
