from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.latents import WEIGHTS, tiny
from upzeroir_plugin.cli import main
from upzeroir_plugin.errors import UnreadableError, UsageError
from upzeroir_plugin.prior import fetch
from upzeroir_plugin.prior.store import OWN, names, place_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPZEROIR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny(tmp_path_factory.mktemp("model") / "little")
    (folder / "README.md").write_text("---\nlicense: creativeml-openrail-m\n---\nA model.\n")
    (folder / "vae" / "evil.py").write_text("raise SystemExit")
    return folder


def test_added_listed_checked_and_removed(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prior", "add", str(model)]) == 0
    said = capsys.readouterr().out
    assert hashlib.sha256((model / "unet" / WEIGHTS).read_bytes()).hexdigest() in said
    assert "creativeml-openrail-m" in said
    assert names() == [*OWN, "little"]
    assert not (place_of("little") / "vae" / "evil.py").exists()
    assert main(["prior", "list", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["licence"] == "creativeml-openrail-m"
    assert main(["prior", "check", "little"]) == 0
    weights = place_of("little") / "unet" / WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert main(["prior", "check", "little"]) == 3
    assert "not what was added" in capsys.readouterr().err
    assert main(["prior", "remove", "little"]) == 0
    assert names() == [*OWN]
    assert main(["prior", "remove", "little"]) == 2


def test_twice_and_odd_names_are_refused(model: Path) -> None:
    fetch.add(str(model), "a")
    with pytest.raises(UsageError, match="already"):
        fetch.add(str(model), "a")
    for name in ("../b", "embedded", ".c", "d/e", ""):
        with pytest.raises(UsageError):
            fetch.add(str(model), name or "/")
    with pytest.raises(UsageError, match="owner/model"):
        fetch.add("no such thing", "b")


def test_pickles_are_refused_and_nothing_is_left(home: Path) -> None:
    files = ["vae/config.json", "vae/diffusion_pytorch_model.bin", "unet/config.json", f"unet/{WEIGHTS}"]
    with pytest.raises(UsageError, match="pickle"):
        fetch.wanted(files)
    with pytest.raises(UnreadableError, match="layout"):
        fetch.wanted(["model.safetensors"])
    assert not home.exists() or not any(home.rglob("*.safetensors"))


def test_one_precision_is_taken() -> None:
    half = [f"{part}/diffusion_pytorch_model.fp16.safetensors" for part in ("vae", "unet")]
    whole = [f"{part}/{WEIGHTS}" for part in ("vae", "unet")]
    assert set(fetch.wanted(half)) == set(half)
    assert set(fetch.wanted([*half, *whole, "unet/diffusion_pytorch_model.non_ema.safetensors"])) == set(
        whole
    )


class Hub(ThreadingHTTPServer):
    """The few answers of a hub that fetching a model asks for; remembers what it sent, refuses one file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.asked, self.refused = folder, list[str](), ""
        self.files = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file()]


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path.startswith("api/models/me/little"):
            if "/tree/" in path:
                rows = [{"type": "file", "path": f, "size": (self.server.folder / f).stat().st_size,
                         "oid": self._tag(f)} for f in self.server.files]  # fmt: skip
                return self._send(json.dumps(rows).encode(), {"Content-Type": "application/json"})
            about = {
                "id": "me/little",
                "sha": COMMIT,
                "siblings": [{"rfilename": f} for f in self.server.files],
            }
            return self._send(json.dumps(about).encode(), {"Content-Type": "application/json"})
        name = path.removeprefix(f"me/little/resolve/{COMMIT}/")
        if name not in self.server.files or name == self.server.refused:
            self.send_error(404)
            return None
        headers = {"ETag": f'"{self._tag(name)}"', "X-Repo-Commit": COMMIT}
        return self._send((self.server.folder / name).read_bytes(), headers, name)

    def _tag(self, name: str) -> str:
        return hashlib.sha256((self.server.folder / name).read_bytes()).hexdigest()[:40]

    def _send(self, data: bytes, headers: dict[str, str], name: str = "") -> None:
        first, wanted = 0, self.headers.get("Range")
        if wanted and self.command == "GET":
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        for key, value in {
            **headers,
            "Accept-Ranges": "bytes",
            "Content-Length": str(len(data) - first),
        }.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[first:])
            self.server.asked.append(name)

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub(model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    from huggingface_hub import constants

    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("hub")
def test_a_model_is_fetched_from_a_hub() -> None:
    found = fetch.add("me/little", None)
    assert found.licence == "creativeml-openrail-m"
    assert f"unet/{WEIGHTS}" in found.files
    assert "vae/evil.py" not in found.files
    fetch.check("little")


def test_a_stopped_download_goes_on(hub: Hub) -> None:
    """What came whole before the stop is not fetched again."""
    hub.refused = f"vae/{WEIGHTS}"
    with pytest.raises(UnreadableError, match="goes on"):
        fetch.add("me/little", None)
    assert names() == [*OWN]
    hub.refused, hub.asked = "", []
    fetch.add("me/little", None)
    assert f"vae/{WEIGHTS}" in hub.asked
    assert f"unet/{WEIGHTS}" not in hub.asked
    assert names() == [*OWN, "little"]


def test_without_a_network_it_says_so(hub: Hub) -> None:
    hub.files.clear()
    with pytest.raises(UnreadableError):
        fetch.add("me/little", None)
    with pytest.raises(UnreadableError, match="could not be fetched"):
        fetch.add("me/nothing", None)
