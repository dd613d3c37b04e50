"""`upzeroir batch --series`, from files with EXIF to results; stopped and gone on with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures import as_image, bad, scene
from upzeroir_plugin.batch import run as batch_run
from upzeroir_plugin.batch.memory import Memory, place
from upzeroir_plugin.batch.task import Outcome, Task, do
from upzeroir_plugin.cli import main
from upzeroir_plugin.single import Order

MAKE, MODEL, EXIF, ISO, LENS = 0x010F, 0x0110, 0x8769, 0x8827, 0xA434


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four dark frames of one camera, ISO and lens, every other one darker; and a pool without processes."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = "Nikon", "D90"
    exif.get_ifd(EXIF).update({ISO: 1600, LENS: "50 mm"})
    (tmp_path / "in").mkdir()
    for number in range(4):
        frame = bad(scene(80, 96, seed=3), seed=number, light_ev=2.2 + 0.15 * (number % 2), noise_shot=12.0)
        as_image(frame).save(tmp_path / "in" / f"{number}.jpg", quality=97, subsampling=0, exif=exif)

    def in_process(
        tasks: Iterator[Task], order: Order, jobs: int, threads: int, begin: Callable[[Task], bool]
    ) -> Iterator[Outcome]:
        del jobs, threads
        yield from (do(task, order) for task in tasks if begin(task))

    monkeypatch.setattr(batch_run, "run_all", in_process)
    monkeypatch.setenv("UPZEROIR_STATE", str(tmp_path / "state" / "service.json"))
    return tmp_path


def batch(here: Path, out: str, *options: str) -> list[dict[str, dict[str, float]]]:
    """Run it; the parameters of the reports, in order."""
    assert main(["batch", str(here / "in"), "-o", str(here / out), "--device", "cpu", *options]) == 0
    reports = sorted((here / out / "upzeroir-batch" / "reports").glob("*.json"))
    return [json.loads(path.read_text())["parameters"] for path in reports]


def spread(found: list[dict[str, dict[str, float]]], name: str) -> float:
    values = [parameters[name]["value"] for parameters in found]
    return max(values) - min(values)


def test_a_series_does_not_flicker_and_goes_on_as_it_was_decided(here: Path) -> None:
    alone = batch(here, "alone")
    together = batch(here, "together", "--series")
    assert len(together) == 4
    assert spread(alone, "light.ev") > 0.05, "single estimates differ, or this test says nothing"
    assert spread(together, "light.ev") < 0.3 * spread(alone, "light.ev")
    assert spread(together, "noise.shot") < 0.6 * spread(alone, "noise.shot")
    assert Memory(place()).known("Nikon D90", 1600.0)["noise.shot"].count == 4

    first = here / "together" / "2.jpg"
    before = first.read_bytes()
    first.unlink()
    with sqlite3.connect(here / "together" / "upzeroir-batch" / "ledger.sqlite") as base:
        base.execute("UPDATE photos SET state = 'waiting' WHERE output LIKE '%2.jpg'")
    assert batch(here, "together", "--series") == together
    assert first.read_bytes() == before
    assert Memory(place()).known("Nikon D90", 1600.0)["noise.shot"].count == 4

    assert main(["batch", str(here / "in"), "-o", str(here / "together"), "--device", "cpu"]) == 2


def test_pins_and_photos_without_exif(here: Path) -> None:
    for number in range(2, 4):
        (here / "in" / f"{number}.jpg").unlink()
    as_image(scene(80, 80)).save(here / "in" / "unknown.png")
    found = batch(here, "pinned", "--series", "--set", "light.ev=1.0")
    assert {parameters["light.ev"]["value"] for parameters in found} == {1.0}
    assert len(found) == 3
