"""Keep the predictions of large series in the user's cache folder, and map them from there.

A series has a folder with a layout, which says where each instance is, and chunks, each with the
predictions of 64, 8 or 1 epochs in that layout. Chunks never change. They are named after the
layout and the files that they were made from, so none can be stale, and several processes may make
them at once. New instances, classes or ids make another layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.instances import Layout
from confusionflow.analysis.trajectories import NONE
from confusionflow.errors import NoPredictionsError
from confusionflow.reading.chunks import Chunks
from confusionflow.reading.instance_ids import IdCodes, MixedIdsError
from confusionflow.reading.predictions import CodedPredictions, Predictions, match
from confusionflow.reading.run import Series
from confusionflow.server.chunk_files import ChunkFile, ChunkFolder
from confusionflow.store.format.ids import digest_of
from confusionflow.store.places.kept import folder_beside

# Series with fewer predictions over all epochs are read from the log.
FEW_PREDICTIONS = 4_000_000
MOST_BYTES = 8 << 30

NUMBERS = ("confidence", "margin")


class _ChangedError(Exception):
    """The log does not match what is kept; start again, or do without the cache."""


@dataclass(frozen=True)
class _Known:
    """A layout and what it was made from.

    Attributes:
        layout: Where the instances are.
        codes: The numbers of their ids.
        members: Keys of the epochs whose instances it has, by epoch.
    """

    layout: Layout
    codes: IdCodes
    members: dict[int, str]

    @cached_property
    def body(self) -> bytes:
        """The positions of the instances, as bytes."""
        layout, texts = self.layout, self.codes.texts
        rows = {"actual": layout.actual, "code": layout.code, "occurrence": layout.occurrence}
        columns: list[Mapping[str, Any]] = [
            rows,
            {"text": pa.array([], pa.string()) if texts is None else texts},
        ]
        sink = pa.BufferOutputStream()
        for table in map(pa.table, columns):
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
        found: bytes = sink.getvalue().to_pybytes()
        return found

    @cached_property
    def digest(self) -> str:
        """A digest of the positions of the instances, independent of the epochs they come from."""
        return digest_of(self.body)

    def encode(self, classes: Sequence[str]) -> bytes:
        """Encode everything as bytes."""
        said = {
            "classes": list(classes),
            "has_texts": self.codes.texts is not None,
            "as_text": self.codes.as_text,
            "members": list(self.members.items()),
        }
        return json.dumps(said).encode() + b"\n" + self.body

    @classmethod
    def decode(cls, data: bytes, classes: Sequence[str]) -> _Known | None:
        """Decode bytes; None if the classes are different."""
        head, _, body = data.partition(b"\n")
        said = json.loads(head)
        known = said["classes"]
        if list(classes[: len(known)]) != known or _kind(len(known)) != _kind(len(classes)):
            return None
        source = pa.BufferReader(body)
        rows, texts = (pa.ipc.open_stream(source).read_all() for _ in range(2))
        names = ("actual", "code", "occurrence")
        layout = Layout(*(rows[name].to_numpy() for name in names))
        text = texts["text"].combine_chunks() if said["has_texts"] else None
        codes = IdCodes(as_text=said["as_text"], texts=text)
        return cls(layout, codes, {int(epoch): str(key) for epoch, key in said["members"]})


class KeptPredictions:
    """Keeps predictions in the cache folder. Threads and processes may share them.

    Arguments:
        few: Series with fewer predictions are read from the log.
        most_bytes: What the cache folder may hold.
    """

    def __init__(self, few: int = FEW_PREDICTIONS, most_bytes: int = MOST_BYTES) -> None:
        self._few = few
        self._most_bytes = most_bytes

    def read(self, series: Series) -> Predictions:
        """Read the predictions of a series, mapped into memory if they can be kept.

        Raises:
            NoPredictionsError: it was logged as matrices.
            InstancesError: its instances can't be followed.
        """
        folder = folder_beside("instances", series.run.stored.filesystem)
        if folder is None or int(series.stored.counts().cells.count.sum()) < self._few:
            return series.predictions()
        try:
            return _Reading(series, folder, self._most_bytes).predictions()
        except (OSError, _ChangedError):
            return series.predictions()


class _Reading:
    """Reads one series."""

    def __init__(self, series: Series, folder: Path, most_bytes: int) -> None:
        stored = series.run.stored
        place = f"{stored.filesystem.root}\n{stored.id}\n{series.id}"
        self._series = series
        self._keys = series.stored.prediction_keys()
        self._folder = ChunkFolder(folder, most_bytes)
        self._prefix = f"{digest_of(place.encode())}/"
        self._kind = _kind(len(series.classes))

    def predictions(self) -> Predictions:
        if not self._keys:
            raise NoPredictionsError(self._series.name)
        known = self._known()
        epochs = list(self._keys)
        chunks, sizes = [], []
        at = 0
        while at < len(epochs):
            size = next(n for n in (64, 8, 1) if at % n == 0 and at + n <= len(epochs))
            chunks.append(self._chunk(known, epochs[at : at + size]))
            sizes.append(size)
            at += size
        n = len(known.layout)

        def column(name: str, kind: type[np.generic], missing: float) -> NDArray[Any] | None:
            pieces = [chunk.arrays.get(name) for chunk in chunks]
            if all(piece is None for piece in pieces):
                return None
            return cast(NDArray[Any], Chunks(pieces, sizes, n, kind, missing, chunks))

        predicted = column("predicted", self._kind, NONE)
        assert predicted is not None
        return Predictions(
            self._series.classes,
            np.array(epochs, np.int64),
            known.codes.ids(known.layout.code),
            known.layout.actual,
            predicted,
            *(column(name, np.float32, np.nan) for name in NUMBERS),
        )

    def _known(self) -> _Known:
        """The layout of all epochs."""
        kept = self._folder.read(f"{self._prefix}layout")
        before = _Known.decode(kept, self._series.classes) if kept else None
        if before is None or not before.members.items() <= self._keys.items():
            before = _Known(Layout.empty(), IdCodes(), {})
        if before.members == self._keys:
            return before
        try:
            known = self._extended(before)
        except MixedIdsError:
            known = self._extended(_Known(Layout.empty(), IdCodes(as_text=True), {}))
        self._folder.write(f"{self._prefix}layout", known.encode(self._series.classes))
        return known

    def _extended(self, known: _Known) -> _Known:
        """Add the missing epochs to a layout."""
        new = self._keys.keys() - known.members.keys()
        # Positions that replace ids are compared with those of the first epochs, old and new.
        wanted = new | {min(self._keys)} | set(sorted(known.members)[:1])
        layout = known.layout
        last: CodedPredictions | None = None
        for rows in self._rows(wanted, known.codes):
            if rows.epoch in new and not (last and _are_same(last, rows)):
                layout = layout.joined(rows.actual, rows.code)
            last = rows
        return _Known(layout, known.codes, dict(self._keys))

    def _rows(self, epochs: set[int], codes: IdCodes) -> Iterator[CodedPredictions]:
        """Yield the predictions of epochs, in increasing order.

        Raises:
            _ChangedError: one of them can't be read.
        """
        found = 0
        for rows in match(self._series.name, self._series.stored.instances(epochs), codes):
            found += 1
            yield rows
        if found != len(epochs):
            raise _ChangedError

    def _chunk(self, known: _Known, epochs: list[int]) -> ChunkFile:
        made_of = "\n".join([known.digest, str(self._kind), *(self._keys[e] for e in epochs)])
        name = f"{self._prefix}chunk-{digest_of(made_of.encode())}"
        if found := self._folder.open(name):
            return found
        shape = _Shape((), np.float16)
        while True:
            try:
                self._write(name, known, epochs, shape)
                break
            except _OtherShapeError as error:
                shape = error.shape
        if found := self._folder.open(name):
            return found
        raise _ChangedError

    def _write(self, name: str, known: _Known, epochs: list[int], shape: _Shape) -> None:
        """Write a chunk.

        Raises:
            _OtherShapeError: it needs other columns, or numbers of another type.
        """
        size = (len(epochs), len(known.layout))
        shapes = {column: (size, np.dtype(shape.kind).str) for column in shape.columns}
        shapes["predicted"] = (size, np.dtype(self._kind).str)
        last: CodedPredictions | None = None
        with self._folder.writing(name, shapes) as arrays:
            for e, rows in enumerate(self._rows(set(epochs), known.codes)):
                if last is None or not _are_same(last, rows):
                    place = known.layout.place(rows.actual, rows.code)
                last = rows
                arrays["predicted"][e] = NONE
                arrays["predicted"][e, place] = rows.predicted
                for column in NUMBERS:
                    values = getattr(rows, column)
                    narrow = None if values is None else shape.narrowed(column, values)
                    if column in shape.columns:
                        arrays[column][e] = np.nan
                    if narrow is not None:
                        arrays[column][e, place] = narrow


@dataclass(frozen=True)
class _Shape:
    """The numbers that a chunk has, and their type."""

    columns: tuple[str, ...]
    kind: type[np.floating[Any]]

    def narrowed(self, column: str, values: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Convert numbers to that type.

        Raises:
            _OtherShapeError: there is no such column, or they do not fit into the type.
        """
        if column not in self.columns:
            raise _OtherShapeError(_Shape((*self.columns, column), self.kind))
        with np.errstate(over="ignore"):
            narrow = values.astype(self.kind)
        if not np.array_equal(narrow.astype(np.float32), values, equal_nan=True):
            raise _OtherShapeError(_Shape(self.columns, np.float32))
        return narrow


class _OtherShapeError(Exception):
    """A chunk has to be written with other columns or another type."""

    def __init__(self, shape: _Shape) -> None:
        self.shape = shape


def _kind(n_classes: int) -> type[np.signedinteger[Any]]:
    return np.int16 if n_classes < 2**15 else np.int32


def _are_same(one: CodedPredictions, other: CodedPredictions) -> bool:
    """Whether two epochs have the same instances in the same order."""
    return np.array_equal(one.code, other.code) and np.array_equal(one.actual, other.actual)
