"""A real object store for tests and benches: moto's server, and a proxy that makes trouble."""

from __future__ import annotations

import contextlib
import http.client
import logging
import random
import socket
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

BUCKET = "bucket"


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """A server of S3 with a bucket; its address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        put(f"{endpoint}/{BUCKET}")
        yield endpoint
    finally:
        server.stop()


def put(address: str) -> None:
    """Make a bucket."""
    with urllib.request.urlopen(urllib.request.Request(address, method="PUT")):
        pass


def url(endpoint: str, folder: str = "logs", bucket: str = BUCKET) -> str:
    """The address of a log directory there."""
    return f"s3://key:secret@{bucket}/{folder}?endpoint_override={quote(endpoint, safe='')}"


@dataclass
class Faults:
    """What a proxy does to requests, each with a probability.

    Attributes:
        refuse: Answers 500, 503 or 409, or closes the connection, without asking the store.
        forget: Asks the store, and closes the connection without an answer.
        first: Fates of the first requests, in their order.
        delay_s: How long each request takes at least, seconds.
        made: Counts methods and fates of requests.
        most_at_once: The most requests that were on their way at a time.
        answers: What the store said of files that were read, where it is to be asked only once.
    """

    refuse: float = 0.0
    forget: float = 0.0
    first: list[str] = field(default_factory=list)
    delay_s: float = 0.0
    seed: int = 0
    answers: dict[str, Any] | None = None
    made: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._at_once = 0

    def draw(self) -> str:
        """The fate of a request."""
        with self._lock:
            if self.first:
                return self.first.pop(0)
            at = self._random.random()
            if at < self.refuse:
                return self._random.choice(("500", "503", "409", "reset"))
            return "forget" if at < self.refuse + self.forget else "answer"

    def note(self, what: str) -> None:
        """Count what was done."""
        with self._lock:
            self.made[what] += 1

    @contextlib.contextmanager
    def on_its_way(self) -> Iterator[None]:
        """Count a request among those that are on their way."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.delay_s)
            yield
        finally:
            with self._lock:
                self._at_once -= 1


@contextlib.contextmanager
def proxy(endpoint: str, faults: Faults) -> Iterator[str]:
    """A proxy in front of a store; its address."""
    server = _Proxy(endpoint, faults)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, endpoint: str, faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = endpoint.removeprefix("http://")
        self.faults = faults

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what this proxy is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _any(self) -> None:
        body = self._body()
        faults = self.server.faults
        with faults.on_its_way():
            self._meet(faults, faults.draw(), body)

    def _meet(self, faults: Faults, fate: str, body: bytes) -> None:
        faults.note(self.command)
        faults.note(fate)
        if fate in _CODES:
            self._send(int(fate), b"<Error><Code>%s</Code></Error>" % _CODES[fate], {})
        elif fate == "reset":
            self._close()
        else:
            status, content, headers = self._ask(body)
            if fate == "forget":
                self._close()
            else:
                self._send(status, content, headers)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        del self.headers["Transfer-Encoding"]
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _any  # noqa: N815

    def _ask(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        is_read = self.command in ("GET", "HEAD") and "?" not in self.path
        known = self.server.faults.answers if is_read else None
        key = f"{self.command} {self.path}"
        if known is not None and key in known:
            found: tuple[int, bytes, dict[str, str]] = known[key]
            return found
        connection = http.client.HTTPConnection(self.server.store, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            found = (answer.status, answer.read(), dict(answer.getheaders()))
        finally:
            connection.close()
        if known is not None:
            known[key] = found
        return found

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        skipped = ("connection", "transfer-encoding", "date", "server")
        if self.command != "HEAD" and status != 204:
            headers = {**headers, "Content-Length": str(len(content))}
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in skipped:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and content:
            self.wfile.write(content)

    def _close(self) -> None:
        """End the connection with a reset, as a router does that lost it."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()


_CODES = {
    "403": b"AccessDenied",
    "409": b"OperationAborted",
    "500": b"InternalError",
    "503": b"SlowDown",
}
