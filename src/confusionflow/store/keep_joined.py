"""Keep the joined counts of a run's ranks in its log."""

from __future__ import annotations

from collections.abc import Callable

from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import JoinedFile
from confusionflow.store.joined_files import in_files
from confusionflow.store.places.filesystem import FileSystem, join
from confusionflow.store.run import StoredRun


def keep_joined(
    filesystem: FileSystem,
    run: StoredRun,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Join the ranks of all epochs of a run, and write their counts into the log.

    The newest epochs come first. Readers join what is not joined in time.

    Raises:
        OSError: a file could not be written or removed; nothing is lost.
    """
    for split in run.splits.values():
        folder = join(file_names.run_folder(run.id), file_names.split_folder(split.id))
        found = sorted(split.join(is_over), key=lambda epoch: epoch.epoch)
        if {epoch.key for epoch in found} <= split.joined_in_log:
            continue
        before = [f for name in filesystem.scan(folder).files if (f := JoinedFile.parse(name))]
        writer = ids.new_writer_id()
        for file, data in in_files(found, writer):
            filesystem.commit(folder, {file.name: data}, writer)
        for file in before:
            filesystem.remove(join(folder, file.name))
