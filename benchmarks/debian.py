"""A fresh Debian in a folder, an unprivileged user in it, and a network that can be cut."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

USER = 1000
HOME = "/home/Jürgen Groß"


class Cut(Exception):
    """A step did not go as it must."""


class Proxy:
    """A CONNECT proxy on loopback. After `limit` bytes it goes away in mid-transfer, until `limit` is raised."""

    def __init__(self) -> None:
        self.limit, self.passed = float("inf"), 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self.listening.accept()
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            asked = client.recv(65536).split()
            if self.passed > self.limit or len(asked) < 2 or asked[0] != b"CONNECT":
                return
            host, _, port = asked[1].decode().rpartition(":")
            with socket.create_connection((host, int(port)), timeout=30) as server:
                client.sendall(b"HTTP/1.1 200 there\r\n\r\n")
                up = threading.Thread(target=self._copy, args=(client, server), daemon=True)
                up.start()
                self._copy(server, client)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while self.passed <= self.limit and (data := source.recv(65536)):
                self.passed += len(data)
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Root:
    """A Debian root folder with /proc, and its user's empty home, with a space and an umlaut."""

    def __init__(self, path: Path, settings: dict[str, str]) -> None:
        self.path, self.settings = path, settings
        self.home = path / HOME.lstrip("/")
        if not (path / "proc" / "self").exists():
            subprocess.run(["mount", "-t", "proc", "proc", str(path / "proc")], check=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        authorities = Path("/etc/ssl/certs/ca-certificates.crt")
        if authorities.exists():
            shutil.copy(authorities, path / "etc/ssl/certs/ca-certificates.crt")
        for name in ("resolv.conf", "hosts"):
            shutil.copyfile(Path("/etc") / name, path / "etc" / name)
        self.own(self.home)

    def own(self, folder: Path) -> None:
        """Give a folder below the home to the user."""
        os.chown(folder, USER, USER)
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(place) / name, USER, USER, follow_symlinks=False)

    def run(self, *command: str, network: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run as the user, in the home; `network=False`: in a network of its own, with nothing in it."""
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": HOME,
            "LC_ALL": "C.UTF-8",
            **self.settings,
            **settings,
        }
        inside = ["env", "-i", f"--chdir={HOME}", *(f"{n}={v}" for n, v in environment.items()), *command]
        words = ["chroot", f"--userspec={USER}:{USER}", str(self.path), *inside]
        if not network:
            words = ["unshare", "--net", *words]
        return subprocess.run(words, capture_output=True, text=True, timeout=3000, check=False)

    def must(self, *command: str, network: bool = True, **settings: str) -> str:
        """Run it; what it said. Raises Cut if it failed."""
        done = self.run(*command, network=network, **settings)
        if done.returncode:
            raise Cut(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr


def make(release: str, path: Path, mirror: str) -> None:
    """A minimal Debian with Python, its venv and, from 13 on, GIMP. Needs root and debootstrap."""
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    packages = "ca-certificates,python3,python3-venv"
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={packages}", release, str(part), mirror], check=True
    )
    if release != "bookworm":
        inside = ["chroot", str(part), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        subprocess.run(
            [*inside, "install", "-y", "--no-install-recommends", "gimp", "python3-gi"], check=True
        )
    part.rename(path)
