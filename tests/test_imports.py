"""What may import what, and what a training pays for `import confusionflow`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
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
    "reading": {"errors", "store", "analysis", "log"},
    "server": {"errors", "store", "analysis", "log", "reading"},
    "hosts": {"errors", "store", "analysis", "log", "reading", "server"},
    "importers": {"errors", "log", "reading"},
    "exporters": {"errors", "store", "analysis", "reading", "server", "hosts"},
    "integrations": {"errors", "log"},
}
# Imported within a function, where it is wanted: what reads logs may hand them to a host.
LAZY: dict[str, set[str]] = {}


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


class Loaded(ast.NodeTransformer):
    """Leaves what runs as a module is loaded: neither functions nor imports for types only."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_If(self, node: ast.If) -> ast.If | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node


def as_loaded(text: str) -> ast.AST:
    tree: ast.AST = Loaded().visit(ast.parse(text))
    return tree


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, other: str) -> bool:
    """Whether one is the package that the other is in."""
    return f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}.")


def siblings(tree: ast.AST) -> set[str]:
    parts = (name.split(".") for name in imports(tree))
    known = {part_of(path) for path in MODULES}
    return {p[1] for p in parts if p[0] == "confusionflow" and len(p) > 1 and p[1] in known}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_data_from_log_to_server(path: Path) -> None:
    part = part_of(path)
    if part not in ALLOWED:
        return  # hosts and commands stand at the end and may use everything
    text = path.read_text(encoding="utf-8")
    at_once, anywhere = siblings(as_loaded(text)) - {part}, siblings(ast.parse(text)) - {part}
    assert at_once <= ALLOWED[part]
    assert anywhere <= ALLOWED[part] | LAZY.get(part, set())


def test_no_module_needs_itself_to_be_loaded() -> None:
    modules = {module_of(path): path for path in MODULES}
    needs = {}
    for name, path in modules.items():
        tree = as_loaded(path.read_text(encoding="utf-8"))
        known = ({full, full.rpartition(".")[0]} & modules.keys() for full in imports(tree))
        # A package is loaded before what is in it, and names what is in it: no need of either.
        needs[name] = {need for found in known for need in found if not within(name, need)}
    order = list(TopologicalSorter(needs).static_order())
    assert order.index("confusionflow.errors") < order.index("confusionflow.log.run")


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
    for path in (PACKAGE / "analysis").rglob("*.py"):
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
