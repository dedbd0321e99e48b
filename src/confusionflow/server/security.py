"""Decide which requests are answered, and what a browser may do with the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from confusionflow.server.error_response import error_response, refusal
from confusionflow.server.host_names import as_address, is_loopback, parse_host
from confusionflow.server.token import Token

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
METHODS = ("GET", "HEAD")


class GuardMiddleware:
    """Refuses requests that are not meant for this server, and adds security headers to answers.

    Without the check of the host, another site could let its name resolve to this machine, and its
    page could read the log (DNS rebinding).

    Arguments:
        app: The application to guard.
        hosts: Names and addresses that the Host header may have beside loopback ones, in lower
            case and without ports; None for any.
        token: What a client must send; None if everybody who can reach the server may read. With a
            token, numeric addresses are allowed: DNS can't make them point elsewhere.
        frames: Origins whose pages may show this one in a frame, beside its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str] | None = (),
        token: Token | None = None,
        frames: Iterable[str] = (),
    ) -> None:
        self.app = app
        self.hosts = None if hosts is None else frozenset(hosts)
        self.token = token
        self.headers = dict(HEADERS)
        for origin in frames:
            self.headers["Content-Security-Policy"] += f" {origin}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope)
        if answer is None and self.token is not None:
            answer = self.token.answer(scope)
        app = answer or self.app
        if scope["method"] == "HEAD":
            await _answer_head(app, scope, send_guarded)
        else:
            await app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        given = Headers(scope=scope).getlist("host")
        if self.hosts is not None and (len(given) != 1 or not self._is_own(given[0])):
            shown = " and ".join(repr(host[:80]) for host in given) or "no host name"
            name = parse_host(given[0]) if len(given) == 1 else None
            return refusal(
                scope,
                403,
                f"This server does not answer to {shown}.",
                "Open the address that `confusionflow serve` printed"
                + (f", or serve with --allow-host {name}." if name else "."),
            )
        if scope["method"] not in METHODS:
            return error_response(
                405,
                f"{scope['method']} is not answered: this server changes nothing.",
                "Send GET or HEAD.",
                {"Allow": ", ".join(METHODS)},
            )
        return None

    def _is_own(self, host: str) -> bool:
        name = parse_host(host)
        if self.token is not None and name is not None and as_address(name):
            return True
        return self.hosts is not None and is_own_host(host, self.hosts)


async def _answer_head(app: ASGIApp, scope: Scope, send: Send) -> None:
    """Answer like GET, but without the body; a stream of events ends at once."""
    started = asyncio.Event()
    ended = False

    async def receive() -> Message:
        await started.wait()
        return {"type": "http.disconnect"}

    async def send_head(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            await send(message)
            started.set()
        elif message["type"] == "http.response.body" and not ended:
            ended = True
            await send({"type": "http.response.body", "body": b""})

    await app({**scope, "method": "GET"}, receive, send_head)
    if not ended:
        await send({"type": "http.response.body", "body": b""})


def is_own_host(host: str, allowed: frozenset[str]) -> bool:
    """Whether a Host header names loopback or an allowed host; its port does not matter.

    Examples:
        >>> [is_own_host(h, frozenset()) for h in ("localhost:8080", "127.0.0.1", "[::1]:80")]
        [True, True, True]
        >>> [is_own_host(h, frozenset()) for h in ("evil.example", "127.0.0.1.evil.example", "")]
        [False, False, False]
        >>> is_own_host("gpu7:8080", frozenset({"gpu7"}))
        True
    """
    name = parse_host(host)
    return name is not None and (name in allowed or is_loopback(name))
