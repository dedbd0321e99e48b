"""The package as others get it: built and installed where there is no Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def without_node() -> dict[str, str]:
    """The environment, with every folder that has a Node taken off PATH."""
    folders = os.environ["PATH"].split(os.pathsep)
    kept = [folder for folder in folders if not shutil.which("node", path=folder)]
    environment = {**os.environ, "PATH": os.pathsep.join(kept)}
    assert not shutil.which("node", path=environment["PATH"])
    return environment


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it without Node."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, "--sdist", str(ROOT)], check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run(
        [*build, "--wheel", str(source)], check=True, capture_output=True, env=without_node()
    )
    return folder


@pytest.mark.slow
def test_the_wheel_holds_the_built_client_and_its_types(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    static = "confusionflow/server/static"
    files = {f"{static}/{name}" for name in ("index.html", "widget.js", "report.js", "report.css")}
    assert files | {"confusionflow/py.typed"} <= names
    for suffix in (".js", ".css", ".woff2"):
        assert any(name.endswith(suffix) for name in names), suffix
    assert all(re.match(r"confusionflow(-[\d.]+\.dist-info)?/", name) for name in names)


@pytest.mark.slow
def test_the_sdist_holds_the_client_and_none_of_its_packages(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {"client/package-lock.json", "scripts/node.py", "hatch_build.py", "LICENSE"} <= set(
        names
    )
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.slow
def test_the_installed_wheel_serves_the_page_without_node(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, str(wheel)], check=True, env=without_node())
    environment = {**without_node(), "PYTHONPATH": str(target)}
    where = [sys.executable, "-c", "import confusionflow; print(confusionflow.__file__)"]
    found = subprocess.run(where, env=environment, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(target)
    (tmp_path / "logs").mkdir()
    command = [sys.executable, "-m", "confusionflow", "serve", str(tmp_path / "logs")]
    with subprocess.Popen(
        [*command, "--no-open"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address
            page = urllib.request.urlopen(address[0]).read().decode()
            scripts = re.findall(r'(?:src|href)="\./([^"]+\.js)"', page)
            sizes = [len(urllib.request.urlopen(address[0] + one).read()) for one in scripts]
            assert sum(sizes) > 50_000
        finally:
            process.terminate()
