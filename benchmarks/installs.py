"""From a download to nothing left, on a fresh Debian, by a user without rights: `python -m benchmarks.installs --help`.

Needs root, debootstrap and minutes: it makes Debian 12 and 13 root folders in --cache and does in each what a
photographer and an administrator would do. The network is a proxy that is cut in mid-download.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.debian import HOME, Cut, Proxy, Root, make

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = f"{HOME}/.local/bin/upzeroir"
SOURCES = f"{HOME}/Downloads/upzeroir"
CUT_AFTER = 60e6
LOOKUP = """
found = Gimp.get_pdb().lookup_procedure('plug-in-upzeroir-restore')
print('FILTER', found.get_menu_label() if found else None)
"""
GIMP_OWN = (".config/GIMP/", ".cache/babl", ".cache/gegl", ".cache/gimp", ".cache/fontconfig", ".cache/thumbnails",
            ".local/share/GIMP", ".local/share/gegl", ".local/share/recently-used", ".cache/mesa")  # fmt: skip
"""What GIMP itself leaves."""


class Walk:
    """The steps, in order; each says what it found or raises Cut."""

    def __init__(self, root: Root, proxy: Proxy) -> None:
        self.root, self.proxy = root, proxy
        self.photo = root.home / "Pictures" / "mine.jpg"

    def unpack(self) -> str:
        """The download, as a user has it."""
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in files.decode().rstrip("\0").split("\0"):
            target = self.root.path / SOURCES.lstrip("/") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        self.photo.parent.mkdir()
        shutil.copy(ROOT / "examples" / "haze.jpg", self.photo)
        self.root.own(self.root.home)
        return f"{files.count(0)} files"

    def cut(self) -> str:
        """The network goes in mid-download: words, and nothing half-installed that could be started."""
        self.proxy.limit = self.proxy.passed + CUT_AFTER
        done = self.root.run(f"{SOURCES}/installer/install")
        if done.returncode != 5 or "Run it again" not in done.stderr:
            raise Cut(f"{done.returncode}\n{done.stderr}")
        if (self.root.path / PROGRAM.lstrip("/")).is_symlink():
            raise Cut("there is a program already")
        return done.stderr.splitlines()[-1][:160]

    def install(self) -> str:
        """The same command goes on."""
        self.proxy.limit = float("inf")
        before = self.proxy.passed
        said = self.root.must(f"{SOURCES}/installer/install")
        if "Going on in" not in said or "Installed:" not in said:
            raise Cut(said)
        return f"{(self.proxy.passed - before) / 1e6:.0f} MB fetched"

    def gimp(self) -> str:
        """GIMP shows the filter."""
        if not (self.root.path / "usr/bin/gimp-console-3.0").exists():
            return "no GIMP 3 here"
        self.root.run("gimp-console-3.0", "-idf", "--quit")  # its first start makes the profile
        self.root.must(PROGRAM, "install-gimp")
        said = self.root.must(
            "gimp-console-3.0", "-idf", "--batch-interpreter=python-fu-eval", "-b", LOOKUP, "--quit"
        )
        if "FILTER" not in said or "FILTER None" in said:
            raise Cut(said)
        return next(line for line in said.splitlines() if "FILTER" in line)

    def restore(self) -> str:
        """A photo of the user's own."""
        out = f"{HOME}/Pictures/better.png"
        said = self.root.must(PROGRAM, "restore", f"{HOME}/Pictures/mine.jpg", "-o", out)
        return said.splitlines()[-1]

    def update(self) -> str:
        """To a newer wheel, and back."""
        first = self.root.must(PROGRAM, "--version")
        wheel = self._newer()
        self.root.must(PROGRAM, "update", "--from", wheel)
        second = self.root.must(PROGRAM, "--version")
        self.root.must(PROGRAM, "update", "--rollback")
        third = self.root.must(PROGRAM, "--version")
        if first != third or first == second:
            raise Cut(f"{first} {second} {third}")
        return " → ".join(text.split()[-1] for text in (first, second, third))

    def _newer(self) -> str:
        """A wheel of the next version, made from the download."""
        copy = self.root.path / "tmp" / "newer"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.root.path / SOURCES.lstrip("/"), copy)
        for name in ("pyproject.toml", "upzeroir_plugin/__init__.py"):
            path = copy / name
            path.write_text(path.read_text("utf-8").replace('"0.1.0"', '"0.1.1"'), "utf-8")
        self.root.own(copy)
        python = f"{HOME}/.local/share/upzeroir/current/bin/python"
        self.root.must(
            python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "/tmp/newer/dist", "/tmp/newer"
        )
        return f"/tmp/newer/dist/{next((copy / 'dist').glob('*.whl')).name}"

    def uninstall(self) -> str:
        """Nothing is left but photos, the download, and what GIMP makes for itself."""
        self.root.must(PROGRAM, "uninstall", "--yes")
        left = [p.relative_to(self.root.home).as_posix() for p in self.root.home.rglob("*") if not p.is_dir()]
        fine = ("Pictures/", "Downloads/", *GIMP_OWN)
        ours = [p for p in left if not p.startswith(fine) or "plug-ins/upzeroir" in p]
        if ours or not self.photo.is_file() or not (self.photo.parent / "better.png").is_file():
            raise Cut(f"left: {ours}")
        return f"{len([p for p in left if p.startswith('Pictures/')])} photos left"

    def wheelhouse(self) -> str:
        """An administrator fetches everything."""
        return self.root.must(
            f"{SOURCES}/installer/install", "--make-wheelhouse", f"{HOME}/Downloads/wheels"
        ).splitlines()[-1]

    def offline(self) -> str:
        """And installs it where there is no network at all."""
        house = f"{HOME}/Downloads/wheels"
        said = self.root.must(f"{SOURCES}/installer/install", "--wheelhouse", house, network=False)
        self.root.must(
            PROGRAM,
            "restore",
            f"{HOME}/Pictures/mine.jpg",
            "-o",
            f"{HOME}/Pictures/offline.png",
            network=False,
        )
        self.root.must(PROGRAM, "uninstall", "--yes", network=False)
        return said.splitlines()[-2]


