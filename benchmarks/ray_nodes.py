"""How much two one-thread nodes of a Ray cluster gain over one: the same photos, warm workers, one machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.batch import photo


def main() -> int:
    """Print one JSON object; 0 if two nodes are at least 1.6 times as fast as one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ray_nodes", description=__doc__)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--side", type=int, default=512, help="px")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    # 15 by default: on a busy machine other programs would be measured.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray spells it so
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in")
        source.mkdir()
        for number in range(args.photos):
            photo(args.side, number).save(source / f"{number:05d}.jpg", quality=93)
        seconds = {}
        for nodes in (1, 2):
            cluster: Any = Cluster(
                initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
            )
            try:
                for _ in range(nodes):
                    cluster.add_node(num_cpus=1, memory=int(4e9))
                cluster.wait_for_nodes()
                seconds[nodes] = batch(source, Path(folder, f"out{nodes}"), cluster.address)
            finally:
                cluster.shutdown()
    gain = seconds[1] / seconds[2]
    print(json.dumps({"photos": args.photos, "side": args.side, "seconds": seconds, "gain": round(gain, 2)}))
    return 0 if gain >= 1.6 else 1


def batch(source: Path, out: Path, address: str) -> float:
    """Seconds from the third result to the last: by then each node's worker has its network in memory."""
    from upzeroir_plugin.batch.find import Names, find
    from upzeroir_plugin.batch.run import Count, Ways, run
    from upzeroir_plugin.single import Order

    times: list[float] = []

    def tell(_count: Count) -> None:
        times.append(time.monotonic())

    found = find([str(source)], out, False, "raw", Names())
    ended = run(found, out, Order(device="cpu"), Ways(threads=1, ray=address), tell)
    assert ended.exit_code == 0
    warm = 3
    return round((times[-1] - times[warm - 1]) * len(times) / (len(times) - warm), 2)


if __name__ == "__main__":
    sys.exit(main())
