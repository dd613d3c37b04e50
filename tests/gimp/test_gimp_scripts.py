"""The procedures from scripts, in a real GIMP 3: run again, repeated, from Script-Fu, and over a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gimp.conftest import Service
from tests.gimp.gimp3 import Gimp3
from tests.pictures import bad, scene
from upzeroir_plugin.parameters import PARAMETERS

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "gimp.md"
GIVEN = {"noise-file": 12.0, "noise-file-auto": False, "light-ev": 1.0, "light-ev-auto": False}


def picture(path: Path) -> Path:
    rows = bad(scene(80, 96, seed=4), noise_file=12.0, light_ev=1.0)
    Image.fromarray(np.round(rows * 255).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def ran(gimp: Gimp3, service: Service) -> Any:  # noqa: ARG001 - it must run
    box = gimp.box / "again"
    box.mkdir()
    gimp.extra["UPZEROIR_TRACE"] = gimp.inside(box / "trace")
    script = (HERE / "again_script.py").read_text(encoding="utf-8")
    try:
        done = gimp.batch(script, BOX=box, PHOTO=picture(box / "photo.png"), GIVEN=GIVEN, timeout=250)
    finally:
        del gimp.extra["UPZEROIR_TRACE"]
    assert done.given is not None, done.words
    assert "Traceback" not in done.words
    return done.given


def case(ran: Any, name: str) -> dict[str, Any]:
    assert "failed" not in ran[name], ran[name]["failed"]
    return dict(ran[name])


def test_a_result_is_edited_again_from_its_original(ran: Any) -> None:
    found = case(ran, "edited_again")
    assert found["answers"] == ["success"] * 3
    assert found["untouched"] and found["changed"] and found["count"] == 2
    assert found["like"], "as if the first run had not been, with the selection of that time"
    assert found["opacity"] == 80.0, "what the user set on the result stays"
    record = found["record"]
    assert (
        record["strength"] == 0.5
        and record["source"] == found["tattoo"]
        and record["rect"] == [10, 10, 60, 50]
    )
    assert record["parameters"]["noise.file"] == pytest.approx(
        {**record["parameters"]["noise.file"], "value": 12.0}
    )
    assert record["parameters"]["noise.file"]["pinned"] and record["seed"] == 0
    assert found["saved"] and found["after-xcf"] == [2, True], "the record is kept in the file"


def test_without_its_original_a_result_is_a_layer_like_any_other(ran: Any) -> None:
    assert case(ran, "without_original") == {"answer": ["success", True], "count": 2}


@pytest.mark.parametrize("change", ["nothing", "mask", "canvas"])
def test_a_result_that_is_as_it_was_made_is_replaced(ran: Any, change: str) -> None:
    found = case(ran, "changed_by_the_user")[change]
    assert found["answer"] == ["success", True] and found["count"] == 2 and found["strength"] == 0.5
    assert found["masked"] == (change == "mask"), "the mask stays the user's"


@pytest.mark.parametrize("change", ["painted", "merged", "locked", "moved", "scaled", "filtered"])
def test_what_the_user_did_to_a_result_is_never_thrown_away(ran: Any, change: str) -> None:
    found = case(ran, "changed_by_the_user")[change]
    assert found["answer"] == ["success", True] and found["strength"] == 0.5
    assert found["count"] == 3 and found["kept"]


def test_a_result_in_an_image_turned_indexed_is_refused(ran: Any) -> None:
    found = case(ran, "indexed_former")
    assert found["answer"][0] == "execution-error" and "Mode > RGB" in found["answer"][1]
    assert found["count"] == 2


def test_a_result_in_another_image_is_a_layer_like_any_other(ran: Any) -> None:
    found = case(ran, "in_another_image")
    assert found["answer"] == ["success", True] and found["count"] == 3 and found["pasted-stays"]
    assert found["away"] > 20, "made from the other image's photo"


def test_a_part_edited_again_stays_that_part_whatever_the_output_is_now(ran: Any) -> None:
    assert case(ran, "part_with_mask_asked_for") == {
        "answer": ["success", True], "outside": True, "output": "new-layer",
    }  # fmt: skip


def test_a_damaged_record_is_none(ran: Any) -> None:
    found = case(ran, "damaged_records")
    assert len(found) == 9 and all(each == ["success", False, 2] for each in found.values()), found


def test_last_values_are_taken(ran: Any) -> None:
    assert case(ran, "last_values")["answer"][0] == "success"


def test_what_gimp_knows_of_the_procedure(ran: Any) -> None:
    found = case(ran, "metadata")
    assert {row.name.replace(".", "-") for row in PARAMETERS} <= set(found["arguments"])
    assert {f"{row.name.replace('.', '-')}-auto" for row in PARAMETERS} <= set(found["arguments"])
    assert found["blurb"] and "default for a value that is out of its range" in found["help"]
    assert found["out-of-range"] == 0.0, "GIMP's own way, which the documentation names"
    assert "ZeroIR" in found["menu"]


def test_transfer_of_12_megapixels_in_16_bits(ran: Any, gimp: Gimp3) -> None:
    assert case(ran, "big")["answer"] == ["success", True]
    lines = (gimp.box / "again" / "trace").read_text(encoding="utf-8").splitlines()
    times = {line.split()[1]: float(line.split()[0]) for line in lines}
    called = max(float(line.split()[0]) for line in lines if line.split()[1] == "called")
    there, back = times["sent"] - called, times["placed"] - times["done"]
    read, restored = times["read"] - called, times["done"] - times["sent"]
    print(f"read {read:.2f} s, all there {there:.2f} s, restored in {restored:.2f} s, back {back:.2f} s")
    quiet = os.getloadavg()[0] < 1.5
    assert there + back < (3 if quiet else 12), "docs/gimp.md has the figure of a quiet machine"


def test_script_fu(gimp: Gimp3, service: Service, box: Path) -> None:  # noqa: ARG001 - it must run
    photo, out = gimp.inside(picture(box / "photo.png")), gimp.inside(box / "out.png")
    script = f"""
