"""The paper's solver through the service: on the embedded prior, and on a latent one that was added."""

from __future__ import annotations

import time

import pytest

from tests.latents import tiny
from tests.service.helpers import Running, done, environment, picture, pixels_of, upload
from tests.waiting import until
from upzeroir_plugin.client import Client, ClientError
from upzeroir_plugin.prior.fetch import add

NOISE = {"noise.file": 12.0}


@pytest.fixture(scope="module")
def prior(running: Running, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A random model in Stable Diffusion's 512-pixel layout, added while the service runs."""
    folder = tiny(tmp_path_factory.mktemp("model") / "stable")
    with environment(UPZEROIR_HOME=str(running.root / "home" / ".local" / "share" / "upzeroir")):
        return add(str(folder), "stable").name


def test_it_streams_and_reports_the_degradation_in_the_code(service: Client) -> None:
    photo = upload(service, picture(48, 64, sigma=20))
    job = service.submit(photo, NOISE, effort="guided", steps=4)
    steps = [header for header, _ in service.events(job) if header["kind"] == "step"]
    said = done(service, job)
    assert steps
    assert said["solver"] == "guided"
    assert said["quality"]["latent.scale"] > 0
    told = service.submit(photo, NOISE, effort="guided", steps=4, latent={"shape": 1.5, "scale": 0.2})
    assert done(service, told)["quality"]["latent.scale"] == 0.2
    assert (pixels_of(service, told) != pixels_of(service, job)).any()


def test_a_latent_prior_that_was_added_restores(service: Client, prior: str) -> None:
    assert prior in service.hello()["priors"]
    photo = upload(service, picture(48, 64, sigma=20))
    job = service.submit(photo, NOISE, effort="guided", steps=3, prior=prior)
    previews = [jpeg for _, jpeg in service.events(job) if jpeg]
    said = done(service, job)
    assert previews
    assert said["prior"]["name"] == prior
    assert pixels_of(service, job).shape == (64, 48, 3)


def test_it_is_cancelled_in_mid_walk(service: Client, prior: str) -> None:
    photo = upload(service, picture(192, 256, sigma=12))
    job = service.submit(photo, NOISE, effort="guided", steps=1000, prior=prior)
    events = service.events(job)
    next(header for header, _ in events if header["kind"] == "step")
    began = time.monotonic()
    service.cancel(job)
    with pytest.raises(ClientError) as error:
        list(events)
    assert error.value.code == "cancelled"
    until(lambda: not service.hello(quiet=True)["jobs"]["running"], 30)
    assert time.monotonic() - began < 6  # a flag between blocks; 0.3 s on a quiet machine


def test_no_such_prior_and_a_latent_one_for_another_effort_are_told_in_words(
    service: Client, prior: str
) -> None:
    photo = upload(service, picture(48, 64))
    for options in ({"effort": "guided", "prior": "nowhere"}, {"effort": "fast", "prior": prior}):
        with pytest.raises(ClientError) as error:
            done(service, service.submit(photo, NOISE, **options))
        assert error.value.code == "usage"
        assert error.value.hint
