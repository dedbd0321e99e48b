"""Build hook: puts the built client into the package.

The client is built when its inputs changed since the last build; a hash of them is kept beside the
result. An sdist carries the built client, so that installing from one needs no Node.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STAMP = "inputs.sha256"
NOT_INPUTS = {"node_modules", "coverage"}


class ClientBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds `client/` into `src/confusionflow/server/static/`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only where a build is due and PATH has none that fits."""
        node = self._load_node()
        return [] if self._is_current() or node.node_on_path() else [node.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client, unless what is there was made from the same inputs."""
        if self._is_current():
            return
        node = self._load_node().find_node()
        # Linters and tests are not part of a build, but stay where somebody develops.
        is_developed = (Path(self.root) / "client" / "node_modules" / "vitest").exists()
        node.install(*([] if is_developed else ["--omit=dev"]))
        node.tool("vite", "build")
        (self._static / STAMP).write_text(self._inputs_hash())

    @property
    def _static(self) -> Path:
        return Path(self.root) / "src" / "confusionflow" / "server" / "static"

    def _is_current(self) -> bool:
        stamp = self._static / STAMP
        return stamp.is_file() and stamp.read_text() == self._inputs_hash()

    def _inputs_hash(self) -> str:
        """Hash names and contents of all files that the client is built from."""
        client = Path(self.root) / "client"
        digest = hashlib.sha256()
        for path in sorted(client.rglob("*")):
            relative = path.relative_to(client)
            if path.is_file() and not NOT_INPUTS.intersection(relative.parts):
                digest.update(f"{relative.as_posix()}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def _load_node(self) -> ModuleType:
        path = Path(self.root) / "scripts" / "node.py"
        spec = importlib.util.spec_from_file_location("confusionflow_build_node", path)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{path} is missing; the source is not complete.")
        module = importlib.util.module_from_spec(spec)
        # A dataclass looks its module up by name while it is being made.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
