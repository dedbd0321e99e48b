"""The features of one split: what layers of the model said of its instances, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa

from confusionflow.errors import DamagedFileError
from confusionflow.store.attempts import hidden_from
from confusionflow.store.data_files import LastOpened, read_data, read_index
from confusionflow.store.format import ids
from confusionflow.store.format.file_names import DataFile, Kind, PackedFile
from confusionflow.store.format.tables import Metadata
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.problem import Problem
from confusionflow.store.split_folder import SplitFolder

MEANS: Kind = "features-means"
IMAGES: Kind = "features-images"


@dataclass(frozen=True)
class FeatureTable:
    """A table of features of one epoch and rank.

    Attributes:
        file: The file that it is in.
        rows: Its rows, as docs/format.md describes them.
        metadata: The metadata of the file.
    """

    file: DataFile
    rows: pa.Table
    metadata: Metadata


class StoredFeatures:
    """The features that no later attempt hides: for each epoch and rank, those logged last.

    Arguments:
        folder: The split's folder.
        files: Its files of features, those of all attempts.
        packed: Its packed files of features.
        first_epochs: The epoch from which on each attempt replaces those before it.
        attempt: Show them as they were before any later attempt began; None for as they are now.
        report: Called with each file that can't be read.
    """

    def __init__(
        self,
        folder: SplitFolder,
        files: Iterable[DataFile],
        packed: Iterable[PackedFile],
        first_epochs: Mapping[int, int],
        attempt: int | None,
        report: Callable[[Problem], object],
    ) -> None:
        self._folder = folder
        self._listed = tuple(files)
        self._packed = tuple(packed)
        self._first_epochs = first_epochs
        self._attempt = attempt
        self._told = report
        self._problems = 0

    @property
    def filesystem(self) -> FileSystem:
        """Holds the log directory."""
        return self._folder.filesystem

    @property
    def files_version(self) -> str:
        """Changes if the content does, and when files are packed; no file is opened for it."""
        files: list[DataFile | PackedFile] = [*self._listed, *self._packed]
        names = sorted(file.name for file in files)
        of = (self._folder.path, *names, sorted(self._first_epochs.items()), self._attempt)
        return ids.digest_of("\n".join(map(str, of)).encode())

    @property
    def is_whole(self) -> bool:
        """Whether all files that were read so far could be read."""
        return not self._problems

    @property
    def version(self) -> str:
        """Changes if and only if the content does; packing does not change it."""
        return ids.digest_of("\n".join(sorted(file.name for file in self._files)).encode())

    @cached_property
    def layers(self) -> dict[str, str]:
        """Ids of the layers by name, in the order in which they were logged first."""
        first: dict[str, DataFile] = {}
        for file in sorted(self._files, key=lambda file: (file.attempt, file.sequence)):
            first.setdefault(file.layer, file)
        found = {}
        for layer, file in first.items():
            candidates = [file, *(other for other in self._files if other.layer == layer)]
            name = next(filter(None, map(self._layer_name, candidates)), None)
            if name is not None:
                found[name] = layer
        return found

    def epochs(self, layer: str) -> tuple[int, ...]:
        """Epochs that have features of a layer, increasing.

        Arguments:
            layer: Id of the layer.
        """
        return tuple(sorted({epoch for epoch, _ in self._of_layer.get(layer, {})}))

    def names(self, layer: str, epochs: Iterable[int]) -> dict[int, str]:
        """Make a key for the content of each epoch, by epoch.

        Arguments:
            layer: Id of the layer.
            epochs: The epochs.
        """
        wanted = set(epochs)
        found: dict[int, list[str]] = {epoch: [] for epoch in wanted}
        for (epoch, _), files in self._of_layer.get(layer, {}).items():
            if epoch in wanted:
                found[epoch].append(files[0].name)
        return {epoch: "\n".join(sorted(names)) for epoch, names in found.items()}

    def tables(
        self, layer: str, kind: Kind, epochs: Iterable[int]
    ) -> dict[int, list[FeatureTable]]:
        """Tables of a kind, one for each rank, by epoch. Damaged ones are reported and left out.

        Arguments:
            layer: Id of the layer.
            kind: The kind.
            epochs: The epochs that are wanted.
        """
        wanted = set(epochs)
        last = LastOpened()
        found: dict[int, list[FeatureTable]] = {}
        for (epoch, _), candidates in sorted(self._of_layer.get(layer, {}).items()):
            if epoch not in wanted:
                continue
            for file in candidates:
                of_kind = self._companions.get(replace(file, kind=kind, digest=""))
                if of_kind is None:
                    if kind == MEANS:
                        continue
                    break  # it was not logged
                table = self._read(of_kind, last)
                if table is not None:
                    found.setdefault(epoch, []).append(table)
                    break
        return found

    def images(self, layer: str, epoch: int) -> list[FeatureTable]:
        """Images of an epoch in the order in which they were logged."""
        files = [
            file
            for file in self._files
            if file.kind == IMAGES and file.layer == layer and file.epoch == epoch
        ]
        last = LastOpened()
        read = (self._read(file, last) for file in sorted(files))
        return [table for table in read if table]

    def image_epochs(self, layer: str) -> tuple[int, ...]:
        """Epochs that have images of units of a layer, increasing."""
        files = (file for file in self._files if file.kind == IMAGES and file.layer == layer)
        return tuple(sorted({file.epoch for file in files}))

    def _report(self, problem: Problem) -> None:
        self._problems += 1
        self._told(problem)

    @cached_property
    def _files(self) -> list[DataFile]:
        """All files that are shown, those within packed ones included."""
        files = list(self._listed)
        for holder in self._packed:
            try:
                files += read_index(self._folder, holder).files
            except DamagedFileError as error:
                self._report(Problem(self._folder.path_of(holder.name), str(error)))
        attempts = {file.attempt for file in files}
        limits = {attempt: hidden_from(self._first_epochs, attempt) for attempt in attempts}

        def is_shown(file: DataFile) -> bool:
            limit = limits[file.attempt]
            is_there = self._attempt is None or file.attempt <= self._attempt
            return is_there and (limit is None or file.epoch < limit)

        return [file for file in dict.fromkeys(files) if is_shown(file)]

    @cached_property
    def _companions(self) -> dict[DataFile, DataFile]:
        """Files by what all tables that were written together share, and their kind."""
        return {replace(file, digest="", within=None): file for file in self._files}

    @cached_property
    def _of_layer(self) -> dict[str, dict[tuple[int, int], list[DataFile]]]:
        """Files of means by layer, then by epoch and rank; the newest first."""
        found: dict[str, dict[tuple[int, int], list[DataFile]]] = {}
        for file in sorted(self._files, reverse=True):
            if file.kind == MEANS:
                of_layer = found.setdefault(file.layer, {})
                of_layer.setdefault((file.epoch, file.rank), []).append(file)
        return found

    def _layer_name(self, file: DataFile) -> str | None:
        path = self._folder.path_of(f"{file.name}/layer")

        def read() -> str:
            return read_data(self._folder, file, [])[1].layer

        try:
            name = self._folder.cache.get(path, read)
        except DamagedFileError as error:
            self._report(Problem(self._folder.path_of(file.name), str(error)))
            return None
        return name if ids.layer_id(name) == file.layer else None

    def _read(self, file: DataFile, last: LastOpened) -> FeatureTable | None:
        try:
            rows, metadata = read_data(self._folder, file, last=last)
        except DamagedFileError as error:
            self._report(Problem(self._folder.path_of(file.name), str(error)))
            return None
        return FeatureTable(file, rows, metadata)
