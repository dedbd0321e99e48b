"""One split of one run, as it stood when the run was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError, EpochNotFoundError
from confusionflow.store import layout
from confusionflow.store.cache import Cache
from confusionflow.store.epoch import EpochCounts, StoredEpoch, merge, read_counts
from confusionflow.store.filesystem import FileSystem, join, read_proven
from confusionflow.store.layout import DataFile
from confusionflow.store.merged import read_data
from confusionflow.store.tables import decode_classes


@dataclass(frozen=True)
class Problem:
    """A file that could not be read, relative to the log directory, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class CountRows:
    """The counts of a split without their zeros: row i is one cell of one epoch.

    Attributes:
        epochs: Logged epochs, int64, shape (epochs,), increasing.
        epoch_index, actual, predicted: Where the count belongs, each shape (rows,).
        count: int64, shape (rows,).
    """

    epochs: NDArray[np.int64]
    epoch_index: NDArray[np.int64]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    count: NDArray[np.int64]


class StoredSplit:
    """A split: the newest whole file of each epoch and rank.

    Arguments:
        filesystem: Holds the log directory.
        folder: Path of the split's folder.
        files: Its files of counts that later attempts do not hide.
        predictions: Looks for its files of predictions.
        cache: Keeps what was read; files never change.
        report: Called with each file that could not be read.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        folder: str,
        files: list[DataFile],
        predictions: Callable[[], list[DataFile]],
        cache: Cache,
        report: Callable[[Problem], None],
    ) -> None:
        self._filesystem = filesystem
        self._folder = folder
        self._files = sorted(files)
        self._find_predictions = predictions
        self._cache = cache
        self._report = report
        self.problems: list[Problem] = []

    @cached_property
    def id(self) -> str:
        """The split's id, the same in every run that has a split of this name."""
        return self._folder.rpartition("/")[2].removeprefix("split-")

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._run_folder.removeprefix("run-")

    @property
    def _run_folder(self) -> str:
        return self._folder.rpartition("/")[0]

    @property
    def version(self) -> str:
        """Changes if and only if the content does: names hold digests of contents.

        What is known to be damaged counts as missing, for it may be whole later.
        """
        names = [file.name for file in self._files]
        return layout.digest_of("\n".join([*names, *self._cache.damaged(self._folder)]).encode())

    @cached_property
    def order(self) -> tuple[int, int]:
        """Where the split comes among its run's: by when it was first logged."""
        return min((file.attempt, file.sequence) for file in self._files)

    @property
    def name(self) -> str:
        """Name of the split; its id where no file can be read."""
        return self._newest.metadata.split if self._newest else self.id

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Class names: the newest list, and at its end what other lists have beyond it.

        A list only grows, so the newest has all; but several writers may have let theirs grow.
        """
        names = dict.fromkeys(self.newest_classes)
        n_nameless = 0
        for part in self._parts:
            known = self._class_list(part.metadata.classes)
            names.update(dict.fromkeys(known or ()))
            if known is None and len(part.count):
                n_nameless = max(n_nameless, part.most_index + 1)
        return (*names, *(f"class {index}" for index in range(len(names), n_nameless)))

    @cached_property
    def newest_classes(self) -> tuple[str, ...]:
        """The list of classes that was written last; cheaper than `classes`."""
        if self._newest is None:
            return ()
        return self._class_list(self._newest.metadata.classes) or ()

    @cached_property
    def listed_epochs(self) -> tuple[int, ...]:
        """Epochs by the names of their files, read or not, increasing."""
        return tuple(sorted({file.epoch for file in self._files}))

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Epochs that can be read, int64, shape (epochs,), increasing."""
        return np.array([epoch.epoch for epoch in self._epochs], np.int64)

    def counts(self) -> CountRows:
        """The counts of all epochs; several ranks may have rows of one cell."""
        sizes = [sum(len(part.count) for part in epoch.parts) for epoch in self._epochs]
        places = {
            digest: self._places(digest) for digest in {p.metadata.classes for p in self._parts}
        }

        def joined(columns: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
            parts = list(columns)
            return np.concatenate(parts) if parts else np.empty(0, np.int64)

        def placed(name: str) -> NDArray[np.int64]:
            return joined(places[p.metadata.classes](getattr(p, name)) for p in self._parts)

        return CountRows(
            self.epochs,
            np.repeat(np.arange(len(sizes)), sizes),
            placed("actual"),
            placed("predicted"),
            joined(part.count for part in self._parts),
        )

    def left_out(self) -> NDArray[np.int64]:
        """Instances of each epoch that are in no count, int64, shape (epochs,)."""
        return np.array(
            [sum(part.metadata.left_out for part in epoch.parts) for epoch in self._epochs],
            np.int64,
        )

    def times_logged(self) -> NDArray[np.int64]:
        """How often each epoch was logged in its attempt, int64, shape (epochs,)."""
        return np.array([epoch.times_logged for epoch in self._epochs], np.int64)

    def rank_count(self) -> NDArray[np.int64]:
        """Ranks whose part of an epoch is here, int64, shape (epochs,)."""
        return np.array([epoch.rank_count for epoch in self._epochs], np.int64)

    def world_size(self) -> NDArray[np.int64]:
        """Ranks that were to log an epoch, int64, shape (epochs,)."""
        return np.array([epoch.world_size for epoch in self._epochs], np.int64)

    def predictions(self, epoch: int) -> pa.Table:
        """The predictions of an epoch as they were logged: instance, actual, predicted and others.

        Raises:
            EpochNotFoundError: the epoch was not logged, or with its counts only.
            DamagedFileError: the file is not what was written.
        """
        shown = next((known for known in self._epochs if known.epoch == epoch), None)
        if shown is None:
            raise EpochNotFoundError(f"Split {self.name!r} has no epoch {epoch}.")
        files = [file for part in shown.parts if (file := self._predictions_of(part.file))]
        if not files:
            raise EpochNotFoundError(
                f"Epoch {epoch} of split {self.name!r} was logged as a matrix, without predictions."
            )
        tables = (read_data(self._filesystem, self._folder, file, self._cache)[0] for file in files)
        return pa.concat_tables(tables, promote_options="permissive")

    @cached_property
    def _predictions(self) -> dict[DataFile, DataFile]:
        """Files of predictions by what they have in common with their files of counts."""
        return {replace(file, digest=""): file for file in self._find_predictions()}

    def _predictions_of(self, counts: DataFile) -> DataFile | None:
        return self._predictions.get(replace(counts, kind="predictions", digest=""))

    @cached_property
    def last(self) -> StoredEpoch | None:
        """The newest epoch that can be read; cheaper than all of them."""
        for epoch, files in groupby(reversed(self._files), key=lambda file: file.epoch):
            found = self._epoch(epoch, files)
            if found:
                return found
        return None

    @cached_property
    def _newest(self) -> EpochCounts | None:
        """The file that was written last, whose list of classes is the longest."""
        by_age = sorted(self._files, key=lambda f: (f.attempt, f.sequence), reverse=True)
        return self._first_readable(by_age)

    @cached_property
    def _epochs(self) -> list[StoredEpoch]:
        self._prefetch()
        found = (
            self._epoch(epoch, files)
            for epoch, files in groupby(self._files, key=lambda file: file.epoch)
        )
        return [epoch for epoch in found if epoch]

    @property
    def _parts(self) -> list[EpochCounts]:
        return [part for epoch in self._epochs for part in epoch.parts]

    def _epoch(self, epoch: int, files: Iterable[DataFile]) -> StoredEpoch | None:
        """Put an epoch together from the newest whole file of each rank."""
        by_rank: dict[int, list[DataFile]] = {}
        for file in sorted(files, reverse=True):
            by_rank.setdefault(file.rank, []).append(file)
        readable = (self._first_readable(by_rank[rank]) for rank in sorted(by_rank))
        parts = tuple(part for part in readable if part)
        if any(part.metadata.world_size > 1 for part in parts):
            parts = self._merged(parts)
        times = max(len(files) for files in by_rank.values())
        return StoredEpoch(epoch, parts, times) if parts else None

    def _merged(self, parts: tuple[EpochCounts, ...]) -> tuple[EpochCounts, ...]:
        predictions = [self._predictions_of(part.file) for part in parts]
        files = [part.file for part in parts]
        key = self._merged_key(files)
        merged = self._cache.get(
            key, lambda: merge(self._filesystem, self._folder, parts, predictions, self._cache)
        )
        if key != self._merged_key(files):
            self._cache.forget(key)  # it lacks a file that was found damaged, and may be whole soon
        for file, reason in merged.problems:
            self._note(join(self._folder, file.name), reason)
        return merged.parts

    def _prefetch(self) -> None:
        """Begin to read the newest file of each rank of each epoch, and what merging them needs."""
        if self._filesystem.parallel_requests < 2:
            return
        wanted: list[DataFile | None] = []
        for _, files in groupby(self._files, key=lambda file: file.epoch):
            by_rank = {file.rank: file for file in files}
            newest = [by_rank[rank] for rank in sorted(by_rank)]
            wanted += newest
            merged = self._merged_key(newest)
            if len(newest) > 1 and self._cache.missing([merged]):
                wanted += [self._predictions_of(file) for file in newest]
        alone = (join(self._folder, f.name) for f in wanted if f and f.within is None)
        self._filesystem.prefetch(self._cache.missing(alone))

    def _merged_key(self, counts: Iterable[DataFile]) -> str:
        """Names what ranks amount to: their counts, and the predictions that are there and whole.

        A copy that is being made may have the ones before the others.
        """
        names = [self._folder]
        for file in counts:
            predictions = self._predictions_of(file)
            is_whole = predictions and not self._cache.is_damaged(
                join(self._folder, predictions.name)
            )
            names += [file.name, predictions.name if predictions else "", str(is_whole)]
        return "\n".join(names)

    def _first_readable(self, files: Iterable[DataFile]) -> EpochCounts | None:
        """Of several files for one thing, the first that is whole."""
        for file in files:
            path = join(self._folder, file.name)
            try:
                counts = self._cache.get(
                    path, partial(read_counts, self._filesystem, self._folder, file, self._cache)
                )
                names = self._class_list(counts.metadata.classes)
                if names is None or counts.most_index < len(names):
                    return counts
                self._note(path, f"It counts class {counts.most_index}, of {len(names)} classes.")
            except DamagedFileError as error:
                self._note(path, str(error))
        return None

    def _class_list(self, digest: str) -> tuple[str, ...] | None:
        """The list of classes of that digest; None where it can't be read."""
        path = join(self._run_folder, layout.classes_file(digest))
        try:
            return self._cache.get(
                path, lambda: decode_classes(read_proven(self._filesystem, path, digest))
            )
        except DamagedFileError as error:
            self._note(path, str(error))
            return None

    def _places(self, digest: str) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
        """Turns indices into a list of classes into those into `classes`."""
        names = self._class_list(digest)
        if names is None or names == self.classes[: len(names)]:
            return lambda indices: indices
        index = {name: at for at, name in enumerate(self.classes)}
        places = np.array([index[name] for name in names], np.int64)
        return lambda indices: places[indices]

    def _note(self, path: str, reason: str) -> None:
        problem = Problem(path, reason)
        if problem not in self.problems:
            self.problems.append(problem)
            self._report(problem)
