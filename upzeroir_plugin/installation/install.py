"""The installer: a new environment beside the old one, tried out, then switched to.

Run as `python -m upzeroir_plugin.installation.install` by `installer/install`, and by `upzeroir update`. Stopped or
failed at any moment, the old version goes on working, and the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from upzeroir_plugin import __version__
from upzeroir_plugin.errors import EXTRAS, CancelledError, UnwritableError, UpzeroirError, UsageError
from upzeroir_plugin.folders import data_folder
from upzeroir_plugin.installation import shell
from upzeroir_plugin.installation.layout import Layout
from upzeroir_plugin.installation.lock import lock_of, pinned, without_torch

TORCH = "torch>=2.6,<2.14"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NEEDED_GB = {"cpu": 3.0, "cuda": 9.0}
"""Free disk for an environment and what pip unpacks on the way (ours, measured: 1.6 GB with a processor's torch)."""
PARTS = ("upzeroir_plugin", "qt_panel", "gimp")
TAIL = 12


class InstallError(UpzeroirError):
    """A step of the installation failed; the old version is untouched."""

    code = "install"


@dataclass(frozen=True, slots=True)
class Source:
    """A wheel, or a checkout to make one from; `name` of the version folder."""

    path: Path
    name: str


def main(argv: Sequence[str] | None = None) -> int:
    """Install, roll back or uninstall; one line for each step. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="installer/install", description="Installs upzeroir for this user.")
    options(parser)
    parser.add_argument("--uninstall", action="store_true", help="list what is installed and remove it")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    args = parser.parse_args(argv)
    try:
        if args.uninstall:
            from upzeroir_plugin.installation.uninstall import uninstall

            return uninstall(Layout(data_folder()), args.yes)
        return run(args)
    except (UpzeroirError, KeyboardInterrupt) as error:
        found = (
            error
            if isinstance(error, UpzeroirError)
            else CancelledError("Stopped.", "Run it again: it goes on.")
        )
        say(str(found))
        return found.exit_code


def options(parser: argparse.ArgumentParser) -> None:
    """Options that the installer and `upzeroir update` share."""
    add = parser.add_argument
    add("--from", type=Path, dest="source", metavar="FILE.whl", help="install this version")
    add(
        "--wheelhouse",
        type=Path,
        metavar="DIR",
        help="take every package from this folder: no network is used",
    )
    add("--make-wheelhouse", type=Path, metavar="DIR", help="only fetch every package into this folder")
    add("--extras", default=EXTRAS, help=f"what else to install (default {EXTRAS})")
    add("--unlocked", action="store_true", help="take what your mirror has: no exact versions, no hashes")
    add("--rollback", action="store_true", help="go back to the version before")
    add("--no-gimp", action="store_true", help="leave GIMP alone")


def run(args: argparse.Namespace) -> int:
    """Do what the options say. Raises InstallError, UsageError, UnwritableError, CancelledError. Returns 0."""
    layout = Layout(data_folder())
    if args.rollback:
        return rollback(layout, not args.no_gimp)
    if args.wheelhouse and not args.wheelhouse.is_dir():
        raise UsageError(
            f"There is no folder {args.wheelhouse}.",
            "Make it elsewhere with --make-wheelhouse.",
        )
    source = find_source(args.source, args.wheelhouse, args.extras)
    if args.make_wheelhouse:
        return make_wheelhouse(source, args.make_wheelhouse.absolute(), args.extras)
    with locked(layout), layout.log.open("w", encoding="utf-8", errors="replace") as log:
        work = Work(
            layout,
            source,
            args.extras,
            args.wheelhouse.absolute() if args.wheelhouse else None,
            log,
            not args.unlocked,
        )
        if layout.ready(source.name):
            say(f"Version {source.name} is there already.")
        else:
            work.environment()
            work.packages()
            work.try_out()
            (layout.environment(source.name) / "ready").write_text("", "utf-8")
            shutil.rmtree(layout.cache, ignore_errors=True)
        finish(layout, source.name, not args.no_gimp)
    return 0


def rollback(layout: Layout, with_gimp: bool) -> int:
    """Make the previous version the current one. Raises UsageError if there is none. Returns 0."""
    name = layout.pointed("previous")
    if not layout.ready(name):
        raise UsageError("There is no version to go back to.", "Install one with --from FILE.whl.")
    with locked(layout):
        finish(layout, name, with_gimp)
    return 0


def finish(layout: Layout, name: str, with_gimp: bool) -> None:
    """Switch to a complete version and make it reachable."""
    layout.switch(name)
    layout.prune()
    note = shell.launcher(layout)
    shell.menu_entry(layout)
    if with_gimp:
        _, said = shell.gimp(layout.python(name))
        say(said)
    say(f"Installed: {name}. {note}".strip())
    say(f"Try: {layout.launcher} restore PHOTO -o RESULT.png")


class Work:
    """The steps that make one version's environment."""

    def __init__(
        self,
        layout: Layout,
        source: Source,
        extras: str,
        wheelhouse: Path | None,
        log: IO[str],
        locked: bool = True,
    ) -> None:
        self.layout, self.source, self.extras = layout, source, extras
        self.wheelhouse, self.log = wheelhouse, log
        self.place = layout.environment(source.name)
        self.python = layout.python(source.name)
        self.cuda = wheelhouse is None and answers_nvidia()
        self.locked = locked and set(extras.split(",")) == set(EXTRAS.split(","))

    def environment(self) -> None:
        """An environment with a working pip; what an earlier try left is used again if it still works."""
        self._check_disk()
        if self._call("", [self.python, "-m", "pip", "--version"], None):
            say(f"Going on in {self.place}.")
            return
        say(f"Making a private environment in {self.place}.")
        shutil.rmtree(self.place, ignore_errors=True)
        if self._call("", [sys.executable, "-m", "venv", self.place], None):
            return
        # Debian takes pip out of Python: then a wheelhouse's pip does, or the system's.
        shutil.rmtree(self.place, ignore_errors=True)
        hint = "On Debian and Ubuntu: sudo apt install python3-venv. Then run it again."
        no = "The environment could not be made."
        self._call(no, [sys.executable, "-m", "venv", "--without-pip", self.place], hint)
        pip = next(iter(sorted(self.wheelhouse.glob("pip-*.whl"))), None) if self.wheelhouse else None
        start = [self.python, pip / "pip"] if pip else [sys.executable, "-m", "pip", "--python", self.python]
        where = ["--no-index", "--find-links", self.wheelhouse] if self.wheelhouse else []
        self._call(no, [*start, "install", "--no-input", *where, "pip"], hint)

    def packages(self) -> None:
        """Everything in exact versions with their hashes, torch in the build that fits, then ours."""
        again = (
            "Run it again: what is done is kept. Behind a proxy set HTTPS_PROXY; for a mirror set PIP_INDEX_URL; "
            "without network use --wheelhouse."
        )
        failed = "The packages could not be installed."
        with wheel_of(self.source, self) as wheel:
            lock = lock_of(wheel) if self.locked else ""
            own = torch_arguments(
                self.cuda, self.python, pinned(lock, "torch") or TORCH, bool(self.wheelhouse)
            )
            if lock:
                say("Installing what it needs, each file checked by its hash.")
                text = without_torch(lock) if own else lock
                self._call(failed, self._pip("--require-hashes", "-r", self._noted(text)), again)
            if own or not lock:
                say("An NVIDIA driver answers: torch with CUDA." if self.cuda else "Installing torch.")
                self._call("torch could not be installed.", self._pip(*(own or [TORCH])), again)
            say("Installing upzeroir.")
            wanted = f"{wheel}[{self.extras}]" if self.extras else str(wheel)
            self._call(failed, self._pip(wanted), again)

    def _noted(self, lock: str) -> Path:
        """The lock as a file beside the environment."""
        path = self.place / "requirements.lock"
        path.write_text(lock, "utf-8")
        return path

    def try_out(self) -> None:
        """Restore an example with the new version, before anybody depends on it."""
        say("Trying it out on an example.")
        example = Path(__file__).parents[2] / "examples" / "compressed.jpg"
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "restored.png"
            photo = example if example.is_file() else _example(self.python, Path(folder) / "example.png")
            command = [self.python, "-I", "-m", "upzeroir_plugin", "restore", photo, "-o", result]
            self._call(
                "The new version does not restore the example.", command, f"Report it with {self.layout.log}."
            )
            if not result.is_file():
                raise InstallError("The new version made no result.", f"Report it with {self.layout.log}.")

    def build(self, checkout: Path, into: Path) -> None:
        """Make a wheel from a checkout."""
        command = self._pip("--no-deps", "--wheel-dir", into, checkout, verb="wheel")
        self._call("The wheel could not be built.", command, "Run it again, or install a wheel with --from.")

    def _pip(self, *arguments: object, verb: str = "install") -> list[object]:
        where = ["--no-index", "--find-links", self.wheelhouse] if self.wheelhouse else []
        patience = ["--retries", "8", "--timeout", "60", "--no-input", "--disable-pip-version-check"]
        return [self.python, "-m", "pip", verb, *patience, *where, *arguments]

    def _call(self, message: str, command: Sequence[object], hint: str | None) -> bool:
        """Run a command into the log. Without a hint its failure is an answer, else InstallError."""
        words = [str(part) for part in command]
        self.log.write(f"$ {' '.join(words)}\n")
        self.log.flush()
        environment = shell.clean_environment()
        environment.setdefault("PIP_CACHE_DIR", str(self.layout.cache))
        if self.wheelhouse:  # nothing of the user's pip settings may reach for the network
            environment = {n: v for n, v in environment.items() if not n.startswith("PIP_")}
            environment["PIP_CONFIG_FILE"] = os.devnull
        try:
            done = subprocess.run(  # noqa: S603 - our own commands, no shell
                words, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                check=False, env=environment, cwd=self.layout.data,
            ).returncode  # fmt: skip
        except OSError as error:
            self.log.write(f"{error}\n")
            done = -1
        if done == 0 or hint is None:
            return done == 0
        self.log.flush()
        last = self.layout.log.read_text("utf-8", errors="replace").splitlines()[-TAIL:]
        print("\n".join(f"  | {line}" for line in last), file=sys.stderr)
        raise InstallError(f"{message} {antivirus(last)}".strip(), f"{hint} The log: {self.layout.log}")

    def _check_disk(self) -> None:
        need = NEEDED_GB["cuda" if self.cuda else "cpu"]
        free = shutil.disk_usage(self.layout.data).free / 1e9
        if free < need and not self.place.exists():
            raise UnwritableError(
                f"About {need:.0f} GB are needed in {self.layout.data} and {free:.1f} GB are free.",
                "Make room, or name a folder on another disk: UPZEROIR_HOME=DIR.",
            )


def find_source(told: Path | None, wheelhouse: Path | None, extras: str) -> Source:
    """The wheel named, else the newest of the wheelhouse, else the checkout that this file lies in."""
    wheels = sorted(wheelhouse.glob("upzeroir-*.whl"), key=lambda p: p.stat().st_mtime) if wheelhouse else []
    path = told or (wheels[-1] if wheels else None)
    if told is not None and not told.exists():
        raise UsageError(f"There is no file {told}.", "Check the name: --from takes a wheel.")
    salt = f"{sys.version_info[:2]}{extras}".encode()
    if path is not None:
        if not path.is_file() or path.suffix != ".whl" or path.name.count("-") < 4:
            raise UsageError(f"{path} is no wheel.", "Give a file upzeroir-VERSION-py3-none-any.whl.")
        digest = hashlib.sha256(path.read_bytes() + salt).hexdigest()
        return Source(path.absolute(), f"{path.name.split('-')[1]}-{digest[:8]}")
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        raise UsageError("There is nothing to install.", "Name a wheel: --from FILE.whl.")
    digests = hashlib.sha256(salt)
    for file in sorted(_sources(root)):
        digests.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return Source(root, f"{__version__}-{digests.hexdigest()[:8]}")


@contextlib.contextmanager
def wheel_of(source: Source, work: Work) -> Iterator[Path]:
    """The source's wheel; a checkout's is built from a copy, so that the checkout stays as it is."""
    if source.path.is_file():
        yield source.path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy, out = Path(folder) / "copy", Path(folder) / "out"
        for file in _sources(source.path):
            target = copy / file.relative_to(source.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        work.build(copy, out)
        yield next(out.glob("upzeroir-*.whl"))


def make_wheelhouse(source: Source, folder: Path, extras: str) -> int:
    """Fetch every package that a computer of this kind needs, with a list of their hashes. Returns 0."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        layout = Layout(Path(name))
        with layout.log.open("w", encoding="utf-8", errors="replace") as log:
            work = Work(layout, Source(source.path, "fetch"), extras, None, log)
            work.environment()
            again = "Check the network and run it again."
            fetch = [work.python, "-m", "pip", "download", "--retries", "8", "--dest", folder]
            with wheel_of(source, work) as wheel:
                lock = lock_of(wheel) if work.locked else ""
                torch = torch_arguments(work.cuda, work.python, pinned(lock, "torch") or TORCH) or [TORCH]
                say("Fetching torch.")
                work._call("torch could not be fetched.", [*fetch, *torch], again)
                say("Fetching the other packages.")
                there = ["--find-links", folder]
                if lock:
                    (Path(name) / "lock").write_text(without_torch(lock), "utf-8")
                    wanted = ["--require-hashes", "--no-deps", "-r", Path(name) / "lock"]
                else:
                    wanted = [f"{wheel}[{extras}]"]
                work._call("They could not be fetched.", [*fetch, *there, *wanted], again)
                work._call("They could not be fetched.", [*fetch, *there, "pip"], again)
                if not (folder / wheel.name).exists():
                    shutil.copyfile(wheel, folder / wheel.name)
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in sorted(folder.glob("*.whl"))]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n", "utf-8")
    say(f"{len(sums)} packages are in {folder}. There: installer/install --wheelhouse {folder}")
    return 0


def torch_arguments(cuda: bool, python: Path, torch: str = TORCH, offline: bool = False) -> list[str]:
    """Pip's arguments for a torch of its own: on Linux without NVIDIA a build without gigabytes of CUDA.

    [] where the registry's torch is the one that fits, as the lock has it.
    """
    if cuda or platform.system() != "Linux":
        return []
    if offline or default_is_cpu(python):
        return [torch]
    return ["--index-url", os.environ.get("UPZEROIR_TORCH_INDEX", CPU_INDEX), torch]


def default_is_cpu(python: Path) -> bool:
    """Whether the torch that pip would take from where it is set up to look is free of CUDA."""
    command = [str(python), "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--no-deps"]
    done = subprocess.run(  # noqa: S603
        [*command, "--report", "-", TORCH],
        capture_output=True,
        text=True,
        check=False,
        env=shell.clean_environment(),
    )
    try:
        parts = json.loads(done.stdout)["install"]
        found = next(part["metadata"] for part in parts if part["metadata"]["name"] == "torch")
    except (ValueError, LookupError, StopIteration):
        return False
    needs = found.get("requires_dist", [])
    return "+cpu" in found["version"] or not any(need.startswith(("nvidia-", "cuda-")) for need in needs)


def answers_nvidia() -> bool:
    """Whether an NVIDIA driver answers."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        return subprocess.run([program], capture_output=True, timeout=30, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False


@contextlib.contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """One installer at a time. Raises UsageError if another runs, UnwritableError if the folder cannot be made."""
    try:
        layout.data.mkdir(parents=True, exist_ok=True)
        lock = (layout.data / "lock").open("w")
    except OSError as error:
        raise UnwritableError(
            f"{layout.data} cannot be written: {error.strerror}.", "Name another: UPZEROIR_HOME=DIR."
        ) from error
    with lock:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError("Another installation is running.", "Wait until it has ended.") from None
        yield


def antivirus(lines: Sequence[str]) -> str:
    """A word if it looks as if an antivirus program had taken a file away (Windows error 225)."""
    taken = any("WinError 225" in line for line in lines)
    return "An antivirus program took a file away: allow the folder there." if taken else ""


def say(text: str) -> None:
    """One line for the user."""
    if text:
        print(f"upzeroir: {text}", file=sys.stderr, flush=True)


def _sources(root: Path) -> Iterator[Path]:
    """The files that a wheel is made from."""
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        if (root / name).is_file():
            yield root / name
    for part in PARTS:
        yield from (p for p in (root / part).rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _example(python: Path, path: Path) -> Path:
    """A small noisy picture, where no example lies beside us."""
    code = (
        "import sys, numpy as np; from PIL import Image; r = np.random.default_rng(0);"
        "y = np.add.outer(np.arange(96), np.arange(128))[..., None] + r.normal(0, 12, (96, 128, 3));"
        "Image.fromarray(y.clip(0, 255).astype('uint8')).save(sys.argv[1])"
    )
    subprocess.run([str(python), "-I", "-c", code, str(path)], check=False, env=shell.clean_environment())  # noqa: S603
    return path


if __name__ == "__main__":
    sys.exit(main())
