"""Bringing a latent prior into the user's folder: from a folder or from a hub; safetensors only, every hash kept."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from upzeroir_plugin.errors import UnreadableError, UnwritableError, UsageError, extra_hint
from upzeroir_plugin.prior.folder import described, digest, refuse_pickled
from upzeroir_plugin.prior.prompt import CACHE
from upzeroir_plugin.prior.store import RECORD, checked_name, place_of, shelf

PARTS = ("vae", "unet", "text_encoder")
PLAIN = ("model_index.json", "upzeroir.json", "scheduler/scheduler_config.json", CACHE)
TOKENIZER = re.compile(r"tokenizer/[\w.-]+\.(json|txt)")
PAPERS = re.compile(r"(LICEN[CS]E|README|NOTICE|COPYING)[\w.-]*", re.IGNORECASE)
LICENCE = re.compile(r"^license(?:_name)?:\s*['\"]?([\w.\- ]+)", re.MULTILINE)
HUB = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Stored:
    """A prior that was added. `files`: {path: (bytes, SHA-256)}."""

    name: str
    source: str
    licence: str
    files: dict[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())


def wanted(files: Iterable[str]) -> list[str]:
    """Of a model's files those that we use. Raises UsageError if there are only pickles, UnreadableError for none."""
    there = sorted(set(files))
    found = [f for f in there if f in PLAIN or TOKENIZER.fullmatch(f) or PAPERS.fullmatch(f)]
    for part in PARTS:
        inside = [f for f in there if PurePosixPath(f).parent.as_posix() == part]
        found += [f for f in inside if f == f"{part}/config.json"]
        weights = [f for f in inside if f.endswith(".safetensors") and "non_ema" not in f]
        plain = [f for f in weights if f.removesuffix(".safetensors").count(".") == 0]
        half = [f for f in weights if f.endswith(".fp16.safetensors")]
        chosen = plain or half
        if not chosen:
            refuse_pickled(inside)
        if not chosen and part != "text_encoder":
            raise UnreadableError(
                f"There is no {part}/*.safetensors.",
                "Give a model in diffusers' layout: vae, unet, scheduler.",
            )
        found += chosen
    return found


def add(source: str, name: str | None, revision: str | None = None) -> Stored:
    """Put a local folder or a hub's model ("owner/model") on the shelf under a name; a stopped download goes on.

    Raises UsageError, UnreadableError, UnwritableError.
    """
    name = checked_name(name or source.rstrip("/").rsplit("/", 1)[-1])
    goal, part = shelf() / name, shelf() / f".{name}.part"
    if goal.exists():
        raise UsageError(f"There is a prior {name} already.", "Remove it first, or give another --name.")
    try:
        part.mkdir(parents=True, exist_ok=True)
        if Path(source).is_dir():
            _copy(Path(source), part)
        elif HUB.fullmatch(source):
            _download(source, revision, part)
        else:
            raise UsageError(
                f"{source} is neither a folder nor a model's id.", "An id looks like owner/model."
            )
        described(part)
        shutil.rmtree(part / ".cache", ignore_errors=True)  # what a stopped download goes on with
        stored = Stored(name, source, _licence(part), _hashes(part))
        record = {"source": source, "licence": stored.licence, "files": stored.files}
        (part / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        part.rename(goal)
    except UsageError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    except OSError as error:
        raise UnwritableError(
            f"{name} could not be added: {error.strerror or error}.",
            "The next try goes on where this one stopped.",
        ) from error
    return stored


def stored(name: str) -> Stored:
    """What was noted when a prior was added. Raises UsageError if there is none, UnreadableError if it is damaged."""
    folder = place_of(name, paths=False)
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files = {path: (int(size), str(sha)) for path, (size, sha) in found["files"].items()}
        return Stored(name, str(found["source"]), str(found["licence"]), files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError(f"The record of {name} is damaged.", "Remove it and add it again.") from error


def check(name: str) -> Stored:
    """Compare every file with its hash, and the folder with what we can use. Raises UnreadableError."""
    found, folder = stored(name), place_of(name, paths=False)
    for path, (size, sha) in found.files.items():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size or digest(file) != sha:
            raise UnreadableError(f"{path} of {name} is not what was added.", "Remove it and add it again.")
    described(folder)
    return found


def remove(name: str) -> None:
    """Delete a prior that was added. Raises UsageError."""
    checked_name(name)
    shutil.rmtree(place_of(name, paths=False))


def _copy(source: Path, part: Path) -> None:
    files = [p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()]
    for path in wanted(files):
        (part / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, part / path)


def _download(model: str, revision: str | None, part: Path) -> None:
    """Through huggingface_hub: proxies, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE count, and parts are resumed."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi, snapshot_download
    except ImportError as error:
        raise UsageError("Fetching a prior needs huggingface_hub.", extra_hint("latent")) from error
    try:
        about = HfApi().model_info(model, revision=revision)
        files = wanted(s.rfilename for s in about.siblings or [])
        snapshot_download(
            model, revision=about.sha or revision, local_dir=part, allow_patterns=files, max_workers=1
        )
    except (UsageError, UnreadableError):
        raise
    except Exception as error:  # the library and its transport have dozens
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnreadableError(
            f"{model} could not be fetched ({reason}).",
            "Check the name, the network and HTTPS_PROXY; the next try goes on where this one stopped.",
        ) from error


def _licence(folder: Path) -> str:
    """What the model's papers call its licence."""
    for path in sorted(folder.iterdir()):
        if path.name.upper().startswith("README"):
            found = LICENCE.search(path.read_text(encoding="utf-8", errors="replace"))
            if found:
                return found[1].strip()
    papers = [p.name for p in folder.iterdir() if p.name.upper().startswith(("LICEN", "COPYING"))]
    return f"see {papers[0]}" if papers else "not stated"


def _hashes(folder: Path) -> dict[str, tuple[int, str]]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (RECORD, CACHE))
    return {p.relative_to(folder).as_posix(): (p.stat().st_size, digest(p)) for p in files}


def to_json(found: Stored) -> dict[str, Any]:
    """As printed by `upzeroir prior list --json`."""
    return {
        "name": found.name, "source": found.source, "licence": found.licence, "bytes": found.size,
        "files": {path: {"bytes": size, "sha256": sha} for path, (size, sha) in found.files.items()},
    }  # fmt: skip
