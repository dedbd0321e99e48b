"""Where the runs are that somebody looks for in a folder that has none."""

from __future__ import annotations

import contextlib
from pathlib import Path

from confusionflow.store.format.file_names import parse_run_folder


def log_directory_near(log_dir: str) -> str | None:
    """A log directory that was meant: the folder is within it, or it is within the folder.

    Returns:
        Its path; None where the folder has runs itself, or there is none near it.

    Examples:
        >>> import tempfile
        >>> project = tempfile.mkdtemp()
        >>> (Path(project) / "logs" / "run-20261124T101500-5f3a9c1e").mkdir(parents=True)
        >>> log_directory_near(project) == f"{project}/logs"
        True
        >>> log_directory_near(f"{project}/logs") is None
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
