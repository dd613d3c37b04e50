"""The installer's steps with small wheels of our own making: switch, roll-back, failure, going on, removal.

The real wheels take minutes: installer/install --make-wheelhouse DIR, then installer/install --wheelhouse DIR.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import http.server
import os
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from upzeroir_plugin.errors import UnwritableError, UsageError
from upzeroir_plugin.installation import install, shell
from upzeroir_plugin.installation.layout import MARK, Layout
from upzeroir_plugin.installation.lock import NAME

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(
    os.name == "nt", reason="the installer's own tests for Windows are still to be written"
)

PROGRAM = """
import pathlib, sys
def main():
    verb = sys.argv[1] if sys.argv[1:] else ''
    if verb == 'restore' and {works}:
        pathlib.Path(sys.argv[sys.argv.index('-o') + 1]).write_bytes(b'restored')
    elif verb == 'restore':
        sys.exit('this version is broken')
    print('{version}', verb)
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, str], script: str = "") -> Path:
    """A small pure wheel."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **({f"{info}/entry_points.txt": f"[console_scripts]\n{script}\n"} if script else {}),
    }
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text.encode())}")
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return made


def ours(folder: Path, version: str, works: bool = True, lock: str = "") -> Path:
    program = PROGRAM.format(version=version, works=works)
    files = {
        **({NAME: lock} if lock else {}),
        "upzeroir_plugin/__init__.py": program,
        "upzeroir_plugin/__main__.py": "from upzeroir_plugin import main\nmain()\n",
    }
    return wheel(folder, "upzeroir", version, files, "upzeroir = upzeroir_plugin:main")


class Home:
    """A home with a space and an umlaut, and the installer run in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "Jürgen Groß"
        self.path.mkdir()
        self.house = folder / "wheels"
        wheel(self.house, "torch", "2.9.0", {"torch.py": ""})
        self.data = self.path / ".local" / "share" / "upzeroir"
        self.command = self.path / ".local" / "bin" / "upzeroir"
        astray = ("PYTHON", "XDG_", "UPZEROIR_", "GIMP3_")
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith(astray)}
        self.environment |= {"HOME": str(self.path), "UPZEROIR_PYTHON": sys.executable}

    def install(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "installer" / "install"), *map(str, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=240)

    def add(self, made: Path) -> subprocess.CompletedProcess[str]:
        return self.install("--from", made, "--wheelhouse", self.house, "--extras", "")

    def version(self) -> str:
        return subprocess.run([self.command, "v"], capture_output=True, text=True, check=True).stdout.split()[
            0
        ]

    def versions(self) -> list[str]:
        return sorted(path.name.split("-")[0] for path in (self.data / "versions").iterdir())


@posix
def test_from_the_first_version_to_nothing_left(tmp_path: Path) -> None:
    home = Home(tmp_path)
    mine = home.path / "photo.jpg"
    mine.write_bytes(b"mine")
    first = home.add(ours(tmp_path, "1.0"))
    assert first.returncode == 0, first.stderr
    assert "is not on your PATH" in first.stderr
    assert home.version() == "1.0"
    assert "1.0 install-gimp" in first.stderr

    broken = home.add(ours(tmp_path, "1.1", works=False))
    assert broken.returncode == 5
    assert "this version is broken" in broken.stderr and "The log: " in broken.stderr
    assert (home.data / "install.log").is_file()
    assert home.version() == "1.0"

    # A half-made environment of an earlier try is no hindrance.
    second = ours(tmp_path, "2.0")
    name = install.find_source(second, None, "").name
    (home.data / "versions" / name / "bin").mkdir(parents=True)
    shutil.rmtree(home.data / "versions" / install.find_source(tmp_path / broken_name(), None, "").name)
    assert home.add(second).returncode == 0
    assert home.version() == "2.0"
    assert home.versions() == ["1.0", "2.0"]

    again = home.add(second)
    assert "is there already" in again.stderr

    assert home.install("--rollback").returncode == 0
    assert home.version() == "1.0"

    plugin = home.path / ".config" / "GIMP" / "3.0" / "plug-ins" / "upzeroir"
    plugin.mkdir(parents=True)
    listed = home.install("--uninstall")
    assert "This will be removed:" in listed.stdout and str(home.data) in listed.stdout
    assert home.version() == "1.0"
    assert home.install("--uninstall", "--yes").returncode == 0
    assert not os.path.lexists(home.command)
    left = [p for p in home.path.rglob("*") if not p.is_dir() and ".rustup" not in p.parts]  # pip asks rustc
    assert left == [mine]
    assert not home.data.exists() and not plugin.exists()


