"""What the service says is wrong with a photo, and what its maps of a result say."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.pictures import as_image, bad, scene
from tests.service.helpers import done, picture, pixels_of, upload
from upzeroir_plugin.client import Client, ClientError
from upzeroir_plugin.estimate.hypotheses import close
from upzeroir_plugin.estimate.readings import Estimate, Hypothesis
from upzeroir_plugin.evidence import read_evidence
from upzeroir_plugin.parameters import NAMES, ParameterVector
from upzeroir_plugin.restore import estimate
from upzeroir_plugin.service import reading
from upzeroir_plugin.service.pictures import keep_photo, photo_of_frame


def told(service: Client, pixels: Any, **more: Any) -> dict[str, Any]:
    return service.estimate(upload(service, pixels), **more)


def test_the_answer_is_that_of_the_call_in_process(service: Client, tmp_path: Path) -> None:
    shot = picture(160, 120, 20)
    (tmp_path / "rows").write_bytes(shot.tobytes())
    header = {"width": 160, "height": 120, "channels": 3, "dtype": "uint8", "profile": None, "evidence": {}}
    found = estimate(photo_of_frame(header, tmp_path / "rows"))
    said = told(service, shot)
    assert said["parameters"] == found.theta.to_json()
    assert "noisy" in said["summary"].lower()
    assert set(said["parameters"]) == set(NAMES)
    assert said["maps"]["illumination"]["low"] < said["maps"]["illumination"]["high"]
    grid = Image.open(io.BytesIO(base64.b64decode(said["maps"]["depth"]["png"])))
    assert (grid.mode, max(grid.size) <= 256) == ("L", True)


def test_evidence_for_the_why_views(service: Client) -> None:
    evidence = told(service, picture(400, 300, 20))["evidence"]
    assert {"haze", "blur", "light", "noise", "jpeg", "histogram"} <= set(evidence)
    bins = evidence["noise"]["bins"]
    assert len(bins) >= 3
    assert all(100 < b["fit"] < 900 for b in bins), "σ is 20/255"
    assert all(set(b) == {"brightness", "variance", "fit", "weight"} for b in bins)
    assert len(evidence["jpeg"]["scores"]) == 97
    assert np.sum(evidence["blur"]["kernel"]) == pytest.approx(1, abs=1e-3)


def test_the_target_histogram_is_the_photo_with_its_faults_undone(service: Client) -> None:
    clean = scene(96, 128)
    dark = (bad(clean, light_ev=2) * 255).round().astype(np.uint8)
    free = {"haze.depth": 0, "light.midtones": 1, "colour.temperature": 0, "colour.tint": 0}
    shown = told(service, dark, pins={**free, "light.ev": 2})["evidence"]["histogram"]
    wanted = told(service, (clean * 255).round().astype(np.uint8))["evidence"]["histogram"]["found"]
    same = told(service, dark, pins={**free, "light.ev": 0})["evidence"]["histogram"]

    def mean(shares: list[float]) -> float:
        return sum((n + 0.5) / 64 * share for n, share in enumerate(shares))

    for part in (shown["found"], shown["target"]):
        assert len(part) == 64
        assert sum(part) == pytest.approx(1, abs=1e-3)
    assert mean(shown["found"]) < 0.7 * mean(wanted)
    assert mean(shown["target"]) == pytest.approx(mean(wanted), abs=0.03)
    assert same["target"] == same["found"] == shown["found"]


def test_a_rectangle_is_measured_by_itself(service: Client) -> None:
    shot = np.concatenate([picture(96, 96, 0), picture(96, 96, 25)], 1)
    photo = upload(service, shot)
    left = service.estimate(photo, rect=(0, 0, 96, 96))["evidence"]["noise"]["sigma"]
    right = service.estimate(photo, rect=(96, 0, 96, 96))["evidence"]["noise"]["sigma"]
    assert right > 4 * left
    with pytest.raises(ClientError, match="not inside"):
        service.estimate(photo, rect=(100, 0, 96, 96))


def test_pins_are_taken_and_checked(service: Client) -> None:
    said = told(service, picture(), pins={"noise.file": 7})
    assert said["parameters"]["noise.file"] == {
        "value": 7, "unit": "1/255", "low": 7, "high": 7, "confidence": 1, "pinned": True
    }  # fmt: skip
    with pytest.raises(ClientError) as caught:
        told(service, picture(), pins={"noise.file": 1e6})
    assert caught.value.code == "parameter"
    assert "noise.file" in caught.value.message


# Close readings


def reading_of(label: str, weight: float, **values: float) -> Hypothesis:
    return Hypothesis(label, weight, {"light.ev": 0.0, "haze.depth": 0.0, **values}, scene(12, 16))


def test_close_readings_are_offered_and_clear_ones_are_not() -> None:
    clear = [reading_of("lift", 0.9), reading_of("as shot", 0.1)]
    assert close(clear) == ()
    near = [
        reading_of("lift", 0.5),
        reading_of("as shot", 0.3),
        reading_of("clear haze", 0.15),
        reading_of("x", 0.05),
    ]
    assert [h.label for h in close(near)] == ["lift", "as shot", "clear haze"]
    assert len(close([reading_of(str(n), 0.1) for n in range(8)])) == 4


def test_a_doubtful_photo_has_close_readings(service: Client) -> None:
    """A scene made darker little by little: on the way from clear to clear there is a doubt."""
    clean = scene(96, 128, 2)
    asked = [
        told(service, (bad(clean, light_ev=ev) * 255).round().astype(np.uint8))
        for ev in (0.25, 0.5, 0.75, 1, 1.25)
    ]
    doubtful = [said["hypotheses"] for said in asked if said["hypotheses"]]
    assert doubtful, "no picture between bright and dark was in doubt"
    for some in doubtful:
        assert 2 <= len(some) <= 4
        assert [h["weight"] for h in some] == sorted((h["weight"] for h in some), reverse=True)
        for one in some:
            shown = Image.open(io.BytesIO(base64.b64decode(one["jpeg"])))
            assert 96 <= max(shown.size) <= 256
            ParameterVector().pinned(one["parameters"])
            assert one["label"]


def test_choosing_a_reading_gives_what_its_picture_shows(
    service: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The pins of a reading, sent with a job, make the photo look like the small picture."""
    dark = bad(scene(96, 128), light_ev=2)
    values = {"haze.depth": 0.0, "haze.red": 0.9, "haze.green": 0.9, "haze.blue": 0.9, "light.ev": 2.0,
              "light.midtones": 1.0, "colour.temperature": 0.0, "colour.tint": 0.0}  # fmt: skip
    from upzeroir_plugin.estimate.undo import undone
    from upzeroir_plugin.photo.image import Photo

    choices = tuple(Hypothesis(n, w, v, undone(dark, v)) for n, w, v in (
        ("lift", 0.6, values), ("as shot", 0.4, {**values, "light.ev": 0.0})))  # fmt: skip
    monkeypatch.setattr(reading, "measure", lambda _photo: Estimate(ParameterVector(), hypotheses=choices))
    keep_photo(Photo(dark), tmp_path)
    import json

    message = {"do": "estimate", "folder": str(tmp_path), "rect": None, "pins": {}}
    said = json.loads(reading.answer(message)["found"]["json"])["hypotheses"]
    photo = upload(service, (dark * 255).round().astype(np.uint8))
    for one in said:
        job = service.submit(
            photo, one["parameters"], amounts={"on": {"noise": False, "blur": False, "jpeg": False}}
        )
        done(service, job)
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["jpeg"]))), float)
        assert abs(pixels_of(service, job).mean() - shown.mean()) < 4


