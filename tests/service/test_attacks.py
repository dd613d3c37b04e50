"""What web pages, other users' programs and broken clients may try. The service refuses, and lives on."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.service.helpers import (
    Running,
    answer,
    asked,
    done,
    picture,
    pixels_of,
    received,
    reply,
    send,
    upload,
)
from tests.waiting import until
from upzeroir_plugin.client import Client, ClientError, pack
from upzeroir_plugin.service.limits import JSON_BYTES, Limits
from upzeroir_plugin.service.routes import ROUTES

FRAME = "Content-Type: application/x-upzeroir-frame"
JSON = "Content-Type: application/json"


@pytest.fixture(autouse=True)
def _alive_and_tidy(running: Running) -> Iterator[None]:
    """After each attack the same process answers, and nothing lies outside the private folder."""
    before = running.told()
    yield
    assert running.told() == before
    assert running.client.hello(quiet=True)["api"] == [1]
    written = {p.relative_to(running.root).parts[:2] for p in running.root.rglob("*") if p.is_file()}
    outside = {parts for parts in written if not parts[1].startswith(".upzeroir-pictures-")}
    assert outside <= {("state", f"{n}.{e}") for n, e in (("service", "json"), ("service", "lock"),
                       ("service", "log"), ("launch", "log"))}  # fmt: skip


# Who is let in


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
@pytest.mark.parametrize("token", [None, "0" * 64], ids=["none", "wrong"])
def test_no_route_without_the_token(running: Running, row: object, token: str | None) -> None:
    path = row.path.replace("{id}", "a").replace("{kind}", "change")  # type: ignore[attr-defined]
    status, said = asked(running, f"{row.method} {path}", token=token)  # type: ignore[attr-defined]
    assert (status, said["code"]) == (401, "unauthorized")
    assert set(said) == {"code", "message", "hint"}


@pytest.mark.parametrize("name", ["token", "access_token", "authorization"])
def test_a_token_in_the_url_is_none(running: Running, name: str) -> None:
    status, said = asked(running, f"GET /v1/hello?{name}={running.token}", token=None)
    assert (status, said["code"]) == (401, "unauthorized")
    status, _ = asked(running, f"GET /v1/hello?{name}={running.token}")
    assert status == 400
    assert running.token not in (running.state.parent / "service.log").read_text()


@pytest.mark.parametrize(
    "header",
    ["Authorization: Basic {}", "Authorization: bearer {}", "Authorization: Bearer {}x", "Authorization: Bearer",
     "Authorization: {}", "Cookie: token={}", "X-Token: {}", "Authorization: Bearer \u00e9"],
)  # fmt: skip
def test_nearly_a_token_is_none(running: Running, header: str) -> None:
    assert asked(running, "GET /v1/hello", token=None, headers=[header.format(running.token)])[0] == 401


def test_two_tokens_are_none(running: Running) -> None:
    twice = [f"Authorization: Bearer {running.token}"]
    assert asked(running, "GET /v1/hello", headers=twice)[0] == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost", "127.0.0.1:1", "127.0.0.1:{port}.evil.example",
     "[::1]:{port}", "0.0.0.0:{port}", "127.0.0.1:{port}@evil.example", "127.0.0.1:0{port}", "", "127.1:{port}"],
)  # fmt: skip
def test_a_foreign_host_is_refused_even_with_the_token(running: Running, host: str) -> None:
    """The shape of DNS rebinding: the browser believes that our address is the attacker's name."""
    status, said = asked(running, "GET /v1/hello", host=host.format(port=running.port))
    assert (status, said["code"]) == (421, "host")


def test_two_hosts_are_refused(running: Running) -> None:
    assert asked(running, "GET /v1/hello", headers=[f"Host: 127.0.0.1:{running.port}"])[0] in (400, 421)


def test_both_names_of_this_machine_do(running: Running) -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        assert asked(running, "GET /v1/hello?quiet=1", host=f"{host}:{running.port}")[0] == 200


