"""A JPEG that GIMP has opened is estimated like the same file on the command line: its evidence goes along."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.gimp.conftest import Service
from tests.gimp.gimp3 import Gimp3, upzeroir
from tests.pictures import scene

SCRIPT = """
image = Gimp.get_images()[0]
layer = image.get_layers()[0]
opened = call("plug-in-upzeroir-estimate", image, [layer])
copy = image.duplicate()
copy.crop(64, 64, 5, 3)
cropped = call("plug-in-upzeroir-estimate", copy, [copy.get_layers()[0]])
give([opened, cropped])
"""


def test_an_opened_jpeg_is_estimated_as_its_file(gimp: Gimp3, service: Service, box: Path) -> None:
    source = box / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # GIMP turns it upright as it opens it
    rows = np.round(scene(120, 144, seed=5) * 255).astype(np.uint8)
    Image.fromarray(rows).save(source, quality=45, subsampling=2, exif=exif.tobytes())
    ran = gimp.batch(SCRIPT, files=[source])
    assert ran.status == 0 and ran.given is not None, ran.words
    said = upzeroir("estimate", str(source), "--json", state=service.state).stdout
    (status, _summary, parameters), cropped = ran.given
    assert status == "success" and cropped[0] == "success"
    got = json.loads(parameters)["jpeg.quality"]
    want = json.loads(said)["parameters"]["jpeg.quality"]
    assert abs(got["value"] - want["value"]) <= 1 and abs(want["value"] - 45) <= 2
    assert got["confidence"] > 0.5
