"""Run the server on a port of this machine."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from confusionflow.errors import ConfusionFlowError
from confusionflow.server.app import create_app
from confusionflow.server.host_names import is_loopback, outward_address, own_names, parse_host
from confusionflow.server.open_files import allow_many_viewers
from confusionflow.server.routes import ReportMaker
from confusionflow.server.token import Token
from confusionflow.store import Store
from confusionflow.store.places.open import LogDirectories

DEFAULT_PORT = 8080
PORTS_TO_TRY = 100
# Connections that may wait, such as those of a thousand pages that come back at once.
BACKLOG = 2048
TOKEN_VARIABLE = "CONFUSIONFLOW_TOKEN"
# Addresses that mean all addresses of a machine.
ANY = ("0.0.0.0", "::")


def serve(
    log_dir: LogDirectories,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    allowed_hosts: Iterable[str] = (),
    allowed_frames: Iterable[str] = (),
    samples: Mapping[str, Path] | None = None,
    with_token: bool | None = None,
    make_report: ReportMaker | None = None,
    ready: Callable[[str], None],
) -> None:
    """Serve a log directory, or several, until interrupted.

    Arguments:
        log_dir: The log directory, or a list of several.
        host: Address to listen on.
        port: Port to listen on; None for the first free one from 8080 on.
        allowed_hosts: Names under which the page is opened, in addition to those of the host.
        allowed_frames: Origins whose pages may show this one in a frame, beside its own.
        samples: For each split, by name, the folder from which its images are served in full size.
        with_token: Whether a client must send a token; None: if users of other machines can reach
            the host.
        make_report: Makes a report of one file, if the page is to offer one.
        ready: Called with the page's address once connections are taken.

    Raises:
        ConfusionFlowError: there is no such log directory, the port is taken, or a host is invalid.
        SystemExit: the server was interrupted. It holds the exit code of the process.
    """
    Store(log_dir).check_exists()
    hosts = own_names(host) | {_allowed(name) for name in allowed_hosts}
    if with_token is None:
        with_token = not is_loopback(host.lower())
    frames = [_origin(text) for text in allowed_frames]
    secret = os.environ.get(TOKEN_VARIABLE)
    token = Token(secret, in_frames=bool(frames)) if with_token else None
    allow_many_viewers()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with bind(host, port) as sock:
        config = uvicorn.Config(
            create_app(
                log_dir,
                hosts=hosts,
                token=token,
                frames=frames,
                samples=samples,
                make_report=make_report,
            ),
            log_level="warning",
            timeout_graceful_shutdown=3,
            server_header=False,
            proxy_headers=False,
            ws="none",
        )
        address = address_of(sock, host)
        try:
            ready(token.in_address(address) if token else address)
            _run(uvicorn.Server(config), sock)
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)


def _run(server: uvicorn.Server, sock: socket.socket) -> None:
    """Run a server until a signal comes.

    Raises:
        KeyboardInterrupt: it was SIGINT.
        SystemExit: it was SIGTERM.
    """
    received: list[int] = []

    def note(number: int, _: object) -> None:
        received.append(number)
        server.should_exit = True

    # A signal that raises while asyncio starts would leave the server's coroutine behind. Later
    # ones go to the server, which raises them again once it has ended.
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    server.run(sockets=[sock])
    for number, handler in before.items():
        signal.signal(number, handler)
    if received:
        signal.raise_signal(received[0])


def bind(host: str, port: int | None) -> socket.socket:
    """Take a port: the given one, or the first free one from the default on.

    Raises:
        ConfusionFlowError: the given port is taken, or the host is not this machine's.
    """
    ports = range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY) if port is None else [port]
    family = _family_of(host)
    # "::" means all addresses, including those of IPv4.
    both = host == "::" and socket.has_dualstack_ipv6()
    for candidate in ports:
        try:
            taken = socket.create_server(
                (host, candidate), family=family, backlog=BACKLOG, dualstack_ipv6=both
            )
            # An answer is sent in two parts. Without this, the second one waits 40 ms for the
            # client to acknowledge the first; asyncio sets it only for sockets that name TCP.
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return taken
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _no_address(host) from error
            if error.errno == errno.EACCES:
                raise ConfusionFlowError(
                    f"Port {candidate} needs privileges. Pass a --port above 1023."
                ) from error
            if error.errno != errno.EADDRINUSE:
                raise ConfusionFlowError(
                    f"Can't listen on port {candidate} of {host}: {error.strerror}. "
                    "Pass another --host or --port."
                ) from error
    tried = f"Port {port} is" if port is not None else f"Ports {ports[0]} to {ports[-1]} are"
    raise ConfusionFlowError(
        f"{tried} taken by another program. Pass another --port"
        + (", or none to take the first that is free." if port is not None else ".")
    )


def _family_of(host: str) -> socket.AddressFamily:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _no_address(host) from error
    families = [info[0] for info in found]
    return socket.AF_INET if socket.AF_INET in families else families[0]


def _no_address(host: str) -> ConfusionFlowError:
    return ConfusionFlowError(
        f"{host!r} is not an address of this machine. "
        "Pass --host 127.0.0.1, or 0.0.0.0 for all of its addresses."
    )


def address_of(sock: socket.socket, host: str) -> str:
    """The address to open in a browser: one that other machines can use, if they reach the host."""
    port = sock.getsockname()[1]
    if host in ANY:
        host = outward_address() or socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _allowed(name: str) -> str:
    host = parse_host(f"[{name}]" if name.count(":") > 1 and "[" not in name else name)
    if host is None:
        raise ConfusionFlowError(
            f"--allow-host is {name!r}, which is not a name or address. Pass the part of the "
            "browser's address between // and the port, such as gpu7.example.org."
        )
    return host


def _origin(text: str) -> str:
    parts = urlsplit(text)
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or parse_host(parts.netloc) is None:
        raise ConfusionFlowError(
            f"--allow-frame is {text!r}, which is not an origin. Pass the start of the address of "
            "the page that holds the frame, such as https://huggingface.co."
        )
    return origin
