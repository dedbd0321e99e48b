"""Find the samples that a split names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.places.filesystem import read_proven
from confusionflow.store.samples.document import NamedSamples, decode_named
from confusionflow.store.split_folder import SplitFolder

Note = Callable[[str, str], None]


def named_samples(
    folder: SplitFolder, files: Sequence[SamplesFile], note: Note
) -> tuple[NamedSamples, ...]:
    """Find the sets of samples that the newest attempt with samples names, one for each rank.

    A set that several ranks name is returned once.

    Arguments:
        folder: The split's folder.
        files: Its files that name samples.
        note: Called with the path of each file that could not be read, and the reason.
    """
    for attempt in sorted({file.attempt for file in files}, reverse=True):
        by_rank: dict[int, list[SamplesFile]] = {}
        for file in sorted(files, reverse=True):
            if file.attempt == attempt:
                by_rank.setdefault(file.rank, []).append(file)
        named = (_first_named(folder, by_rank[rank], note) for rank in sorted(by_rank))
        if found := tuple(dict.fromkeys(each for each in named if each)):
            return found
    return ()


def _first_named(
    folder: SplitFolder, files: Iterable[SamplesFile], note: Note
) -> NamedSamples | None:
    """Read the first undamaged one of several alternative files."""
    for file in files:
        path = folder.path_of(file.name)

        def read(path: str = path, digest: str = file.digest) -> NamedSamples:
            return decode_named(read_proven(folder.filesystem, path, digest))

        try:
            return folder.cache.get(path, read)
        except DamagedFileError as error:
            note(path, str(error))
    return None
