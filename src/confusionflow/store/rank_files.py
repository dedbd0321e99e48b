"""Join the files of ranks that evaluated an epoch together, and keep the joined counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from confusionflow.errors import DamagedFileError
from confusionflow.store.epoch import EpochCounts
from confusionflow.store.format.file_names import DataFile, JoinedFile
from confusionflow.store.joined import JoinedRanks, join_ranks, rows_of
from confusionflow.store.joined_files import KeptEpoch, decode_joined, encode_joined, key_of
from confusionflow.store.places.filesystem import read_proven
from confusionflow.store.split_folder import SplitFolder

# With more predictions, joined counts are kept in the cache folder, and lists of runs do without.
FEW_ROWS = 1 << 17


class RankFiles:
    """Joins the ranks of a split's epochs, each epoch once.

    Arguments:
        folder: The split's folder.
        predictions_of: The file of predictions beside a file of counts, if there is one.
        joined: Files of joined counts in the log.
    """

    def __init__(
        self,
        folder: SplitFolder,
        predictions_of: Callable[[DataFile], DataFile | None],
        joined: Sequence[JoinedFile],
    ) -> None:
        self._folder = folder
        self._predictions_of = predictions_of
        self._joined_files = joined

    def known(self, files: Sequence[DataFile]) -> JoinedRanks | None:
        """The joined counts of ranks, if they were joined before.

        Arguments:
            files: The counts of each rank, in the order of ranks.
        """
        key = self._folder.path_of(key_of(files))
        found = self._folder.cache.known(key)
        if isinstance(found, JoinedRanks):
            return found
        kept = self._kept(files)
        return self._folder.cache.get(key, lambda: kept) if kept else None

    def join(self, parts: Sequence[EpochCounts], is_over: Callable[[], bool]) -> JoinedRanks:
        """Join the counts of ranks, in the order of ranks.

        Raises:
            TimeIsUpError: `is_over` says so.
        """
        files = [part.file for part in parts]
        predictions = [self._predictions_of(file) for file in files]
        key = self._key(files)

        def read() -> JoinedRanks:
            return join_ranks(self._folder, parts, predictions, is_over)

        joined = self._folder.cache.get(key, read)
        if key != self._key(files):
            self._folder.cache.forget(key)  # it lacks a damaged file, which may be complete soon
        if joined.is_whole:
            self._keep(files, parts, joined)
            # The predictions of many ranks are large, and no longer needed.
            for name in (key, *(self._folder.path_of(file.name) for file in files)):
                self._folder.cache.forget(name)
        return joined

    def _keep(
        self, files: Sequence[DataFile], parts: Sequence[EpochCounts], joined: JoinedRanks
    ) -> None:
        key = key_of(files)
        self._folder.cache.get(self._folder.path_of(key), lambda: joined)
        if self._folder.cache.kept and sum(map(rows_of, parts)) > FEW_ROWS:
            self._folder.cache.kept.keep(key, encode_joined([KeptEpoch.of(key, joined)]))

    def to_keep(self, files: Sequence[DataFile]) -> KeptEpoch | None:
        """The joined counts to keep; None if a file is damaged or missing."""
        joined = self.known(files)
        return KeptEpoch.of(key_of(files), joined) if joined else None

    @property
    def in_log(self) -> set[str]:
        """Keys of the joined counts that the log keeps."""
        return {key for file in self._joined_files for key in self._in_log(file)}

    def _kept(self, files: Sequence[DataFile]) -> JoinedRanks | None:
        """Find the joined counts in the log or in the cache folder."""
        if not self._joined_files and not self._folder.cache.kept:
            return None
        key = key_of(files)
        for file in self._joined_files:
            if file.first <= files[0].epoch <= file.last and key in (kept := self._in_log(file)):
                return kept[key].ranks_of(files)
        data = self._folder.cache.kept.get(key) if self._folder.cache.kept else None
        try:
            found = decode_joined(data).get(key) if data else None
        except DamagedFileError:
            return None
        return found.ranks_of(files) if found else None

    def _in_log(self, file: JoinedFile) -> dict[str, KeptEpoch]:
        """The joined counts in a file; empty if it is damaged, as nothing depends on it."""
        path = self._folder.path_of(file.name)

        def read() -> dict[str, KeptEpoch]:
            try:
                return decode_joined(read_proven(self._folder.filesystem, path, file.digest))
            except DamagedFileError:
                return {}

        return self._folder.cache.get(path, read)

    def _key(self, counts: Iterable[DataFile]) -> str:
        """Name the join of ranks by their counts and by the predictions that can be read.

        A copy in progress may have counts whose predictions are still missing.
        """
        names = [self._folder.path]
        for file in counts:
            predictions = self._predictions_of(file)
            is_whole = predictions and not self._folder.cache.is_damaged(
                self._folder.path_of(predictions.name)
            )
            names += [file.name, predictions.name if predictions else "", str(is_whole)]
        return "\n".join(names)
