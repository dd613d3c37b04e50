"""`upzeroir doctor`: what is here and what is missing, for a user and for a bug report."""

from __future__ import annotations

import json
import os
import platform
import shutil
from argparse import Namespace
from importlib import metadata, util
from pathlib import Path
from typing import Any

from upzeroir_plugin import __version__
from upzeroir_plugin.gimp_folders import parents

PACKAGES = ("torch", "numpy", "scipy", "pillow", "tifffile", "imagecodecs", "safetensors")
EXTRAS = {"panel": "PyQt6", "raw": "rawpy", "heif": "pillow_heif", "latent": "diffusers", "ray": "ray"}
SHOWN = {"flatpak": "Flatpak", "snap": "Snap"}


def run(args: Namespace) -> int:
    """Print the findings as text or JSON, or bundle them with the logs. Returns 0."""
    found = findings()
    if args.report is not None:
        from upzeroir_plugin.support import bundle

        bundle(args.report, found)
        print(f"Written: {args.report}. Look into it before you send it: it holds no photos and no tokens.")
        return 0
    if args.json:
        print(json.dumps(found))
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            value = ", ".join(value) or "none"
        print(f"{name:12} {value}")
    return 0


def findings() -> dict[str, Any]:
    """Versions, devices, instruction set, memory, weights' hash, extras, GIMP. No user names, no paths of photos."""
    import psutil
    import torch

    from upzeroir_plugin.prior.embedded import EmbeddedPrior
    from upzeroir_plugin.prior.store import FOLDER

    prior = EmbeddedPrior()
    memory = psutil.virtual_memory()
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices.append(f"cuda ({torch.cuda.get_device_name()})")
    if torch.backends.mps.is_available():
        devices.append("mps")
    weights = sum(p.stat().st_size for p in FOLDER.iterdir())
    return {
        "upzeroir": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "devices": devices,
        "processor": ", ".join(
            (
                f"{os.cpu_count()} cores",
                torch.backends.cpu.get_cpu_capability(),
                f"{torch.get_num_threads()} threads",
            )
        ),
        "arithmetic": prior.dtype,
        "memory": f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free",
        "prior": {"name": prior.name, "sha256": prior.sha256, "bytes": weights},
        "extras": {name: "yes" if util.find_spec(module) else "no" for name, module in EXTRAS.items()},
        "gimp": gimps(),
    }


def gimps() -> list[str]:
    """The GIMPs found: on the PATH, and user folders of native, Flatpak and Snap ones."""
    home = Path.home()
    found = [name for name in ("gimp-3.2", "gimp-3.0", "gimp-3", "gimp") if shutil.which(name)]
    for folder, kind in parents(home):
        if folder.is_dir():
            found += [
                f"{SHOWN.get(kind, kind)} {version.name}"
                for version in sorted(folder.iterdir())
                if version.name[:1].isdigit()
            ]
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"
