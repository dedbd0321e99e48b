"""Remove a run from a log directory."""

from __future__ import annotations

from confusionflow.errors import RunningError
from confusionflow.store.format import file_names
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.run import StoredRun


def check_removable(run: StoredRun) -> None:
    """Check that no training logs into a run.

    Raises:
        RunningError: a training does.
    """
    if run.state == "running":
        raise RunningError(run.name, run.id)


def remove_run(filesystem: FileSystem, run: StoredRun) -> None:
    """Remove a run's folder with all that is in it. It can't be undone.

    Arguments:
        filesystem: Holds the log directory.
        run: The run, as it was a moment ago.

    Raises:
        RunningError: a training still logs into it.
        OSError: not all of it could be removed.
    """
    check_removable(run)
    filesystem.remove_folder(file_names.run_folder(run.id))