def broken_name() -> str:
    return "upzeroir-1.1-py3-none-any.whl"


def test_too_little_room_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9e9, 8e9, 1e9))
    layout = Layout(tmp_path)
    with layout.log.open("w") as log:
        work = install.Work(layout, install.Source(tmp_path, "1.0"), "", tmp_path, log)
        with pytest.raises(UnwritableError, match="3 GB are needed"):
            work.environment()
    assert not layout.versions.exists()


@posix
def test_a_program_of_that_name_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    layout = Layout(tmp_path / "data")
    layout.launcher.parent.mkdir(parents=True)
    layout.launcher.write_text("#!/bin/sh\necho mine\n")
    assert "left alone" in shell.launcher(layout)
    assert layout.launcher.read_text() == "#!/bin/sh\necho mine\n"
    assert layout.outside() == []


@posix
def test_the_menu_entry_starts_the_current_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(shell.sys, "platform", "linux")
    layout = Layout(tmp_path / "Jürgen 100% $HOME")
    shell.menu_entry(layout)
    entry = configparser.RawConfigParser(strict=True)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    text = layout.desktop.read_text("utf-8")
    entry.read_string(text)
    started = shlex.split(entry["Desktop Entry"]["Exec"].replace("\\\\", "\\").replace("\\$", "$"))
    assert started == [str(layout.data / "current/bin/upzeroir").replace("%", "%%"), "panel", "%F"]
    assert layout.ours(layout.desktop) and layout.ours(layout.icon)
    assert MARK in text


def test_only_versions_in_use_are_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("1", "2", "3"):
        layout.environment(name).mkdir(parents=True)
        (layout.environment(name) / "ready").touch()
        layout.switch(name)
    layout.switch("3")
    assert (layout.pointed("current"), layout.pointed("previous")) == ("3", "2")
    assert layout.prune() == ["1"]
    layout.switch("2")
    assert (layout.pointed("current"), layout.pointed("previous")) == ("2", "3")


@pytest.mark.parametrize(
    ("cuda", "system", "plain", "wanted"),
    [
        (True, "Linux", False, []),
        (False, "Darwin", False, []),
        (False, "Linux", True, ["torch==2.9"]),
        (False, "Linux", False, ["--index-url", "https://mirror.example/cpu", "torch==2.9"]),
    ],
)
def test_torch_without_gigabytes_of_cuda(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, system: str, plain: bool, wanted: list[str]
) -> None:
    monkeypatch.setattr(install.platform, "system", lambda: system)
    monkeypatch.setattr(install, "default_is_cpu", lambda _: plain)
    monkeypatch.setenv("UPZEROIR_TORCH_INDEX", "https://mirror.example/cpu")
    assert install.torch_arguments(cuda, Path("python"), "torch==2.9") == wanted


@posix
def test_every_file_is_checked_by_its_hash(tmp_path: Path) -> None:
    home = Home(tmp_path)
    dependency = wheel(home.house, "dep", "1.0", {"dep.py": ""})
    right = hashlib.sha256(dependency.read_bytes()).hexdigest()

    def added(version: str, digest: str) -> subprocess.CompletedProcess[str]:
        lock = (
            f"# made\ndep==1.0 \\\n    --hash=sha256:{digest}\ntorch==2.9.0 \\\n    --hash=sha256:{right}\n"
        )
        return home.install("--from", ours(tmp_path, version, lock=lock), "--wheelhouse", home.house)

    forged = added("1.0", "0" * 64)
    assert forged.returncode == 5 and "DO NOT MATCH THE HASHES" in forged.stderr.replace("\n", " ")
    assert not os.path.lexists(home.command)
    good = added("1.1", right)
    assert good.returncode == 0, good.stderr
    assert home.version() == "1.1" and "checked by its hash" in good.stderr


