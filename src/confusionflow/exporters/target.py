"""Checks where an export is written."""

from __future__ import annotations

import os
from pathlib import Path

from confusionflow.errors import TargetError


def target_file(path: str | os.PathLike[str]) -> Path:
    """Check early that an export can write to a path, and return it.

    Raises:
        TargetError: the folder is missing, or the path is a folder itself.
    """
    file = Path(path)
    if file.is_dir():
        raise TargetError(f"{file} is a folder. Pass the path of a file, for example one in it.")
    if not file.parent.is_dir():
        raise TargetError(
            f"There is no folder {file.parent} to write {file.name} into. Make it, or pass a path "
            "in an existing folder."
        )
    return file
