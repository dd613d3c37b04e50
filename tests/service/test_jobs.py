"""Restorations on the real service: what comes out, how it is told, and what ends it."""

from __future__ import annotations

import io
import socket
import threading
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.service.helpers import Running, done, ended, picture, pixels_of, upload
from tests.waiting import until
from upzeroir_plugin.client import Client, ClientError, Events
from upzeroir_plugin.estimate.light import lifted
from upzeroir_plugin.parameters import GROUPS, NAMES
from upzeroir_plugin.photo.image import FileEvidence
from upzeroir_plugin.restore import Options, Step, estimate, restore
from upzeroir_plugin.service.pictures import photo_of_frame

NOISE = {"noise.file": 12.0}
LIT = lifted(np.arange(256, dtype=np.float32) / 255, 0.5, 1) * 255


def slow(service: Client, seed: int = 0, **options: Any) -> str:
    """A job of a minute or more, unless something ends it: a thousand deblurring steps."""
    photo = upload(service, picture(128, 96, seed=seed))
    return service.submit(photo, {**NOISE, "blur.sigma": 1.5}, **{"steps": 1000, **options})


def begun(events: Events) -> None:
    """Until its draft is there: from now on the network works."""
    next(jpeg for _, jpeg in events if jpeg)


def idle(service: Client) -> None:
    until(lambda: service.hello(quiet=True)["jobs"] == {"waiting": 0, "running": False}, 30)


@pytest.fixture(autouse=True)
def _queue_is_empty(service: Client) -> None:
    idle(service)


# What comes out


def test_the_result_is_bit_identical_to_the_call_in_process(
    service: Client, tmp_path: Any, on_device: str
) -> None:
    """Estimated and restored by the service, and here by the public API."""
    shot = picture(160, 120, sigma=20)
    job = service.submit(upload(service, shot), seed=5, device=on_device)
    said = done(service, job)
    (tmp_path / "rows").write_bytes(shot.tobytes())
    header = {"width": 160, "height": 120, "channels": 3, "dtype": "uint8", "profile": None, "evidence": {}}
    photo = photo_of_frame(header, tmp_path / "rows")
    assert photo.evidence == FileEvidence()
    *_, last = restore(photo, estimate(photo), Options(seed=5, device=on_device))
    assert isinstance(last, Step)
    assert last.result is not None
    np.testing.assert_array_equal(pixels_of(service, job, "float32"), last.result.photo.pixels)
    assert said["parameters"] == last.result.theta.to_json()
    assert said["changed"]
    assert set(said["parameters"]) == set(NAMES)
    assert said["device"] == on_device


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_it_comes_back_in_the_precision_and_channels_it_was_sent_in(
    service: Client, dtype: str, channels: int
) -> None:
    top = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    shot = np.concatenate([picture(32, 24), picture(32, 24, seed=1)[..., :1]], 2)[..., -channels:] / 255
    rows = (shot * top).astype(dtype)
    job = service.submit(upload(service, rows), NOISE)
    assert done(service, job)["changed"]
    made = pixels_of(service, job)
    assert made.shape == rows.shape
    assert made.dtype == rows.dtype
    if channels in (2, 4):
        np.testing.assert_array_equal(made[..., -1], rows[..., -1])
    assert 0 < np.abs(made.astype(float) - rows).mean() < 0.1 * top


def test_strength_0_and_nothing_to_do_give_the_photo_back(service: Client) -> None:
    shot = picture()
    photo = upload(service, shot)
    for options in ({"strength": 0.0}, {"amounts": {"on": dict.fromkeys(("noise", "jpeg", "blur"), False)}}):
        job = service.submit(photo, {"noise.file": 12, "light.ev": 0, "haze.depth": 0, "light.midtones": 1,
                                     "colour.temperature": 0, "colour.tint": 0}, **options)  # fmt: skip
        assert not done(service, job)["changed"]
        np.testing.assert_array_equal(pixels_of(service, job), shot)


def test_a_region_is_the_crop_of_the_whole(service: Client) -> None:
    photo = upload(service, picture(160, 120, 20))
    whole = service.submit(photo, detached=True)
    part = service.submit(photo, region=[40, 24, 72, 56])
    header, jpeg = [(h, j) for h, j in service.events(part) if j][-1]
    assert header["area"] == [40, 24, 72, 56]
    assert header["scale"] == 1
    assert Image.open(io.BytesIO(jpeg)).size == (72, 56)
    assert done(service, whole)["region"] == [0, 0, 160, 120]
    assert service.job(part)["result"]["region"] == [40, 24, 72, 56]
    made, crop = pixels_of(service, part, "float32"), pixels_of(service, whole, "float32")[24:80, 40:112]
    assert float(np.abs(made - crop).max()) <= 1 / 255


