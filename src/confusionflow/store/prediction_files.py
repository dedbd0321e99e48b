"""Find and read the predictions that were written beside the counts of a split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.data_files import LastOpened, read_data, read_metadata
from confusionflow.store.epoch import StoredEpoch
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.tables import Metadata
from confusionflow.store.predictions import EpochPredictions, read_epoch
from confusionflow.store.split_folder import SplitFolder


class PredictionFiles:
    """The files of predictions of a split.

    Arguments:
        folder: The split's folder.
        single: Its files of predictions that have one epoch.
        packed: Looks into its packed files of predictions.
        note: Called with the path of each file that could not be read, and the reason.
    """

    def __init__(
        self,
        folder: SplitFolder,
        single: Sequence[DataFile],
        packed: Callable[[], list[DataFile]],
        note: Callable[[str, str], None],
    ) -> None:
        self._folder = folder
        self._single = single
        self._find_packed = packed
        self._note = note

    @cached_property
    def _by_counts(self) -> dict[DataFile, DataFile]:
        """Single files, keyed by the fields that they share with their counts files."""
        return {replace(file, digest=""): file for file in self._single}

    @cached_property
    def _packed_by_counts(self) -> dict[DataFile, DataFile]:
        """Files within packed ones, keyed alike; these large files are opened for it."""
        return {replace(file, digest=""): file for file in self._find_packed()}

    def of(self, counts: DataFile) -> DataFile | None:
        """Find the file of predictions beside a file of counts; None if there is none."""
        if not (self._by_counts or self._packed_by_counts):
            return None
        key = replace(counts, kind="predictions", digest="")
        return self._by_counts.get(key) or self._packed_by_counts.get(key)

    def is_missing(self, counts: DataFile) -> bool:
        """Whether a file of predictions was written beside its counts, but is not there."""
        if self.of(counts):
            return False
        try:
            read = read_metadata(self._folder, counts)
        except DamagedFileError:
            return False
        return bool(read.predictions)

    def _of_epoch(self, epoch: StoredEpoch) -> list[DataFile]:
        return [file for part in epoch.parts if (file := self.of(part.file))]

    def table(self, epoch: StoredEpoch) -> pa.Table | None:
        """Read the predictions of an epoch; None if only its counts were logged.

        Raises:
            DamagedFileError: a file is not what was written.
        """
        files = self._of_epoch(epoch)
        if not files:
            return None
        tables = (read_data(self._folder, file)[0] for file in files)
        return pa.concat_tables(tables, promote_options="permissive")

    def counted(
        self,
        epoch: StoredEpoch,
        index_map_of: Callable[[Metadata], NDArray[np.integer] | int],
        last: LastOpened,
    ) -> EpochPredictions | None:
        """Read the predictions that an epoch's counts include; None if none can be read.

        Arguments:
            epoch: The epoch.
            index_map_of: Finds the index in the split's classes of each index that a file has; or
                how many there are, if they are the same.
            last: Keeps a packed file open for the next epoch.
        """
        files = self._of_epoch(epoch)
        if not files:
            return None
        has_ranks = any(part.metadata.world_size > 1 for part in epoch.parts)
        try:
            return read_epoch(self._folder, files, index_map_of, last, has_ranks=has_ranks)
        except DamagedFileError as error:
            self._note(self._folder.path_of(files[0].name), str(error))
            return None

    def names(self, epoch: StoredEpoch) -> tuple[str, ...]:
        """Names of the files that `counted` reads; their digests identify the contents."""
        return tuple(file.name for file in self._of_epoch(epoch))
