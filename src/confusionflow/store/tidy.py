"""Leave a run as it is opened fastest: few files, joined ranks, an overview."""

from __future__ import annotations

from collections.abc import Callable

from confusionflow.store.compact import compact_run
from confusionflow.store.format import ids
from confusionflow.store.keep_joined import keep_joined
from confusionflow.store.listing.overview import write_summary
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.read import Store


def tidy_run(
    filesystem: FileSystem,
    run_id: str,
    *,
    only_writer: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Pack the files of a run, keep the joined counts of its ranks, and keep its overview.

    Readers see the same content before, meanwhile and afterwards. What is not done in time stays as
    it is.

    Arguments:
        filesystem: The log directory.
        run_id: Id of the run.
        only_writer: Pack the files of this writer only; None for those of all.
        progress: Called with the number of files that are done, and of all.
        is_over: Whether time is up.

    Returns:
        How many files were removed because packed ones hold their content.

    Raises:
        OSError: a file could not be written or removed; nothing is lost.
    """
    removed = compact_run(
        filesystem, run_id, only_writer=only_writer, progress=progress, is_over=is_over
    )
    run = Store(filesystem).run(run_id)
    # A rank that closes leaves joining to the last one, even if another seems to have stopped.
    if run.state == "finished" or (run.state == "stopped" and only_writer is None):
        keep_joined(filesystem, run, is_over)
    write_summary(filesystem, run, only_writer or ids.new_writer_id())
    return removed
