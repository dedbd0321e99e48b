"""One split of one run, as it stood when the run was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError, EpochNotFoundError
from confusionflow.store import layout
from confusionflow.store.cache import Cache
from confusionflow.store.filesystem import FileSystem, join, read_proven
from confusionflow.store.layout import DataFile
from confusionflow.store.merged import read_data
from confusionflow.store.tables import Metadata, decode_classes


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


@dataclass(frozen=True)
class EpochCounts:
    """The content of one counts file."""

    file: DataFile
    metadata: Metadata
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    count: NDArray[np.int64]


class StoredSplit:
    """A split: the newest whole file of each epoch.

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

    @cached_property
    def version(self) -> str:
        """Changes if and only if the content does: names hold digests of contents."""
        return layout.digest_of("\n".join(file.name for file in self._files).encode())

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
        """Class names. A list only ever grows, so the newest holds for all epochs."""
        if self._newest is None:
            return ()
        digest = self._newest.metadata.classes
        path = join(self._run_folder, layout.classes_file(digest))
        try:
            return self._cache.get(
                path, lambda: decode_classes(read_proven(self._filesystem, path, digest))
            )
        except DamagedFileError as error:
            self._note(path, error)
            rows = self.counts()
            largest = max(rows.actual.max(initial=0), rows.predicted.max(initial=0))
            return tuple(f"class {index}" for index in range(int(largest) + 1))

    @cached_property
    def listed_epochs(self) -> tuple[int, ...]:
        """Epochs by the names of their files, read or not, increasing."""
        return tuple(sorted({file.epoch for file in self._files}))

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Epochs that can be read, int64, shape (epochs,), increasing."""
        return np.array([epoch.file.epoch for epoch in self._epochs], np.int64)

    def counts(self) -> CountRows:
        """The counts of all epochs."""
        sizes = [len(epoch.count) for epoch in self._epochs]

        def joined(name: str) -> NDArray[np.int64]:
            parts = [getattr(epoch, name) for epoch in self._epochs]
            return np.concatenate(parts) if parts else np.empty(0, np.int64)

        return CountRows(
            self.epochs,
            np.repeat(np.arange(len(sizes)), sizes),
            joined("actual"),
            joined("predicted"),
            joined("count"),
        )

    def left_out(self) -> NDArray[np.int64]:
        """Instances of each epoch that are in no count, int64, shape (epochs,)."""
        return np.array([epoch.metadata.left_out for epoch in self._epochs], np.int64)

    def predictions(self, epoch: int) -> pa.Table:
        """The predictions of an epoch as they were logged: instance, actual, predicted and others.

        Raises:
            EpochNotFoundError: the epoch was not logged, or with its counts only.
            DamagedFileError: the file is not what was written.
        """
        shown = next((e.file for e in self._epochs if e.file.epoch == epoch), None)
        if shown is None:
            raise EpochNotFoundError(f"Split {self.name!r} has no epoch {epoch}.")
        same = (shown.epoch, shown.attempt, shown.sequence, shown.rank, shown.writer)
        for file in self._predictions:
            if (file.epoch, file.attempt, file.sequence, file.rank, file.writer) == same:
                return read_data(self._filesystem, self._folder, file, self._cache)[0]
        raise EpochNotFoundError(
            f"Epoch {epoch} of split {self.name!r} was logged as a matrix, without predictions."
        )

    @cached_property
    def _predictions(self) -> list[DataFile]:
        return self._find_predictions()

    @cached_property
    def last(self) -> EpochCounts | None:
        """The newest epoch that can be read; cheaper than all of them."""
        for _, files in groupby(reversed(self._files), key=lambda file: file.epoch):
            counts = self._first_readable(files)
            if counts:
                return counts
        return None

    @cached_property
    def _newest(self) -> EpochCounts | None:
        """The file that was written last, whose list of classes is the longest."""
        by_age = sorted(self._files, key=lambda f: (f.attempt, f.sequence), reverse=True)
        return self._first_readable(by_age)

    @cached_property
    def _epochs(self) -> list[EpochCounts]:
        readable = (
            self._first_readable(sorted(files, reverse=True))
            for _, files in groupby(self._files, key=lambda file: file.epoch)
        )
        return [counts for counts in readable if counts]

    def _first_readable(self, files: Iterable[DataFile]) -> EpochCounts | None:
        """Of several files for one thing, the first that is whole."""
        for file in files:
            path = join(self._folder, file.name)
            try:
                return self._cache.get(path, partial(self._read, file))
            except DamagedFileError as error:
                self._note(path, error)
        return None

    def _read(self, file: DataFile) -> EpochCounts:
        table, metadata = read_data(self._filesystem, self._folder, file, self._cache)

        def column(name: str) -> NDArray[np.int64]:
            values: NDArray[np.int64] = table.column(name).to_numpy().astype(np.int64, copy=False)
            return values

        try:
            return EpochCounts(
                file, metadata, column("actual"), column("predicted"), column("count")
            )
        except KeyError as error:
            raise DamagedFileError(f"It has no column {error}.") from error

    def _note(self, path: str, error: DamagedFileError) -> None:
        problem = Problem(path, str(error))
        if problem not in self.problems:
            self.problems.append(problem)
            self._report(problem)
