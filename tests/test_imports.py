"""What may import what, and what a training pays for `import confusionflow`.

Every import counts here: those within functions, and those for types alone.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import confusionflow as cf

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "confusionflow"
FILES = sorted(PACKAGE.rglob("*.py"))

# What each room may import from the others; data flows from log to store to analysis to server.
# "face" is confusionflow/__init__.py, which has what users see as `cf.`.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "analysis": {"errors"},
    "store": {"errors"},
    "log": {"errors", "store", "analysis"},
    "reading": {"errors", "store", "analysis", "log"},
    "server": {"errors", "store", "analysis", "reading"},
    "hosts": {"errors", "store", "analysis", "log", "reading", "server"},
    "importers": {"errors", "log", "reading"},
    "exporters": {"errors", "store", "analysis", "reading", "server", "hosts"},
    "integrations": {"errors", "log"},
    "engines": {"errors", "reading", "importers"},
    "testing": {"errors", "store", "analysis", "log", "reading"},
    "face": {"errors", "log", "reading", "importers", "engines", "exporters", "hosts"},
    "cli": {
        *("face", "errors", "store", "analysis", "log", "reading", "importers", "engines"),
        *("exporters", "server", "hosts"),
    },
    "__main__": {"cli"},
}
# Rooms within the store: the format knows nothing of the places, and neither of what is listed.
ALLOWED_IN_STORE: dict[str, set[str]] = {
    "format": set(),
    "places": {"format"},
    "listing": {"format", "places", "top"},
    "top": {"format", "places", "listing"},
}


def imports(text: str) -> Iterator[str]:
    """Full names of what a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


@cache
def needs(module: str) -> frozenset[str]:
    """Modules of this package that a module imports."""
    found = set()
    for name in imports(MODULES[module].read_text(encoding="utf-8")):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        found.add(name)
    return frozenset(found - {module, ""})


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "face"


def room_in_store(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[2] in ALLOWED_IN_STORE else "top"


@pytest.mark.parametrize("module", MODULES)
def test_imports_follow_the_data_from_log_to_server(module: str) -> None:
    room = room_of(module)
    assert {room_of(need) for need in needs(module)} - {room} <= ALLOWED[room]


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("confusionflow.store")])
def test_imports_within_the_store_keep_format_and_places_apart(module: str) -> None:
    room = room_in_store(module)
    inner = {need for need in needs(module) if room_of(need) == "store"}
    assert {room_in_store(need) for need in inner} - {room} <= ALLOWED_IN_STORE[room]


def test_no_room_needs_itself() -> None:
    order = list(TopologicalSorter(ALLOWED).static_order())
    assert order[0] == "errors"


def test_no_module_needs_itself() -> None:
    """No circle of files, neither when they are loaded nor later."""
    graph = {
        # A package is loaded before what is in it, and names what is in it: no need of either.
        module: {need for need in needs(module) if not module.startswith(f"{need}.")}
        for module in MODULES
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" needs\n".join(reversed(error.args[1])))
    assert len(order) == len(MODULES)


def test_a_circle_would_be_found() -> None:
    lazily = "def f():\n    from confusionflow.log import Run\n"
    for_types = "if TYPE_CHECKING:\n    from confusionflow.log import Run\n"
    assert list(imports(lazily)) == list(imports(for_types)) == ["confusionflow.log.Run"]
    with pytest.raises(CycleError):
        list(TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).static_order())


def test_the_top_has_a_dozen_rooms_at_most() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if list(path.glob("*.py"))}
    assert len(rooms) <= 12
    loose = {path.name for path in PACKAGE.glob("*.py")}
    assert loose == {"__init__.py", "__main__.py", "errors.py"}
    assert rooms <= ALLOWED.keys(), "say in ALLOWED what a new room may import"


def test_completion_offers_what_users_need() -> None:
    offered = output_of("import confusionflow as cf; print(*dir(cf))").split()
    assert sorted(offered) == sorted([*cf.__all__, "analysis"])


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
        roots = {name.partition(".")[0] for name in imports(path.read_text(encoding="utf-8"))}
        assert not roots & impure, path.name


def test_importing_the_package_loads_neither_server_nor_pandas_nor_a_framework() -> None:
    loaded = set(output_of("import sys, confusionflow; print(*sorted(sys.modules))").split())
    assert "confusionflow.log.run" in loaded
    heavy = {"fastapi", "starlette", "uvicorn", "pandas", "polars", "narwhals", "scipy", "sklearn"}
    heavy |= {"torch", "tensorflow", "jax", "keras", "typer", "rich", "confusionflow.server"}
    heavy |= {"anywidget", "mcp", "pydantic", "confusionflow.hosts.widget"}
    assert not loaded & heavy


# Names under which declared packages are imported.
IMPORTED_AS = {"PIL": "pillow", "google": "protobuf", "sklearn": "scikit-learn"}


def test_every_package_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    declared = {re.split(r"[^\w-]", line)[0] for line in lines}
    roots = {
        name.partition(".")[0]
        for file in FILES
        for name in imports(file.read_text(encoding="utf-8"))
    }
    others = roots - sys.stdlib_module_names - {"confusionflow"}
    packages = {IMPORTED_AS.get(name, name).replace("_", "-") for name in others}
    assert packages <= declared


def output_of(script: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return ended.stdout


def test_no_command_but_its_own_loads_the_sdk_of_assistants(tmp_path: Path) -> None:
    loaded = output_of(
        "import sys; from confusionflow.cli.app import main\n"
        f"sys.argv[1:] = ['list', {str(tmp_path)!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "import confusionflow.server.app; print(*sorted(sys.modules))"
    ).split()
    assert "confusionflow.cli.app" in loaded
    assert "mcp" not in loaded
