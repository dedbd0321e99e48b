"""The reference pages of the command line and the HTTP API list what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from confusionflow.cli.app import app
from confusionflow.server.app import create_app
from confusionflow.server.openapi import openapi_text

ROOT = Path(__file__).parents[1]
CLI_PAGE = ROOT / "docs" / "cli.md"
TYPES = ROOT / "client" / "src" / "source"


def commands(command: Any, name: str = "") -> list[str]:
    """The words of each command, depth first."""
    found = [name]
    for word, inner in getattr(command, "commands", {}).items():
        found += commands(inner, f"{name} {word}".strip())
    return found


COMMANDS = commands(typer.main.get_command(app))


def help_of(command: str) -> str:
    """The text of `--help`, as a terminal of 100 columns without colours shows it."""
    result = CliRunner().invoke(
        app,
        [*command.split(), "--help"],
        prog_name="confusionflow",
        env={"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.output.strip().splitlines()]
    return "\n".join(lines)


def section(command: str) -> str:
    return f"## `{f'confusionflow {command}'.strip()}`\n\n```text\n{help_of(command)}\n```\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_is_in_the_docs_as_it_is(command: str) -> None:
    assert section(command) in CLI_PAGE.read_text(), "Run: python -m tests.test_reference"


def test_the_docs_describe_no_command_that_is_gone() -> None:
    described = re.findall(r"^## `confusionflow ?(.*)`$", CLI_PAGE.read_text(), re.MULTILINE)
    assert described == COMMANDS


def test_every_route_has_a_heading_and_every_parameter_and_field_a_word() -> None:
    page = (ROOT / "docs" / "http-api.md").read_text()
    paths = create_app(".").openapi()["paths"]
    headings = re.findall(r"^## `GET (.*)`$", page, re.MULTILINE)
    assert sorted(headings) == sorted(paths)
    for path, methods in paths.items():
        body = page.split(f"## `GET {path}`\n")[1].split("\n## ")[0]
        for parameter in methods["get"].get("parameters", []):
            assert f"`{parameter['name']}`" in body, (path, parameter["name"])
    for model in ("RunSummary", "SplitSummary", "RunList"):
        fields = create_app(".").openapi()["components"]["schemas"][model]["properties"]
        for field in fields:
            assert f"`{field}`" in page or f'"{field}"' in page, (model, field)


def test_the_document_that_the_clients_types_come_from_is_current() -> None:
    assert (TYPES / "openapi.json").read_text() == openapi_text(), (
        "Run: python -m confusionflow.server.openapi > client/src/source/openapi.json"
    )


@pytest.mark.slow
def test_the_clients_types_are_those_of_the_document(tmp_path: Path) -> None:
    made = tmp_path / "openapi.d.ts"
    command = [sys.executable, "scripts/node.py", "openapi-typescript", "src/source/openapi.json"]
    subprocess.run([*command, "-o", str(made)], cwd=ROOT, check=True, capture_output=True)
    assert made.read_text() == (TYPES / "openapi.d.ts").read_text(), (
        "Run: python scripts/node.py openapi-typescript src/source/openapi.json "
        "-o src/source/openapi.d.ts"
    )


if __name__ == "__main__":
    head = CLI_PAGE.read_text().split("\n## ")[0].rstrip("\n")
    CLI_PAGE.write_text(f"{head}\n\n" + "\n".join(map(section, COMMANDS)))