# A frame from GIMP, and the file itself


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_frame_with_evidence_is_judged_like_its_file(
    service: Client, tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    as_image(scene(120, 160)).save(tmp_path / "a.jpg", quality=30, exif=exif)
    by_file = service.upload_file(tmp_path / "a.jpg")
    frame = service.photo_frame(by_file["id"])
    rows = np.frombuffer(frame.pixels, np.uint8).reshape(by_file["height"], by_file["width"], 3)
    by_frame = upload(service, rows, evidence=read_evidence(tmp_path / "a.jpg"))
    first, second = service.estimate(by_file["id"]), service.estimate(by_frame)
    assert first["parameters"] == second["parameters"]
    assert first["parameters"]["jpeg.quality"]["value"] == pytest.approx(30, abs=1)
    assert first["evidence"]["jpeg"]["file_quality"] == second["evidence"]["jpeg"]["file_quality"] == 30


def test_a_frame_of_a_webp_is_judged_like_its_file(service: Client, tmp_path: Path) -> None:
    as_image(scene(120, 160)).save(tmp_path / "a.webp", quality=40)
    by_file = service.upload_file(tmp_path / "a.webp")
    frame = service.photo_frame(by_file["id"])
    rows = np.frombuffer(frame.pixels, np.uint8).reshape(by_file["height"], by_file["width"], 3)
    told = read_evidence(tmp_path / "a.webp")
    first, second = service.estimate(by_file["id"]), service.estimate(upload(service, rows, evidence=told))
    assert first["parameters"] == second["parameters"]
    assert first["parameters"]["jpeg.quality"]["value"] == pytest.approx(50, abs=3)


# Honesty maps


def the_map(service: Client, job: str, kind: str) -> tuple[dict[str, Any], Any]:
    means, png = service.map(job, kind)
    grey = np.asarray(Image.open(io.BytesIO(png)), np.float32) / 255
    assert means["kind"] == kind
    assert means["label"]
    return means, means["low"] + grey * (means["high"] - means["low"])


def test_change_is_the_difference(service: Client) -> None:
    shot = picture(96, 72, 20)
    job = service.submit(upload(service, shot), {"noise.file": 20})
    done(service, job)
    means, values = the_map(service, job, "change")
    wanted = np.abs(pixels_of(service, job, "float32") - shot.astype(np.float32) / 255).mean(2)
    assert values.shape == (72, 96)
    assert means["scale"] == 1
    np.testing.assert_allclose(values, wanted.clip(0, means["high"]), atol=means["high"] / 250)


def test_the_residual_is_noise_where_the_result_explains_the_photo(service: Client) -> None:
    """Of the noise's size and without shape; a blur that is not there leaves the scene's edges in it."""
    shot = picture(160, 120, 20)
    photo = upload(service, shot)
    quiet = {"light.ev": 0, "light.midtones": 1, "haze.depth": 0, "colour.temperature": 0, "colour.tint": 0,
             "blur.focus": 0, "blur.length": 0, "noise.shot": 0, "noise.read": 0, "noise.size": 0,
             "noise.chroma": 1, "jpeg.quality": 100}  # fmt: skip
    found = {}
    for blur in (0, 3):
        job = service.submit(photo, {**quiet, "noise.file": 20, "blur.sigma": blur}, steps=4)
        done(service, job)
        means, values = the_map(service, job, "residual")
        assert (means["low"], means["high"], means["unit"]) == (-4, 4, "σ")
        found[blur] = values - values.mean()
    std = float(found[0].std())
    assert 0.4 < std < 0.7, "three channels' noise of σ 1, averaged, has σ 0.58"
    right, wrong = (np.mean(v[:, 1:] * v[:, :-1]) / v.var() for v in (found[0], found[3]))
    assert abs(right) < 0.25
    assert wrong > right + 0.1, "what the result does not explain does not show"


def test_a_frame_is_in_no_map_and_kept(service: Client) -> None:
    """Region and whole: the engine knows where the picture is from what was kept of the estimate."""
    shot = np.pad(picture(128, 96, 20, 3), ((40, 40), (0, 0), (0, 0)), constant_values=255)
    photo = upload(service, shot)
    said = service.estimate(photo)
    assert said["evidence"]["picture"] == [0, 40, 128, 96]
    for region in (None, [20, 10, 90, 110]):
        job = service.submit(photo, {"noise.file": 20, "blur.sigma": 1.5, "light.ev": 0}, region=region)
        done(service, job)
        x, y, w, h = region or (0, 0, 128, 176)
        made, top = pixels_of(service, job), 40 - y
        assert np.array_equal(made[:top], shot[y:40, x : x + w])
        assert (made[top:] != shot[40 : y + h, x : x + w]).mean() > 0.5
        for kind in ("change", "residual", "invented"):
            _, values = the_map(service, job, kind)
            assert (
                np.abs(values[: top - 1]).max() < 0.02 and np.abs(values[top + 16 : top + 60]).mean() > 0.002
            )
        left = np.abs(the_map(service, job, "residual")[1])
        edge, middle = left[top : top + 2].mean(), left[top + 16 : top + 40].mean()
        assert edge < 1.3 * middle, "the frame's white is in the blur that is put back"


def test_invented_grows_with_the_noise_and_is_0_without_the_network(service: Client) -> None:
    means = {}
    for sigma in (5, 40):
        job = service.submit(upload(service, picture(96, 72, sigma)), {"noise.file": sigma, "light.ev": 0})
        done(service, job)
        about, values = the_map(service, job, "invented")
        assert values.shape == (72, 96)
        assert about["low"] == 0
        means[sigma] = float(values.mean())
    assert 0.001 < means[5] < means[40] < 0.2
    off = {"on": {"noise": False, "blur": False, "jpeg": False}}
    job = service.submit(upload(service, picture()), {"light.ev": 1}, amounts=off)
    done(service, job)
    assert not the_map(service, job, "invented")[1].any()


def test_maps_of_a_region_with_a_mask(service: Client) -> None:
    mask = np.zeros((72, 96, 1), np.uint8)
    mask[:, 48:] = 255
    photo = upload(service, picture(96, 72, 20))
    job = service.submit(photo, {"noise.file": 20}, mask=upload(service, mask), region=[16, 8, 64, 48])
    done(service, job)
    for kind in ("change", "residual", "invented"):
        means, values = the_map(service, job, kind)
        assert values.shape == (48, 64)
        step = (means["high"] - means["low"]) / 255
        assert np.abs(values[:, :32]).max() <= step, "outside the mask nothing was done"
        assert np.abs(values[:, 44:]).mean() > step


def test_a_new_job_goes_before_a_map(service: Client) -> None:
    import threading
    import time

    job = service.submit(upload(service, picture(400, 300, 20)), {"noise.file": 20})
    done(service, job)
    got: list[Any] = []
    asking = threading.Thread(target=lambda: got.append(the_map(service, job, "invented")[1].shape))
    asking.start()
    time.sleep(0.3)
    quick = service.submit(upload(service, picture()), {"noise.file": 9}, steps=1)
    done(service, quick)
    asking.join(120)
    assert got == [(300, 400)], "the map was not taken up again after the job"
