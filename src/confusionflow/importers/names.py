"""The name of an imported run."""

from __future__ import annotations

import os
from pathlib import Path

from confusionflow.errors import ConfusionFlowError
from confusionflow.logs import open_logs


def refuse_known_name(log_dir: str | os.PathLike[str], run_name: str) -> None:
    """A second import of the same thing must not pass for the first.

    Raises:
        ConfusionFlowError: the log directory already has a run of that name.
    """
    if Path(log_dir).is_dir() and run_name in open_logs(log_dir):
        raise ConfusionFlowError(
            f"{os.fspath(log_dir)} already has a run named {run_name!r}. "
            "Choose another name for this import, or delete that run's folder first."
        )
