"""Who may ask: the Host allow-list, no web pages, and the bearer token. Loopback is no trust boundary."""

from __future__ import annotations

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from upzeroir_plugin.service.answers import Refusal, as_answer
from upzeroir_plugin.service.limits import HEADER_BYTES

METHODS = ("GET", "POST", "DELETE")
BROWSER = (b"origin", b"sec-fetch-site")


class Guard:
    """ASGI middleware around everything: nothing behind it runs for a request that it refuses."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self.token = app, token.encode("ascii")
        self.hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass; answer the rest."""
        if scope["type"] == "http":
            refusal = self.refusal(scope)
            if refusal is not None:
                await as_answer(refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why this request may not pass, or None."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) + len(scope["raw_path"]) > HEADER_BYTES:
            return Refusal("usage", "The request's header is too long.")
        hosts = [value.lower() for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return Refusal(
                "host", "The request names another host.", "Use 127.0.0.1 and the port of the state file."
            )
        if any(name in BROWSER for name, _ in headers):
            return Refusal("forbidden", "Web pages have no access.")
        said = [value for name, value in headers if name == b"authorization"]
        if len(said) != 1 or not hmac.compare_digest(said[0], b"Bearer " + self.token):
            return Refusal("unauthorized", "The token is missing or wrong.", "It stands in the state file.")
        if scope["method"] not in METHODS:
            return Refusal("method", "That method is not used here.")
        return None
