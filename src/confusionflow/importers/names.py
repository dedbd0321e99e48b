"""The name of an imported run."""

from __future__ import annotations

import os

from confusionflow.errors import ConfusionFlowError, LogDirectoryError
from confusionflow.logs import open_logs


def refuse_known_name(log_dir: str | os.PathLike[str], run_name: str) -> None:
    """A second import of the same thing must not pass for the first.

    Raises:
        ConfusionFlowError: the log directory already has a run of that name.
    """
    try:
        known = open_logs(log_dir)
    except LogDirectoryError:
        return
    if run_name in known:
        raise ConfusionFlowError(
            f"{os.fspath(log_dir)} already has a run named {run_name!r}. "
            "Choose another name for this import, or delete that run's folder first."
        )
