"""What may import what, and what a training pays for `import confusionflow`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "confusionflow"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each part may import from its siblings; data flows from log to store to analysis to server.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "analysis": {"errors"},
    "store": {"errors"},
    "log": {"errors", "store", "analysis"},
    "logs": {"errors", "store", "analysis"},
    "importers": {"errors", "log", "logs"},
    "demo": {"errors", "log"},
    "server": {"errors", "store", "analysis", "logs"},
}
# Imported within a function, where it is wanted: what reads logs may hand them to a host.
LAZY = {"logs": {"exporters"}, "demo": {"server"}}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def siblings(tree: ast.AST) -> set[str]:
    parts = (name.split(".") for name in imports(tree))
    known = {part_of(path) for path in MODULES}
    return {p[1] for p in parts if p[0] == "confusionflow" and len(p) > 1 and p[1] in known}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_data_from_log_to_server(path: Path) -> None:
    part = part_of(path)
    if part not in ALLOWED:
        return  # hosts and commands stand at the end and may use everything
    tree = ast.parse(path.read_text(encoding="utf-8"))
    everywhere = siblings(tree) - {part}
    functions = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    within = set[str]().union(*map(siblings, functions))
    assert everywhere <= ALLOWED[part] | (LAZY.get(part, set()) & within)


def test_analysis_is_pure() -> None:
    """No path, clock, request or randomness reaches it."""
    impure = {
        "pathlib",
        "os",
        "time",
        "datetime",
        "random",
        "secrets",
        "pyarrow",
        "fastapi",
        "json",
    }
    for path in (PACKAGE / "analysis").glob("*.py"):
        roots = {name.partition(".")[0] for name in imports(ast.parse(path.read_text()))}
        assert not roots & impure, path.name


def test_importing_the_package_loads_neither_server_nor_pandas_nor_a_framework() -> None:
    script = "import sys, confusionflow; print(*sorted(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    assert "confusionflow.log.run" in loaded
    heavy = {"fastapi", "starlette", "uvicorn", "pandas", "polars", "narwhals", "scipy", "sklearn"}
    heavy |= {"torch", "tensorflow", "jax", "keras", "typer", "rich", "confusionflow.server"}
    assert not loaded & heavy
