"""One split of one run, as it was when the run was read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import EpochNotFoundError
from confusionflow.store.data_files import LastOpened
from confusionflow.store.epoch import EpochCounts, StoredEpoch
from confusionflow.store.features import StoredFeatures
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.tables import Metadata, narrow
from confusionflow.store.joined_files import KeptEpoch
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.predictions import EpochPredictions
from confusionflow.store.problem import Problem
from confusionflow.store.samples.document import NamedSamples
from confusionflow.store.split_files import SplitFiles


@dataclass(frozen=True)
class CountRows:
    """The counts of a split without zeros; each cell belongs to one epoch.

    Attributes:
        epochs: Logged epochs, int64, shape (epochs,), increasing.
        epoch_index: The position in `epochs` of each cell's epoch, shape (cells,).
        cells: The cells.
    """

    epochs: NDArray[np.int64]
    epoch_index: NDArray[np.integer]
    cells: Cells


class StoredSplit:
    """A split: the newest undamaged file of each epoch and rank.

    Arguments:
        files: The files that it is assembled from.
        features: What layers of the model say about its instances.

    Attributes:
        features: As passed.
    """

    def __init__(self, files: SplitFiles, features: StoredFeatures) -> None:
        self._files = files
        self.features = features

    @cached_property
    def id(self) -> str:
        """The split's id, the same in every run that has a split of this name."""
        return self._files.folder.path.rpartition("/")[2].removeprefix("split-")

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._files.folder.path.rpartition("/")[0].removeprefix("run-")

    @property
    def version(self) -> str:
        """Changes if and only if the content does."""
        return self._files.version

    @property
    def order(self) -> tuple[int, int]:
        """Sort key among the run's splits: when the split was first logged."""
        return self._files.order

    @property
    def problems(self) -> list[Problem]:
        """Files that could not be read so far, and why."""
        return self._files.problems

    @property
    def name(self) -> str:
        """Name of the split; its id if no file can be read."""
        return self._files.newest.split if self._files.newest else self.id

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Class names: the newest list, followed by names that only other lists have.

        A list only grows, so the newest has all names, unless several writers extended theirs.
        """
        names = dict.fromkeys(self.newest_classes)
        n_nameless = 0
        for part in self._files.parts:
            known = self._files.class_list(part.metadata.classes)
            names.update(dict.fromkeys(known or ()))
            if known is None and len(part.cells):
                n_nameless = max(n_nameless, part.cells.most_index + 1)
        return (*names, *(f"class {index}" for index in range(len(names), n_nameless)))

    @cached_property
    def newest_classes(self) -> tuple[str, ...]:
        """The newest list of classes; cheaper than `classes`."""
        if self._files.newest is None:
            return ()
        return self._files.class_list(self._files.newest.classes) or ()

    @cached_property
    def last_classes(self) -> tuple[str, ...]:
        """The same as `classes` as long as each writer's list only grows; reads few files."""
        lists = (self._files.class_list(digest) for digest in self._files.last_class_lists)
        names = dict.fromkeys(self.newest_classes)
        names.update(dict.fromkeys(name for known in lists for name in known or ()))
        return tuple(names)

    def join(self, is_over: Callable[[], bool]) -> Iterator[KeptEpoch]:
        """Join the ranks of each epoch, the newest first; once time is over, only those known."""
        return self._files.join(is_over)

    @property
    def joined_in_log(self) -> set[str]:
        """Keys of the joined counts that the log keeps."""
        return self._files.joined_in_log

    @property
    def listed_epochs(self) -> tuple[int, ...]:
        """Epochs named by files, whether or not these can be read, increasing."""
        return self._files.listed_epochs

    @property
    def last(self) -> StoredEpoch | None:
        """The newest epoch that can be read; None if joining its ranks would take long."""
        return self._files.last

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Epochs that can be read, int64, shape (epochs,), increasing."""
        return np.array([epoch.epoch for epoch in self._files.epochs], np.int64)

    def counts(self) -> CountRows:
        """The counts of all epochs; several ranks may have rows of one cell.

        Arrays have as few bytes as the files.
        """
        sizes = [sum(len(part.cells) for part in epoch.parts) for epoch in self._files.epochs]
        reindex = {
            digest: self._reindexing(digest) for digest in {p.metadata.classes for p in self._parts}
        }

        def joined(columns: Iterable[NDArray[np.integer]]) -> NDArray[np.integer]:
            parts = list(columns)
            return np.concatenate(parts) if parts else np.empty(0, np.int64)

        def reindexed(name: str) -> NDArray[np.integer]:
            return joined(reindex[p.metadata.classes](getattr(p.cells, name)) for p in self._parts)

        return CountRows(
            self.epochs,
            np.repeat(narrow(np.arange(len(sizes)), len(sizes)), sizes),
            Cells(
                reindexed("actual"),
                reindexed("predicted"),
                joined(part.cells.count for part in self._parts),
            ),
        )

    def left_out(self) -> NDArray[np.int64]:
        """Instances of each epoch that no count includes, int64, shape (epochs,)."""
        return np.array(
            [sum(part.metadata.left_out for part in epoch.parts) for epoch in self._files.epochs],
            np.int64,
        )

    def times_logged(self) -> NDArray[np.int64]:
        """How often each epoch was logged in its attempt, int64, shape (epochs,)."""
        return np.array([epoch.times_logged for epoch in self._files.epochs], np.int64)

    def resumed_at(self) -> tuple[int, ...]:
        """Epochs at which a later attempt continues an earlier one, increasing."""
        attempts = [
            (epoch.epoch, max(part.file.attempt for part in epoch.parts))
            for epoch in self._files.epochs
        ]
        return tuple(
            epoch for (_, before), (epoch, attempt) in pairwise(attempts) if attempt > before
        )

    def rank_count(self) -> NDArray[np.int64]:
        """Ranks whose part of an epoch is here, int64, shape (epochs,)."""
        return np.array([epoch.rank_count for epoch in self._files.epochs], np.int64)

    def world_size(self) -> NDArray[np.int64]:
        """Ranks that should have logged an epoch, int64, shape (epochs,)."""
        return np.array([epoch.world_size for epoch in self._files.epochs], np.int64)

    @property
    def samples(self) -> tuple[NamedSamples, ...]:
        """The sets of samples that show its instances; the first that has an instance counts."""
        return self._files.samples

    @property
    def filesystem(self) -> FileSystem:
        """Holds the log directory."""
        return self._files.folder.filesystem

    def predictions(self, epoch: int) -> pa.Table:
        """The predictions of an epoch as they were logged: instance, actual, predicted and others.

        Raises:
            EpochNotFoundError: the epoch was not logged, or only its counts were.
            DamagedFileError: the file is not what was written.
        """
        shown = next((known for known in self._files.epochs if known.epoch == epoch), None)
        if shown is None:
            raise EpochNotFoundError(f"Split {self.name!r} has no epoch {epoch}.")
        table = self._files.predictions.table(shown)
        if table is None:
            raise EpochNotFoundError(
                f"Epoch {epoch} of split {self.name!r} was logged as a matrix, without predictions."
            )
        return table

    def instances(
        self, epochs: Collection[int] | None = None
    ) -> Iterator[tuple[int, EpochPredictions]]:
        """The predictions of each epoch that has some: exactly those that `counts` counts.

        Epochs that were logged as matrices, or whose predictions can't be read, are left out.

        Arguments:
            epochs: Epochs to read; None for all.
        """
        last = LastOpened()
        for epoch in self._files.epochs:
            if epochs is not None and epoch.epoch not in epochs:
                continue
            found = self._files.predictions.counted(epoch, self._index_map_or_size, last)
            if found:
                yield epoch.epoch, found

    def prediction_keys(self) -> dict[int, str]:
        """A key for what `instances` finds at each epoch that has predictions."""
        names = ((each.epoch, self._files.predictions.names(each)) for each in self._files.epochs)
        return {epoch: digest_of("\n".join(files).encode()) for epoch, files in names if files}

    def index_map(self, metadata: Metadata) -> NDArray[np.integer]:
        """The index in `classes` of each class index that a file has."""
        index_map = self._index_map(metadata.classes)
        return np.arange(len(self.classes)) if index_map is None else index_map

    def _index_map_or_size(self, metadata: Metadata) -> NDArray[np.integer] | int:
        index_map = self._index_map(metadata.classes)
        return len(self.classes) if index_map is None else index_map

    def _reindexing(self, digest: str) -> Callable[[NDArray[np.integer]], NDArray[np.integer]]:
        """Maps indices into a list of classes to indices into `classes`, in as few bytes."""
        index_map = self._index_map(digest)
        if index_map is None:
            return lambda indices: indices
        narrowed = narrow(index_map, len(self.classes))
        return lambda indices: narrowed[indices]

    def _index_map(self, digest: str) -> NDArray[np.int64] | None:
        """The index in `classes` of each class of a list; None if all have the same index."""
        names = self._files.class_list(digest)
        if names is None or names == self.classes[: len(names)]:
            return None
        index = {name: at for at, name in enumerate(self.classes)}
        return np.array([index[name] for name in names], np.int64)

    @property
    def _parts(self) -> list[EpochCounts]:
        return [part for epoch in self._files.epochs for part in epoch.parts]
