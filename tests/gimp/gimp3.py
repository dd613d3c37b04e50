"""A real GIMP 3 for tests: finds or makes one, runs batches and windows in it. What GIMP always mutters is left out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
USUAL = re.compile(
    "|".join(
        (
            r"^\s*$", "tag cache", "cannot open display", "gimp_wire_read", "resource name is invalid",
            "Welcome to GIMP", "gimp_flush", "G_IS_OBJECT", "stray image", "stale context", "GeglBuffer",
            "dbind", "AT-SPI", "_gimp_pixbuf_from_data", "batch command executed", "hash_table != NULL", "EEEEeEeek",
            "buffers leaked", "dconf", "dbus", "D-Bus", "recently-used", "Gtk-WARNING.*theme", "gimp_display_shell",
            "list of contexts", r"^bps:", r"^load_contiguous", r"^bytes_per_pixel", r"^Image dimensions",
        )
    )
)  # fmt: skip
PRELUDE = (HERE / "prelude.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Batch:
    """How a batch ended: what the script gave back, GIMP's own words, its status and seconds."""

    given: Any
    words: str
    status: int
    seconds: float


@dataclass(frozen=True)
class Running:
    """A GIMP at work: what it gives back goes to `out`, its words to `words`."""

    process: subprocess.Popen[bytes]
    out: Path
    words: Path
    began: float = field(default_factory=time.monotonic)

    def given(self) -> Any:
        """What the script has given back, if it has."""
        return json.loads(self.out.read_text(encoding="utf-8")) if self.out.exists() else None

    def said(self) -> str:
        """GIMP's words so far, but for the usual ones."""
        return said(self.words.read_text(encoding="utf-8", errors="replace"))

    def ended(self, timeout: float) -> Batch:
        """Wait for its end."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"GIMP did not end: {self.said()[-2000:]}") from None
        return Batch(self.given(), self.said(), status, time.monotonic() - self.began)


@dataclass
class Gimp3:
    """GIMP in a root folder; `box` is a folder that GIMP sees as `inside(box)`."""

    root: Path
    box: Path
    display: str = ""
    count: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> Path:
        """GIMP3_DIRECTORY."""
        return self.box / "profile"

    def inside(self, path: Path) -> str:
        """The path as GIMP sees it."""
        return str(path) if self.root == Path("/") else "/" + str(path.relative_to(self.root))

    def environment(self, display: str = "") -> list[str]:
        """Nothing of ours but what is needed: a venv's PATH would lead every Python plug-in astray."""
        given = {
            "PATH": "/usr/bin:/bin", "HOME": self.inside(self.box), "GIMP3_DIRECTORY": self.inside(self.profile),
            "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1", "GTK_CSD": "0", **self.extra,
        }  # fmt: skip
        if display:
            given["DISPLAY"] = display
        return ["env", "-i", *(f"{name}={value}" for name, value in given.items())]

    def command(self, arguments: Sequence[str], display: str = "") -> list[str]:
        """A command as it is run in the root."""
        enter = []
        if self.root != Path("/"):
            enter = [shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin") or "chroot", str(self.root)]
            if os.getuid():
                enter = ["unshare", "-r", *enter]
        return [*enter, *self.environment(display), *arguments]

    def batch(
        self, script: str, display: str = "", files: Sequence[Path] = (), timeout: float = 120, **given: Any
    ) -> Batch:
        """Run Python in gimp-console; names in `given` are its variables, `give(value)` hands a JSON value back."""
        with self.running(script, display, files, console=True, **given) as running:
            return running.ended(timeout)

    @contextmanager
    def running(
        self, script: str, display: str = "", files: Sequence[Path] = (), console: bool = False, **given: Any
    ) -> Iterator[Running]:
        """GIMP with a script, while the test does something else; ended with all its plug-ins afterwards."""
        self.count += 1
        values = {n: self.inside(v) if isinstance(v, Path) else v for n, v in given.items()}
        out, path = self.box / f"given{self.count}.json", self.box / f"script{self.count}.py"
        text = f"{PRELUDE}\nOUT = {self.inside(out)!r}\nglobals().update({values!r})\n{script}"
        path.write_text(text, encoding="utf-8")
        run = f"exec(compile(open({self.inside(path)!r}).read(), 'script', 'exec'), globals())"
        program = ["gimp-console-3.0", "-i", "-d", "-f"] if console else ["gimp-3.0", "-d", "-f", "-s"]
        arguments = [
            *program,
            *(self.inside(f) for f in files),
            "--batch-interpreter=python-fu-eval",
            "-b",
            run,
        ]
        with (self.box / f"words{self.count}.txt").open("w+b") as words:
            process = subprocess.Popen(
                self.command([*arguments, *(["--quit"] if console else [])], display), stdin=subprocess.DEVNULL,
                stdout=words, stderr=words, cwd="/", start_new_session=True,
            )  # fmt: skip
            try:
                yield Running(process, out, Path(words.name))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def run(self, *arguments: str, display: str = "", timeout: float = 60) -> str:
        """A program of the root; what it prints."""
        return subprocess.run(
            self.command(arguments, display),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
            cwd="/",
        ).stdout


def said(words: str) -> str:
    """What GIMP said but for what it always says."""
    return "\n".join(line for line in words.splitlines() if not USUAL.search(line))


def provision() -> Path:
    """The root folder of a GIMP 3. Raises RuntimeError with the reason."""
    done = subprocess.run([HERE / "provision"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError("No GIMP 3 could be had; tests/gimp/provision says why.")
    return Path(done.stdout.strip())


def stock(gimp: Gimp3) -> Path:
    """A folder with those of GIMP's own plug-ins that the tests use: asking all 130 takes seconds at first."""
    folder = gimp.box / "stock"
    folder.mkdir()
    theirs = next(iter(gimp.root.glob("usr/lib/*/gimp/3.0/plug-ins")))
    for name in ("python-eval", "script-fu", "script-fu-eval", "file-png", "file-jpeg", "file-tiff"):
        if (theirs / name).exists():
            (folder / name).symlink_to(gimp.inside(theirs / name))
    return folder


@contextmanager
def opened() -> Iterator[Gimp3]:
    """A GIMP with a fresh profile, which is removed in the end."""
    root = provision()
    (root / "tmp").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="upzeroir-", dir=root / "tmp", ignore_cleanup_errors=True
    ) as name:
        gimp = Gimp3(root, Path(name))
        gimp.profile.mkdir()
        places = f"${{gimp_dir}}/plug-ins:{gimp.inside(stock(gimp))}"
        (gimp.profile / "gimprc").write_text(
            f'(show-welcome-dialog no)\n(check-updates no)\n(plug-in-path "{places}")\n', encoding="utf-8"
        )
        yield gimp


def environment(state: Path | str) -> dict[str, str]:
    """For our own programs: the checkout before what is installed, and that state file."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "UPZEROIR_STATE": str(state), "OMP_NUM_THREADS": "2"}


def upzeroir(*arguments: str, state: Path | str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Our command line."""
    return subprocess.run(
        [sys.executable, "-m", "upzeroir_plugin.cli", *arguments], env=environment(state), check=check,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
