"""Choose and check the names of imported runs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from confusionflow.errors import ConfusionFlowError, LogDirectoryError
from confusionflow.reading.logs import open_logs


def refuse_known_name(log_dir: str | os.PathLike[str], run_name: str) -> None:
    """Refuse a name that a run already has, so that nothing is imported twice.

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


def unlike_names(named: Iterable[tuple[str, str]]) -> list[str]:
    """Name each run of a tracker, in which several may have one name, or no name.

    Arguments:
        named: Name and id of each.

    Examples:
        >>> unlike_names([("adam", "3f2"), ("sgd", "a01"), ("adam", "9cc"), ("", "b7e")])
        ['adam 3f2', 'sgd', 'adam 9cc', 'b7e']
    """
    pairs = list(named)
    times = Counter(name for name, _ in pairs)
    return [
        run_id if not name else name if times[name] == 1 else f"{name} {run_id}"
        for name, run_id in pairs
    ]
