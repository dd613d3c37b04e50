from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from tests.photo.photo_files import IPTC, ROOM, XMP, encoded, exif_block, loaded, scene, tif
from upzeroir_plugin.photo import exif, iptc, xmp
from upzeroir_plugin.photo.image import Photo
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.photo.metadata import Metadata
from upzeroir_plugin.photo.record import read_record
from upzeroir_plugin.photo.save import save

RGB = scene()
RECORD = {"version": "0.1", "parameters": {"noise.read": {"value": 12.5}}, "words": "<&>\"' é ☃ \u0007"}
ENDINGS = ("jpg", "png", "tif", "webp")
THUMBNAIL = encoded(RGB[::4, ::4], "JPEG")
SCAN = THUMBNAIL[-80:-2]
"""What is no standard table."""


def with_thumbnail(block: bytes) -> bytes:
    """An EXIF block with a second directory that points to a small JPEG at its end."""
    order = ">" if block[:2] == b"MM" else "<"
    first = struct.unpack_from(order + "I", block, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", block, first)[0]
    at = len(block) + len(block) % 2
    directory = struct.pack(order + "HHHIIHHIII", 2, 0x0201, 4, 1, at + 30, 0x0202, 4, 1, len(THUMBNAIL), 0)
    changed = bytearray(block.ljust(at, b"\0") + directory + THUMBNAIL)
    struct.pack_into(order + "I", changed, link, at)
    return bytes(changed)


def rich(folder: Path, kind: str = "JPEG") -> Photo:
    """A loaded photo that carries everything."""
    block = with_thumbnail(exif_block(1).tobytes()[6:])
    if kind == "JPEG":
        segment = b"Photoshop 3.0\0" + iptc.as_resources(IPTC)
        extra = struct.pack(">HH", 0xFFED, len(segment) + 2) + segment
        data = encoded(
            RGB, "JPEG", exif=b"Exif\0\0" + block, xmp=XMP, extra=extra, comment=b"hello", dpi=(300, 300)
        )
    else:
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        texts.add_text("Author", "Ada Léger")
        texts.add_text("exif:GPSLatitude", "52/1")
        data = encoded(RGB, "PNG", exif=block, pnginfo=texts, dpi=(300, 300))
    return loaded(folder, data)


def written(photo: Photo, path: Path, policy: str = "keep") -> Photo:
    save(photo, path, source=None, metadata=policy, record=RECORD, overwrite=True)  # type: ignore[arg-type]
    return load(path, ROOM)


def by_pillow(path: Path) -> Image.Exif:
    with Image.open(path) as picture:
        found = picture.getexif()
        for tag in (0x8769, 0x8825):
            found.get_ifd(tag)
        return found


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_everything_is_kept(tmp_path: Path, kind: str, ending: str) -> None:
    photo = rich(tmp_path, kind)
    path = tmp_path / f"out.{ending}"
    again = written(photo, path)
    told = by_pillow(path)
    assert told[0x010F] == "NIKON CORPORATION" and told[0x013B] == "Ada" and told.get(0x0112, 1) == 1
    assert told.get_ifd(0x8769)[0x8827] == 1600 and told.get_ifd(0x8769)[0xA434] == "AF 35mm f/2"
    assert told.get_ifd(0x8825)[2] == (52.0, 31.0, 0.0)
    assert told.get_ifd(0x8769)[0x927C] == b"Maker\0\x01\x02\x03" * 30
    assert "Ada Léger" in again.metadata.xmp.decode() and b"GpsLongtitude" in again.metadata.xmp
    assert xmp.orientation(again.metadata.xmp) == 1
    assert b'PixelXDimension="52"' in again.metadata.xmp
    assert again.evidence.iso == photo.evidence.iso == 1600
    assert again.evidence.exposure_seconds == pytest.approx(0.008)
    assert again.evidence.exposure_bias == -0.5
    assert again.evidence.camera == "NIKON D70" and again.evidence.lens == "AF 35mm f/2"
    if kind == "JPEG" and ending != "webp":
        assert again.metadata.iptc == IPTC
    if ending != "webp":
        assert again.metadata.dpi == pytest.approx((300, 300), abs=0.02)
    if ending == "png":
        assert again.metadata.texts == photo.metadata.texts
        assert again.metadata.texts[0] == (
            ("Comment", "hello") if kind == "JPEG" else ("Author", "Ada Léger")
        )


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_place_goes_and_the_rest_stays(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    again = written(rich(tmp_path, kind), path, "no-gps")
    told = by_pillow(path)
    assert 0x8825 not in told and not told.get_ifd(0x8825)
    assert told[0x010F] == "NIKON CORPORATION" and told.get_ifd(0x8769)[0x8827] == 1600
    raw = path.read_bytes() if ending != "png" else again.metadata.xmp + again.metadata.exif
    assert b"gps" not in raw.lower() and b"52,31" not in raw and b"13,24" not in raw
    assert b"Kreuzberg" not in path.read_bytes() + again.metadata.xmp + again.metadata.iptc
    if kind == "JPEG" and ending != "webp":
        assert again.metadata.iptc.endswith(b"Ada"), "what names no place stays"
    assert struct.pack(">II", 52, 1) not in raw and struct.pack("<II", 52, 1) not in raw
    assert "Ada Léger" in again.metadata.xmp.decode()
    assert not any("GPS" in keyword for keyword, _ in again.metadata.texts)
    assert read_record(path) == RECORD


def test_damaged_data_sets_tell_no_place() -> None:
    assert iptc.without_place(IPTC + b"\0\0\0") == IPTC.replace(b"\x1c\x02\x5a\x00\x09Kreuzberg", b"")
    assert iptc.without_place(IPTC[:-1]) == b"" and iptc.without_place(b"\x1d" + IPTC) == b""


@pytest.mark.parametrize("ending", ENDINGS)
def test_strip_leaves_the_pixels_and_their_profile(tmp_path: Path, ending: str) -> None:
    photo = replace(rich(tmp_path), profile=None)
    path = tmp_path / f"out.{ending}"
    again = written(photo, path, "strip")
    assert again.metadata.xmp == b"" and again.metadata.iptc == b"" and again.metadata.texts == ()
    assert read_record(path) is None and again.evidence.iso is None
    for word in (b"Ada", b"NIKON", b"Maker", b"hello", b"upzeroir"):
        assert word not in path.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("policy", ["keep", "no-gps", "strip"])
def test_no_old_thumbnail_survives(tmp_path: Path, ending: str, policy: str) -> None:
    photo = rich(tmp_path)
    assert SCAN in photo.metadata.exif and b"xmpGImg:image>" in photo.metadata.xmp
    path = tmp_path / f"out.{ending}"
    again = written(photo, path, policy)
    assert SCAN not in path.read_bytes()
    assert b"Thumbnails" not in again.metadata.xmp
    with Image.open(path) as picture:
        assert not picture.getexif().get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("policy", [True, False])
def test_nothing_in_exif_moves(order: str, policy: bool) -> None:
    found = exif_block(8)
    found.endian = order
    block = found.tobytes()[6:]
    changed = exif.for_result(with_thumbnail(block), (7, 5), policy)
    assert changed[:4] == block[:4] and changed.index(b"Maker\0\x01") == block.index(b"Maker\0\x01")
    assert exif.orientation(block) == 8 and exif.orientation(changed) == 1
    told = exif.values(changed)
    assert (told[0xA002], told[0xA003]) == (7, 5)
    assert len(changed) <= len(block) + 32


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_maker_notes_stay_where_their_offsets_point(tmp_path: Path, ending: str) -> None:
    photo = rich(tmp_path)
    path = tmp_path / f"out.{ending}"
    written(photo, path)
    at = photo.metadata.exif.index(b"Maker\0\x01")
    data = path.read_bytes()
    block = data if ending == "tif" else data[data.index(photo.metadata.exif[:20]) :]
    assert block.index(b"Maker\0\x01") == at


@pytest.mark.parametrize(
    "damage", [b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\xff\xff\xff\x7f", b"words" * 9]
)
def test_damaged_exif_costs_only_itself(tmp_path: Path, damage: bytes) -> None:
    photo = rich(tmp_path)
    for ending in ENDINGS:
        path = tmp_path / f"out.{ending}"
        again = written(replace(photo, metadata=Metadata(exif=damage, xmp=b"<no xml")), path)
        assert again.evidence.iso is None and read_record(path) == RECORD


def test_exif_too_long_for_a_jpeg_loses_its_maker_note(tmp_path: Path) -> None:
    block = exif_block(1, note=b"x" * 70_000).tobytes()[6:]
    photo = replace(rich(tmp_path), metadata=Metadata(exif=block))
    again = written(photo, tmp_path / "out.jpg")
    assert again.evidence.iso == 1600 and len(again.metadata.exif) < 2000
    assert len(written(photo, tmp_path / "out.png").metadata.exif) == len(block)


def test_xmp_too_long_for_one_segment(tmp_path: Path) -> None:
    long = XMP.replace(b"<xmp:Rating>", b"<xmp:Label>" + b"abcdefgh" * 20_000 + b"</xmp:Label><xmp:Rating>")
    photo = replace(rich(tmp_path), metadata=Metadata(xmp=long))
    path = tmp_path / "out.jpg"
    again = written(photo, path)
    assert read_record(path) == RECORD
    assert b"abcdefgh" * 20_000 in again.metadata.xmp and b"<xmp:Rating>4" in again.metadata.xmp
    assert b"HasExtendedXMP" not in again.metadata.xmp
    twice = written(again, tmp_path / "twice.jpg", "no-gps")
    assert b"abcdefgh" * 20_000 in twice.metadata.xmp and b"GPS" not in twice.metadata.xmp


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_record_comes_back(tmp_path: Path, ending: str) -> None:
    photo = rich(tmp_path)
    path = tmp_path / f"out.{ending}"
    again = written(photo, path)
    assert read_record(path) == RECORD
    save(again, path, source=None, metadata="keep", record={"second": 2}, overwrite=True)
    assert read_record(path) == {"second": 2}
    assert load(path, ROOM).metadata.xmp.count(b"upzeroir:record>") == 2


def test_files_without_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for data in (
        b"",
        b"words",
        encoded(RGB, "JPEG", xmp=XMP),
        encoded(RGB, "PNG"),
        encoded(RGB, "GIF"),
        tif(RGB),
    ):
        path.write_bytes(data)
        assert read_record(path) is None
    forged = XMP.replace(b"</rdf:RDF>", b'<rdf:Description rdf:about="" xmlns:u="urn:upzeroir:restoration:1.0/"'
                         b' u:record="[1, 2"/></rdf:RDF>')  # fmt: skip
    path.write_bytes(encoded(RGB, "WEBP", xmp=forged))
    assert read_record(path) is None


def test_xmp_that_could_be_a_bomb_is_not_parsed() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + XMP
    assert xmp.orientation(bomb) is None
    fresh = xmp.for_result(bomb, (1, 1), True, {"a": 1})
    assert b"ENTITY" not in fresh and xmp.record(fresh) == {"a": 1}


def test_xmp_of_films_and_gain_maps_goes_with_them() -> None:
    packet = XMP.replace(
        b"xmlns:xmp=",
        b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" xmlns:xmp=',
    )
    assert b'MotionPhoto="1"' not in xmp.for_result(packet, (1, 1), True, {})


def test_iptc_among_other_resources() -> None:
    other = b"8BIM" + struct.pack(">H", 0x0409) + b"\x03abc" + struct.pack(">I", 5) + b"12345\0"
    assert iptc.of_resources(other + iptc.as_resources(IPTC) + other) == IPTC
    assert iptc.of_resources(other) == iptc.of_resources(b"8BIM\4") == iptc.of_resources(b"") == b""


def test_a_tiff_s_own_tags_become_exif(tmp_path: Path) -> None:
    first = written(rich(tmp_path), tmp_path / "one.tif")
    second = written(first, tmp_path / "two.jpg")
    assert second.evidence.iso == 1600 and second.metadata.iptc == IPTC
    told = by_pillow(tmp_path / "two.jpg")
    assert told.get_ifd(0x8825)[4] == (13.0, 24.0, 0.0) and 0x0111 not in told
    third = written(second, tmp_path / "three.tif")
    with tifffile.TiffFile(tmp_path / "three.tif") as file:
        assert len(file.pages) == 1 and file.pages.first.tags["Artist"].value == "Ada"
        assert file.pages.first.tags["GPSTag"].value["GPSLatitudeRef"] == "N"
    np.testing.assert_array_equal(third.pixels, second.pixels)


def test_a_hint_in_each_file_for_the_estimators(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(scene(40, 56)).save(buffer, "JPEG", quality=60, subsampling="4:2:2", exif=exif_block(6))
    found = loaded(tmp_path, buffer.getvalue()).evidence
    upright = Image.open(buffer)
    stored = np.reshape(upright.quantization[0], (8, 8))  # type: ignore[attr-defined]
    assert found.jpeg_subsampling == (1, 2) and found.crop_offset == (8, 0)
    np.testing.assert_array_equal(np.reshape(found.jpeg_tables[0], (8, 8)), stored.T)
    assert len(found.jpeg_tables) == 2 and found.from_json(found.to_json()) == found


@pytest.mark.parametrize("options", [{}, {"exif": exif_block(), "method": 6}, {"alpha": True}])
def test_the_quantiser_of_a_lossy_webp_falls_with_its_quality(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    picture = Image.fromarray(scene(120, 160))
    if options.pop("alpha", False):
        picture.putalpha(128)
    told = []
    for quality in (5, 30, 60, 90, 100):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, **options)
        told.append(loaded(tmp_path, buffer.getvalue()).evidence.webp_quantiser)
    assert told == sorted(told, reverse=True) and told[-1] == 0
    assert 75 < told[0] < 95 and 45 < told[1] < 56 and 5 < told[3] < 12  # libwebp's, RFC 6386's scale of 128


def test_a_lossless_webp_has_no_quantiser(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(scene(40, 56)).save(buffer, "WEBP", lossless=True)
    assert loaded(tmp_path, buffer.getvalue()).evidence.webp_quantiser is None
