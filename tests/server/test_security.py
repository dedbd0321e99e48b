"""Which requests are answered, and what a browser may do with the answers."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import client_of, run_command, serving

from confusionflow.server.app import STATIC, create_app
from confusionflow.server.token import Token

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "Ein Schlüssel; with=odd&signs"
PATHS = ["/", "/icon.svg", "/api/runs", "/api/openapi.json", "/api/nothing", "/nothing"]
EVENTS = "/api/events"


def is_own_address(host: str) -> bool:
    """Whether a host is a number that this machine can listen on."""
    with socket.socket() as own:
        try:
            own.bind((str(ipaddress.ip_address(host)), 0))
        except (ValueError, OSError):
            return False
    return True


def guarded_by(
    log_dir: Path, token: Token | None = None
) -> contextlib.AbstractContextManager[httpx.Client]:
    return client_of(create_app(log_dir, hosts={"gpu7"}, token=token))


@pytest.fixture(scope="module")
def guarded_server(log_dir: Path) -> Iterator[httpx.Client]:
    with guarded_by(log_dir, Token(SECRET)) as client:
        yield client


@pytest.fixture
def guarded(guarded_server: httpx.Client) -> httpx.Client:
    """A client that has no cookies yet."""
    guarded_server.cookies.clear()
    return guarded_server


@pytest.mark.parametrize("path", [*PATHS, EVENTS])
def test_a_foreign_host_is_refused_everywhere_with_the_flag_to_set(
    client: httpx.Client, path: str
) -> None:
    answer = client.get(path, headers={"Host": "evil.example:8080"})
    assert answer.status_code == 403
    assert "evil.example" in answer.json()["error"]["message"]
    assert "--allow-host evil.example" in answer.json()["error"]["hint"]


def test_an_allowed_host_is_answered(log_dir: Path) -> None:
    with guarded_by(log_dir) as client:
        assert client.get("/api/runs", headers={"Host": "gpu7:8080"}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_answer_has_the_headers_that_bind_a_browser(
    client: httpx.Client, path: str, host: str
) -> None:
    headers = client.get(path, headers={"Host": host, "Origin": "http://evil.example"}).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert "*" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_answered_as_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_head_of_the_events_ends(client: httpx.Client) -> None:
    answer = client.head(EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b""


def test_the_built_page_has_no_script_or_style_of_its_own_and_no_other_origin() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)
    assert not re.findall(r"<style|\sstyle=|\son\w+=", page)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)


@pytest.mark.parametrize("path", [*PATHS, EVENTS])
@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {Token('other').text}"},
        {"Cookie": "x=1"},
        {"Cookie": f"{Token(SECRET).cookie}="},
        {"Cookie": f"{Token(SECRET).cookie}=wrong"},
        {"Cookie": f"{Token('other').cookie}={Token('other')._digest}"},
        {"Cookie": '"\x7f;;;=,'},
    ],
)
def test_without_the_token_nothing_is_answered(
    guarded: httpx.Client, path: str, shown: dict[str, str]
) -> None:
    answer = guarded.get(path, headers=shown)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper()])
def test_a_wrong_token_in_the_address_is_refused(guarded: httpx.Client, token: str) -> None:
    assert guarded.get("/", params={"token": token}).status_code == 401


@pytest.mark.slow
def test_the_token_in_the_address_becomes_a_cookie_that_scripts_cannot_read(
    guarded: httpx.Client,
) -> None:
    answer = guarded.get("/", params={"token": SECRET, "a": "1 & 2"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "./?a=1+%26+2"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie
    assert SECRET not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert guarded.get("/api/runs").status_code == 200
    assert guarded.get("/").status_code == 200


def test_a_script_shows_the_token_in_a_header(log_dir: Path) -> None:
    with guarded_by(log_dir, Token("plain")) as client:
        answer = client.get("/api/runs", headers={"Authorization": "Bearer plain"})
        assert answer.status_code == 200


def _request(client: httpx.Client, path: str) -> httpx.Request:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=f"{path}?token=plain".encode())
    return request


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%5cevil.example", "///x"])
def test_the_exchange_never_leads_to_another_server(log_dir: Path, path: str) -> None:
    with guarded_by(log_dir, Token("plain")) as client:
        answer = client.send(_request(client, path))
        assert answer.status_code == 303
        location = answer.headers["location"]
        assert location.startswith("./")
        assert httpx.URL("http://localhost/").join(location).host == "localhost"


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Host": "<b>evil</b>.example"}, 403), ({"Host": "x"}, 403)]
)
def test_a_refusal_is_a_page_in_a_browser_and_json_for_a_program(
    guarded: httpx.Client, headers: dict[str, str], status: int
) -> None:
    page = guarded.get("/", headers={**BROWSER, **headers})
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "confusionflow serve" in page.text
    assert "<b>" not in page.text
    answer = guarded.get("/", headers={"Accept": "*/*", **headers})
    assert answer.status_code == status
    assert "confusionflow serve" in answer.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("host", "token", "status"),
    [
        ("10.1.2.3:8080", "plain", 200),
        ("[2001:db8::7]:80", "plain", 200),
        ("10.1.2.3.evil.example", "plain", 403),
        ("0x7f.1", "plain", 403),
        ("10.1.2.3", "wrong", 401),
    ],
)
def test_with_a_token_an_address_that_is_a_number_is_let_in(
    log_dir: Path, host: str, token: str, status: int
) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {token}"}
    with guarded_by(log_dir, Token("plain")) as client:
        assert client.get("/api/runs", headers=headers).status_code == status


def test_without_a_token_an_address_that_is_a_number_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/runs", headers={"Host": "10.1.2.3"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", "https://hub.example/user/ann/proxy/8080/"),
        ("/api/runs", "https://hub.example/user/ann/proxy/8080/api/runs"),
    ],
)
def test_the_token_exchange_stays_below_the_path_of_a_proxy(
    guarded: httpx.Client, path: str, leads_to: str
) -> None:
    answer = guarded.get(path, params={"token": SECRET})
    seen = httpx.URL("https://hub.example/user/ann/proxy/8080" + path)
    assert seen.join(answer.headers["location"]) == leads_to
    assert "path" not in answer.headers["set-cookie"].lower()


def test_frames_of_the_same_origin_are_allowed_and_others_only_if_they_are_named(
    log_dir: Path,
) -> None:
    app = create_app(log_dir, frames=["https://one.example", "http://localhost:8888"])
    with client_of(app) as client:
        policy = client.get("/").headers["content-security-policy"]
    ancestors = policy.rpartition("frame-ancestors ")[2]
    assert ancestors == "'self' https://one.example http://localhost:8888"


@pytest.mark.parametrize(
    ("in_frames", "proto", "attributes"),
    [
        (False, "https", {"SameSite=lax"}),
        (True, "http", {"SameSite=lax"}),
        (True, "https", {"SameSite=none", "Secure"}),
    ],
)
def test_the_cookie_reaches_frames_of_other_sites_only_if_these_are_allowed(
    log_dir: Path, in_frames: bool, proto: str, attributes: set[str]
) -> None:
    with guarded_by(log_dir, Token("plain", in_frames=in_frames)) as client:
        headers = {"X-Forwarded-Proto": proto}
        answer = client.get("/", params={"token": "plain"}, headers=headers)
    given = set(answer.headers["set-cookie"].split("; ")[1:])
    assert given == {"HttpOnly", *attributes}


def test_a_foreign_host_is_refused_even_with_the_token(guarded: httpx.Client) -> None:
    answer = guarded.get("/", params={"token": SECRET}, headers={"Host": "evil.example"})
    assert answer.status_code == 403


def test_two_servers_of_one_machine_keep_their_cookies_apart() -> None:
    assert Token("one").cookie != Token("other").cookie


def test_a_token_that_nobody_chose_is_long_and_never_the_same() -> None:
    tokens = {Token().text for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32


# ---- as processes --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_server_listens_on_this_machine_alone_and_asks_for_no_token(log_dir: Path) -> None:
    with serving(log_dir, "--port", "0") as server:
        assert re.search(r"http://127\.0\.0\.1:\d+/$", server.line.strip())
        assert server.get().status_code == 200
        port = int(server.address.rstrip("/").rpartition(":")[2])
        with socket.socket() as other, pytest.raises(OSError, match=r"refused|unreachable"):
            # Another address of this machine.
            other.connect(("127.0.0.2", port))


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
@pytest.mark.slow
def test_a_server_that_others_reach_prints_a_token_and_asks_for_it(
    log_dir: Path, host: str
) -> None:
    with serving(log_dir, "--port", "0", "--host", host) as server:
        name = socket.gethostname()
        printed = httpx.URL(server.address).host
        # A name that only this machine knows would be of no use to others.
        assert is_own_address(printed)
        local = re.sub(r"//[^:]+:", "//127.0.0.1:", server.address)
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            assert browser.get(local.partition("?")[0] + "api/runs").status_code == 401
            page = browser.get(local)
            assert page.status_code == 200
            assert "token" not in str(page.url)
            assert browser.get(local.partition("?")[0] + "api/runs").status_code == 200
            for host in (name, printed, "198.51.100.7:8080", "[2001:db8::1]"):
                assert browser.get(local, headers={"Host": host}).status_code == 200
            assert browser.get(local, headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.slow
def test_a_token_can_be_chosen_asked_for_on_loopback_and_left_out(log_dir: Path) -> None:
    chosen = {"CONFUSIONFLOW_TOKEN": "a b"}
    with serving(log_dir, "--port", "0", "--token", **chosen) as server:
        assert server.address.endswith("/?token=a%20b")
        assert server.get("api/runs").status_code == 401
        assert server.get("api/runs", headers={"Authorization": "Bearer a b"}).status_code == 200
    with serving(log_dir, "--port", "0", "--host", "0.0.0.0", "--no-token") as server:
        assert "token" not in server.address
        local = re.sub(r"//[^:]+:", "//127.0.0.1:", server.address)
        assert httpx.get(local + "api/runs", timeout=60).status_code == 200


@pytest.mark.slow
def test_allowed_hosts_are_answered_by_the_real_server_and_others_are_not(log_dir: Path) -> None:
    options = ["--allow-host", "one.example", "--allow-host", "[2001:db8::1]:80"]
    with serving(log_dir, "--port", "0", *options) as server:
        for host, status in (
            ("one.example", 200),
            ("ONE.example:99", 200),
            ("[2001:db8::1]", 200),
            ("two.example", 403),
        ):
            assert server.get("api/runs", headers={"Host": host}).status_code == status
        assert (
            server.get("api/runs", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
        )


@pytest.mark.slow
def test_an_allowed_frame_must_be_an_origin(log_dir: Path) -> None:
    with serving(log_dir, "--port", "0", "--allow-frame", "https://hf.example/x") as server:
        policy = server.get().headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://hf.example")
    for wrong in ("hf.example", "https://a b", "https://a; script-src *", "file:///x", "*"):
        ended = run_command("serve", log_dir, "--no-open", "--allow-frame", wrong)
        assert ended.returncode == 1
        assert "is not an origin" in ended.stderr


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /api/runs HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\n\r\n",
        b"GET /api/runs HTTP/1.0\r\n\r\n",
        b"GET http://evil.example/api/runs HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\nHost: localhost\x00.evil.example\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n",
        b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\nx",
    ],
)
def test_odd_requests_on_the_wire_get_no_data(client: httpx.Client, raw: bytes) -> None:
    port = client.base_url.port
    assert port
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(raw)
        answer = connection.recv(65536)
    status = answer.split(b" ", 2)[1]
    assert status in (b"400", b"403") or b"Upgrade" in raw
    assert b"log_directory" not in answer
    assert client.get("/api/runs").status_code == 200