(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{photo}")))
       (layer (vector-ref (car (gimp-image-get-layers image)) 0)))
  (plug-in-upzeroir-restore #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector layer) #:output "replace"
    #:noise-file 12.0 #:noise-file-auto FALSE)
  (gimp-file-save RUN-NONINTERACTIVE image "{out}"))"""
    command = [
        "gimp-console-3.0",
        "-idf",
        "--batch-interpreter=plug-in-script-fu-eval",
        "-b",
        script,
        "--quit",
    ]
    gimp.run(*command, timeout=100)
    assert (np.asarray(Image.open(box / "out.png")) != np.asarray(Image.open(box / "photo.png"))).mean() > 0.3


def test_the_folder_batch_of_the_documentation(gimp: Gimp3, service: Service, box: Path) -> None:  # noqa: ARG001
    code = re.search(r"```python\n(# batch\.py\n.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    command = re.search(r"^gimp-console-3\.0 .*$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert code and command
    (box / "batch.py").write_text(code[1], encoding="utf-8")
    (box / "photos").mkdir()
    picture(box / "photos" / "a.png")
    picture(box / "photos" / "b.jpg")
    (box / "photos" / "c.png").write_text("no picture", encoding="utf-8")
    said = gimp.run("sh", "-c", f"cd {gimp.inside(box)!r} && {command[0]}", timeout=150)
    assert "a.png: " in said and "noisy" in said.lower() and "c.png: cannot be read" in said
    for name in ("a", "b"):
        restored = np.asarray(Image.open(box / "restored" / f"{name}.png"))
        assert restored.shape == (80, 96, 3)
        source = next((box / "photos").glob(f"{name}.*"))
        assert (restored != np.asarray(Image.open(source))).mean() > 0.3
