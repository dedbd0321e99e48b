"""Which hosts a server answers to."""

from __future__ import annotations

import socket

import pytest

from confusionflow.server.host_names import own_names, parse_host
from confusionflow.server.security import is_own_host

NOBODY: frozenset[str] = frozenset()

OWN = [
    "localhost",
    "LocalHost:8080",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.255.255.254:1",
    "[::1]",
    "[::1]:8080",
    "[0:0:0:0:0:0:0:1]:8080",
    "localhost:",
]
FOREIGN = [
    "",
    " ",
    ":8080",
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:127.0.0.1",
    "evil.example#127.0.0.1",
    "127.0.0.1@evil.example",
    "evil.example@127.0.0.1",
    "user:pass@localhost",
    "localhost.",
    "127.0.0.1.",
    "127.0.0.1:80:80",
    "127.0.0.1:99999",
    "127.0.0.1:-1",
    "127.0.0.1:0x50",
    "127.0.0.1, evil.example",
    "127.0.0.1 evil.example",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "127.1",
    "0177.0.0.1",
    "127.0.0.01",
    "0.0.0.0",
    "::1",
    "[::1",
    "::1]",
    "[::1]evil.example",
    "[127.0.0.1].evil.example",
    "[::]",
    "[::1%25lo]",
    "[fe80::1%lo]",
    "128.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020.0.1",
    "127.0.0.1\x00.evil.example",
    "127.0.0.1\t",
    "localhost/",
    "localhost\\",
    "http://localhost",
    "*",
    "127.*",
]


@pytest.mark.parametrize("host", OWN)
def test_loopback_is_own_however_it_is_spelled(host: str) -> None:
    assert is_own_host(host, NOBODY)


@pytest.mark.parametrize("host", FOREIGN)
def test_what_only_looks_like_loopback_is_foreign(host: str) -> None:
    assert not is_own_host(host, NOBODY)


def test_an_allowed_host_is_own_on_any_port_and_its_neighbours_are_not() -> None:
    allowed = frozenset({"gpu7.example", "10.0.0.7", "fe80::7"})
    own = ["gpu7.example", "GPU7.example:1", "10.0.0.7:80", "[fe80::7]:80", "[FE80:0::7]"]
    foreign = ["gpu7", "x.gpu7.example", "gpu7.example.evil", "10.0.0.70", "[fe80::70]", "gpu7x"]
    assert all(is_own_host(host, allowed) for host in own)
    assert not any(is_own_host(host, allowed) for host in foreign)


def test_a_server_for_this_machine_alone_does_not_answer_to_the_machines_name() -> None:
    assert own_names("127.0.0.1") == {"127.0.0.1"}
    assert socket.gethostname().lower() in own_names("0.0.0.0")


def test_a_port_is_no_part_of_a_name() -> None:
    assert parse_host("gpu7:8080") == "gpu7"
    assert parse_host("[::1]:8080") == "::1"
