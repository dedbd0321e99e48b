"""What the docs say is true: their code runs, their links lead somewhere, nothing is left out."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import confusionflow as cf
from confusionflow import errors
from confusionflow.cli.demo import train
from confusionflow.log.notebook import InNotebook

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Their code needs frameworks and trackers; tests/integrations has those.
FRAMEWORKS = ROOT / "docs" / "integrations.md"
TRACKERS = ROOT / "docs" / "trackers.md"
WITH_CODE = [
    page
    for page in PAGES
    if page not in (FRAMEWORKS, TRACKERS) and BLOCK.search(page.read_text(encoding="utf-8"))
]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
@pytest.mark.slow
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks of a page, in their order, as one script beside the demo's logs."""
    monkeypatch.chdir(tmp_path)
    train("logs", epochs=2)
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "__main__"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        if not block[1].startswith(">>> "):
            exec(compile("\n" * line + block[1], page, "exec"), names)
            continue
        flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        test = doctest.DocTestParser().get_doctest(block[1], names, page.name, str(page), line)
        runner = doctest.DocTestRunner(optionflags=flags)
        runner.run(test, clear_globs=False)
        assert runner.summarize(verbose=False).failed == 0
        names = test.globs


def names_in(module: Path) -> set[str]:
    """What a module defines, or brings together if it is a folder; without importing it."""
    is_folder = module.is_dir()
    path = module / "__init__.py" if is_folder else module.with_suffix(".py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    if is_folder:
        return {a.name for node in body if isinstance(node, ast.ImportFrom) for a in node.names}
    return {node.name for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def test_what_the_page_on_frameworks_imports_is_there() -> None:
    for block in BLOCK.findall(FRAMEWORKS.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                defined = names_in(ROOT / "src" / Path(*node.module.split(".")))
                assert {alias.name for alias in node.names} <= defined, node.module


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_pictures_lead_to_something_that_is_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{name_of(page)} links to {target}"
        assert found.is_relative_to(ROOT), target
        if fragment:
            assert fragment in anchors(found), f"{name_of(page)} links to {target}"


def test_every_page_of_the_docs_is_linked_from_another() -> None:
    linked = set()
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            linked.add((page.parent / target).resolve())
    for page in ROOT.glob("docs/**/*.md"):
        assert page in linked, name_of(page)


def test_the_page_on_benches_lists_every_bench() -> None:
    page = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w+\.py)\)", page)) == {
        script.name for script in ROOT.glob("bench/*.py")
    }


OWNERS = {f"cf.{owner.__name__}": owner for owner in (cf.Run, cf.Logs, cf.LoggedRun, cf.Series)}


def public_members() -> list[tuple[str, str]]:
    found = [(f"cf.{name}", "") for name in cf.__all__ if name not in ("__version__", "errors")]
    for heading, owner in OWNERS.items():
        for name in sorted({*dir(owner)} - {*dir(InNotebook), *dir(Mapping)}):
            member = inspect.getattr_static(owner, name)
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                found.append((heading, name))
    return found


@pytest.mark.parametrize(("heading", "name"), public_members())
def test_the_python_api_page_describes_every_public_name(heading: str, name: str) -> None:
    page = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    section = re.search(
        rf"^### `{re.escape(heading)}\b.*?(?=^##|\Z)", page, re.DOTALL | re.MULTILINE
    )
    assert section, f"No section for {heading}"
    assert re.search(rf"`{name}\b", section[0]) or not name, f"{heading} without {name}"


@pytest.mark.parametrize("called", [cf.Run, cf.export])
def test_the_python_api_page_describes_every_argument(called: Callable[..., object]) -> None:
    page = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    for argument in inspect.signature(called).parameters.keys() - {"unknown"}:
        assert re.search(rf"^\|[^|]*`{argument}`[^|]*\|", page, re.MULTILINE), argument


@pytest.mark.parametrize("owner", OWNERS.values(), ids=OWNERS)
def test_every_public_method_and_its_arguments_have_a_docstring(owner: type) -> None:
    for name, member in inspect.getmembers(owner):
        if name.startswith("_") or name in ("get", "keys", "items", "values"):
            continue
        described = inspect.getdoc(member)
        assert described, f"{owner.__name__}.{name}"
        if inspect.isfunction(member):
            for argument in list(inspect.signature(member).parameters)[1:]:
                assert argument in described, f"{owner.__name__}.{name}({argument})"


@pytest.mark.slow
def test_the_docs_site_holds_the_report_of_a_real_training(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(site)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    report = (site / "play" / "report.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'id="confusionflow-data">(.*?)</script>', report, re.DOTALL)
    runs = json.loads(data)["runs"]["runs"]
    assert {run["name"] for run in runs} == {"sgd-slow", "sgd-fast", "adam"}
    assert all(split["epoch_count"] == 20 for run in runs for split in run["splits"])
    assert "src='report.html'" in (site / "play" / "index.html").read_text(encoding="utf-8")


def test_pip_finds_an_extra_of_the_installed_package_without_an_index(tmp_path: Path) -> None:
    """Errors tell users to run this in any folder, though no index has the package."""
    command = errors.install_command("notebook")
    _, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--dry-run", "--no-index", "--no-deps"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Requirement already satisfied: confusionflow[notebook]" in done.stdout


def test_every_extra_that_the_package_tells_users_to_install_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = set()
    for file in (ROOT / "src").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        told |= set(re.findall(r"pip install 'confusionflow\[(\w+)\]'", text))
        told |= set(re.findall(r'MissingPackageError\(\s*"[\w-]+",\s*"(\w+)"', text))
        told |= set(re.findall(r"install_command\(['\"](\w+)", text))
    assert {"notebook", "figure", "mcp", "tensorboard", "images"} <= told
    assert told <= set(project["optional-dependencies"])
