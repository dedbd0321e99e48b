"""Host names and addresses, as in a request's Host header."""

from __future__ import annotations

import ipaddress
import re
import socket

# Hosts that a Host header may have (RFC 9110): a name, an IPv4 address, or an IPv6 one in brackets.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::([0-9]{0,5}))?")


def parse_host(text: str) -> str | None:
    """Read the name or address in a Host header, in lower case and without its port.

    None for anything else, such as an empty text, a list, or a host with a user name.

    Examples:
        >>> [parse_host(text) for text in ("GPU7:8080", "127.0.0.1", "[::1]:80")]
        ['gpu7', '127.0.0.1', '::1']
        >>> [parse_host(text) for text in ("", "me@gpu7", "[::1", "a, b", "gpu7:99999")]
        [None, None, None, None, None]
    """
    match = _HOST.fullmatch(text)
    if match is None or int(match[3] or 0) > 65535:
        return None
    if match[1]:
        # One address has many spellings.
        address = as_address(match[1])
        return str(address) if address else None
    return match[2].lower()


def as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse an address in its usual spelling; None for a name.

    Spellings that only some programs accept as addresses (`0x7f.1`, `127.1`) count as names.
    """
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host, as `parse_host` returns it, is a loopback name or address.

    Examples:
        >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1")]
        [True, True, True, True]
        >>> [is_loopback(host) for host in ("127.0.0.1.evil.example", "0x7f.1", "localhost.")]
        [False, False, False]
    """
    address = as_address(host)
    return address.is_loopback if address else host == "localhost"


def own_names(host: str) -> frozenset[str]:
    """List the names to answer to: the host itself, and this machine's if the host is public.

    Arguments:
        host: A name or an address, without brackets.
    """
    names = {host.lower()}
    if not is_loopback(host.lower()):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


def outward_address() -> str | None:
    """Find this machine's address in its network; None if it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        try:
            # Connecting a datagram socket chooses a route and sends nothing.
            outward.connect(("192.0.2.1", 9))
            return str(outward.getsockname()[0])
        except OSError:
            return None
