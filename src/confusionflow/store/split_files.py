"""Assembles the files of one split into epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.epoch import EpochCounts, StoredEpoch, join_ranks, read_counts
from confusionflow.store.format import file_names
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.format.tables import Metadata, decode_classes
from confusionflow.store.packed import LastOpened, read_data
from confusionflow.store.places.filesystem import join, read_proven
from confusionflow.store.predictions import EpochPredictions, read_epoch
from confusionflow.store.samples.document import NamedSamples, decode_named
from confusionflow.store.split_folder import SplitFolder


@dataclass(frozen=True)
class Problem:
    """A file that could not be read, relative to the log directory, and why."""

    file: str
    reason: str


class SplitFiles:
    """The newest whole file of each epoch and rank of a split.

    Arguments:
        folder: The split's folder.
        counts: Its files of counts that later attempts do not hide.
        predictions: Looks for its files of predictions.
        report: Called with each file that could not be read.
        renamed: The file that gave the run its present name, or None. A split is sent with it.
        samples: Its files that name samples.

    Attributes:
        folder: The split's folder.
        problems: Files that could not be read so far.
    """

    def __init__(
        self,
        folder: SplitFolder,
        counts: Sequence[DataFile],
        predictions: Callable[[], list[DataFile]],
        report: Callable[[Problem], None],
        renamed: str | None = None,
        samples: Sequence[SamplesFile] = (),
    ) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._counts = counts
        self._find_predictions = predictions
        self._report = report
        self._renamed = renamed
        self._samples = samples
        self._versions: dict[tuple[str, ...], str] = {}

    @cached_property
    def _files(self) -> list[DataFile]:
        """By epoch; sorted when first asked for, which of other splits nobody does."""
        return sorted(self._counts)

    @property
    def version(self) -> str:
        """Changes if and only if the content does: names hold digests of contents.

        Files known to be damaged count as missing, because they may be whole later.
        """
        damaged = tuple(self.folder.cache.damaged(self.folder.path))
        known = self._versions.get(damaged)
        if known is None:
            known = file_names.digest_of("\n".join([*self._names(), *damaged]).encode())
            self._versions = {damaged: known}
        return known

    def _names(self) -> list[str]:
        names = [file.name for file in self._files]
        if self._renamed:
            names.append(self._renamed)
        if len({file.rank for file in self._files}) > 1:
            # What ranks amount to depends on their predictions, which a copy may bring later.
            found = map(self._predictions_of, self._files)
            names += [file.name for file in found if file]
        return names

    @cached_property
    def order(self) -> tuple[int, int]:
        """Sort key among the run's splits: when the split was first logged."""
        return min(map(_age, self._counts))

    @cached_property
    def listed_epochs(self) -> tuple[int, ...]:
        """Epochs named by files, whether or not these can be read, increasing."""
        return tuple(sorted({file.epoch for file in self._files}))

    @cached_property
    def last(self) -> StoredEpoch | None:
        """The newest epoch that can be read; cheaper than all of them."""
        for epoch, files in groupby(reversed(self._files), key=lambda file: file.epoch):
            found = self._epoch(epoch, files)
            if found:
                return found
        return None

    @cached_property
    def newest(self) -> EpochCounts | None:
        """The newest file, which has the longest list of classes."""
        # Of ten thousand, the newest is found sooner than all are sorted, and mostly whole.
        newest = self._first_readable([max(self._counts, key=_age)])
        return newest or self._first_readable(sorted(self._counts, key=_age, reverse=True))

    @cached_property
    def epochs(self) -> list[StoredEpoch]:
        """All epochs that can be read, increasing."""
        self._prefetch()
        found = (
            self._epoch(epoch, files)
            for epoch, files in groupby(self._files, key=lambda file: file.epoch)
        )
        return [epoch for epoch in found if epoch]

    def class_list(self, digest: str) -> tuple[str, ...] | None:
        """The list of classes with that digest; None if it can't be read."""
        path = join(self.folder.path.rpartition("/")[0], file_names.classes_file(digest))
        try:
            return self.folder.cache.get(
                path, lambda: decode_classes(read_proven(self.folder.filesystem, path, digest))
            )
        except DamagedFileError as error:
            self._note(path, str(error))
            return None

    def predictions(self, epoch: StoredEpoch) -> pa.Table | None:
        """The predictions of an epoch; None if only its counts were logged.

        Raises:
            DamagedFileError: a file is not what was written.
        """
        files = [file for part in epoch.parts if (file := self._predictions_of(part.file))]
        if not files:
            return None
        tables = (read_data(self.folder, file)[0] for file in files)
        return pa.concat_tables(tables, promote_options="permissive")

    def instances(
        self,
        epoch: StoredEpoch,
        places: Callable[[Metadata], NDArray[np.integer] | int],
        last: LastOpened,
    ) -> EpochPredictions | None:
        """The predictions that an epoch's counts include; None if none can be read.

        Arguments:
            epoch: The epoch.
            places: The index in the split's classes of each index that a file has; or, if they
                are the same, how many there are.
            last: Keeps a joined file open for the next epoch.
        """
        files = [file for part in epoch.parts if (file := self._predictions_of(part.file))]
        if not files:
            return None
        has_ranks = any(part.metadata.world_size > 1 for part in epoch.parts)
        try:
            return read_epoch(self.folder, files, places, last, has_ranks=has_ranks)
        except DamagedFileError as error:
            self._note(self.folder.path_of(files[0].name), str(error))
            return None

    def digests(self, epoch: StoredEpoch) -> tuple[str, ...]:
        """Names of the files that `instances` reads, which say what is in them."""
        found = (self._predictions_of(part.file) for part in epoch.parts)
        return tuple(file.name for file in found if file)

    @cached_property
    def samples(self) -> tuple[NamedSamples, ...]:
        """The sets of samples that the newest attempt with samples names, one for each rank.

        A set that several ranks name is there once.
        """
        for attempt in sorted({file.attempt for file in self._samples}, reverse=True):
            by_rank: dict[int, list[SamplesFile]] = {}
            for file in sorted(self._samples, reverse=True):
                if file.attempt == attempt:
                    by_rank.setdefault(file.rank, []).append(file)
            named = (self._first_named(by_rank[rank]) for rank in sorted(by_rank))
            if found := tuple(dict.fromkeys(each for each in named if each)):
                return found
        return ()

    def _first_named(self, files: Iterable[SamplesFile]) -> NamedSamples | None:
        """Read the first of several alternative files that is whole."""
        for file in files:
            path = self.folder.path_of(file.name)
            try:
                return self.folder.cache.get(path, partial(self._read_named, path, file.digest))
            except DamagedFileError as error:
                self._note(path, str(error))
        return None

    def _read_named(self, path: str, digest: str) -> NamedSamples:
        return decode_named(read_proven(self.folder.filesystem, path, digest))

    @cached_property
    def _predictions(self) -> dict[DataFile, DataFile]:
        """Files of predictions, keyed by the fields that they share with their counts files."""
        return {replace(file, digest=""): file for file in self._find_predictions()}

    def _predictions_of(self, counts: DataFile) -> DataFile | None:
        return self._predictions.get(replace(counts, kind="predictions", digest=""))

    def _epoch(self, epoch: int, files: Iterable[DataFile]) -> StoredEpoch | None:
        """Assemble an epoch from the newest whole file of each rank."""
        by_rank: dict[int, list[DataFile]] = {}
        for file in sorted(files, reverse=True):
            by_rank.setdefault(file.rank, []).append(file)
        readable = (self._first_readable(by_rank[rank]) for rank in sorted(by_rank))
        parts = tuple(part for part in readable if part)
        if any(part.metadata.world_size > 1 for part in parts):
            parts = self._joined(parts)
        times = max(len(files) for files in by_rank.values())
        return StoredEpoch(epoch, parts, times) if parts else None

    def _joined(self, parts: tuple[EpochCounts, ...]) -> tuple[EpochCounts, ...]:
        predictions = [self._predictions_of(part.file) for part in parts]
        files = [part.file for part in parts]
        key = self._joined_key(files)
        cache = self.folder.cache
        joined = cache.get(key, lambda: join_ranks(self.folder, parts, predictions))
        if key != self._joined_key(files):
            cache.forget(key)  # it lacks a file that was found damaged, and may be whole soon
        for file, reason in joined.problems:
            self._note(self.folder.path_of(file.name), reason)
        return joined.parts

    def _prefetch(self) -> None:
        """Begin to read the newest file of each rank of each epoch, and what joining them needs."""
        if self.folder.filesystem.parallel_requests < 2:
            return
        wanted: list[DataFile | None] = []
        for _, files in groupby(self._files, key=lambda file: file.epoch):
            by_rank = {file.rank: file for file in files}
            newest = [by_rank[rank] for rank in sorted(by_rank)]
            wanted += newest
            joined = self._joined_key(newest)
            if len(newest) > 1 and self.folder.cache.missing([joined]):
                wanted += [self._predictions_of(file) for file in newest]
        alone = (self.folder.path_of(f.name) for f in wanted if f and f.within is None)
        self.folder.filesystem.prefetch(self.folder.cache.missing(alone))

    def _joined_key(self, counts: Iterable[DataFile]) -> str:
        """Names what ranks amount to: their counts, and the predictions that are there and whole.

        A copy that is being made may have the ones before the others.
        """
        names = [self.folder.path]
        for file in counts:
            predictions = self._predictions_of(file)
            is_whole = predictions and not self.folder.cache.is_damaged(
                self.folder.path_of(predictions.name)
            )
            names += [file.name, predictions.name if predictions else "", str(is_whole)]
        return "\n".join(names)

    def _first_readable(self, files: Iterable[DataFile]) -> EpochCounts | None:
        """Return the first of several alternative files that is whole."""
        for file in files:
            path = self.folder.path_of(file.name)
            try:
                counts = self.folder.cache.get(path, partial(read_counts, self.folder, file))
                names = self.class_list(counts.metadata.classes)
                if names is None or not len(counts.count) or counts.most_index < len(names):
                    return counts
                self._note(path, f"It counts class {counts.most_index}, of {len(names)} classes.")
            except DamagedFileError as error:
                self._note(path, str(error))
        return None

    def _note(self, path: str, reason: str) -> None:
        problem = Problem(path, reason)
        if problem not in self.problems:
            self.problems.append(problem)
            self._report(problem)


def _age(file: DataFile) -> tuple[int, int]:
    """Grows with each file that a split gets."""
    return file.attempt, file.sequence
