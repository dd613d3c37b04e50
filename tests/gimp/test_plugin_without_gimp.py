"""What of the plug-in needs no GIMP, with a fake `gi`."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.gimp.fake_gi import plugin
from upzeroir_plugin import gimp_folders
from upzeroir_plugin.client import ClientError
from upzeroir_plugin.commands import install_gimp
from upzeroir_plugin.parameters import GROUPS, PARAMETERS, ParameterVector
from upzeroir_plugin.summary import summary

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in as installed."""
    profile = gimp_folders.Profile(tmp_path_factory.mktemp("gimp"), "native", (3, 0))
    install_gimp.install(profile)
    return profile.plugin


@pytest.fixture
def load(folder: Path) -> Iterator[Any]:
    with plugin(folder, ["C"]) as found:
        yield found


class Procedure:
    """Notes the arguments it is given."""

    def __init__(self) -> None:
        self.arguments: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        assert name.startswith("add_") and name.endswith("_argument"), name

        def add(argument: str, *given: Any) -> None:
            self.arguments[argument] = given

        return add


class Config:
    """A procedure's config with all defaults."""

    def __init__(self, procedure: Procedure) -> None:
        self.values = {name: given[-2] for name, given in procedure.arguments.items()}

    def get_property(self, name: str) -> Any:
        return self.values[name]

    def set_property(self, name: str, value: Any) -> None:
        self.values[name] = value

    def connect(self, *_given: Any) -> None:
        pass


def test_arguments_are_the_table(load: Any) -> None:
    arguments, procedure = load("arguments"), Procedure()
    arguments.register(procedure)
    for row in PARAMETERS:
        name = row.name.replace(".", "-")
        _, text, low, high, neutral, _ = procedure.arguments[name]
        assert (low, high, neutral) == (row.low, row.high, row.neutral)
        assert f"{row.low:g} to {row.high:g}" in text, (
            "GIMP takes the default for what is out of range: say the range"
        )
        assert procedure.arguments[name + "-auto"][-2] is True
    for group in GROUPS:
        assert {f"{group}-on", f"{group}-amount"} <= set(procedure.arguments)
    assert all(name == name.lower() and name[0].isalpha() for name in procedure.arguments)


def test_a_value_counts_only_when_it_is_not_automatic(load: Any) -> None:
    arguments, procedure = load("arguments"), Procedure()
    arguments.register(procedure)
    config = Config(procedure)
    assert arguments.wish(config, strict=True) == arguments.Wish(
        amount=dict.fromkeys(GROUPS, 1.0), on=dict.fromkeys(GROUPS, True)
    )
    config.set_property("noise-read", 12.0)
    assert arguments.wish(config).pins == {}
    with pytest.raises(arguments.WrongArguments, match="noise-read-auto"):
        arguments.wish(config, strict=True)
    config.set_property("noise-read-auto", False)
    config.set_property("haze-amount", 0.25)
    config.set_property("jpeg-on", False)
    config.set_property("steps", 7)
    wish = arguments.wish(config, strict=True)
    assert wish.pins == {"noise.read": 12.0}
    order = wish.order()
    assert order["amounts"]["amount"]["haze"] == 0.25 and order["amounts"]["on"]["jpeg"] is False
    assert order["steps"] == 7 and arguments.Wish().order()["steps"] is None


@pytest.mark.parametrize("sample", [1, 2, 4])
def test_pixels_that_are_not_selected_keep_their_bytes(sample: int, load: Any) -> None:
    pixels = load("pixels")
    rng = np.random.default_rng(sample)
    width, height, pixel = 37, 23, 6
    kind = {1: np.uint8, 2: np.uint16, 4: np.float32}[sample]
    mask = (rng.random((height, width)) > 0.6) * rng.integers(1, 250, (height, width))
    before = rng.integers(0, 256, (height, width, pixel), dtype=np.uint8)
    after = rng.integers(0, 256, (height, width, pixel), dtype=np.uint8)
    got = pixels.where(mask.astype(kind).tobytes(), before.tobytes(), after.tobytes(), (width, height), pixel)
    assert (
        np.frombuffer(got, np.uint8).reshape(before.shape) == np.where((mask > 0)[..., None], after, before)
    ).all()


