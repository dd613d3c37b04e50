"""Pixels through the plug-in in a real GIMP 3, against the command line's result for the same parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.gimp.conftest import Service
from tests.gimp.gimp3 import Gimp3
from tests.pictures import scene
from upzeroir_plugin import cli
from upzeroir_plugin.prior.embedded import fast_bfloat16

HERE = Path(__file__).resolve().parent
PINS = {"noise-file": 12.0, "light-ev": 0.5}
GIVEN = {**PINS, **{f"{name}-auto": False for name in PINS}}
WIDTH, HEIGHT = 96, 80
SOURCES = {
    "8": "photo.png", "grey": "grey.png", "alpha": "alpha.png", "16": "photo16.tif", "float": "float.tif",
    "adobe": "adobe.tif",
}  # fmt: skip
NEAR = {np.dtype(np.uint8): 1.0, np.dtype(np.uint16): 2.0, np.dtype(np.float32): 2e-5}
"""In steps of each precision; 8 bits are dithered, each by its own place."""

Rows = NDArray[Any]


def photo(levels: int = 255) -> NDArray[np.float32]:
    """A noisy, dark scene."""
    x = scene(HEIGHT, WIDTH, seed=3)
    noise = np.random.default_rng(1).normal(0, 12 / 255, x.shape)
    return (np.round((x * 0.8 + noise).clip(0, 1) * levels) / levels).astype(np.float32)


def write_sources(box: Path) -> None:
    """A photo in every precision and kind."""
    eight = np.round(photo() * 255).astype(np.uint8)
    sixteen = np.round(photo(65535) * 65535).astype(np.uint16)
    ramp = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
    Image.fromarray(eight).save(box / SOURCES["8"])
    Image.fromarray(eight[..., 1]).save(box / SOURCES["grey"])
    Image.fromarray(np.dstack([eight, ramp])).save(box / SOURCES["alpha"])
    tifffile.imwrite(box / SOURCES["16"], sixteen, photometric="rgb")
    tifffile.imwrite(box / SOURCES["float"], photo(65535), photometric="rgb")
    saturated = sixteen.copy()
    saturated[..., 1] = np.maximum(saturated[..., 1], 60000)  # outside sRGB
    tifffile.imwrite(box / SOURCES["adobe"], saturated, photometric="rgb", iccprofile=adobe_rgb())


def adobe_rgb() -> bytes:
    """A matrix profile with Adobe RGB's primaries and gamma, made here: no file of anyone's."""
    import struct

    def s15(x: float) -> bytes:
        return struct.pack(">i", round(x * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(s15, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.19921875 * 256)) + b"\0\0"
    text = b"wide"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" * 79 + b"\0" * 3
    desc += b"\0" * (-len(desc) % 4)
    tags = {
        b"desc": desc, b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947), b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += s15(0.9642) + s15(1.0) + s15(0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


class Ran:
    """All cases, run in one GIMP."""

    def __init__(self, box: Path, given: dict[str, Any], words: str, status: int) -> None:
        self.box, self.cases, self.registered = box, given["cases"], given["registered"]
        self.words, self.status = words, status

    def __getitem__(self, name: str) -> dict[str, Any]:
        found = self.cases[name]
        assert "failed" not in found, found["failed"]
        return dict(found)

    def rows(self, name: str, kind: str, like: Rows) -> Rows:
        """A drawable as GIMP holds it: `kind` before, after or later."""
        data = (self.box / f"{name}.{kind}").read_bytes()
        return np.frombuffer(data, like.dtype).reshape(like.shape)

    def source(self, name: str) -> Rows:
        return read(self.box / SOURCES[name])

    def mask(self, name: str) -> NDArray[np.uint16]:
        return np.frombuffer((self.box / f"{name}.mask").read_bytes(), np.uint16).reshape(HEIGHT, WIDTH)


def read(path: Path) -> Rows:
    return tifffile.imread(path) if path.suffix == ".tif" else np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def ran(gimp: Gimp3, service: Service) -> Ran:  # noqa: ARG001 - it must run
    box = gimp.box / "pixels"
    box.mkdir()
    write_sources(box)
    script = (HERE / "pixels_script.py").read_text(encoding="utf-8")
    done = gimp.batch(script, BOX=box, SOURCES=SOURCES, GIVEN=GIVEN, timeout=200)
    assert done.given is not None, done.words
    return Ran(box, done.given, done.words, done.status)


def command_line(ran: Ran, source: str, name: str, mask: Rows | None = None) -> Rows:
    """What the command line makes of a source with the same parameters."""
    path = ran.box / SOURCES[source]
    output = ran.box / f"{name}-wanted{path.suffix}"
    more = []
    if mask is not None:
        tifffile.imwrite(ran.box / f"{name}-mask.tif", mask, photometric="minisblack")
        more = ["--mask", str(ran.box / f"{name}-mask.tif")]
    pins = [part for n, v in PINS.items() for part in ("--set", f"{n.replace('-', '.', 1)}={v}")]
    assert cli.main(["restore", str(path), "-o", str(output), *pins, *more]) == 0
    return read(output)


def assert_near(got: Rows, want: Rows) -> None:
    difference = np.abs(got.astype(float) - want)
    assert difference.max() <= NEAR[got.dtype], f"{difference.max()} at {np.argmax(difference)}"


def test_registered_and_quiet(ran: Ran) -> None:
    assert ran.registered == [True, True] and ran.status == 0
    assert "Traceback" not in ran.words
    unusual = [line for line in ran.words.splitlines() if "GIMP-Error: Calling error" not in line]
    assert not [line for line in unusual if "CRITICAL" in line or "Warning: value" in line], unusual


@pytest.mark.parametrize("kind", ["8", "grey", "alpha", "16", "float"])
def test_a_new_layer_equals_the_command_lines_result(kind: str, ran: Ran) -> None:
    case, rows = ran[kind], ran.source(kind)
    assert case["answer"][:2] == ["success", True] and case["answer"][2]
    assert case["untouched"] and len(case["names"]) == 2 and case["names"][0].endswith("(UP-ZeroIR)")
    got = ran.rows(kind, "after", rows)
    assert_near(got, command_line(ran, kind, kind))
    assert np.abs(got.astype(float) - rows).max() > 8 * NEAR[got.dtype], "nothing was restored"
    if kind == "alpha":
        assert (got[..., 3] == rows[..., 3]).all()


def test_adobe_rgb_is_not_clipped(ran: Ran) -> None:
    case, rows = ran["adobe"], ran.source("adobe")
    got = ran.rows("adobe", "after", rows)
    assert_near(got, command_line(ran, "adobe", "adobe"))
    assert case["untouched"]
    assert (ran.rows("adobe", "before", rows) == rows).all(), "GIMP holds other values than the file"
    assert "perceptual" in ran.cases and ran["perceptual"]["answer"][0] == "success"
    perceptual = ran.rows("perceptual", "after", rows).astype(float)
    before = ran.rows("perceptual", "before", rows).astype(float)
    shift = np.abs(
        (perceptual - before).mean((0, 1)) / 65535 - (got.astype(float) - rows).mean((0, 1)) / 65535
    )
    assert shift.max() < 0.03, "the two encodings are restored alike"


@pytest.mark.parametrize(("name", "source"), [("rectangle", "8"), ("feathered", "16"), ("replaced", "8")])
def test_a_selection_and_nothing_outside_it(name: str, source: str, ran: Ran) -> None:
    case, rows, mask = ran[name], ran.source(source), ran.mask(name)
    assert case["answer"][:2] == ["success", True]
    got = ran.rows(name, "after", rows)
    assert (got[mask == 0] == rows[mask == 0]).all()
    assert (got[mask > 50000] != rows[mask > 50000]).any()
    assert_near(got, command_line(ran, source, name, mask))
    if name == "replaced":
        assert case["same"] and len(case["names"]) == 1
    else:
        assert case["untouched"]


def test_a_layer_that_is_not_where_its_image_is(ran: Ran) -> None:
    case, rows = ran["offset"], ran.source("8")
    assert case["answer"][:2] == ["success", True] and case["untouched"]
    assert case["size"] == [WIDTH, HEIGHT] and case["offsets"] == [-13, 9]
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    inside[20 - 9 : 60 - 9, 13 : 50 + 13] = 255
    got = ran.rows("offset", "after", rows)
    assert (got[inside == 0] == rows[inside == 0]).all()
    assert_near(got, command_line(ran, "8", "offset", inside))


@pytest.mark.parametrize("name", ["linear", "half"])
def test_other_precisions_keep_what_is_not_selected_bit_by_bit(name: str, ran: Ran) -> None:
    case, mask = ran[name], ran.mask(name)
    assert case["answer"][:2] == ["success", True]
    like = np.zeros((HEIGHT, WIDTH, 3), np.uint8 if name == "linear" else np.float16)
    before, after = ran.rows(name, "before", like), ran.rows(name, "after", like)
    assert (after[mask == 0] == before[mask == 0]).all()
    assert (after[mask > 50000] != before[mask > 50000]).any()


def test_linear_float_equals_the_command_line(ran: Ran) -> None:
    like = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    light = ran.rows("float-linear", "after", like)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)
    want = command_line(ran, "16", "float-linear") / 65535
    # GIMP's own curve rounds, and a prior in bfloat16 may round such an input to its next step of 2^-8
    assert np.abs(encoded - want).max() < (2**-8 if fast_bfloat16(torch.device("cpu")) else 3e-4)


def test_groups_locked_and_indexed_layers(ran: Ran) -> None:
    assert ran["group"]["answer"][:2] == ["success", True] and len(ran["group"]["names"]) == 2
    rows = ran.source("8")
    after = np.frombuffer((ran.box / "group.after").read_bytes(), np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert_near(after[..., :3], command_line(ran, "8", "group"))
    for name, word in (("group-replaced", "group"), ("locked-replaced", "locked"), ("indexed", "Mode > RGB")):
        status, message = ran[name]["answer"][:2]
        assert status == "execution-error" and word in message
        assert ran[name]["untouched"] and len(ran[name]["names"]) == 1
    locked = ran["locked"]
    assert locked["answer"][:2] == ["success", True] and locked["untouched"]
    assert_near(ran.rows("locked", "after", rows), command_line(ran, "8", "locked"))


def test_a_layer_mask_is_restored_as_what_it_is(ran: Ran) -> None:
    case = ran["mask"]
    assert case["answer"][:2] == ["success", True]
    assert case["untouched"] and len(case["names"]) == 1, "the layer's own pixels stay"


def test_output_with_the_selection_as_mask(ran: Ran) -> None:
    case = ran["from-mask"]
    assert case["answer"][:2] == ["success", True] and case["mask"] and case["untouched"]


def test_several_layers_one_after_another(ran: Ran) -> None:
    case = ran["two"]
    assert case["answer"][:2] == ["success", True] and len(case["names"]) == 4 and case["untouched"]


def test_errors_have_words(ran: Ran) -> None:
    for name, word in (
        ("contradiction", "noise-file-auto"), ("outside", "selection"), ("tiny", "selection is too small"),
        ("floating", "Anchor it first"), ("in-locked-group", "its group are locked"),
    ):  # fmt: skip
        status, message = ran[name]["answer"][:2]
        assert status == "execution-error" and word in message


def test_a_group_gives_a_layer_with_its_opacity_mode_and_mask(ran: Ran) -> None:
    wanted = {"answer": ["success", True], "opacity": 50.0, "mask": True, "mode": True}
    assert {key: value for key, value in ran["group-like"].items() if key != "seconds"} == wanted


def test_a_channel_with_a_selection(ran: Ran) -> None:
    assert ran["channel"]["answer"] == ["success", True] and ran["channel"]["selected"] == ["c"]
    assert "gimp-image-set-selected-layers" not in ran.words


def test_a_result_of_a_hidden_layer_is_seen(ran: Ran) -> None:
    assert ran["hidden"]["answer"] == ["success", True] and ran["hidden"]["visible"] == [True, False]


def test_nothing_to_do_makes_no_layer(ran: Ran) -> None:
    assert ran["nothing"]["answer"][:2] == ["success", False] and ran["nothing"]["layers"] == 1


def test_an_estimate_changes_nothing(ran: Ran) -> None:
    case = ran["estimated"]
    status, summary, parameters = case["answer"]
    assert status == "success" and "noisy" in summary.lower()
    assert json.loads(parameters)["noise.file"]["value"] > 2
    assert case["part"][0] == "success" and case["part"][2] != parameters
    assert case["untouched"] and case["layers"] == 1
