"""Renews docs/licences.md: whose work is installed with ours, and on what terms. `python -m installer.licences`.

Asks pip for the metadata of every package of the lock, without installing any. Needs a network or a mirror, and pip 25.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upzeroir_plugin.installation.lock import NAME

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences of what is installed with it

UP-ZeroIR itself is GPL-3.0-or-later; its weights were trained by us on freely licensed photos. The installer fetches
the packages below from their makers' releases; each brings the full text of its licence along (in its folder
`*.dist-info`). The `nvidia-*`, `cuda-*` and `triton` packages come only with the CUDA build of torch. Made by
`python -m installer.licences` from the packages' own metadata.

| package | version | licence |
|---|---|---|
"""
LONG = 60


def licence(metadata: Mapping[str, Any]) -> str:
    """A package's licence in a few words: its SPDX expression, else its classifiers, else its own first line."""
    if metadata.get("license_expression"):
        return str(metadata["license_expression"])
    kinds = [c for c in metadata.get("classifier", []) if c.startswith("License ::")]
    named = [c.rpartition(" :: ")[2] for c in kinds if not c.endswith("OSI Approved")]
    if named:
        return ", ".join(named)
    said = str(metadata.get("license") or "").strip()
    return said.splitlines()[0][:LONG] if said else ""


def main() -> int:
    """Write the page; 1 if a package says nothing of its licence."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "--no-deps",
            "--quiet",
        ]
        subprocess.run([*command, "--report", str(report), "-r", str(ROOT / NAME)], check=True)  # noqa: S603
        found = [item["metadata"] for item in json.loads(report.read_text("utf-8"))["install"]]
    rows = sorted((m["name"].lower().replace("_", "-"), m["version"], licence(m)) for m in found)
    lines = [
        f"| {name} | {version} | {said or 'says nothing; its maker has terms'} |\n"
        for name, version, said in rows
    ]
    PAGE.write_text(HEAD + "".join(lines), "utf-8")
    silent = [name for name, _, said in rows if not said]
    print(f"{len(rows)} packages; without a word: {', '.join(silent) or 'none'}")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