def test_outside_the_mask_nothing_changes(service: Client) -> None:
    shot = picture(96, 64, 20)
    mask = np.zeros((64, 96, 1), np.uint8)
    mask[16:48, 24:72] = 255
    job = service.submit(upload(service, shot), {"noise.file": 20}, mask=upload(service, mask))
    done(service, job)
    made = pixels_of(service, job)
    np.testing.assert_array_equal(made[mask[..., 0] == 0], shot[mask[..., 0] == 0])
    assert (made != shot).any()
    with pytest.raises(ClientError, match="size"):
        service.submit(upload(service, shot), mask=upload(service, mask[:32]))


def test_files_keep_their_kind_and_metadata(service: Client, tmp_path: Any) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Maker", {1: "N", 2: (1.0, 2.0, 3.0)}
    Image.fromarray(picture()).save(tmp_path / "a.jpg", quality=95, exif=exif)
    photo = service.upload_file(tmp_path / "a.jpg")
    assert (photo["format"], photo["result"], photo["bit_depth"]) == ("jpeg", "jpeg", 8)
    job = service.submit(photo["id"], NOISE)
    done(service, job)
    kept = Image.open(io.BytesIO(service.result_file(job)))
    assert (kept.format, kept.getexif()[0x010F]) == ("JPEG", "Maker")
    assert kept.getexif().get_ifd(0x8825)
    assert not Image.open(io.BytesIO(service.result_file(job, metadata="no-gps"))).getexif().get_ifd(0x8825)
    for form in ("png", "tiff", "webp"):
        made = Image.open(io.BytesIO(service.result_file(job, form, "strip")))
        assert made.format == form.upper()
        assert made.size == (64, 48)


def test_a_photo_comes_back_as_it_was_sent(service: Client) -> None:
    shot = picture(40, 30)
    photo = upload(service, shot)
    frame = service.photo_frame(photo)
    assert frame.pixels == shot.tobytes()
    assert (frame.header["width"], frame.header["dtype"]) == (40, "uint8")


# How it is told


def test_events_tell_what_happens_in_order(service: Client) -> None:
    job = service.submit(upload(service, picture(128, 96)), {**NOISE, "blur.sigma": 1.2}, steps=6)
    heard = list(service.events(job))
    kinds = [header["kind"] for header, _ in heard]
    assert kinds[-1] == "done"
    assert set(kinds) <= {"queued", "progress", "step", "heartbeat", "done"}
    numbers = [header["seq"] for header, _ in heard]
    assert numbers == sorted(numbers)
    steps = [(header, jpeg) for header, jpeg in heard if header["kind"] == "step"]
    assert len(steps) >= 6
    for header, jpeg in steps:
        assert {"index", "total", "sigma", "parameters", "residual", "scale", "area", "label"} <= set(header)
        picture_ = Image.open(io.BytesIO(jpeg))
        assert picture_.format == "JPEG"
        assert picture_.size == (128, 96)
        assert set(header["parameters"]) == set(NAMES)
    assert set(steps[-1][0]["residual"]) == {"std", "whiteness"}
    sigmas = [header["sigma"] for header, _ in steps[1:-1]]
    assert sigmas == sorted(sigmas, reverse=True)
    assert all(
        header["label"] for header, _ in heard if header["kind"] in ("progress", "heartbeat", "queued")
    )
    assert service.job(job)["state"] == "done"


def test_previews_are_small_and_srgb(service: Client) -> None:
    """A wide-gamut photo's preview is converted; its result keeps the profile."""
    from tests.photo.test_photo_profile import P3

    shot = picture(1100, 120)
    photo = upload(service, shot, profile=P3)
    job = service.submit(
        photo,
        {"light.ev": 0.5, "light.midtones": 1, "light.local": 0},
        amounts={"on": {"noise": False, "blur": False, "jpeg": False}},
    )
    jpegs = [jpeg for _, jpeg in service.events(job) if jpeg]
    seen = Image.open(io.BytesIO(jpegs[-1]))
    assert seen.size == (1024, 112)
    frame = service.result(job)
    assert frame.header["profile"]


def test_a_heartbeat_comes_every_second(service: Client) -> None:
    """While a long job blocks the queue, the waiting one says so once a second."""
    first = slow(service, detached=True)
    second = service.submit(upload(service, picture()), NOISE)
    beats, began = [], time.monotonic()
    with service.events(second) as events:
        for header, _ in events:
            if header["kind"] == "heartbeat":
                beats.append(time.monotonic() - began)
                assert header["label"].startswith("Waiting")
            if header["kind"] == "queued":
                assert header["position"] == 0
            if len(beats) == 3:
                break
    assert all(0.8 < b - a < 1.5 for a, b in pairwise(beats))
    service.cancel(first)