def walk(root: Root, proxy: Proxy, skip: list[str]) -> bool:
    """All steps; True if all went well."""
    steps = Walk(root, proxy)
    every: list[Callable[[], str]] = [
        steps.unpack, steps.cut, steps.install, steps.gimp, steps.restore, steps.update, steps.uninstall,
        steps.wheelhouse, steps.offline,
    ]  # fmt: skip
    for step in (step for step in every if step.__name__ not in skip):
        began = time.monotonic()
        try:
            said, well = step(), True
        except (Cut, subprocess.SubprocessError) as error:
            said, well = str(error), False
        seconds = round(time.monotonic() - began, 1)
        print(
            json.dumps(
                {
                    "root": root.path.name,
                    "step": step.__name__,
                    "well": well,
                    "seconds": seconds,
                    "said": said,
                }
            ),
            flush=True,
        )
        if not well:
            return False
    return True


def main() -> int:
    """One line of JSON a step; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.installs", description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=Path.home() / ".cache" / "upzeroir", help="for the roots"
    )
    parser.add_argument("--releases", nargs="*", default=["bookworm", "trixie"])
    parser.add_argument("--mirror", default="http://deb.debian.org/debian/", help="of Debian")
    parser.add_argument(
        "--set",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="environment of the user, such as UPZEROIR_TORCH_INDEX",
    )
    parser.add_argument(
        "--wheels", type=Path, help="a folder of wheels that pip may take instead of fetching"
    )
    parser.add_argument(
        "--skip", nargs="*", default=[], metavar="STEP", help="such as wheelhouse and offline"
    )
    args = parser.parse_args()
    proxy, well = Proxy(), True
    for release in args.releases:
        path = args.cache / f"install-{release}"
        if not path.exists():
            make(release, path, args.mirror)
        settings = {"HTTPS_PROXY": proxy.address, "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt"}
        settings |= dict(item.split("=", 1) for item in args.set)
        if args.wheels:
            shutil.copytree(args.wheels, path / "wheels", dirs_exist_ok=True)
            settings["PIP_FIND_LINKS"] = "/wheels"
        well &= walk(Root(path, settings), proxy, args.skip)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