@pytest.mark.parametrize(
    "header",
    ["Origin: null", "Origin: http://127.0.0.1:{port}", "Origin: https://evil.example", "Origin:",
     "Sec-Fetch-Site: none", "Sec-Fetch-Site: same-origin", "sec-fetch-site: cross-site"],
)  # fmt: skip
def test_web_pages_are_refused_even_with_the_token(running: Running, header: str) -> None:
    status, said = asked(running, "GET /v1/hello", headers=[header.format(port=running.port)])
    assert (status, said["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_a_simple_form_is_refused(running: Running, kind: str) -> None:
    """A page may send such a POST anywhere without asking first. It has no token; nor does it get on with one."""
    headers = [f"Content-Type: {kind}"] if kind else []
    body = b'{"photo": "a"}'
    for path in ("/v1/jobs", "/v1/deliver", "/v1/photos/a/estimate"):
        assert asked(running, f"POST {path}", body, token=None, headers=headers)[0] == 401
        assert asked(running, f"POST {path}", body, headers=headers)[0] in (404, 415)
    status, said = asked(running, "POST /v1/photos", body, headers=headers)
    assert (status, said["code"]) == (415, "media-type")


def test_no_answer_gives_a_browser_leave(running: Running) -> None:
    host = f"Host: 127.0.0.1:{running.port}\r\nConnection: close\r\n"
    bearer = f"Authorization: Bearer {running.token}\r\n"
    for line in (
        "OPTIONS /v1/jobs",
        "GET /v1/hello?quiet=1",
        "TRACE /v1/hello",
        "HEAD /v1/hello",
        "PUT /v1/jobs",
    ):
        data = send(running.port, f"{line} HTTP/1.1\r\n{host}{bearer}\r\n".encode())
        assert b"access-control" not in data.lower()
        assert b"text/html" not in data.lower()
        assert line.startswith("GET") or answer(data)[0] == 405


# Names and numbers


@pytest.mark.parametrize(
    "name",
    ["..", "../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows", "%2fetc%2fpasswd", "a%00b",
     "~root", "C:%5c", "photo-1/../../x", "%c3%28", "a" * 5000, "con", "."],
)  # fmt: skip
def test_ids_are_no_paths(running: Running, name: str) -> None:
    for line in ("GET /v1/photos/{}", "GET /v1/photos/{}/frame", "DELETE /v1/photos/{}", "GET /v1/jobs/{}",
                 "GET /v1/jobs/{}/result", "GET /v1/jobs/{}/maps/change", "DELETE /v1/jobs/{}"):  # fmt: skip
        status, said = asked(running, line.format(name))
        assert status in (400, 404, 405), line
        assert said["code"] in ("usage", "not-found", "method")
        assert "/etc" not in said["message"]


def test_names_in_bodies_are_no_paths(running: Running) -> None:
    for order in (
        {"photo": "../x"},
        {"photo": "a", "mask": "/etc/passwd"},
        {"photo": "a", "start_from": "..\\x"},
    ):
        status, said = asked(running, "POST /v1/jobs", json.dumps(order).encode(), headers=[JSON])
        assert (status, said["code"]) == (400, "usage")
    status, said = asked(running, "POST /v1/deliver", b'{"job": "a", "to": "../../x"}', headers=[JSON])
    assert (status, said["code"]) == (400, "usage")


def test_a_map_of_another_kind_is_no_file(running: Running, service: Client) -> None:
    photo = upload(service, picture())
    job = service.submit(photo, {"noise.file": 9}, detached=True)
    done(service, job)
    for kind in ("..%2f..%2fservice", "change.png", "service.json", "%2e%2e"):
        assert asked(running, f"GET /v1/jobs/{job}/maps/{kind}")[0] == 404


# Sizes


def test_a_json_body_over_the_limit_is_refused_before_it_comes(running: Running) -> None:
    head = [JSON, "Expect-Nothing: 1"]
    host = f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {running.token}\r\n"
    text = f"POST /v1/jobs HTTP/1.1\r\n{host}{JSON}\r\nContent-Length: {JSON_BYTES + 1}\r\n\r\n"
    assert answer(_first(running.port, text.encode()))[0] == 413
    big = b'{"photo": "' + b"a" * JSON_BYTES + b'"}'
    assert asked(running, "POST /v1/jobs", big, headers=head)[0] == 413


def test_an_upload_over_the_limit_is_refused_before_it_comes(running: Running) -> None:
    host = f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {running.token}\r\n"
    text = f"POST /v1/photos HTTP/1.1\r\n{host}{FRAME}\r\nContent-Length: {Limits().body + 1}\r\n\r\n"
    status, said = answer(_first(running.port, text.encode()))
    assert (status, said["code"]) == (413, "too-large")


def test_chunks_over_the_limit_are_refused_too(running: Running) -> None:
    """Without a Content-Length, what comes is counted."""
    host = f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {running.token}\r\n"
    text = f"POST /v1/jobs HTTP/1.1\r\n{host}{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"40000\r\n" + b" " * 0x40000 + b"\r\n"
    assert answer(_first(running.port, text.encode() + 5 * piece))[0] == 413


def _first(port: int, data: bytes) -> bytes:
    """The answer's head and what comes with it, while the request's body is still open."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        link.sendall(data)
        return reply(link)


@pytest.mark.parametrize("side", [20_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(running: Running, side: int) -> None:
    """A PNG of a few kB that says it has hundreds of millions of pixels."""
    row = zlib.compress(b"\0" * (side * 3 + 1) * 40)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", row), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    assert len(bomb) < 100_000
    before = running.process("reader").memory_info().rss
    status, said = asked(running, "POST /v1/photos", bomb, headers=["Content-Type: image/png"])
    assert (status, said["code"]) == (413, "too-large")
    assert "megapixels" in said["message"]
    assert running.process("reader").memory_info().rss - before < 100e6


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"width": 1 << 17, "height": 1 << 17}, "too-large"),
        ({"width": 0}, "usage"),
        ({"width": -64}, "usage"),
        ({"width": 64.5}, "usage"),
        ({"width": "64"}, "usage"),
        ({"width": True}, "usage"),
        ({"width": 10**30}, "usage"),
        ({"width": 65}, "usage"),
        ({"channels": 5}, "usage"),
        ({"dtype": "object"}, "usage"),
        ({"dtype": "float64"}, "usage"),
        ({"profile": "!"}, "usage"),
        ({"profile": 3}, "usage"),
        ({"evidence": []}, "usage"),
    ],
    ids=str,
)
def test_frames_that_do_not_fit_are_refused(running: Running, change: dict[str, object], code: str) -> None:
    header = {"width": 64, "height": 48, "channels": 3, "dtype": "uint8", **change}
    body = pack(header) + bytes(64 * 48 * 3)
    status, said = asked(running, "POST /v1/photos", body, headers=[FRAME])
    assert said["code"] == code
    assert status in (400, 413)


def test_senseless_evidence_is_passed_over(service: Client) -> None:
    """Files lie; what they say is a hint, and no reason to refuse the pixels."""
    nonsense = {
        "jpeg_tables": [[1, 2], "x"], "jpeg_subsampling": [0, "2"], "bit_depth": [8], "iso": {"a": 1},
        "exposure_seconds": -1, "camera": 7, "noise_profile": [[1]], "crop_offset": [-3, 1e30], "unheard": [[]],
    }  # fmt: skip
    photo = upload(service, picture(seed=3), evidence=nonsense)
    assert service.estimate(photo)["summary"]


@pytest.mark.parametrize(
    "values",
    [(np.nan, 0.5), (np.inf, 0.5), (0.5, 1e30), (-1e30, 0.5)],
    ids=["nan", "inf", "huge", "negative"],
)
def test_floats_that_are_no_picture(service: Client, values: tuple[float, float]) -> None:
    """Refused, or taken and restored to something finite; never a crash."""
    frame = np.full((32, 32, 3), values[1], np.float32)
    frame[3:9, 3:9] = values[0]
    try:
        photo = upload(service, frame)
    except ClientError as error:
        assert error.code == "unreadable"
        assert not max(map(abs, values)) < 65504
        return
    assert service.estimate(photo)["summary"]
    job = service.submit(photo, {"noise.file": 9}, detached=True)
    done(service, job)
    assert np.isfinite(pixels_of(service, job)).all()


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "noise", "svg"])
def test_files_that_are_no_picture_are_refused(running: Running, kind: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "JPEG")
    data = {
        "empty": b"", "text": b"hello " * 50, "cut": buffer.getvalue()[:300],
        "noise": np.random.default_rng(0).bytes(5000),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    }[kind]  # fmt: skip
    status, said = asked(running, "POST /v1/photos", data, headers=["Content-Type: image/jpeg"])
    assert (status, said["code"]) == (422, "unreadable")
    assert str(running.root) not in said["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"photo": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe{}", b'{"photo": 1}',
     b'{"photo": "a", "strength": 1e999}', b'{"photo": "a", "seed": -1}', b'{"photo": "a", "what": 1}',
     b'{"photo": "a", "region": [0,0,1]}', b'{"photo": "a", "parameters": {"noise.file": 1e9}}',
     b'{"photo": "a", "parameters": {"no.such": 1}}', b'{"photo": "a", "amounts": {"amount": {"haze": 2}}}',
     b'{"photo": "a", "effort": "best"}', b'{"photo": "a", "device": "abacus"}'],
)  # fmt: skip
def test_orders_that_do_not_fit_are_refused(running: Running, body: bytes) -> None:
    status, said = asked(running, "POST /v1/jobs", body, headers=[JSON])
    assert status == 400
    assert said["code"] in ("usage", "parameter")
    assert said["message"]


# Floods


def test_header_floods_are_cut_off(running: Running) -> None:
    start = f"GET /v1/hello HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n".encode()
    many = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 50) for n in range(2000))
    one = b"X: " + b"a" * 200_000
    for flood in (many, one, b"A" * 200_000):
        data = send(running.port, start + flood + b"\r\n\r\n", 5)
        assert answer(data)[0] in (0, 400), data[:200]


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"hello\r\n\r\n", b"GET /v1/hello\r\n\r\n", b"\0" * 100,
     b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"GET /v1/hello HTTP/9.9\r\n\r\n",
     b"POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
     b"POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_answered_or_cut_off(running: Running, data: bytes) -> None:
    status, said = answer(send(running.port, data, 1))
    assert status in (0, 400, 401, 421)
    assert status == 0 or said["code"]


def test_slow_ones_are_dropped_and_hold_up_nobody(running: Running, service: Client) -> None:
    """Slow loris (a header that never ends), a body that stalls, and a reader that takes nothing, all at once."""
    big = upload(service, np.zeros((2000, 3000, 3), np.uint8))
    host = f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {running.token}\r\n"
    stalled = f"POST /v1/photos HTTP/1.1\r\n{host}{FRAME}\r\nContent-Length: 5000\r\n\r\nabc"
    reader = f"GET /v1/photos/{big}/frame HTTP/1.1\r\n{host}\r\n"
    began = time.monotonic()
    links = {
        name: [_link(running.port, text) for _ in range(count)]
        for name, text, count in (
            ("loris", f"GET /v1/hello HTTP/1.1\r\n{host}", 60),
            ("silent", "", 20),
            ("stalled", stalled, 5),
            ("reader", reader, 3),
        )
    }
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for link in links["loris"]:
                try:
                    link.sendall(b"X: a\r\n")
                except OSError:
                    return

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        while time.monotonic() - began < 8:
            asked_at = time.monotonic()
            service.hello(quiet=True)
            assert time.monotonic() - asked_at < 1
            time.sleep(0.2)
        until(lambda: _shut(links["loris"]) and _shut(links["silent"]), 8)
        stop.set()
        timeouts = [answer(reply(link)) for link in links["stalled"]]
        assert {(status, said["code"]) for status, said in timeouts} == {(408, "timeout")}
        time.sleep(max(0.0, 13 - (time.monotonic() - began)))
        got = [len(received(link)) for link in links["reader"]]
        assert max(got) < 18_000_000, "a reader that took nothing for 10 s got everything after all"
        assert time.monotonic() - began < 25
    finally:
        stop.set()
        dripping.join()
        for link in (link for some in links.values() for link in some):
            link.close()
    service.delete_photo(big)


def _link(port: int, text: str) -> socket.socket:
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    link.settimeout(15)
    link.connect(("127.0.0.1", port))
    link.sendall(text.encode())
    return link


def _shut(links: list[socket.socket]) -> bool:
    """Whether the other side has closed all of them."""
    for link in links:
        link.setblocking(False)
        try:
            if link.recv(1000):
                return False
        except BlockingIOError:
            return False
        except OSError:
            continue
    return True
