"""What is committed installs anywhere: no file names a place of its own to get packages from."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from conftest import pytest_ignore_collect

ROOT = Path(__file__).parents[1]


def declared() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", each.name).lower(): each for each in requirements}


def test_the_lock_file_names_no_place_to_download_from() -> None:
    packages = json.loads((ROOT / "client" / "package-lock.json").read_text())["packages"]
    assert len(packages) > 50
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package or package.get("link"), name


@pytest.mark.parametrize(
    "name",
    [
        "constraints.txt",
        "pyproject.toml",
        "client/.npmrc",
        "Makefile",
    ],
)
def test_no_file_chooses_a_package_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"(index-url|registry\s*=|find-links|trusted-host|\[\[tool\.uv)", text)


def test_every_declared_package_is_pinned_for_the_checks() -> None:
    table = declared()
    project, groups = table["project"], table["dependency-groups"]
    assert isinstance(project, dict)
    assert isinstance(groups, dict)
    known = pins()
    for text in [*project["dependencies"], *groups["dev"], *groups["integrations"]]:
        wanted = Requirement(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert name in known, f"constraints.txt does not pin {name}"
        version = str(known[name].specifier).removeprefix("==")
        assert wanted.specifier.contains(version, prereleases=True), text


def test_no_path_of_a_machine_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git repository")
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if path.suffix in {".md", ".py", ".ts", ".svelte", ".toml", ".json", ".txt"}:
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            assert not re.search(r"/(?:home|Users)/[a-z]\w+/|/root/\.", text), name


def test_examples_are_looked_for_outside_of_the_checkout_too(tmp_path: Path) -> None:
    assert pytest_ignore_collect(tmp_path / "module.py") is None
    assert pytest_ignore_collect(ROOT / "src/confusionflow/errors.py") is None
