"""Memory that layers free is kept for the next while a photo is restored, and given back after that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from upzeroir_plugin.solver import heap

MEASURE = """
import resource, numpy as np, psutil
from upzeroir_plugin.solver import heap
def faults(n):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(n):
        np.full(48 << 20, 1, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
def held(): return psutil.Process().memory_info().rss >> 20
faults(2)
begun, outside = held(), faults(8)
with heap.kept():
    faults(2)
    inside, most = faults(8), held()
print(outside, inside, most - begun, held() - begun, faults(8))
"""


@pytest.mark.skipif(heap._glibc() is None, reason="another C library")
@pytest.mark.usefixtures("checkout")
def test_pages_are_kept_within_and_given_back_after() -> None:
    made = subprocess.run([sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True)
    outside, inside, most, left, after = map(int, made.stdout.split())
    assert inside < outside / 20
    assert most > 40
    assert left < 8
    assert after > outside / 2