class Registry(http.server.BaseHTTPRequestHandler):
    """A package index of one big torch; while `broken`, its download ends half-way, and then nothing is there."""

    house: Path
    broken = True
    served = 0

    def do_GET(self) -> None:
        """The index, or a file."""
        kind = type(self)
        path = kind.house / self.path.rpartition("/")[2]
        if self.path.endswith("/"):
            links = (f'<a href="/files/{p.name}">{p.name}</a>' for p in kind.house.glob("torch-*.whl"))
            content, status = "".join(links).encode(), 200 if "torch" in self.path else 404
        elif not path.is_file() or (kind.broken and kind.served):
            content, status = b"", 404
        else:
            content, status = path.read_bytes(), 200
            kind.served += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
        self.end_headers()
        cut = kind.broken and status == 200 and not self.path.endswith("/")
        self.wfile.write(content[: len(content) // 2] if cut else content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@posix
def test_a_download_that_broke_off_is_resumed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Registry.house = tmp_path / "registry"
    wheel(Registry.house, "torch", "2.9.0", {"torch.py": "", "big.txt": os.urandom(400_000).hex()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index = f"http://127.0.0.1:{server.server_port}/simple"
    home.environment = {n: v for n, v in home.environment.items() if not n.startswith("PIP_")}
    home.environment |= {"PIP_INDEX_URL": index, "UPZEROIR_TORCH_INDEX": index, "PIP_CONFIG_FILE": os.devnull}
    made = ours(tmp_path, "1.0")
    try:
        cut = home.install("--from", made, "--extras", "")
        assert cut.returncode == 5, cut.stderr
        assert Registry.served == 1 and "Run it again: what is done is kept" in cut.stderr
        assert not os.path.lexists(home.command)
        environment = home.data / "versions" / install.find_source(made, None, "").name / "bin" / "python"
        before = environment.lstat().st_ctime_ns
        Registry.broken = False
        again = home.install("--from", made, "--extras", "")
        assert again.returncode == 0, again.stderr
        assert "Going on in" in again.stderr and environment.lstat().st_ctime_ns == before
        assert home.version() == "1.0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_file_that_antivirus_took_is_said() -> None:
    said = install.antivirus(["...", "OSError: [WinError 225] Operation did not complete successfully"])
    assert "antivirus" in said
    assert install.antivirus(["OSError: [Errno 28] No space left on device"]) == ""


@posix
def test_without_ensurepip_the_wheelhouse_brings_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's Python without python3-venv: venv fails, `--without-pip` works."""
    called: list[list[str]] = []

    def call(_work: install.Work, _message: str, command: list[object], _hint: str | None) -> bool:
        words = [str(word) for word in command]
        called.append(words)
        return "--without-pip" in words or words[-1] == "pip"

    monkeypatch.setattr(install.Work, "_call", call)
    monkeypatch.setattr(install.Work, "_check_disk", lambda _: None)
    house = tmp_path / "house"
    pip = wheel(house, "pip", "26.0", {"pip/__main__.py": ""})
    layout = Layout(tmp_path)
    with layout.log.open("w") as log:
        install.Work(layout, install.Source(tmp_path, "1.0"), "", house, log).environment()
    assert called[-1][1:] == [
        str(pip / "pip"),
        "install",
        "--no-input",
        "--no-index",
        "--find-links",
        str(house),
        "pip",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.whl", "There is no file"), ("upzeroir.whl", "is no wheel"), ("README.md", "is no wheel")],
)
def test_what_is_no_wheel_is_refused(tmp_path: Path, name: str, said: str) -> None:
    if name != "none.whl":
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match=said):
        install.find_source(tmp_path / name, None, "")


def test_torch_is_asked_for_as_the_package_asks(tmp_path: Path) -> None:
    del tmp_path
    said = (ROOT / "pyproject.toml").read_text()
    assert f'"{install.TORCH}"' in said
    assert install.TORCH in (ROOT / "installer" / "environment.sh").read_text()
