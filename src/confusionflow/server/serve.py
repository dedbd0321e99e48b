"""Running the server on a port of this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable

import uvicorn

from confusionflow.errors import ConfusionFlowError
from confusionflow.server.app import create_app
from confusionflow.store import Store

DEFAULT_PORT = 8080
PORTS_TO_TRY = 100


def bind(host: str, port: int | None) -> socket.socket:
    """Take a port: the given one, or the first free one from the default on.

    Raises:
        ConfusionFlowError: the given port is taken, or the host is not this machine's.
    """
    ports = range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY) if port is None else [port]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in ports:
        try:
            return socket.create_server((host, candidate), family=family)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == 99:
                raise ConfusionFlowError(
                    f"{host!r} is no address of this machine. "
                    "Pass --host 127.0.0.1, or 0.0.0.0 for all of its addresses."
                ) from error
            if isinstance(error, PermissionError):
                raise ConfusionFlowError(
                    f"Port {candidate} needs privileges. Pass a --port above 1023."
                ) from error
    tried = f"Port {port} is" if port is not None else f"Ports {ports[0]} to {ports[-1]} are"
    raise ConfusionFlowError(
        f"{tried} taken by another program. Pass another --port"
        + (", or none to take the first that is free." if port is not None else ".")
    )


def address_of(sock: socket.socket, host: str) -> str:
    """The address to open in a browser."""
    port = sock.getsockname()[1]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(
    log_dir: str | os.PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    ready: Callable[[str], None],
) -> None:
    """Serve a log directory until interrupted.

    Arguments:
        log_dir: The log directory.
        host: Address to listen on.
        port: Port to listen on; None for the first free one from 8080 on.
        ready: Called with the page's address once connections are taken.

    Raises:
        ConfusionFlowError: there is no such log directory, or the port can't be taken.
    """
    Store(log_dir).check()
    with bind(host, port) as sock:
        app = create_app(log_dir, hosts=_own_names(host))
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=1, server_header=False
        )
        ready(address_of(sock, host))
        uvicorn.Server(config).run(sockets=[sock])


def _own_names(host: str) -> frozenset[str]:
    """Names to answer to: the host itself, and this machine's name where it listens for others."""
    try:
        only_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        only_local = host == "localhost"
    names = {host.lower()} if only_local else {host.lower(), socket.gethostname().lower()}
    if host in ("0.0.0.0", "::"):
        names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return frozenset(names)
