"""Suggests the log directory that was probably meant."""

from __future__ import annotations

import contextlib
from pathlib import Path

from confusionflow.store.format.file_names import parse_run_folder


def suggest_log_directory(log_dir: str) -> str | None:
    """Suggest the log directory that was probably meant: one that contains the folder, or one in
    it.

    Returns:
        Its path; None if the folder has runs itself, or if there is no such log directory.

    Examples:
        >>> import tempfile
        >>> project = tempfile.mkdtemp()
        >>> (Path(project) / "logs" / "run-20261124T101500-5f3a9c1e").mkdir(parents=True)
        >>> suggest_log_directory(project) == f"{project}/logs"
        True
        >>> suggest_log_directory(f"{project}/logs") is None
        True
    """
    folder = Path(log_dir)
    with contextlib.suppress(OSError):
        if _has_runs(folder):
            return None
        if parse_run_folder(folder.resolve().name):
            return str(folder.resolve().parent)
        for inner in sorted(folder.iterdir()):
            if inner.is_dir() and _has_runs(inner):
                return str(inner)
    return None


def _has_runs(folder: Path) -> bool:
    return any(parse_run_folder(inner.name) for inner in folder.iterdir())
