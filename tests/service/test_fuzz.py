"""Five hundred random requests: no 5xx, no file outside the private folder, and the service alive afterwards."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.helpers import Running, done, picture, upload
from upzeroir_plugin.client import pack
from upzeroir_plugin.parameters import GROUPS, NAMES, PARAMETERS
from upzeroir_plugin.service.routes import FRAME, JSON, ROUTES

KNOWN: dict[str, str] = {}
"""Ids that exist, so that the fuzzer gets past the first check."""

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda some: st.lists(some, max_size=5) | st.dictionaries(st.text(max_size=8), some, max_size=5),
    max_leaves=12,
)
"""Any JSON value."""


REQUIRED = {"photo", "width", "height", "channels", "dtype", "job", "to", "value"}


@st.composite
def objects(draw: st.DrawFn, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Objects that fit; of each third one, one entry is missing or junk."""
    made = {name: draw(field) for name, field in fields.items() if name in REQUIRED or draw(st.booleans())}
    if made and draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from(sorted(made)))
        made[name] = draw(junk)
        if draw(st.booleans()):
            del made[name]
    return made


own = st.sampled_from(["photo"] * 5 + ["mask"])
ids = st.sampled_from(["photo", "job", "mask", "gone", "x" * 64, "../../etc/passwd"])
numbers = st.floats(-1e3, 1e3) | st.sampled_from([0, 1, 0.5, 1e308, -1])
rects = st.lists(st.integers(1, 30), min_size=4, max_size=4)
values = st.sampled_from(PARAMETERS).flatmap(
    lambda row: st.tuples(st.just(row.name), st.floats(row.low, row.high))
)
entries = objects(
    value=numbers,
    low=numbers,
    high=numbers,
    confidence=numbers,
    pinned=st.booleans(),
    unit=st.text(max_size=4),
)
vectors = st.lists(values, max_size=5).map(dict) | st.dictionaries(
    st.sampled_from([*NAMES, "no.such"]), numbers | entries, min_size=1, max_size=4
)
orders = objects(
    photo=own, parameters=vectors, strength=st.floats(0, 1), region=st.none() | rects, mask=st.none() | own,
    amounts=objects(amount=st.dictionaries(st.sampled_from(GROUPS), st.floats(0, 1)),
                    on=st.dictionaries(st.sampled_from(GROUPS), st.booleans())),
    centre=st.lists(numbers, min_size=2, max_size=2), effort=st.sampled_from(["fast", "fast", "thorough"]),
    steps=st.integers(1, 3), seed=st.integers(0, 2**63 - 1), detached=st.booleans(),
    start_from=st.sampled_from([None, None, "job"]),
    device=st.sampled_from(["auto", "cpu"]),
)  # fmt: skip
headers = objects(
    width=st.integers(1, 20), height=st.integers(1, 20), channels=st.integers(1, 4),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]), profile=st.sampled_from([None, "", "AAAA", "!"]),
    evidence=objects(jpeg_tables=st.lists(st.lists(st.integers(0, 300), min_size=64, max_size=64), max_size=3),
                     jpeg_subsampling=st.lists(st.integers(0, 5), min_size=2, max_size=2), iso=numbers,
                     bit_depth=st.integers(-1, 40), noise_profile=st.lists(st.lists(numbers, max_size=3), max_size=3),
                     crop_offset=st.lists(st.integers(-9, 99), max_size=3), camera=st.text(max_size=9)),
)  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame's bytes; often of the size that its header says."""
    header = draw(headers)
    size = 0
    if all(isinstance(header.get(n), int) for n in ("width", "height", "channels")):
        wide = {"uint8": 1, "uint16": 2, "float32": 4}.get(str(header.get("dtype")), 1)
        size = abs(header["width"] * header["height"] * header["channels"]) * wide % 20_000
    rows = draw(st.binary(max_size=40)) * (size // 40 + 1)
    return pack(header) + rows[: draw(st.sampled_from([size, size, size, size + 1]))]


bodies = {
    "estimate": objects(rect=rects, pins=vectors), "add_job": orders,
    "deliver": objects(job=ids, to=st.text(max_size=5) | ids, note=st.dictionaries(st.text(max_size=4), junk)),
}  # fmt: skip
queries = {
    "after": st.integers(-1, 50), "wait": st.sampled_from([0, 0.01, -1, 31, "x"]), "quiet": st.sampled_from([0, 1]),
    "format": st.sampled_from(["same", "frame", "png", "tiff", "jpeg", "webp", "svg"]), "to": ids,
    "depth": st.sampled_from(["same", 8, 16, 32, 7]), "quality": st.integers(0, 101),
    "dtype": st.sampled_from(["same", "uint8", "uint16", "float32", "float64"]), "lines": st.integers(-1, 300),
    "metadata": st.sampled_from(["keep", "no-gps", "strip", "x"]),
}  # fmt: skip
ENDING = ("quit", "free_memory")
WEIGHTS = {"add_photo": 4, "add_job": 5, "deliver": 2}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, bytes, dict[str, str]]:
    """Method, path, body, headers."""
    row = draw(
        st.sampled_from(
            [row for row in ROUTES if row.name not in ENDING for _ in range(WEIGHTS.get(row.name, 1))]
        )
    )
    name = draw(st.one_of(st.just(""), st.just(""), ids, st.text(max_size=10)))
    right = "job" if "/jobs/" in row.path else "photo"
    gone = row.method == "DELETE"
    path = row.path.replace("{id}", "gone" if gone else quoted(KNOWN.get(name or right, name)))
    path = path.replace("{kind}", draw(st.sampled_from(["change", "residual", "invented", "x", "..%2f"])))
    query = {
        n: draw(queries[n] if n == "wait" else queries.get(n, junk) | junk)
        for n in row.query
        if draw(st.booleans())
    }
    if draw(st.integers(0, 9)) == 0:
        query[draw(st.text("abc", min_size=1, max_size=5))] = "1"
    if row.name == "deliveries_for":
        query.setdefault("wait", 0)
    if query:
        path += "?" + "&".join(f"{quoted(n)}={quoted(v)}" for n, v in query.items())
    kind, body = "", b""
    if row.takes == JSON:
        kind, body = (
            JSON,
            draw(
                st.one_of(bodies[row.name], bodies[row.name], bodies[row.name], junk).map(renamed)
                | st.binary(max_size=30)
            ),
        )
    elif row.takes:
        kind = draw(st.sampled_from([FRAME, FRAME, "image/png", "application/octet-stream", "text/html"]))
        body = draw(frames()) if kind == FRAME else draw(st.binary(max_size=300))
    if draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(["text/plain", "application/json; charset=utf-16", "x", ""]))
    method = draw(st.sampled_from([row.method] * 9 + ["PUT"])) if not gone else row.method
    return (
        method,
        path,
        body if isinstance(body, bytes) else json.dumps(body).encode(),
        {"Content-Type": kind} if kind else {},
    )


