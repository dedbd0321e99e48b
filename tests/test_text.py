"""Names from logs are only text, wherever they are printed, and never a path."""

from __future__ import annotations

import itertools
import json
import unicodedata
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.serving import client_of, run_command

import confusionflow as cf
from confusionflow.printable import printable
from confusionflow.server.app import create_app

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[red]text[/red]",
    "[/]",
    "[link=http://evil.example]x[/link]",
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b31mred",
    "a\rb",
    "a\nb",
    "\x7f\x08\x08",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "zero\u200bwidth",
    "\ufeffbom",
    "=cmd()",
    "{0.__class__}",
    "%s%n",
    "../../etc/passwd",
    "nul\x00byte",
    "x" * 5000,
    "\u2028line",
]
TRAVERSALS = [
    f"{root}{step * times}{target}"
    for root in ("", "/", "run-")
    for step in ("../", "..%2f", "%2e%2e/", "..\\", "..%5c", "....//", "%252e%252e%252f")
    for times in (1, 4, 9)
    for target in ("etc/passwd", "secret", "etc/passwd%00", "secret.json")
]


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("text")
    for payload in PAYLOADS:
        with cf.Run(
            log_dir, name=payload, config={payload: payload}, classes=[payload, "b"]
        ) as run:
            run.log_matrix(0, payload, np.eye(2, dtype=int))
    return log_dir


def obeyed(text: str) -> list[str]:
    """Characters that a terminal obeys or hides; line ends are the command's own."""
    return [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_printable_text_commands_no_terminal(payload: str) -> None:
    assert not obeyed(printable(payload))
    assert "\n" not in printable(payload)


def test_a_list_of_runs_commands_no_terminal_and_reads_no_markup(log_dir: Path) -> None:
    ended = run_command("list", log_dir)
    assert ended.returncode == 0
    assert not obeyed(ended.stdout)
    for shown in (r"\x1b[2J\x1b[31mred", "[red]text[/red]", "[/]", r"\u202egnp.exe", r"a\nb"):
        assert shown in ended.stdout
    listed = json.loads(run_command("list", log_dir, "--json").stdout)
    assert sorted(run["name"] for run in listed) == sorted(PAYLOADS)


def test_an_error_that_repeats_a_name_commands_no_terminal(log_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "\x1b[31msource"
    ended = run_command("import", "matrices", source, "--into", log_dir, "--run", "x")
    assert ended.returncode == 1
    assert not obeyed(ended.stderr)
    assert r"\x1b[31msource" in ended.stderr


def test_no_name_of_a_log_is_a_path(log_dir: Path) -> None:
    for path in log_dir.rglob("*"):
        assert path.name.isascii()
        assert not {c for c in path.name if not (c.isalnum() or c in "-.")}
    with client_of(create_app(log_dir)) as client:
        for run in client.get("/api/runs").json()["runs"]:
            table = client.get(f"/api/runs/{run['id']}/splits/{run['splits'][0]['id']}/table.csv")
            name = f"{run['id']}-{run['splits'][0]['id']}.csv"
            assert table.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_no_traversal_leaves_the_log_directory(log_dir: Path) -> None:
    (log_dir.parent / "secret").write_text("root:secret")
    assert len(TRAVERSALS) >= 250
    logs = cf.open_logs(log_dir)["x" * 5000]
    places = itertools.cycle(["/{}", "/assets/{}", "/api/runs/{}/splits/x/series"])
    with client_of(create_app(log_dir)) as client:
        for form in TRAVERSALS:
            assert form not in logs
            path = next(places).format(form)
            request = client.build_request("GET", "/")
            raw = path.replace("\\", "%5c").encode()
            request.url = httpx.URL(str(request.url)).copy_with(raw_path=raw)
            answer = client.send(request)
            assert answer.status_code in (400, 404), (path, answer.status_code)
            assert "root:" not in answer.text
