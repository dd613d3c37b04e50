"""`upzeroir install-gimp`: puts the plug-in into every GIMP 3 of this user, checks it, or takes it out again."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from upzeroir_plugin import __version__, launch
from upzeroir_plugin.errors import UnwritableError, UpzeroirError
from upzeroir_plugin.gimp_folders import Found, Profile, find

SHARED = ("parameters.py", "summary.py", "client.py", "launch.py", "evidence.py")
"""Files of this package that the plug-in needs beside it."""
MAIN = "upzeroir.py"
SNAP_STATE = Path("snap") / "gimp" / "common" / "upzeroir" / "service.json"


class NoGimpError(UpzeroirError):
    """There is no GIMP that could take the plug-in."""

    code, exit_code = "no-gimp", 2


class NotInstalledError(UpzeroirError):
    """--check found something missing or different."""

    code, exit_code = "not-installed", 1


def run(args: Namespace) -> int:
    """Install, check or uninstall, in all user folders found or in the one named."""
    found = _found(args.folder)
    if args.uninstall:
        return _uninstall(found)
    if not found.profiles:
        raise _none(found)
    if args.check:
        return _check(found)
    for profile in found.profiles:
        install(profile)
        _say(f"Installed in {profile.plugin}.{_advice(profile)}")
    _say("Start GIMP 3 again and look under Filters > Enhance > UP-ZeroIR Restore.")
    return 0


def install(profile: Profile) -> None:
    """Make the plug-in's folder anew: built beside it, then swapped. Raises UnwritableError."""
    target = profile.plugin
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=profile.folder, prefix=".upzeroir-") as name:
            made, before = Path(name) / "new", Path(name) / "old"
            for path, content in contents(profile).items():
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                (made / path).write_bytes(content)
            (made / MAIN).chmod(0o755)
            if target.exists():
                target.replace(before)
            made.replace(target)
    except OSError as error:
        raise UnwritableError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Close GIMP, check the folder's rights.",
        ) from error


def contents(profile: Profile) -> dict[str, bytes]:
    """{path in the plug-in's folder: content} of everything that belongs there; text with Unix line ends."""
    here = Path(__file__).resolve().parents[1]
    source = _source(here)
    paths = [*source.glob("*.py"), *source.glob("locale/*/LC_MESSAGES/*.mo")]
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(paths)}
    files |= {name: (here / name).read_bytes() for name in SHARED}
    files = {
        name: data.replace(b"\r\n", b"\n") if name.endswith(".py") else data for name, data in files.items()
    }
    files["backend.json"] = json.dumps(backend(profile), indent=2).encode("utf-8")
    return files


def backend(profile: Profile) -> dict[str, object]:
    """How the plug-in finds the service and starts it. A Snap sees no hidden folders of the home, only its own."""
    command = launch.launch_command()
    state = Path.home() / SNAP_STATE if profile.kind == "snap" else launch.state_path()
    panel = [*command[: command.index("serve")], "panel"]
    return {
        "state": str(state),
        "command": command,
        "panel": panel,
        "kind": profile.kind,
        "version": __version__,
    }


def _source(here: Path) -> Path:
    """The plug-in's files: part of the installed package, or of the checkout."""
    for folder in (here / "gimp", here.parent / "gimp" / "upzeroir"):
        if (folder / MAIN).is_file():
            return folder
    raise UpzeroirError("This installation came without the GIMP plug-in.", "Install upzeroir anew.")


def _found(folder: Path | None) -> Found:
    if folder is None:
        return find()
    return Found((Profile(folder.absolute(), "native", (3, 0)),), False)


def _none(found: Found) -> NoGimpError:
    if found.old:
        return NoGimpError(
            "Only GIMP 2.10 was found: it has no Python in it that could run the plug-in.",
            "Install GIMP 3, or use UP-ZeroIR's own window: upzeroir panel.",
        )
    return NoGimpError(
        "No GIMP 3 was found.",
        "Start GIMP once so that it makes its folder, or name that folder: upzeroir install-gimp --folder DIR.",
    )


def _check(found: Found) -> int:
    """Say for each user folder whether the plug-in is there and whole."""
    wrong = False
    for profile in found.profiles:
        faults = problems(profile)
        wrong |= bool(faults)
        _say(f"{profile.plugin}: {'; '.join(faults) if faults else 'installed and up to date'}.")
    if wrong:
        raise NotInstalledError(
            "The plug-in is not everywhere as it should be.", "Run: upzeroir install-gimp."
        )
    return 0


def problems(profile: Profile) -> list[str]:
    """What is not as it should be, in words."""
    if not (profile.plugin / MAIN).is_file():
        return ["not installed"]
    faults = []
    wanted = contents(profile)
    different = [n for n, data in wanted.items() if _bytes(profile.plugin / n) != data]
    if different:
        faults.append(f"of another version or changed: {', '.join(different)}")
    if os.name != "nt" and not os.access(profile.plugin / MAIN, os.X_OK):
        faults.append(f"{MAIN} is not executable, so GIMP passes it over in silence")
    return faults


def _uninstall(found: Found) -> int:
    """Take out what we put there; a folder of that name which is not ours stays."""
    count = 0
    for profile in found.profiles:
        if not (profile.plugin / MAIN).is_file() or not (profile.plugin / "backend.json").is_file():
            continue
        try:
            shutil.rmtree(profile.plugin)
        except OSError as error:
            raise UnwritableError(
                f"{profile.plugin} cannot be removed: {error.strerror or error}."
            ) from error
        _say(f"Removed {profile.plugin}.")
        count += 1
    if not count:
        _say("The plug-in is not installed in any GIMP.")
    return 0


def _advice(profile: Profile) -> str:
    if profile.kind == "flatpak":
        return " The Flatpak may not start programs: start the backend yourself, with: upzeroir serve."
    if profile.kind == "snap":
        state = Path.home() / SNAP_STATE
        return f" The Snap sees its own folder only: start the backend with: UPZEROIR_STATE={state} upzeroir serve."
    return ""


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _say(text: str) -> None:
    print(text, file=sys.stderr)