def test_rectangles_are_cut_and_pasted(load: Any) -> None:
    pixels = load("pixels")
    rows = np.arange(20 * 30 * 3, dtype=np.uint16).astype(np.uint8).reshape(20, 30, 3)
    for x, y, w, h in ((4, 5, 10, 6), (0, 3, 30, 4), (0, 0, 30, 20), (29, 19, 1, 1)):
        part = pixels.cut(rows.tobytes(), 30, (x, y, w, h), 3)
        assert part == rows[y : y + h, x : x + w].tobytes()
        wanted = rows.copy()
        wanted[y : y + h, x : x + w] = 255 - wanted[y : y + h, x : x + w]
        made = pixels.pasted(rows.tobytes(), 30, (x, y, w, h), bytes(255 - b for b in part), 3)
        assert made == wanted.tobytes()
    with pytest.raises(ValueError, match="are not"):
        pixels.write(None, (0, 0, 4, 4), "R'G'B' u8", b"123", 3)


def test_the_loupes_find_detail_shadow_and_calm(load: Any) -> None:
    spots = load("spots")
    grey = np.full((96, 128), 200, np.uint8)
    grey[:, :40] = 128
    grey[8:24, 64:80] = np.random.default_rng(0).integers(60, 255, (16, 16))
    grey[64:80, 96:112] = 30
    grey[64:80, 112:128] = 2
    fine, dark, flat = spots.spots(grey.tobytes(), 128, 96)
    assert 64 <= fine.x <= 80 and 8 <= fine.y <= 24
    assert 96 <= dark.x <= 112 and 64 <= dark.y <= 80, "black shows nothing"
    assert flat.x < 40
    corner = round(fine.x * 4 - 64), round(max(0, fine.y * 4 - 64))
    assert spots.around(fine, 0.25, (512, 384), 128) == (*corner, 128, 128)
    assert spots.around(spots.Spot(0, 0), 1.0, (50, 40), 128) == (0, 0, 50, 40)
    assert len(spots.spots(b"\x80" * 12, 4, 3)) == 3


def test_words_for_every_group(load: Any) -> None:
    rows = load("rows")
    vector = load("parameters").ParameterVector
    neutral = vector()
    assert [rows.in_words(group, neutral) for group in GROUPS] == [
        "none", "none", "exposure is good", "none", "neutral", "none",
    ]  # fmt: skip
    bad = neutral.with_values({"light.ev": 2.0, "noise.file": 8.0, "jpeg.quality": 40.0, "blur.sigma": 1.2})
    assert rows.in_words("light", bad) == "2.0 EV too dark"
    assert "255" in rows.in_words("noise", bad) and "40" in rows.in_words("jpeg", bad)
    assert "1.2 px" in rows.in_words("blur", bad)
    for row in PARAMETERS:
        for value in (row.low, row.high):
            assert rows.in_words(row.group, neutral.with_values({row.name: value}))


def test_progress_in_words(load: Any) -> None:
    text = load("run").progress_text
    assert (
        text({"kind": "progress", "label": "Removing noise", "eta": 12.4})
        == "Removing noise, about 12 s left"
    )
    assert "min left" in text({"kind": "progress", "label": "x", "eta": 200})
    assert text({"kind": "queued", "position": 2, "label": "Waiting"}) == "Waiting for 2 other jobs"
    assert text({"kind": "heartbeat"}) == ""


