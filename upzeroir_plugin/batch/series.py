"""`upzeroir batch --series`: first every photo is looked at, then those of a kind are judged together, then restored.

What was decided is kept in the ledger, so that a batch which goes on restores the rest as it would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from upzeroir_plugin.batch.memory import Memory
from upzeroir_plugin.estimate.series import Known, Look, joint
from upzeroir_plugin.parameters import ParameterVector

Kind = tuple[str, float, str]


def to_json(look: Look) -> dict[str, Any]:
    """A look as it crosses processes and lies in the ledger."""
    return {
        "parameters": look.theta.to_json(),
        "camera": look.camera,
        "iso": look.iso,
        "lens": look.lens,
        "histogram": list(look.histogram),
    }


def from_json(data: Mapping[str, Any]) -> Look:
    """Back from `to_json`."""
    theta = ParameterVector.from_json(data["parameters"])
    return Look(theta, data["camera"], data["iso"], data["lens"], tuple(data["histogram"]))


def decide(looks: Mapping[Path, Look], memory: Memory, fresh: Set[Path]) -> dict[Path, ParameterVector]:
    """θ of every photo that is one of a kind; photos whose file names no camera or ISO are left to themselves.

    The memory is asked first and taught last, so that a photo is never a witness of itself; it is taught the `fresh`.
    """
    kinds: dict[Kind, list[Path]] = {}
    for path in sorted(looks):
        kind = looks[path].kind
        if kind is not None:
            kinds.setdefault(kind, []).append(path)
    made: dict[Path, ParameterVector] = {}
    for (camera, iso, _lens), paths in kinds.items():
        known: Mapping[str, Known] = memory.known(camera, iso)
        if len(paths) > 1 or known:
            made |= zip(paths, joint([looks[path] for path in paths], known), strict=True)
    for (camera, iso, _lens), paths in kinds.items():
        memory.learn(camera, iso, [looks[path].theta for path in paths if path in fresh])
    return made