def renamed(body: Any) -> Any:
    """The known ids put in where a body names them."""
    if isinstance(body, dict):
        return {n: KNOWN.get(v, v) if isinstance(v, str) else v for n, v in body.items()}
    return body


def quoted(value: object) -> str:
    from urllib.parse import quote

    return quote(str(value).encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def link(running: Running) -> Iterator[http.client.HTTPConnection]:
    client = running.client
    KNOWN["photo"] = upload(client, picture(48, 36))
    KNOWN["mask"] = upload(client, picture(48, 36)[..., :1])
    KNOWN["job"] = client.submit(KNOWN["photo"], {"noise.file": 9}, steps=1)
    done(client, KNOWN["job"])
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    yield connection
    connection.close()


def test_five_hundred_random_requests(running: Running, link: http.client.HTTPConnection) -> None:
    statuses: dict[int, int] = {}
    token = {"Authorization": f"Bearer {running.token}"}

    @settings(
        max_examples=500,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def ask(request: tuple[str, str, bytes, dict[str, str]]) -> None:
        method, path, body, more = request
        link.request(method, path, body, {**token, **more})
        with link.getresponse() as answer:
            said = answer.read() if answer.status != 200 or "/events" not in path else answer.read(1)
        if "/events" in path:
            link.close()
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        assert answer.status < 500, (method, path, body, said)
        if answer.status >= 400:
            assert set(json.loads(said)) == {"code", "message", "hint"}
        if method == "POST" and path == "/v1/jobs" and answer.status == 201:
            running.client.cancel(json.loads(said)["id"])

    pids = running.client.hello(quiet=True)["processes"]
    ask()
    link.close()
    print(f"requests by status: {dict(sorted(statuses.items()))}")
    assert sum(statuses.values()) >= 500
    assert {200, 201, 400, 404} <= set(statuses), "the fuzzer did not get far"
    assert running.client.hello(quiet=True)["processes"] == pids, "a process died and was started anew"
    written = {p.relative_to(running.root).parts[:2] for p in running.root.rglob("*") if p.is_file()}
    outside = {name for _, name in written if not name.startswith(".upzeroir-pictures-")}
    assert outside <= {"service.json", "service.lock", "service.log", "launch.log"}
    fresh = running.client.submit(upload(running.client, picture()), {"noise.file": 9}, steps=1)
    assert done(running.client, fresh)["changed"]
