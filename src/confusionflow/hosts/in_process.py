"""Call the API within this process, for hosts without a network."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True)
class Answer:
    """The API's answer for a path.

    Attributes:
        path: The path that was asked for, with its query and without a slash at its start.
    status: HTTP status; 304 if the known version is still current.
        version: Changes if and only if the answer does; None if the answer has no version.
        body: The body, gzipped.
    """

    path: str
    status: int
    version: str | None
    body: bytes

    def text(self) -> str:
        """The body as text."""
        return gzip.decompress(self.body).decode()


async def ask(app: ASGIApp, path: str, known_version: str | None = None) -> Answer:
    """Ask an application as a browser would.

    Arguments:
        app: The application, such as `create_api` makes.
        path: The path to request, such as "api/runs".
        known_version: The version of an answer that need not be sent again.
    """
    route, _, query = path.partition("?")
    headers = [(b"host", b"localhost"), (b"accept-encoding", b"gzip")]
    if known_version is not None:
        headers.append((b"if-none-match", known_version.encode()))
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/{unquote(route)}",
        "raw_path": f"/{route}".encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": None,
        "server": None,
    }
    start: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:
        # The application has already answered that it met an unexpected error.
        if not start:
            raise
    found = Headers(raw=start["headers"])
    body = b"".join(parts)
    if found.get("content-encoding") != "gzip":
        body = gzip.compress(body, mtime=0)
    return Answer(path, start["status"], found.get("etag"), body)
