"""A real nginx before a real server, as a hub or a cluster has one."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.serving import free_port

# Below this path hubs show the servers of their users.
PREFIX = "/user/ann/proxy/8080"

HELD_BACK = "proxy_ignore_headers X-Accel-Buffering; proxy_buffers 8 1m; proxy_buffer_size 1m;"

CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types *;
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port};
        {headers}
        location {prefix}/ {{ proxy_pass {target}; {events} }}
        {exact}
    }}
}}
"""


# What a host of apps in containers tells them: its own name, and that of the page that it shows.
SPACE = """
        proxy_set_header Host {host};
        proxy_set_header X-Forwarded-Host {host};
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header Origin https://{host};
"""


@contextlib.contextmanager
def nginx(
    folder: Path,
    target: str,
    events: Literal["passed", "held back"] = "passed",
    *,
    prefix: str = PREFIX,
    host: str | None = None,
) -> Iterator[str]:
    """Show a server below a path; the address there.

    Arguments:
        folder: Where nginx keeps its files.
        target: Address of the server.
        events: Whether the stream of events is passed on at once, as is the default, or held back
            until the server closes it.
        prefix: The path; empty for the whole host.
        host: The name that the server is told it has; None for the one that nginx connects to.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert program, "nginx is missing; scripts/browser.py installs Debian's package."
    port = free_port()
    text = CONFIG.format(
        folder=folder,
        port=port,
        prefix=prefix,
        target=target,
        exact="" if not prefix else f"location = {prefix} {{ proxy_pass {target}; }}",
        headers="" if host is None else SPACE.format(host=host),
        events=HELD_BACK if events == "held back" else "",
    )
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}{prefix}/"
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nginx ended with {process.returncode}.")
