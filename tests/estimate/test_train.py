"""A training run of seconds: what the estimator reads is written, given weights begin it, a stopped one goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.pictures import as_image, scene
from upzeroir_plugin.estimate import learned, network
from upzeroir_plugin.estimate.train import RECIPE, train

SHORT = replace(RECIPE, minutes=0.05, batch=2, every=1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / f"{seed}.png" for seed in range(2)]
    for seed, path in enumerate(paths):
        as_image(scene(120, 160, seed)).save(path)
    return paths


def test_a_run_writes_what_the_estimator_reads_and_goes_on_where_it_stood(
    photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "estimator.safetensors"
    train(photos, out, SHORT, learned.FILE)
    first = json.loads((tmp_path / "estimator.run" / "state.json").read_text())
    assert first["step"] >= 1
    assert {name: value.shape for name, value in load_file(out).items()} == network.shapes()
    view = learned.view_of(scene(120, 160, 3))
    assert np.isfinite(learned.read(view, out, None).depth).all()
    shutil.copy(out, tmp_path / "before.safetensors")
    train(photos, out, replace(SHORT, minutes=0.1))
    assert json.loads((tmp_path / "estimator.run" / "state.json").read_text())["step"] > first["step"]
    assert (load_file(out)["out.weight"] != load_file(tmp_path / "before.safetensors")["out.weight"]).any()


def test_blocks_that_the_start_lacks_change_nothing_at_first(photos: list[Path], tmp_path: Path) -> None:
    start = load_file(learned.FILE)
    last = f"block2.{len(network.DILATIONS[2]) - 1}"
    save_file({n: v for n, v in start.items() if not n.startswith(last)}, tmp_path / "start.safetensors")
    without = {n: v * (0 if n.startswith(f"{last}.b") else 1) for n, v in start.items()}
    save_file(without, tmp_path / "without.safetensors")
    train(photos, tmp_path / "made.safetensors", replace(SHORT, minutes=1e-9), tmp_path / "start.safetensors")
    view = learned.view_of(scene(120, 160, 3))
    made, expected = (learned.read(view, tmp_path / f"{n}.safetensors", None) for n in ("made", "without"))
    assert made.wanted == pytest.approx(expected.wanted, abs=2e-3)
    assert made.depth == pytest.approx(expected.depth, abs=2e-3)
