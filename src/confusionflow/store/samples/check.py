"""Check every byte of the samples of a log directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.sample_names import SAMPLES_FOLDER, SamplePart
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.problem import Problem
from confusionflow.store.samples.part import PartReader


def check_samples(
    filesystem: FileSystem, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Problem]:
    """Read all files of samples, and report the damaged ones with the reason.

    Arguments:
        filesystem: Holds the log directory.
        progress: Called with the number of files done and their total.
    """
    try:
        names = sorted(filesystem.scan(SAMPLES_FOLDER).files)
    except (FileNotFoundError, NotADirectoryError):
        return
    for done, name in enumerate(names, 1):
        path = join(SAMPLES_FOLDER, name)
        part = SamplePart.parse(name)
        try:
            if part:
                reader = PartReader(read_proven(filesystem, path, part.digest))
                reader.table()
                reader.images()
            elif name.startswith("samples-"):
                raise DamagedFileError(
                    "Its name is not valid, so it is not read. Restore its original name, or "
                    "delete it."
                )
        except (DamagedFileError, OSError) as error:
            yield Problem(path, str(error))
        progress(done, len(names))
