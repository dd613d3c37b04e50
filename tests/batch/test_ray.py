"""A batch on a Ray cluster of this machine: nodes and workers killed in mid-run, and clusters that do not fit."""

from __future__ import annotations

import contextlib
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.batch.test_batch import QUICK, photos, results
from upzeroir_plugin.batch import cluster as cluster_module
from upzeroir_plugin.batch.cluster import RayError, Share, share_of
from upzeroir_plugin.batch.find import Names, find
from upzeroir_plugin.batch.run import Count, Ways, run
from upzeroir_plugin.batch.task import Outcome, Task
from upzeroir_plugin.cli import main
from upzeroir_plugin.single import Order

ORDER = Order(pins={"noise.file": 8.0}, steps=1, device="cpu")
GB = 1e9
MIXED = [{"CPU": 8, "memory": 64 * GB, "GPU": 2}, {"CPU": 8, "memory": 64 * GB}]


@pytest.mark.parametrize(
    ("nodes", "pixels", "threads", "jobs", "device", "wanted"),
    [
        ([{"CPU": 4, "memory": 64 * GB}] * 2, 0.3e6, None, None, "auto", (1, 0.0, 8)),
        ([{"CPU": 4, "memory": 64 * GB}] * 2, 0.3e6, None, 3, "auto", (1, 0.0, 3)),
        ([{"CPU": 16, "memory": 16 * GB}], 24e6, None, None, "auto", (4, 0.0, 4)),  # memory holds four
        ([{"CPU": 16, "memory": 2 * GB}], 24e6, None, None, "cpu", (16, 0.0, 1)),  # tried on what there is
        (MIXED, 1e6, None, None, "auto", (4, 1.0, 2)),
        (MIXED, 1e6, 1, None, "cpu", (1, 0.0, 16)),
    ],
)  # fmt: skip
def test_photos_are_spread_by_memory_cores_and_graphics_cards(
    nodes: list[dict[str, float]],
    pixels: float,
    threads: int | None,
    jobs: int | None,
    device: str,
    wanted: tuple[int, float, int],
) -> None:
    share = share_of(nodes, pixels, threads, jobs, device)
    assert (share.threads, share.gpus, share.slots) == wanted


def test_a_cluster_without_a_free_processor_says_so() -> None:
    with pytest.raises(RayError, match="no node"):
        share_of([{"memory": GB}], 1e6, None, None, "cpu")


@contextlib.contextmanager
def cluster(nodes: int) -> Iterator[object]:
    """A Ray cluster of this machine: a head that does no work, and `nodes` nodes of one core."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        try:
            made.workers = [made.add_node(num_cpus=1, memory=int(4 * GB)) for _ in range(nodes)]
            made.wait_for_nodes()
            yield made
        finally:
            made.shutdown()


def begun(out: Path) -> dict[str, tuple[str, int]]:
    with contextlib.closing(sqlite3.connect(out / "upzeroir-batch" / "ledger.sqlite")) as base:
        return {Path(s.decode()).name: (state, n) for s, state, n in
                base.execute("SELECT source, state, begun FROM photos")}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("checkout")
def test_a_node_killed_in_mid_run_loses_nothing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = photos(tmp_path / "in", 10), tmp_path / "out"
    kept: dict[str, tuple[int, int, int]] = {}
    written: list[str] = []
    lost: list[int] = []
    send = cluster_module._Crew._send

    def sent(crew: cluster_module._Crew, task: Task, moved: int) -> Outcome | None:
        lost.append(moved)
        return send(crew, task, moved)

    monkeypatch.setattr(cluster_module._Crew, "_send", sent)
    monkeypatch.setenv("RAY_worker_niceness", "0")  # else a busy machine makes this test wait
    with cluster(3) as made:

        def tell(count: Count) -> None:
            assert count.source is not None
            written.append(count.source.name)
            if count.done == 3:
                kept.update(results(out))
                made.remove_node(made.workers[0], allow_graceful=False)  # type: ignore[attr-defined]
            if count.done == 6:  # and a worker that ends by itself
                names = ((p, " ".join(p.info["cmdline"] or ())) for p in psutil.process_iter(["cmdline"]))
                for worker in [p for p, name in names if "ray::restore_parcel" in name][:1]:
                    worker.kill()

        found = find([str(source)], out, False, "raw", Names())
        ended = run(found, out, ORDER, Ways(ray=made.address), tell)  # type: ignore[attr-defined]
    assert (ended.done, ended.failed, ended.exit_code) == (10, 0, 0)
    assert any(moved > 0 for moved in lost), "nothing was lost with the node"
    after = results(out)
    assert len(after) == 10 and {name: after[name] for name in kept} == kept
    assert sorted(written) == sorted(set(written)) == sorted(after)
    assert set(begun(out).values()) == {("done", 1)}
    assert len(list((out / "upzeroir-batch" / "reports").glob("*.json"))) == 10

    one = tmp_path / "one.png"
    assert main(["restore", str(source / "photo 4.png"), "-o", str(one), *QUICK]) == 0
    assert one.read_bytes() == (out / "photo 4.png").read_bytes()


@pytest.mark.filterwarnings("ignore")
def test_no_cluster_and_no_ray_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = photos(tmp_path / "in", 1)
    assert main(["batch", str(source), "-o", str(tmp_path / "out"), "--ray", "nonsense", *QUICK]) == 5
    assert "There is no Ray cluster at nonsense" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert main(["batch", str(source), "-o", str(tmp_path / "out"), "--ray", "auto", *QUICK]) == 2
    assert "extra `ray`" in capsys.readouterr().err
    assert cluster_module.MOVES == 3 and Share(1, 1.0, 0.0, 1).slots == 1