def test_german_is_complete_and_used(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "gimp" / "messages.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with plugin(folder, ["de_DE.UTF-8", "de", "C"]) as load:
        texts = load("texts")
        assert texts._("Haze") == "Dunst"
        assert load("rows").in_words("light", load("parameters").ParameterVector()) == "gut belichtet"
        theta = ParameterVector().with_values(
            {"light.ev": 2.0, "noise.file": 12.0, "colour.temperature": 20.0}
        )
        said = summary(theta, texts._)
        assert (
            said
            == "Stark verrauscht, zwei Blenden unterbelichtet, leichter warmer Farbstich; keine Unschärfe gefunden."
        )
    with plugin(folder, ["fr", "C"]) as load:
        assert load("texts")._("Haze") == "Haze"


def test_placeholders_survive_translation() -> None:
    sys.path.insert(0, str(ROOT / "gimp"))
    try:
        import messages
    finally:
        sys.path.pop(0)
    import string

    def fields(text: str) -> list[tuple[Any, ...]]:
        return sorted(f[1:3] for f in string.Formatter().parse(text) if f[1] is not None)

    known = messages.read_po((ROOT / "gimp" / "po" / "de.po").read_text(encoding="utf-8"))
    for text, translation in known.items():
        if text:
            assert fields(text) == fields(translation), text
    labels = ast.parse((ROOT / "upzeroir_plugin" / "service" / "restoring.py").read_text(encoding="utf-8"))
    said = next(
        ast.literal_eval(node.value) for node in labels.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LABELS"
    )  # fmt: skip
    assert set(said.values()) <= set(known), "a label of the backend without a translation"


class Listener:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.news = threading.Condition()

    def __getattr__(self, name: str) -> Any:
        def note(*values: Any) -> None:
            with self.news:
                self.told.append((name, *values))
                self.news.notify_all()

        return note

    def wait(self, name: str, count: int = 1) -> tuple[Any, ...]:
        with self.news:
            assert self.news.wait_for(lambda: len([t for t in self.told if t[0] == name]) >= count, 10), (
                self.told
            )
        return [t for t in self.told if t[0] == name][count - 1]


class FakeEvents:
    """A job's events; it lasts until it is let go or closed."""

    def __init__(self, client: FakeClient, job: str) -> None:
        self.client, self.job, self.closed = client, job, threading.Event()

    def __enter__(self) -> FakeEvents:
        return self

    def __exit__(self, *_about: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        yield {"kind": "progress", "label": "First draft", "done": 0.1}, b"jpeg"
        while not self.closed.is_set():
            if self.client.free.wait(0.02):
                yield {"kind": "done", "result": {"changed": self.client.changes, "summary": "s"}}, b""
                return

    def close(self) -> None:
        self.closed.set()


class FakeClient:
    """Only what a session needs."""

    def __init__(self) -> None:
        self.free, self.changes = threading.Event(), True
        self.refusals: list[Exception] = []
        self.size, self.region = (4, 4), [None]
        self.calls: list[tuple[Any, ...]] = []

    def upload_frame(self, *given: Any) -> dict[str, Any]:
        self.calls.append(("upload", given[:4]))
        return {"id": f"photo{len(self.calls)}"}

    def estimate(self, *_given: Any) -> dict[str, Any]:
        return {"summary": "s", "parameters": {}}

    def submit(self, photo: str, parameters: Any, **options: Any) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.calls.append(("submit", photo, parameters, options))
        return f"job{len(self.calls)}"

    def events(self, job: str) -> FakeEvents:
        return FakeEvents(self, job)

    def result(self, _job: str, _dtype: str) -> Any:
        width, height = self.size
        header = {"width": width, "height": height}
        return SimpleNamespace(pixels=b"\1" * (3 * width * height), header=header)

    def deliveries(self, to: str, _wait: float) -> list[dict[str, Any]]:
        return [{"id": "d", "job": "theirs", "note": {}}] if to == "name" and self.region else []

    def job(self, _job: str) -> dict[str, Any]:
        return {"result": {"summary": "theirs", "region": self.region.pop(0)}}

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.calls.append((name, *given))


def session(
    load: Any, client: FakeClient, mask: bytes | None = None, rect: tuple[int, ...] = (0, 0, 4, 4)
) -> tuple[Any, Listener, Any]:
    layout = SimpleNamespace(channels=3, dtype="uint8", sent_bytes=3)
    work = SimpleNamespace(
        size=(4, 4), rect=rect, mask=mask, layout=layout, rows=bytes(48), profile=None, evidence={},
        full_mask=lambda: mask,
    )  # fmt: skip
    listener, module = Listener(), load("session")

    def post(function: Any, *values: Any) -> None:
        function(*values)

    made = module.Session(lambda: client, work, post, listener)
    made.start()
    listener.wait("on_found")
    return made, listener, module


def test_the_newest_order_counts(load: Any) -> None:
    client = FakeClient()
    made, listener, module = session(load, client, mask=bytes(16))
    wish = load("arguments").Wish()
    first = made.ask(module.Wanted(wish, {"noise.read": 1.0}))
    listener.wait("on_event")
    second = made.ask(module.Wanted(wish, {"noise.read": 2.0}, masked=False))
    listener.wait("on_event", 2)
    client.free.set()
    _, number, outcome = listener.wait("on_done")
    assert number == second != first and outcome.rows == b"\1" * 48
    orders = [call for call in client.calls if call[0] == "submit"]
    assert [call[2] for call in orders] == [{"noise.read": 1.0}, {"noise.read": 2.0}]
    assert "mask" in orders[0][3] and "mask" not in orders[1][3]
    assert [call[0] for call in client.calls].count("delete_job") == 2, (
        "both are forgotten at the backend: the older one that is dropped, and the one that was fetched"
    )
    made.close()
    assert any(call[0] == "delete_photo" for call in client.calls), "nothing is left at the backend"
    assert not made.thread.is_alive()
    load("job").run(client, made.work, wish, False, lambda *_event: None)
    assert [call[0] for call in client.calls].count("delete_job") == 3, "without a dialog as well"


def test_loupes_come_first_and_closing_ends_all(load: Any) -> None:
    client = FakeClient()
    made, listener, module = session(load, client)
    made.ask(module.Wanted(load("arguments").Wish(), {}, loupes=((0, 0, 2, 2), (1, 1, 2, 2))))
    made.close()
    assert not made.thread.is_alive() and not [t for t in listener.told if t[0] == "on_done"]
    client.free.set()
    made, listener, module = session(load, client)
    made.ask(module.Wanted(load("arguments").Wish(), {}, loupes=((0, 0, 2, 2), (1, 1, 2, 2))))
    listener.wait("on_done")
    assert [t[1:] for t in listener.told if t[0] == "on_loupe"] == [(0, b"jpeg"), (1, b"jpeg")]
    made.close()


def test_what_the_panel_delivers(load: Any) -> None:
    client = FakeClient()
    made, listener, _ = session(load, client)
    asked = []

    def launch(photo: str) -> str:
        asked.append(photo)
        return "name"

    made.await_panel(launch)
    _, outcome = listener.wait("on_delivered")
    assert asked == ["photo1"] and outcome.result["summary"] == "theirs" and outcome.rows
    made.close()


def test_a_part_of_what_the_panel_delivers(load: Any) -> None:
    """A selection here and the whole photo there; and the other way round."""
    client = FakeClient()
    made, listener, _ = session(load, client, mask=bytes(4), rect=(1, 1, 2, 2))
    made.await_panel(lambda _photo: "name")
    outcome = listener.wait("on_delivered")[1]
    assert outcome.rows == b"\1" * 12 and outcome.unmasked and outcome.rect is None
    made.close()
    client = FakeClient()
    client.size, client.region = (3, 2), [None, [1, 1, 3, 2]]
    made, listener, _ = session(load, client)
    made.await_panel(lambda _photo: "name")
    outcome = listener.wait("on_delivered")[1]
    assert [told[0] for told in listener.told].count("on_misfit") == 1, "nobody knows where it belongs"
    assert outcome.rows == b"\1" * 18 and outcome.rect == (1, 1, 3, 2) and not outcome.unmasked
    assert [call[0] for call in client.calls].count("delete_job") == 1, (
        "the one that did not fit is left alone"
    )
    made.close()


def test_partly_selected_pixels_are_mixed(load: Any) -> None:
    mixed = load("pixels").mixed
    for dtype in (np.uint8, np.uint16, np.float32):
        white = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
        mask = (np.array([0, 0.2, 0.5, 1]) * white).astype(dtype)
        before = (np.linspace(0.1, 0.9, 12).reshape(4, 3) * white).astype(dtype)
        after = (np.linspace(0.8, 0.3, 12).reshape(4, 3) * white).astype(dtype)
        got = mixed(mask.tobytes(), before.tobytes(), after.tobytes(), np.dtype(dtype).name, 3)
        share = (mask / white)[:, None]
        want = before + share * (after.astype(float) - before)
        assert np.abs(np.frombuffer(got, dtype).reshape(4, 3) - want).max() <= (
            1e-6 if dtype is np.float32 else 0.5
        )


@pytest.mark.parametrize("code", ["service-lost", "no-service", "not-found"])
def test_a_backend_that_ended_idle_gets_the_photo_again_once(code: str, load: Any) -> None:
    client, error_type = FakeClient(), load("client").ClientError
    client.free.set()
    made, listener, module = session(load, client)
    client.refusals = [error_type(code, "Gone.")]
    made.ask(module.Wanted(load("arguments").Wish(), {}))
    listener.wait("on_done")
    assert [call[0] for call in client.calls].count("upload") == 2
    client.refusals = [error_type(code, "Gone."), error_type(code, "Gone.")]
    made.ask(module.Wanted(load("arguments").Wish(), {}))
    assert listener.wait("on_failed")[1].code == code
    made.close()


@pytest.mark.parametrize("code", ["usage", "too-large", "parameter", "unreadable", "too-long"])
def test_after_a_refusal_another_order_is_possible(code: str, load: Any) -> None:
    client = FakeClient()
    client.free.set()
    made, listener, module = session(load, client)
    client.refusals = [load("client").ClientError(code, "Not this one.")]
    number = made.ask(module.Wanted(load("arguments").Wish(effort="guided"), {}))
    assert listener.wait("on_refused")[1] == number
    made.ask(module.Wanted(load("arguments").Wish(), {}))
    listener.wait("on_done")
    assert not [told for told in listener.told if told[0] == "on_failed"]
    made.close()


def test_what_is_unforeseen_in_the_thread_reaches_the_dialog(
    load: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    client = FakeClient()
    made, listener, module = session(load, client)
    client.refusals = [RuntimeError("odd")]
    made.ask(module.Wanted(load("arguments").Wish(), {}))
    error = listener.wait("on_failed")[1]
    assert error.code == "internal" and "odd" in error.message and "Traceback" in capsys.readouterr().err
    made.close()


def test_what_is_unforeseen_at_opening_ends_the_dialog(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module, answers = load("dialog"), []
    dialog = module.Dialog.__new__(module.Dialog)
    dialog.image = dialog.drawable = None
    dialog.view = SimpleNamespace(window=SimpleNamespace(response=answers.append))
    monkeypatch.setattr(load("work"), "gather", lambda *_given: 1 / 0)
    monkeypatch.setattr(module, "Gtk", SimpleNamespace(ResponseType=SimpleNamespace(OK=-5)))
    assert not dialog._open()
    assert isinstance(dialog.error, ZeroDivisionError) and answers == [-5]


def test_a_job_that_took_too_long_is_an_error_in_words(load: Any) -> None:
    error = load("client").ClientError("too-long", "The job took too long.")
    assert "faster effort" in load("backend").in_words(error)


def test_errors_reach_the_dialog(load: Any) -> None:
    error_type = load("client").ClientError
    listener, module = Listener(), load("session")

    def refuse() -> Any:
        raise error_type("no-service", "It is not there.", "Start it.")

    made = module.Session(refuse, SimpleNamespace(), lambda f, *v: f(*v), listener)
    made.start()
    assert listener.wait("on_failed")[1].code == "no-service"
    assert ClientError is not error_type, "the plug-in has its own copy"


def test_advice_by_how_gimp_was_installed(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = load("backend")
    error = load("client").ClientError("no-service", "It is not there.", "Start it.")
    assert "upzeroir serve" in backend.advice(error)
    monkeypatch.setattr(backend, "sandbox", lambda: "snap")
    assert "sandbox" in backend.advice(error) and "UPZEROIR_STATE=" in backend.advice(error)
    monkeypatch.setattr(backend, "sandbox", lambda: "flatpak")
    with pytest.raises(load("client").ClientError):
        backend.open_panel("photo")
