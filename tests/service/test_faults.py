"""Faults injected into the engine of a real service: what is tried instead, what is said, and that it lives on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.service.conftest import Launch
from tests.service.faulty import NEVER_HEARD
from tests.service.helpers import Running, done, faulty, picture, pixels_of, several, upload
from tests.waiting import until
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.service.limits import Limits

NOISE = {"noise.file": 15, "light.ev": 0, "haze.depth": 0, "light.midtones": 1, "blur.sigma": 0, "jpeg.quality": 100,
         "colour.temperature": 0, "colour.tint": 0}  # fmt: skip
Break = Callable[[str], Running]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with several(tmp_path_factory.mktemp("faults")) as start:
        yield start("a", faulty("engine"))


@pytest.fixture
def breaks(spoilt: Running) -> Iterator[Break]:
    """Sets the fault of the engine for the length of the test."""
    path = spoilt.state.with_name("fault")

    def now(fault: str) -> Running:
        path.write_text(fault)
        return spoilt

    yield now
    path.unlink(missing_ok=True)


def result(running: Running, seed: int = 0, width: int = 96, height: int = 72) -> tuple[dict[str, Any], Any]:
    """A photo restored: what the job says, and its pixels."""
    client = running.client
    photo = upload(client, picture(width, height, 15, seed))
    job = client.submit(photo, NOISE, steps=1)
    notices = [h["notice"] for h, _ in client.events(job) if "notice" in h]
    said = client.job(job)["result"]
    assert said["notices"] == notices, "the notices came with the result only, or not at all"
    return said, pixels_of(client, job, "float32")


def failed(running: Running) -> ClientError:
    client = running.client
    job = client.submit(upload(client, picture(96, 72, 15)), NOISE, steps=1)
    with pytest.raises(ClientError) as caught:
        done(client, job)
    assert client.job(job)["state"] == "failed"
    assert client.hello(quiet=True)["api"] == [1]
    return caught.value


def test_memory_that_runs_out_halves_the_tiles_and_is_remembered(breaks: Break) -> None:
    spoilt = breaks("")
    _, whole = result(spoilt, width=400, height=300)
    breaks("memory")
    said, made = result(spoilt, width=400, height=300)
    notices = said["notices"]
    assert len(notices) >= 2
    assert [n.split()[-2] for n in notices] == ["704", "352", "176", "128"][: len(notices)]
    assert all("Memory was short" in n for n in notices)
    assert float(np.abs(made - whole).max()) < 1.5 / 255, "tiles give another picture"
    again, _ = result(spoilt, seed=1, width=400, height=300)
    assert again["notices"] == [], "the size that fits was not remembered"


def test_memory_that_is_never_enough_is_a_typed_error(breaks: Break) -> None:
    error = failed(breaks("no memory"))
    assert error.code == "too-large"
    assert "region" in error.hint


def test_half_precision_that_fails_is_done_in_float32(breaks: Break) -> None:
    _, wanted = result(breaks(""))
    said, made = result(breaks("half"))
    assert said["dtype"] == "float32"
    assert said["notices"] == ["Half precision failed; float32 is used."]
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize(("fault", "word"), [("nan", "finite"), ("flat", "flat")])
def test_a_senseless_result_is_never_called_done(breaks: Break, fault: str, word: str) -> None:
    error = failed(breaks(fault))
    assert error.code == "result"
    assert word in error.message


@pytest.mark.parametrize("fault", ["gpu", "no driver"])
def test_a_graphics_processor_that_fails_gives_way(breaks: Break, fault: str) -> None:
    """One that is lost at work, and one that cannot be used at all."""
    _, wanted = result(breaks(""), seed=3)
    said, made = result(breaks(fault), seed=3)
    assert said["device"] == "cpu"
    assert len(said["notices"]) == 1
    assert "the processor is used" in said["notices"][0]
    np.testing.assert_array_equal(made, wanted)


def test_a_device_that_is_not_there_is_refused(running: Running, on_device: str) -> None:
    missing = "mps" if on_device != "mps" else "cuda"
    client = running.client
    job = client.submit(upload(client, picture()), NOISE, device=missing)
    with pytest.raises(ClientError) as caught:
        done(client, job)
    assert caught.value.code == "device"
    said = client.submit(upload(client, picture()), NOISE, device="cpu", steps=1)
    assert done(client, said)["device"] == "cpu"


def test_no_room_on_the_disk_for_a_result(breaks: Break) -> None:
    error = failed(breaks("disk"))
    assert error.code == "unwritable"
    assert "room" in error.hint
    assert result(breaks(""))[0]["changed"]


def test_no_room_on_the_disk_for_a_photo(launch: Launch) -> None:
    """For an upload, or for its pixels: typed errors; what fits still works."""
    small = launch("small", faulty("small-disk"))
    client = small.client
    for side, what in ((800, "the upload"), (250, "its pixels as floats")):
        with pytest.raises(ClientError) as caught:
            upload(client, np.zeros((side, side, 3), np.uint8))
        assert caught.value.code == "unwritable", what
        assert caught.value.status == 507
        assert "room" in caught.value.hint
    assert not list(small.state.parent.glob(".upzeroir-pictures-*/photo-*")), "half an upload was left behind"
    assert client.estimate(upload(client, picture()))["summary"]


def test_a_job_nobody_ever_listened_to_is_cancelled(breaks: Break) -> None:
    client = breaks("").client
    assert Limits().never_heard == 10, "this service waits for less long"
    photo = upload(client, picture(128, 96))
    order = {**NOISE, "blur.sigma": 1.5}
    job = client.submit(photo, order, steps=1000)
    detached = client.submit(upload(client, picture()), NOISE, detached=True)
    began = time.monotonic()
    until(lambda: client.job(job)["state"] == "cancelled", 10)
    assert time.monotonic() - began > 0.5 * NEVER_HEARD
    assert "nobody ever listened" in client.job(job)["last"]["message"]
    assert done(client, detached)["changed"], "a detached one needs no reader"


def test_a_network_that_hangs_is_killed_after_a_cancel(breaks: Break) -> None:
    deaf = breaks("deaf")
    client = deaf.client
    photo = upload(client, picture(96, 72, 15, 4))
    job = client.submit(photo, NOISE)
    events = client.events(job)
    until(deaf.state.with_name("hung").exists)
    engine = deaf.process("engine").pid
    began = time.monotonic()
    client.cancel(job)
    with pytest.raises(ClientError) as caught:
        list(events)
    assert caught.value.code == "cancelled"
    assert time.monotonic() - began < 1, "the user waits for an engine that hangs"
    breaks("")
    assert done(client, client.submit(photo, NOISE, steps=1))["changed"]
    assert time.monotonic() - began < 30
    assert deaf.process("engine").pid != engine


def test_an_engine_that_crashes_is_a_typed_error_and_started_anew(breaks: Break) -> None:
    dying = breaks("crash")
    error = failed(dying)
    assert error.code == "worker"
    assert "signal 6" in error.message
    assert result(breaks(""))[0]["changed"]


def test_an_engine_that_cannot_start_says_so(launch: Launch) -> None:
    """First values still come: they need no torch."""
    broken = launch("import", faulty("no-torch"))
    error = failed(broken)
    assert "could not start" in error.message
    assert "doctor" in error.hint
    photo = upload(broken.client, picture(seed=2))
    assert broken.client.estimate(photo)["summary"]
