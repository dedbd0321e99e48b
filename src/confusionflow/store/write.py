"""Write the files of a run."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.store.attempts import next_attempt
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import (
    AttemptFile,
    DataFile,
    Kind,
    ScalarsFile,
)
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.format.tables import Metadata, encode_classes, encode_table
from confusionflow.store.places.filesystem import FileSystem, join
from confusionflow.store.places.open import open_filesystem
from confusionflow.store.samples.document import NamedSamples, encode_named
from confusionflow.store.scalars import MOST_ROWS, ScalarRow, encode_scalars
from confusionflow.store.tidy import tidy_run


class RunWriter:
    """Writes one attempt of one run. Each file is written once, under a unique name.

    A forked process that continues to write becomes a separate writer.

    Arguments:
        log_dir: The log directory; made when the first file is written.
        run_id: Id of the run.
        rank: This process among those that train together, from 0.
        world_size: Number of these processes.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | FileSystem,
        run_id: str,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.run_id = run_id
        self.filesystem = open_filesystem(log_dir)
        self.folder = file_names.run_folder(run_id)
        self.attempt = 0
        self._rank = rank
        self._world_size = world_size
        self._sequence = 0
        self._written_classes: dict[tuple[str, ...], str] = {}
        self._made: set[str] = set()
        self._writer = ids.new_writer_id()
        self._pid = self._began_pid = os.getpid()

    def _become_a_writer(self) -> None:
        """Take an id of its own in each process, because no file may have two writers."""
        if os.getpid() != self._pid:
            self._writer = ids.new_writer_id()
            self._pid = os.getpid()

    def begin(
        self,
        *,
        name: str,
        config: Mapping[str, Any],
        time_unit: str,
        created_at: datetime,
        classes: Sequence[str | int] | None = None,
        groups: Sequence[str] = (),
        parents: Sequence[int] = (),
        given_id: str | None = None,
        background: str | None = None,
    ) -> None:
        """Begin the next attempt: write the run's name and configuration.

        Arguments:
            groups: Names of groups of classes.
            parents: For each class, then each group, the index of the group it is in, or -1.
            given_id: What the training calls this one run; the run's id is made from it.
            background: Name of the class that means "no object" in a detector's matrices.

        Raises:
            OSError: the file was not written.
        """
        self.filesystem.make_folder("")
        self.filesystem.make_folder(self.folder)
        said = {
            "format_version": file_names.FORMAT_VERSION,
            "run_id": self.run_id,
            "name": name,
            "config": dict(config),
            "time_unit": time_unit,
            "classes": None if classes is None else list(classes),
            **({"groups": list(groups), "parents": list(parents)} if groups else {}),
            **({"given_id": given_id} if given_id is not None else {}),
            **({"background": background} if background is not None else {}),
            "created_at": created_at.isoformat(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        while True:
            self.attempt = next_attempt(self._begun(), self._rank, self._world_size)
            file = self._commit_json("attempt", said)
            if not any(
                (other.attempt, other.rank) == (file.attempt, file.rank) and other != file
                for other in self._begun()
            ):
                return
            # Another training took the same number at the same moment. Both look after they wrote,
            # so at least one of them sees the other and takes the next number.
            self.filesystem.remove(join(self.folder, file.name))
            time.sleep(random.uniform(0, 0.05))

    def _begun(self) -> list[AttemptFile]:
        names = self.filesystem.scan(self.folder).files
        files = (AttemptFile.parse(name) for name in names)
        return [file for file in files if file and file.kind == "attempt"]

    def next_sequence(self) -> int:
        """Return a number above all earlier ones: of two files of an epoch, the greater counts."""
        self._sequence += 1
        return self._sequence - 1

    def write_epoch(
        self,
        split: str,
        epoch: int,
        classes: tuple[str, ...],
        rows: EpochRows,
        sequence: int | None = None,
    ) -> None:
        """Write an epoch of a split atomically. It is durable once this returns.

        Arguments:
            split: Name of the split.
            epoch: The epoch, from 0.
            classes: Class names; rows hold indices into them.
            rows: Counts and, where known, predictions.
            sequence: What `next_sequence` gave when the epoch was logged, if another may have been
                written since; left out, the next one.

        Raises:
            OSError: the epoch was not written. Call again to retry.
        """
        sequence = self.next_sequence() if sequence is None else sequence
        try:
            self._write_epoch(split, epoch, classes, rows, sequence)
        except OSError:
            self._made.clear()  # the folder may have been removed since
            self._written_classes.clear()
            raise

    def _write_epoch(
        self, split: str, epoch: int, classes: tuple[str, ...], rows: EpochRows, sequence: int
    ) -> None:
        folder, metadata = self._prepare(split, epoch, classes)
        metadata = replace(metadata, left_out=rows.left_out)
        # The same width in all files, so that other tools read them as one table.
        counts = {
            "epoch": np.full(len(rows.cells), epoch, np.int64),
            "actual": rows.cells.actual.astype(np.int32),
            "predicted": rows.cells.predicted.astype(np.int32),
            "count": rows.cells.count.astype(np.int64, copy=False),
        }
        files: dict[str, memoryview] = {}
        if rows.predictions is not None:
            size = len(next(iter(rows.predictions.values())))
            columns = {"epoch": np.full(size, epoch, np.int64), **rows.predictions}
            data = encode_table(columns, replace(metadata, instances=rows.instances))
            file = self._data_file(epoch, "predictions", sequence, data)
            files[file.name] = data
            metadata = replace(metadata, predictions=file.digest)
        data = encode_table(counts, metadata)
        files[self._data_file(epoch, "counts", sequence, data).name] = data
        # Predictions first: an epoch is visible once its counts are.
        self.filesystem.commit(folder, files, self._writer)

    def write_features(
        self,
        split: str,
        epoch: int,
        classes: tuple[str, ...],
        layer: str,
        tables: Mapping[str, Mapping[str, pa.Array | NDArray[np.generic]]],
        sequence: int,
        *,
        instances: str = "ids",
    ) -> None:
        """Write tables of features of an epoch; they are durable once this returns.

        Arguments:
            split, epoch, classes, sequence: As `write_epoch` takes them.
            layer: Name of the layer.
            tables: Columns by kind, without "features-"; the others are visible once the last is.
            instances: What identifies instances: "ids" or "positions".

        Raises:
            OSError: they were not written. Call again to retry.
        """
        try:
            folder, metadata = self._prepare(split, epoch, classes)
            metadata = replace(metadata, layer=layer, instances=instances)
            files: dict[str, memoryview] = {}
            for name, columns in tables.items():
                kind = cast(Kind, f"features-{name}")
                rows = len(next(iter(columns.values())))
                data = encode_table({"epoch": np.full(rows, epoch, np.int64), **columns}, metadata)
                file = self._data_file(epoch, kind, sequence, data)
                files[replace(file, layer=ids.layer_id(layer)).name] = data
                said = f"{kind}:{file.digest}"
                metadata = replace(metadata, beside=f"{metadata.beside} {said}".strip())
            self.filesystem.commit(folder, files, self._writer)
        except OSError:
            self._made.clear()
            self._written_classes.clear()
            raise

    def _prepare(self, split: str, epoch: int, classes: tuple[str, ...]) -> tuple[str, Metadata]:
        """Make a split's folder; return it, and the metadata that all files of an epoch share."""
        self._become_a_writer()
        folder = join(self.folder, file_names.split_folder(ids.split_id(split)))
        if folder not in self._made:
            self.filesystem.make_folder(folder)
            self._made.add(folder)
        digest = self._write_classes(classes)
        ranks = (self._rank, self._world_size)
        return folder, Metadata(self.run_id, split, epoch, self.attempt, *ranks, digest, 0)

    def write_scalars(self, rows: Sequence[ScalarRow]) -> None:
        """Write numbers beside the epochs. They are durable once this returns.

        Raises:
            OSError: they were not written. Call again to retry.
        """
        self._become_a_writer()
        files = {}
        for start in range(0, len(rows), MOST_ROWS):
            data = encode_scalars(rows[start : start + MOST_ROWS])
            digest = ids.digest_of(data)
            name = ScalarsFile(self.attempt, self._rank, self._writer, digest).name
            files[name] = data
        self.filesystem.commit(self.folder, files, self._writer)

    def write_samples(self, split: str, named: NamedSamples, sequence: int) -> None:
        """Write down which samples are a split's. It is durable once this returns.

        Arguments:
            split: Name of the split.
            named: The samples, whose files are written already.
            sequence: What `next_sequence` gave: of two of a rank, the greater counts.

        Raises:
            OSError: it was not written. Call again to retry.
        """
        self._become_a_writer()
        folder = join(self.folder, file_names.split_folder(ids.split_id(split)))
        self.filesystem.make_folder(folder)
        data = encode_named(split, named)
        file = SamplesFile(self.attempt, sequence, self._rank, self._writer, ids.digest_of(data))
        self.filesystem.commit(folder, {file.name: data}, self._writer)

    def finish(self) -> None:
        """Record that the training finished."""
        if os.getpid() == self._began_pid:  # a forked process does not end what it did not begin
            self._commit_json("finished", {"format_version": file_names.FORMAT_VERSION})

    def write_dropped(self, dropped: Mapping[str, Sequence[int]]) -> None:
        """Record which epochs of which splits could not be written.

        Raises:
            OSError: the file was not written.
        """
        said = {split: list(epochs) for split, epochs in dropped.items()}
        self._commit_json("dropped", {"format_version": file_names.FORMAT_VERSION, "dropped": said})

    def compact(self, timeout_s: float) -> None:
        """Pack the files that this object wrote into a few. Readers see the same content.

        The last of several ranks joins their counts as well.

        Arguments:
            timeout_s: Files that are not packed by then stay as they are.

        Raises:
            OSError: a file could not be written or removed; all epochs are there.
        """
        ends_s = time.monotonic() + timeout_s
        tidy_run(
            self.filesystem,
            self.run_id,
            only_writer=self._writer,
            is_over=lambda: time.monotonic() > ends_s,
        )

    def _data_file(self, epoch: int, kind: Kind, sequence: int, data: memoryview) -> DataFile:
        digest = ids.digest_of(data)
        return DataFile(epoch, self.attempt, sequence, self._rank, self._writer, kind, digest)

    def _write_classes(self, classes: tuple[str, ...]) -> str:
        digest = self._written_classes.get(classes)
        if digest is None:
            data = encode_classes(classes)
            digest = ids.digest_of(data)
            # Written even if it exists: another writer may not have made it durable yet.
            self.filesystem.commit(
                self.folder, {file_names.classes_file(digest): data}, self._writer
            )
            self._written_classes[classes] = digest
        return digest

    def _commit_json(self, kind: str, content: Mapping[str, Any]) -> AttemptFile:
        data = json.dumps(content, ensure_ascii=False, indent=1).encode()
        file = AttemptFile(
            kind,
            self.attempt,
            self._rank,
            self._world_size,
            self._writer,
            ids.digest_of(data),
        )
        self.filesystem.commit(self.folder, {file.name: data}, self._writer)
        return file
