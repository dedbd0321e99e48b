"""Assemble the files of one split into epochs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby

from confusionflow.errors import DamagedFileError
from confusionflow.store.data_files import read_metadata
from confusionflow.store.epoch import EpochCounts, StoredEpoch, read_counts
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import DataFile, JoinedFile
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.format.tables import Metadata, decode_classes
from confusionflow.store.joined import JoinedRanks, TimeIsUpError, rows_of
from confusionflow.store.joined_files import KeptEpoch
from confusionflow.store.places.filesystem import join, read_proven
from confusionflow.store.prediction_files import PredictionFiles
from confusionflow.store.problem import Problem, add_problem
from confusionflow.store.rank_files import FEW_ROWS, RankFiles
from confusionflow.store.samples.document import NamedSamples
from confusionflow.store.samples.named import named_samples
from confusionflow.store.split_folder import SplitFolder


class SplitFiles:
    """The newest undamaged file of each epoch and rank of a split.

    Arguments:
        folder: The split's folder.
        counts: Its files of counts that later attempts do not hide.
        predictions: Its files of predictions that have one epoch.
        packed: Looks into its packed files of predictions.
        report: Called with each file that could not be read.
        joined: Its files of joined counts.
        renamed: The file that gave the run its present name, or None. A split is sent with it.
        samples: Its files that name samples.

    Attributes:
        folder: The split's folder.
        predictions: Its files of predictions.
        problems: Files that could not be read so far.
    """

    def __init__(
        self,
        folder: SplitFolder,
        counts: Sequence[DataFile],
        predictions: Sequence[DataFile],
        packed: Callable[[], list[DataFile]],
        report: Callable[[Problem], object],
        joined: Sequence[JoinedFile] = (),
        renamed: str | None = None,
        samples: Sequence[SamplesFile] = (),
    ) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._counts = counts
        self._report = report
        self._joined_files = joined
        self.predictions = PredictionFiles(folder, predictions, packed, self._note)
        self._ranks = RankFiles(folder, self.predictions.of, joined)
        self._renamed = renamed
        self._samples = samples
        self._versions: dict[tuple[str, ...], str] = {}

    @cached_property
    def _files(self) -> list[DataFile]:
        """By epoch; sorted when first used, which for most splits never happens."""
        return sorted(self._counts)

    @property
    def version(self) -> str:
        """Changes if and only if the content does: names hold digests of contents.

        Files known to be damaged count as missing, because they may be complete later.
        """
        damaged = tuple(self.folder.cache.damaged(self.folder.path))
        known = self._versions.get(damaged)
        if known is None:
            known = ids.digest_of("\n".join([*self._names(), *damaged]).encode())
            self._versions = {damaged: known}
        return known

    def _names(self) -> list[str]:
        names = [file.name for file in self._files]
        if self._renamed:
            names.append(self._renamed)
        for _, by_rank in self._by_epoch() if self._has_ranks else ():
            # The joined counts of ranks depend on their predictions, which a copy may bring later.
            if not self._known(by_rank):
                newest = (self._newest_of(files) for files in by_rank.values())
                lacking = filter(self.predictions.is_missing, newest)
                names += [f"{file.name} without" for file in lacking]
        return names

    @property
    def _has_ranks(self) -> bool:
        return len({file.rank for file in self._counts}) > 1

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
        """The newest epoch that can be read; None if joining its ranks would take long."""
        for epoch, files in groupby(reversed(self._files), key=lambda file: file.epoch):
            by_rank = _by_rank(files)
            if not self._known(by_rank) and self._takes_long(by_rank):
                return None
            if found := self._epoch(epoch, by_rank):
                return found
        return None

    @cached_property
    def newest(self) -> Metadata | None:
        """The metadata of the newest file, which has the longest list of classes."""
        # Finding the newest of ten thousand is faster than sorting them, and it is usually
        # undamaged.
        newest = self._first_metadata([max(self._counts, key=_age)])
        return newest or self._first_metadata(sorted(self._counts, key=_age, reverse=True))

    def _first_metadata(self, files: Iterable[DataFile]) -> Metadata | None:
        """The metadata of the first undamaged one of several alternative files."""
        if not self._has_ranks:  # its counts will be wanted as well
            part = self._first_readable(files)
            return part.metadata if part else None
        for file in files:
            try:
                return read_metadata(self.folder, file)
            except DamagedFileError as error:
                self._note(self.folder.path_of(file.name), str(error))
        return None

    @cached_property
    def epochs(self) -> list[StoredEpoch]:
        """All epochs that can be read, increasing."""
        self._prefetch(with_predictions=True)
        found = (self._epoch(epoch, by_rank) for epoch, by_rank in self._by_epoch())
        return [epoch for epoch in found if epoch]

    @cached_property
    def parts(self) -> list[EpochCounts]:
        """The counts of each epoch and rank; ranks are not joined for this."""
        self._prefetch(with_predictions=False)
        found: list[EpochCounts] = []
        for _, by_rank in self._by_epoch():
            joined = self._known(by_rank)
            found += joined.parts if joined else self._readable(by_rank)
        return found

    @cached_property
    def last_class_lists(self) -> list[str]:
        """Digests of the class lists in the newest file of each writer that can be read."""
        newest = {file.writer: file for file in sorted(self._counts, key=_age)}
        found: dict[str, None] = {}
        for file in newest.values():
            with contextlib.suppress(DamagedFileError):  # reported when its counts are read
                read = read_metadata(self.folder, file)
                found[read.classes] = None
        return list(found)

    def join(self, is_over: Callable[[], bool]) -> Iterator[KeptEpoch]:
        """Join the ranks of each epoch, the newest first; once time is over, only those known.

        Epochs of which a file is damaged are left out.
        """
        for epoch, by_rank in reversed(list(self._by_epoch())):
            if is_over() and not self._known(by_rank):
                continue
            try:
                found = self._epoch(epoch, by_rank, is_over)
            except TimeIsUpError:
                continue
            if not found or not _has_ranks(found.parts):
                continue
            if kept := self._ranks.to_keep([part.file for part in found.parts]):
                yield kept

    @property
    def joined_in_log(self) -> set[str]:
        """Keys of the joined counts that the log keeps."""
        return self._ranks.in_log

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

    @cached_property
    def samples(self) -> tuple[NamedSamples, ...]:
        """The sets of samples that the split names, one for each rank."""
        return named_samples(self.folder, self._samples, self._note)

    def _by_epoch(self) -> Iterator[tuple[int, ByRank]]:
        for epoch, files in groupby(self._files, key=lambda file: file.epoch):
            yield epoch, _by_rank(files)

    def _epoch(
        self, epoch: int, by_rank: ByRank, is_over: Callable[[], bool] = lambda: False
    ) -> StoredEpoch | None:
        """Assemble an epoch from the newest undamaged file of each rank."""
        joined = self._known(by_rank)
        parts = joined.parts if joined else self._readable(by_rank)
        if not joined and _has_ranks(parts):
            joined = self._ranks.join(parts, is_over)
            parts = joined.parts
        for file, reason in joined.problems if joined else ():
            self._note(self.folder.path_of(file.name), reason)
        times = max(len(files) for files in by_rank.values())
        return StoredEpoch(epoch, parts, times) if parts else None

    def _readable(self, by_rank: ByRank) -> tuple[EpochCounts, ...]:
        """Find the newest undamaged file of each rank."""
        found = (self._first_readable(by_rank[rank]) for rank in sorted(by_rank))
        return tuple(part for part in found if part)

    def _takes_long(self, by_rank: ByRank) -> bool:
        """Whether joining takes a while, because of the number of predictions."""
        rows = 0
        for rank in sorted(by_rank) if len(by_rank) > 1 else ():
            rows += sum(map(rows_of, self._readable({rank: by_rank[rank]})))
            if rows > FEW_ROWS:
                return True
        return False

    def _known(self, by_rank: ByRank) -> JoinedRanks | None:
        """The joined counts of ranks if somebody joined them before; None for a single rank."""
        if len(by_rank) < 2:
            return None
        return self._ranks.known([self._newest_of(by_rank[rank]) for rank in sorted(by_rank)])

    def _newest_of(self, files: Sequence[DataFile]) -> DataFile:
        """The newest of a rank's files that is not known to be damaged."""
        paths = {file: self.folder.path_of(file.name) for file in files}
        return next((f for f in files if not self.folder.cache.is_damaged(paths[f])), files[0])

    def _prefetch(self, *, with_predictions: bool) -> None:
        """Begin to read the newest file of each rank of each epoch, and what joining them needs."""
        if self.folder.filesystem.parallel_requests < 2:
            return
        self.folder.filesystem.prefetch(
            self.folder.path_of(file.name) for file in self._joined_files
        )
        wanted: list[DataFile | None] = []
        for _, by_rank in self._by_epoch():
            if self._known(by_rank):
                continue
            newest = [by_rank[rank][0] for rank in sorted(by_rank)]
            wanted += newest
            if with_predictions and len(newest) > 1:
                wanted += map(self.predictions.of, newest)
        alone = (self.folder.path_of(f.name) for f in wanted if f and f.within is None)
        self.folder.filesystem.prefetch(self.folder.cache.missing(alone))

    def _first_readable(self, files: Iterable[DataFile]) -> EpochCounts | None:
        """Return the first undamaged one of several alternative files."""
        for file in files:
            path = self.folder.path_of(file.name)
            try:
                counts = self.folder.cache.get(path, partial(read_counts, self.folder, file))
                names = self.class_list(counts.metadata.classes)
                cells = counts.cells
                if names is None or not len(cells) or cells.most_index < len(names):
                    return counts
                self._note(path, f"It counts class {cells.most_index}, of {len(names)} classes.")
            except DamagedFileError as error:
                self._note(path, str(error))
        return None

    def _note(self, path: str, reason: str) -> None:
        problem = Problem(path, reason)
        if add_problem(self.problems, problem):
            self._report(problem)


def _age(file: DataFile) -> tuple[int, int]:
    """Grows with each file that a split gets."""
    return file.attempt, file.sequence


ByRank = Mapping[int, Sequence[DataFile]]


def _by_rank(files: Iterable[DataFile]) -> ByRank:
    """Files of one epoch by rank, the newest first."""
    found: dict[int, list[DataFile]] = {}
    for file in sorted(files, reverse=True):
        found.setdefault(file.rank, []).append(file)
    return found


def _has_ranks(parts: Iterable[EpochCounts]) -> bool:
    return any(part.metadata.world_size > 1 for part in parts)