def test_a_job_says_its_place_and_moves_up(service: Client) -> None:
    first = slow(service, detached=True)
    photo = upload(service, picture())
    jobs = [service.submit(photo, {"noise.file": n}, detached=True) for n in (5, 6, 7)]
    assert [service.job(j)["position"] for j in jobs] == [0, 1, 2]
    service.cancel(jobs[0])
    assert [service.job(j)["position"] for j in jobs] == [None, 0, 1]
    service.cancel(first)
    assert all(done(service, j)["changed"] for j in jobs[1:])


def test_a_slow_reader_gets_the_latest_and_the_end(service: Client) -> None:
    job = service.submit(
        upload(service, picture(128, 96)), {**NOISE, "blur.sigma": 1.2}, steps=20, detached=True
    )
    until(lambda: service.job(job)["state"] == "done", 60)
    heard = list(service.events(job))
    assert heard[-1][0]["kind"] == "done"
    assert len(heard) < 20, "everything was kept for a reader that came late"
    assert any(jpeg for _, jpeg in heard)


def test_a_broken_connection_is_taken_up_where_it_ended(service: Client) -> None:
    job = slow(service, steps=20)
    numbers, broken = [], 0
    with service.events(job) as events:
        for header, jpeg in events:
            if header["kind"] != "heartbeat":
                numbers.append(header["seq"])
            if jpeg and broken < 3:
                broken += 1
                assert events._connection is not None
                events._connection.sock.shutdown(socket.SHUT_RDWR)
    assert broken == 3
    assert numbers == sorted(set(numbers)), "an event came twice"
    assert service.job(job)["state"] == "done"


def test_lines_without_pictures_for_shells(running: Running, service: Client) -> None:
    import http.client
    import json

    job = service.submit(upload(service, picture()), NOISE)
    link = http.client.HTTPConnection("127.0.0.1", running.port)
    headers = {"Authorization": f"Bearer {running.token}", "Accept": "application/x-ndjson"}
    link.request("GET", f"/v1/jobs/{job}/events", headers=headers)
    lines = [json.loads(line) for line in link.getresponse()]
    link.close()
    assert lines[-1]["kind"] == "done"


# What ends it


def test_cancel_stops_it_and_the_next_one_starts(service: Client) -> None:
    job = slow(service)
    following = service.submit(upload(service, picture()), NOISE, detached=True)
    events = service.events(job)
    begun(events)
    began = time.monotonic()
    service.cancel(job)
    with pytest.raises(ClientError) as caught:
        list(events)
    assert caught.value.code == "cancelled"
    until(lambda: service.job(following)["state"] != "queued", 5)
    assert time.monotonic() - began < 1
    assert done(service, following)["changed"]
    with pytest.raises(ClientError, match="cancelled"):
        service.result(job)


def test_cancel_of_12_megapixels(service: Client) -> None:
    """In the middle of a large tile: the client hears it at once, and the engine is free for the next job."""
    shot = np.tile(picture(500, 500, 12), (6, 8, 1))
    job = service.submit(upload(service, shot), {"noise.file": 12.0})
    events = service.events(job)
    begun(events)
    until(lambda: service.job(job)["label"] == "Removing noise", 60)
    time.sleep(0.5)
    following = service.submit(upload(service, picture()), NOISE, detached=True)
    began = time.monotonic()
    service.cancel(job)
    with pytest.raises(ClientError, match="Cancelled"):
        list(events)
    assert time.monotonic() - began < 1
    until(lambda: service.job(following)["state"] != "queued", 3)
    done(service, following)
    service.delete_job(job)


def test_a_job_that_waits_can_be_cancelled(service: Client) -> None:
    first = slow(service, detached=True)
    second = service.submit(upload(service, picture()), NOISE, detached=True)
    service.cancel(second)
    assert service.job(second)["state"] == "cancelled"
    service.cancel(first)


def test_keep_ends_it_with_the_present_picture(service: Client) -> None:
    job = slow(service)
    events = service.events(job)
    begun(events)
    began = time.monotonic()
    service.keep(job)
    *_, (last, _) = events
    assert time.monotonic() - began < 3
    assert last["kind"] == "done"
    assert last["result"]["kept"]
    assert pixels_of(service, job).shape == (96, 128, 3)
    with pytest.raises(ClientError, match="keep"):
        service.keep(job)


def test_a_job_whose_reader_is_gone_is_cancelled(service: Client) -> None:
    job = slow(service)
    with service.events(job) as events:
        begun(events)
    left = time.monotonic()
    until(lambda: service.job(job)["state"] == "cancelled", 6)
    assert 1 < time.monotonic() - left < 4
    assert "nobody" in service.job(job)["last"]["message"]


