"""The dialog in GIMP's own window, with keys and clicks as a user's; screenshots are kept where UPZEROIR_SHOTS says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.gimp import gui as guis
from tests.gimp import screen as screens
from tests.gimp.conftest import Service
from tests.gimp.gimp3 import Gimp3
from tests.gimp.gui import Gui
from tests.gimp.screen import wait_for
from tests.pictures import bad, scene
from upzeroir_plugin.client import Client

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def gui(gimp: Gimp3, service: Service) -> Iterator[Gui]:  # noqa: ARG001 - it must run
    with screens.opened(gimp) as screen, guis.opened(gimp, screen) as found:
        yield found


@pytest.fixture(scope="module")
def small(gimp: Gimp3) -> Path:
    """A small, dark and noisy photo."""
    return picture(gimp.box / "small.png", 240, 320)


@pytest.fixture(scope="module")
def large(gimp: Gimp3) -> Path:
    """One that takes long enough to be stopped."""
    tile = np.asarray(Image.open(picture(gimp.box / "tile.png", 500, 500)))
    Image.fromarray(np.tile(tile, (3, 4, 1))).save(gimp.box / "large.png")
    return gimp.box / "large.png"


def picture(path: Path, height: int, width: int) -> Path:
    rows = bad(scene(height, width, seed=4), noise_file=12.0, light_ev=1.5)
    Image.fromarray(np.round(rows * 255).clip(0, 255).astype(np.uint8)).save(path)
    return path


def shot(gui: Gui, name: str, window: str = "root") -> Path:
    """A screenshot, kept among docs/pictures if the environment says where."""
    path = gui.screen.shot(gui.box / f"{name}.png", window)
    kept = os.environ.get("UPZEROIR_SHOTS")
    if kept:
        shutil.copy(path, Path(kept) / f"gimp-{name}.png")
    assert len(set(np.asarray(Image.open(path).convert("L")).ravel()[::97].tolist())) > 20, "an empty picture"
    return path


def running(client: Client) -> int:
    """Jobs that the backend has not finished."""
    jobs = client.hello(True)["jobs"]
    return int(jobs["running"]) + int(jobs["waiting"])


def pixels(gui: Gui, index: int = 0) -> bytes:
    """The rows of a layer."""
    gui.do("dump(image.get_layers()[INDEX], BOX + '/rows')", INDEX=index)
    return (gui.box / "rows").read_bytes()


def test_restore_undo_redo_edit_again_and_repeat(gui: Gui) -> None:
    photo = gui.box / "dusk.jpg"
    shutil.copy(EXAMPLES / "dusk.jpg", photo)
    gui.open(photo)
    before = pixels(gui)
    window = gui.dialog()
    gui.mark("shown")
    shot(gui, "start", window)
    gui.mark("found")
    gui.mark("done")
    time.sleep(0.3)
    shot(gui, "preview", window)
    gui.screen.focus(window)
    gui.screen.key("Return")
    gui.mark("placed")
    wait_for(lambda: len(gui.layers()) == 2, 10, "the new layer")
    wait_for(lambda: gui.screen.gone(window), 10, "the dialog to close")
    time.sleep(1.0)
    shot(gui, "after")
    assert gui.layers()[0].endswith("(UP-ZeroIR)") and pixels(gui, 1) == before
    restored = pixels(gui)
    assert restored != before

    gui.key("ctrl+z")
    wait_for(lambda: len(gui.layers()) == 1, 20, "one undo step to take it all back")
    assert pixels(gui) == before
    gui.key("ctrl+y")
    wait_for(lambda: len(gui.layers()) == 2, 10, "redo")
    assert pixels(gui) == restored

    gui.do("image.set_selected_layers(image.get_layers()[:1])")
    window = gui.dialog()
    gui.mark("done")
    assert not gui.marks("found"), "a former result opens with its values: nothing is estimated again"
    gui.screen.focus(window)
    gui.screen.key("alt+t", *["Left"] * 6)
    gui.mark("done", 2)
    gui.screen.focus(window)
    gui.screen.key("alt+o")
    gui.mark("placed")
    wait_for(lambda: pixels(gui) != restored, 10, "the changed result")
    assert len(gui.layers()) == 2 and gui.layers()[0].endswith("(UP-ZeroIR)")
    assert pixels(gui, 1) == before, "it started again from the original, which stays"
    code = (
        "import json\nparasite = image.get_layers()[0].get_parasite('upzeroir-record')\n"
        "value = json.loads(bytes(parasite.get_data()).decode())"
    )
    record = gui.do(code)
    assert 0 < record["strength"] < 1
    softer = pixels(gui)
    gui.key("ctrl+z")
    wait_for(lambda: pixels(gui) == restored, 10, "one undo step back to the former result")

    gui.do("image.set_selected_layers(image.get_layers()[1:])")
    gui.key("ctrl+f")
    wait_for(lambda: len(gui.layers()) == 3, 60, "repeat last")
    assert gui.do(code.replace("get_layers()[0]", "get_layers()[1]"))["strength"] == pytest.approx(
        record["strength"]
    )
    assert pixels(gui, 1) == softer, "the same photo, amounts and strength"


def test_cancel_in_mid_run(gui: Gui, service: Service, large: Path) -> None:
    gui.open(large)
    before, dirty = pixels(gui), gui.do("value = image.is_dirty()")
    client = service.start()
    window = gui.dialog()
    gui.mark("preview")
    gui.screen.focus(window)
    gui.screen.key("alt+o")
    gui.mark("finishing")
    time.sleep(1.0)
    shot(gui, "running", window)
    assert not gui.marks("done") and running(client)
    gui.screen.focus(window)
    gui.screen.key("Escape")
    began = time.monotonic()
    wait_for(lambda: gui.screen.gone(window), 2, "the dialog to close")
    wait_for(lambda: gui.layers() == ["large.png"] or len(gui.layers()) == 1, 2, "a clean image")
    wait_for(lambda: not running(client), 5 - (time.monotonic() - began), "a clean backend")
    assert pixels(gui) == before
    assert gui.do("value = image.is_dirty()") == dirty, "nothing was written"


def test_stop_and_keep_this(gui: Gui, large: Path) -> None:
    gui.open(large)
    window = gui.dialog()
    gui.mark("preview")
    gui.screen.focus(window)
    gui.screen.key("alt+k")
    gui.mark("finishing")
    gui.mark("placed", timeout=15)
    wait_for(lambda: len(gui.layers()) == 2, 10, "the picture so far")


def test_a_layer_deleted_and_an_image_closed_in_mid_run(gui: Gui, small: Path, large: Path) -> None:
    gui.open(large)
    window = gui.dialog()
    gui.mark("preview")
    gui.screen.focus(window)
    gui.screen.key("alt+o")
    gui.mark("finishing")
    gui.do("new = Gimp.Layer.new(image, 'other', 50, 50, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)\n"
           "image.insert_layer(new, None, 0); image.remove_layer(image.get_layers()[1])")  # fmt: skip
    gui.screen.focus(window)
    gui.screen.key("alt+k")
    _, notice = gui.mark("placed")
    assert "new layer" in notice
    assert len(gui.layers()) == 2 and "other" in gui.layers()

    gui.open(small)
    window = gui.dialog()
    gui.mark("done")
    gui.do("display.delete(); [each.delete() for each in Gimp.get_images()]; value = len(Gimp.get_images())")
    gui.screen.focus(window)
    gui.screen.key("Return")
    _, notice = gui.mark("placed")
    assert "new image" in notice
    images = wait_for(
        lambda: gui.do("value = [[l.get_width(), l.get_height()] for i in Gimp.get_images() for l in i.get_layers()]"),
        10, "the result's own image",
    )  # fmt: skip
    assert images == [[320, 240]]


def test_the_backend_dies_in_mid_run_and_comes_back(gui: Gui, service: Service, large: Path) -> None:
    gui.open(large)
    before = pixels(gui)
    window = gui.dialog()
    gui.mark("preview")
    gui.screen.focus(window)
    gui.screen.key("alt+o")
    gui.mark("finishing")
    assert service.process is not None
    for each in [*psutil.Process(service.process.pid).children(recursive=True), service.process]:
        os.kill(each.pid, signal.SIGKILL)
    service.process.wait(10)
    assert gui.mark("failed", timeout=30)[1] in ("service-lost", "no-service")
    time.sleep(0.3)
    shot(gui, "failed", window)
    assert len(gui.layers()) == 1 and pixels(gui) == before
    service.start()
    gui.screen.focus(window)
    gui.screen.key("alt+a")
    gui.mark("preview", len(gui.marks("preview")) + 1)
    gui.screen.focus(window)
    gui.screen.key("alt+k")
    gui.mark("placed")
    wait_for(lambda: len(gui.layers()) == 2, 10, "the next run to work")
    assert pixels(gui, 1) == before


@contextmanager
def backend(gui: Gui, **changes: Any) -> Iterator[None]:
    """Another backend.json beside the plug-in, for a while."""
    path = gui.gimp.profile / "plug-ins" / "upzeroir" / "backend.json"
    before = path.read_text(encoding="utf-8")
    path.write_text(json.dumps({**json.loads(before), **changes}), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def test_no_backend_then_one_that_is_launched(gui: Gui, service: Service, small: Path) -> None:
    gui.open(small)
    hidden = gui.box / "hidden.json"
    service.state.rename(hidden)
    with backend(gui, command=["/bin/sh", "-c", "echo the disk is full >&2; exit 3"]):
        window = gui.dialog()
        assert gui.mark("failed")[1] == "no-service"
        time.sleep(0.3)
        shot(gui, "no-backend", window)
    launch = f"mv {gui.gimp.inside(hidden)} $UPZEROIR_STATE; sleep 2"
    with backend(gui, command=["/bin/sh", "-c", launch]):
        gui.screen.focus(window)
        gui.screen.key("alt+a")
        gui.mark("done")
        gui.screen.focus(window)
        gui.screen.key("Return")
        gui.mark("placed")
    wait_for(lambda: len(gui.layers()) == 2, 10, "the new layer")


def test_the_panel_delivers_a_layer(gui: Gui, service: Service, small: Path) -> None:
    gui.open(small)
    before = pixels(gui)
    asked = gui.box / "panel"
    told = gui.gimp.inside(asked)
    note = f'printf "%s\\n" "$@" >{told}.part; mv {told}.part {told}'
    with backend(gui, panel=["/bin/sh", "-c", note, "panel"]):
        window = gui.dialog()
        gui.mark("done")
        gui.screen.focus(window)
        gui.screen.key("alt+n")
        wait_for(asked.exists, 10, "the panel's start")
    names = asked.read_text(encoding="utf-8").split()
    assert names[0::2] == ["--photo-id", "--deliver-to"]
    client = service.start()
    job = client.submit(names[1], {"light.ev": 0.5, "noise.file": 20.0})
    with client.events(job) as events:
        assert [header["kind"] for header, _ in events][-1] == "done"
    wanted = client.result(job).pixels
    client.deliver(job, names[3])
    wait_for(lambda: len(gui.layers()) == 2, 20, "the delivered layer")
    assert pixels(gui) == wanted and pixels(gui, 1) == before
    wait_for(lambda: gui.screen.gone(window), 5, "the dialog to close")


def test_how_long_it_takes(gui: Gui, small: Path) -> None:
    gui.open(small)
    gui.screen.focus(gui.image_window())
    gui.trace.write_text("", encoding="utf-8")
    pressed = time.time()
    gui.screen.key(guis.SHORTCUT)
    window = gui.screen.window("^UP-ZeroIR")
    gui.mark("done")
    dialog, found = gui.mark("dialog")[0] - pressed, gui.mark("found")[0] - pressed
    print(f"dialog after {dialog:.2f} s, first values after {found:.2f} s")
    busy = psutil.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    assert dialog < (5 if busy else 1.5) and found < (20 if busy else 4)
    gui.screen.focus(window)
    gui.screen.key("Escape")
    wait_for(lambda: gui.screen.gone(window), 5, "the dialog to close")
