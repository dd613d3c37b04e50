"""What must hold for every input, drawn at random: messages, frames, evidence, names of files, series."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.photo.photo_files import encoded, exif_block
from upzeroir_plugin.batch.cluster import pack as pack_parcel
from upzeroir_plugin.batch.cluster import restore_parcel
from upzeroir_plugin.batch.find import Names, find
from upzeroir_plugin.batch.task import Task
from upzeroir_plugin.client import pack, unpack
from upzeroir_plugin.estimate.series import Look, joint
from upzeroir_plugin.evidence import read_evidence
from upzeroir_plugin.parameters import PARAMETERS, Entry, ParameterVector
from upzeroir_plugin.service.orders import frame_header
from upzeroir_plugin.service.pictures import photo_of_frame, write_frame
from upzeroir_plugin.single import Order, ending

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), plain, max_size=5), st.binary(max_size=50))
def test_messages_come_back_whole(header: dict[str, object], payload: bytes) -> None:
    made, start = unpack(pack(header, len(payload)) + payload)
    assert made == {**header, "bytes": len(payload)}
    assert len(pack(header, len(payload))) == start


@st.composite
def frames(draw: st.DrawFn) -> np.ndarray:
    """Rows of a small picture of any kind."""
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.integers(1, 4)))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["uint8", "uint16", "float32"]))
    if kind == "float32":
        return seed.uniform(0, 1, shape).astype(kind)
    return seed.integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)


@given(frames())
def test_frames_come_back_to_the_bit(rows: np.ndarray) -> None:
    height, width, channels = rows.shape
    said = {"width": width, "height": height, "channels": channels, "dtype": rows.dtype.name}
    header = frame_header({**said, "bytes": rows.nbytes}, 10**6)
    with tempfile.TemporaryDirectory() as name:
        sent, back = Path(name) / "rows", Path(name) / "frame"
        rows.astype(rows.dtype.newbyteorder("<")).tofile(sent)
        full = (
            {s: getattr(header, s) for s in header.__slots__}
            if hasattr(header, "__slots__")
            else vars(header)
        )
        photo = photo_of_frame(dict(full), sent)
        write_frame(photo, photo, rows.dtype.name, back)
        made, start = unpack(back.read_bytes())
        again = np.frombuffer(back.read_bytes()[start:], rows.dtype.newbyteorder("<")).reshape(rows.shape)
    assert {name: made[name] for name in said} == said
    assert (again == rows).all()


PICTURE = np.zeros((16, 24, 3), np.uint8)
FILES = [
    encoded(PICTURE, "JPEG", exif=exif_block(6), quality=80),
    encoded(PICTURE, "PNG", exif=exif_block()),
    encoded(PICTURE, "TIFF"),
    encoded(PICTURE, "WEBP", exif=exif_block().tobytes(), quality=50),
    b"II*\0\x08\0\0\0",
    b"",
]


@given(
    st.sampled_from(FILES),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
)
def test_evidence_of_any_bytes_is_plain_json(good: bytes, cut: float, edits: list[tuple[float, int]]) -> None:
    data = bytearray(good[: int(cut * len(good))])
    for place, value in edits:
        if data:
            data[int(place * len(data))] = value
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "photo"
        path.write_bytes(data)
        found = read_evidence(path)
    json.dumps(found, allow_nan=False)
    assert all(len(table) == 64 for table in found.get("jpeg_tables", []))


stems = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=12)


@settings(max_examples=40)
@given(st.sets(stems.map(lambda s: s.strip(".") or "x"), min_size=1, max_size=5))
def test_any_name_of_a_file_is_found_and_its_result_lies_in_the_output_folder(names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for stem in names:
            (folder / "in" / f"{stem}.jpg").write_bytes(b"x")
        written = {p.name for p in (folder / "in").iterdir() if not p.name.startswith(".")}
        found = find([str(folder / "in")], folder / "out", False, "raw", Names())
        assert {p.source.name for p in found.photos} == written
        made = [p.output for p in found.photos]
        assert all(output.parent == folder / "out" for output in made)
        assert len({str(output).casefold() for output in made}) == len(made)


@given(stems, st.sampled_from([".jpg", ".NEF", ".heic", ".Tif", ".gif", "", ".jpeg", ".xyz"]))
def test_results_end_in_what_can_be_written(stem: str, kind: str) -> None:
    assert ending(Path(stem + kind)).lower() in {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


@st.composite
def thetas(draw: st.DrawFn) -> ParameterVector:
    """A vector with any values and intervals of the table, some pinned."""
    found = {}
    for row in PARAMETERS:
        low, value, high = sorted(draw(st.tuples(*[st.floats(row.low, row.high)] * 3)))
        found[row.name] = Entry(value, low, high, draw(st.floats(0, 1)), draw(st.booleans()))
    return ParameterVector(found)


@settings(max_examples=40)
@given(st.lists(thetas(), min_size=1, max_size=6), st.integers(0, 3))
def test_a_series_keeps_to_the_table_and_to_pins(found: list[ParameterVector], scenes: int) -> None:
    looks = [
        Look(theta, "A", 100.0, "", tuple(float(i == number % (scenes + 1)) for i in range(64)))
        for number, theta in enumerate(found)
    ]
    made = joint(looks, {})  # a vector out of range raises
    assert len(made) == len(found)
    for before, after in zip(found, made, strict=True):
        assert before.pins() == after.pins()
        assert ParameterVector.from_json(after.to_json()) == after
    if len(found) == 1:
        assert made == found


@pytest.mark.parametrize("damage", [b"", b"no photo", FILES[0][:200]])
def test_what_a_node_cannot_read_comes_back_as_words_about_the_users_own_file(
    damage: bytes, tmp_path: Path
) -> None:
    source = tmp_path / "in" / "photo.jpg"
    source.parent.mkdir()
    source.write_bytes(damage)
    task = Task(source, tmp_path / "out" / "photo.jpg", tmp_path / "report.json")
    made = restore_parcel(pack_parcel(task, Order()), Order(device="cpu"), 1)
    assert made.error is not None and made.error["code"] == "unreadable"
    assert "upzeroir-" not in str(made.error["message"])