def test_one_of_two_readers_keeps_it_alive(service: Client) -> None:
    job = slow(service)
    first, second = service.events(job), service.events(job)
    next(first)
    next(second)
    first.close()
    end = time.monotonic() + 3
    with second:
        for header, _ in second:
            assert header["kind"] != "done"
            if time.monotonic() > end:
                break
        assert service.job(job)["state"] == "running"
        service.cancel(job)


def test_deleting_the_photo_or_the_job_cancels_it(service: Client) -> None:
    job = slow(service, detached=True)
    until(lambda: service.job(job)["state"] == "running")
    service.delete_photo(service.job(job)["photo"])
    assert service.job(job)["state"] == "cancelled"
    other = slow(service, seed=1, detached=True)
    service.delete_job(other)
    with pytest.raises(ClientError) as caught:
        service.job(other)
    assert caught.value.code == "not-found"
    idle(service)


def test_what_belongs_to_a_forgotten_photo_says_so(service: Client) -> None:
    photo = upload(service, picture())
    job = service.submit(photo, NOISE)
    done(service, job)
    service.delete_photo(photo)
    for ask in (service.result, lambda j: service.map(j, "change")):
        with pytest.raises(ClientError) as caught:
            ask(job)  # type: ignore[operator]
        assert caught.value.code == "not-found"


def test_the_engine_killed_in_mid_job(running: Running, service: Client) -> None:
    """kill −9: a typed error on that job, a fresh engine for the next."""
    job = slow(service)
    events = service.events(job)
    begun(events)
    engine = running.process("engine")
    engine.kill()
    with pytest.raises(ClientError) as caught:
        list(events)
    assert caught.value.code == "worker"
    assert "new one is started" in caught.value.hint
    assert service.job(job)["state"] == "failed"
    again = service.submit(upload(service, picture()), NOISE)
    assert done(service, again)["changed"]
    assert running.process("engine").pid != engine.pid
    assert ended(engine)


def test_the_reader_killed_in_mid_estimate(running: Running, service: Client) -> None:
    photo = upload(service, picture(900, 700))
    errors: list[ClientError] = []

    def ask() -> None:
        try:
            service.estimate(photo)
        except ClientError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    reader = running.process("reader")
    thread.start()
    time.sleep(0.1)
    reader.kill()
    thread.join()
    assert [error.code for error in errors] == ["unreadable"]
    assert service.estimate(photo)["summary"], "a fresh reader, and the photo is still there"


# Many


def test_twenty_clients_at_once(running: Running) -> None:
    """Each with its own photo: every one gets its own result."""
    from upzeroir_plugin.client import connect

    wrong: list[str] = []
    gate = threading.Barrier(20)

    def one(number: int) -> None:
        try:
            client = connect(launch=False, state=running.state)
            shot = np.full((24, 32, 3), 100, np.uint8)
            shot[:, :, 0] = 5 * number + 20
            gate.wait(30)
            photo = upload(client, shot)
            client.estimate(photo)
            job = client.submit(
                photo,
                {"light.ev": 0.5, "light.midtones": 1, "light.local": 0},
                amounts={"on": {g: g == "light" for g in GROUPS}},
            )
            done(client, job)
            made = pixels_of(client, job)
            if made.shape != shot.shape or abs(made[..., 0].mean() - LIT[5 * number + 20]) > 2:
                wrong.append(f"{number}: {made.mean((0, 1))}")
            client.delete_job(job)
            client.delete_photo(photo)
        except Exception as error:
            wrong.append(f"{number}: {error!r}")

    threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_two_hundred_jobs_do_not_grow_the_memory(running: Running, service: Client) -> None:
    photo = upload(service, picture(32, 24))

    def many(first: int, count: int) -> None:
        for n in range(first, first + count):
            done(service, service.submit(photo, {"noise.file": 3 + n / 20}, steps=1))

    def held() -> int:
        memory = service.hello(quiet=True)["memory"]
        return int(sum(memory[name] for name in ("service", "reader", "engine")))

    many(0, 15)
    before = held()
    many(15, 200)
    growth = held() - before
    folders = len(list(running.state.parent.glob(".upzeroir-pictures-*/job-*")))
    print(f"200 jobs: {growth / 1e6:.1f} MB more")
    assert growth < 50e6
    assert folders <= 66, "results are kept for ever"


def test_a_queue_that_is_full_says_so(service: Client) -> None:
    first = slow(service, detached=True)
    photo = upload(service, picture())
    until(lambda: service.job(first)["state"] == "running")
    jobs = []
    with pytest.raises(ClientError) as caught:
        while len(jobs) < 100:
            jobs.append(service.submit(photo, NOISE, detached=True))
    assert caught.value.code == "queue-full"
    assert caught.value.status == 429
    assert len(jobs) == service.hello(quiet=True)["limits"]["queue"]
    for job in jobs:
        service.delete_job(job)
    service.cancel(first)
    service.delete_job(first)
