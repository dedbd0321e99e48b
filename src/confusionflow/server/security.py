"""Which requests are answered, and what a browser may do with the answers."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class GuardMiddleware:
    """Refuses hosts that are not this server's, and adds the security headers to all answers.

    Without the check of the host, a page of another site could have its name resolve to this
    machine and read the log (DNS rebinding).

    Arguments:
        app: What is guarded.
        hosts: Names that may stand in the Host header beside loopback ones.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if is_own_host(host, self.hosts):
            await self.app(scope, receive, send_guarded)
            return
        refusal = {
            "error": {
                "message": f"This server does not answer to the host name {host!r:.80}.",
                "hint": "Open the address that `confusionflow serve` printed, or serve with "
                "--host set to the name or address that you use.",
            }
        }
        await JSONResponse(refusal, status_code=403)(scope, receive, send_guarded)


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
    name = _without_port(host).lower()
    if name == "localhost" or name in allowed:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
