"""The dialog in GIMP's own window, with keys and clicks as a user's; screenshots are kept where UPZEROIR_SHOTS says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
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
from tests.gimp.gimp3 import Gimp3, environment
from tests.gimp.gui import Gui
from tests.pictures import bad, dusk, noisy, scene
from tests.pictures import photo as photo_of
from tests.waiting import until
from upzeroir_plugin.client import Client
from upzeroir_plugin.estimate.run import estimate


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
    dusk(photo)
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
    until(lambda: len(gui.layers()) == 2, 10, "the new layer")
    until(lambda: gui.screen.gone(window), 10, "the dialog to close")
    time.sleep(1.0)
    shot(gui, "after")
    assert gui.layers()[0].endswith("(UP-ZeroIR)") and pixels(gui, 1) == before
    restored = pixels(gui)
    assert restored != before

    gui.key("ctrl+z")
    until(lambda: len(gui.layers()) == 1, 20, "one undo step to take it all back")
    assert pixels(gui) == before
    gui.key("ctrl+y")
    until(lambda: len(gui.layers()) == 2, 10, "redo")
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
    until(lambda: pixels(gui) != restored, 10, "the changed result")
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
    until(lambda: pixels(gui) == restored, 10, "one undo step back to the former result")

    gui.do("image.set_selected_layers(image.get_layers()[1:])")
    gui.key("ctrl+f")
    until(lambda: len(gui.layers()) == 3, 60, "repeat last")
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
    until(lambda: gui.screen.gone(window), 2, "the dialog to close")
    until(lambda: gui.layers() == ["large.png"] or len(gui.layers()) == 1, 2, "a clean image")
    until(lambda: not running(client), 5 - (time.monotonic() - began), "a clean backend")
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
    until(lambda: len(gui.layers()) == 2, 10, "the picture so far")


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
    images = until(
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
    until(lambda: len(gui.layers()) == 2, 10, "the next run to work")
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
    until(lambda: len(gui.layers()) == 2, 10, "the new layer")


def called_panel(gui: Gui) -> tuple[str, list[str]]:
    """Ask for the panel in the dialog: its window, and what the panel was called with."""
    asked = gui.box / "panel"
    asked.unlink(missing_ok=True)
    told = gui.gimp.inside(asked)
    note = f'printf "%s\\n" "$@" >{told}.part; mv {told}.part {told}'
    with backend(gui, panel=["/bin/sh", "-c", note, "panel"]):
        window = gui.dialog()
        gui.mark("done")
        gui.screen.focus(window)
        gui.screen.key("alt+n")
        until(asked.exists, 10, "the panel's start")
    return window, asked.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("selected", [False, True])
def test_the_panel_delivers_a_layer(gui: Gui, service: Service, small: Path, selected: bool) -> None:
    gui.open(small)
    before = pixels(gui)
    if selected:
        gui.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 40, 50, 100, 80)")
    window, names = called_panel(gui)
    assert names[0::2] == ["--photo-id", "--deliver-to"]
    client = service.start()
    job = client.submit(names[1], {"light.ev": 0.5, "noise.file": 20.0})
    with client.events(job) as events:
        assert [header["kind"] for header, _ in events][-1] == "done"
    wanted = client.result(job).pixels
    client.deliver(job, names[3])
    until(lambda: len(gui.layers()) == 2, 20, "the delivered layer")
    got, old, new = (
        np.frombuffer(rows, np.uint8).reshape(240, 320, 3) for rows in (pixels(gui), before, wanted)
    )
    inside = np.zeros((240, 320, 1), bool)
    inside[50:130, 40:140] = True
    assert (got == (np.where(inside, new, old) if selected else new)).all() and pixels(gui, 1) == before
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")


def test_an_effort_that_is_refused_can_be_changed(gui: Gui, large: Path) -> None:
    gui.open(large)
    window = gui.dialog()
    gui.mark("preview")
    gui.screen.focus(window)
    gui.screen.key("alt+e", "End")
    assert gui.mark("refused")[1] in ("usage", "too-large")
    gui.screen.key("alt+o")
    gui.mark("refused", 2)
    seen = len(gui.marks("preview"))
    gui.screen.focus(window)
    gui.screen.key("alt+e", "Home")
    gui.mark("preview", seen + 1)
    assert "effort='fast'" in gui.marks("wish")[-1][1] and not gui.marks("failed")
    gui.screen.key("Escape")
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")


def test_a_backend_that_ended_while_the_dialog_was_idle(gui: Gui, service: Service, small: Path) -> None:
    gui.open(small)
    window = gui.dialog()
    gui.mark("done")
    service.stop()
    service.start()
    gui.screen.focus(window)
    gui.screen.key("alt+t", "Left")
    gui.mark("done", 2)
    assert not gui.marks("failed")
    gui.screen.focus(window)
    gui.screen.key("Escape")
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")


def test_the_real_panel_delivers_a_layer(gui: Gui, service: Service, small: Path) -> None:
    """The panel itself, on the same screen: restored there by keys, handed back by keys."""
    gui.open(small)
    before = pixels(gui)
    window, names = called_panel(gui)
    own = {
        "DISPLAY": gui.screen.display,
        "QT_QPA_PLATFORM": "xcb",
        "UPZEROIR_PANEL": str(gui.box / "panel-home"),
    }
    panel = subprocess.Popen(
        [sys.executable, "-m", "qt_panel", *names], cwd=gui.box,
        env={**environment(service.state), **own}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        its = gui.screen.window("UP-ZeroIR$", 60)
        until(lambda: gui.screen.xdotool("getwindowname", its) != "UP-ZeroIR", 60, "the photo in the panel")
        time.sleep(2.0)
        shot(gui, "panel")
        gui.screen.focus(its)
        gui.screen.key("ctrl+g")
        until(lambda: len(gui.layers()) == 2, 90, "the delivered layer")
    finally:
        panel.terminate()
        panel.wait(20)
    assert pixels(gui) != before and pixels(gui, 1) == before
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")


def test_replacing_is_one_undo_step_and_the_selection_stays(gui: Gui, small: Path) -> None:
    gui.open(small)
    gui.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 60, 40, 150, 120)\nGimp.Selection.feather(image, 8.0)\n"
           "image.undo_disable(); image.undo_enable(); image.clean_all()")  # fmt: skip
    bounds = "value = list(Gimp.Selection.bounds(image))[1:]"
    before, chosen = pixels(gui), gui.do(bounds)
    window = gui.dialog()
    gui.mark("done")
    gui.screen.focus(window)
    gui.screen.key("alt+u", "End")
    gui.screen.key("alt+o")
    gui.mark("placed")
    until(lambda: gui.screen.gone(window), 10, "the dialog to close")
    restored = pixels(gui)
    assert restored != before and len(gui.layers()) == 1 and gui.do(bounds) == chosen
    gui.key("ctrl+z")
    until(lambda: pixels(gui) == before, 20, "one undo step to take it all back")
    assert gui.do(bounds) == chosen
    assert not gui.do("value = image.is_dirty()"), "that was the only step"
    gui.key("ctrl+y")
    until(lambda: pixels(gui) == restored, 20, "redo")
    assert gui.do("value = len(image.get_channels())") == 0, "the selection set aside is no channel now"


def test_sliders_fold_out_by_keys_pin_by_an_edit_and_a_double_click_lets_go(gui: Gui, small: Path) -> None:
    gui.open(small)
    window = gui.dialog()
    gui.mark("done")
    gui.screen.focus(window)
    gui.screen.key("alt+t", "shift+Tab", "space")
    assert gui.mark("folded", timeout=10)[1] == "jpeg out"
    time.sleep(0.6)
    gui.screen.key("Tab", "Left", "Left")
    said = gui.mark("edited", timeout=10)[1]
    assert said.startswith("jpeg.quality ")
    gui.mark("done", 2)
    assert "'jpeg.quality'" in gui.marks("wish")[-1][1], "any edit pins"
    time.sleep(0.3)
    shot(gui, "folded", window)
    x, y = gui.marks("edited")[-1][1].split()[1:]
    gui.screen.click(window, int(x), int(y), 2)
    assert gui.mark("let-go", timeout=10)[1] == "jpeg.quality"
    gui.mark("done", 3)
    assert "'jpeg.quality'" not in gui.marks("wish")[-1][1], "a double-click lets go"
    gui.screen.focus(window)
    gui.screen.key("Escape")
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")
    assert len(gui.layers()) == 1


def test_a_click_on_a_small_picture_takes_that_reading(gui: Gui, service: Service) -> None:
    client, photo = service.start(), gui.box / "doubtful.png"
    for ev in (0.5, 0.25, 0.75, 1.0, 1.25):
        rows = bad(scene(96, 128, seed=2), light_ev=ev)
        Image.fromarray(np.round(rows * 255).clip(0, 255).astype(np.uint8)).save(photo)
        if len(client.estimate(client.upload_file(photo)["id"])["hypotheses"]) > 1:
            break
    gui.open(photo)
    window = gui.dialog()
    gui.mark("done")
    time.sleep(0.3)
    shot(gui, "readings", window)
    label = dict.fromkeys(more.split(" ", 2)[2] for _, more in gui.marks("reading"))
    assert len(label) > 1, "no picture to choose from"
    x, y, other = next(
        more.split(" ", 2) for _, more in reversed(gui.marks("reading")) if more.endswith(list(label)[1])
    )
    gui.screen.click(window, int(x), int(y))
    assert gui.mark("chosen", timeout=10)[1] == other
    gui.mark("done", 2)
    gui.screen.focus(window)
    gui.screen.key("alt+o")
    gui.mark("placed")


def test_german(gui: Gui, service: Service) -> None:  # noqa: ARG001 - it must run
    """In a GIMP of its own, whose language is German; its picture is looked at (test_plugin_without_gimp.py: texts)."""
    gimp, trace = gui.gimp, gui.box / "german-trace"
    photo = gui.box / "dämmerung.jpg"
    dusk(photo)
    before = dict(gimp.extra)
    gimp.extra.update(LANGUAGE="de", UPZEROIR_TRACE=gimp.inside(trace))
    script = "image = load(PATH)\ngive(restore(image, mode=Gimp.RunMode.INTERACTIVE))"
    try:
        with gimp.running(script, gui.screen.display, console=True, PATH=photo) as ran:
            until(lambda: trace.exists() and " done " in trace.read_text(encoding="utf-8"), 90, "the result")
            window = gui.screen.window("^UP-ZeroIR", 10)
            time.sleep(0.3)
            shot(gui, "german", window)
            gui.screen.focus(window)
            gui.screen.key("Escape")
            assert ran.ended(30).given[0] == "cancel"
    finally:
        gimp.extra.clear()
        gimp.extra.update(before)


@pytest.fixture(scope="module")
def slowness() -> float:
    """How many times longer than half a second, at least 1, this machine needs here and now to estimate 12 MP."""
    twelve = photo_of(np.tile(noisy(scene(300, 400), 12), (10, 10, 1)))
    seconds = []
    for _ in range(2):  # the first one imports
        began = time.monotonic()
        estimate(twelve)
        seconds.append(time.monotonic() - began)
    return max(1.0, seconds[-1] / 0.5)


@pytest.mark.parametrize("megapixels", [0.08, 12])
def test_how_long_it_takes(gui: Gui, small: Path, megapixels: float, slowness: float) -> None:
    photo = small
    if megapixels == 12:
        photo = gui.box / "twelve.jpg"
        tile = np.asarray(Image.open(picture(gui.box / "twelve.png", 600, 800)))
        Image.fromarray(np.tile(tile, (5, 5, 1))).save(photo, quality=95)
    gui.open(photo)
    gui.screen.focus(gui.image_window())
    gui.trace.write_text("", encoding="utf-8")
    pressed = time.time()
    gui.screen.key(guis.SHORTCUT)
    window = gui.screen.window("^UP-ZeroIR")
    dialog, found = gui.mark("dialog")[0] - pressed, gui.mark("found")[0] - pressed
    print(
        f"{megapixels} megapixels: dialog after {dialog:.2f} s, values after {found:.2f} s, {slowness:.1f} slow"
    )
    busy = psutil.getloadavg()[0] > 1.5
    assert dialog < (6 if busy else slowness) and found < (20 if busy else 2 * slowness)
    gui.screen.focus(window)
    gui.screen.key("Escape")
    until(lambda: gui.screen.gone(window), 5, "the dialog to close")
