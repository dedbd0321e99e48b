"""Keep the predictions of large series in the user's cache folder, and map them from there.

A series has a folder with a layout, which says where each instance is, and chunks, each with the
predictions of 64, 8 or 1 epochs in that layout. Chunks never change. They are named after the
layout and the files that they were made from, so none can be stale, and several processes may make
them at once. New instances, classes or ids make another layout.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
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
from confusionflow.store.predictions import EpochPredictions

# Series with fewer predictions over all epochs are read from the log.
FEW_PREDICTIONS = 4_000_000
MOST_BYTES = 8 << 30

NUMBERS = ("confidence", "margin")


class _ChangedError(Exception):
    """The log does not match what is kept; start again, or do without the cache."""


class _NotInLayoutError(Exception):
    """A layout lacks an instance."""


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

    def encode(self, classes: Sequence[str], members: Mapping[int, str]) -> bytes:
        """Encode everything as bytes.

        Arguments:
            classes: Names of the classes.
            members: Keys of all epochs whose instances it has, by epoch.
        """
        said = {
            "classes": list(classes),
            "has_texts": self.codes.texts is not None,
            "as_text": self.codes.as_text,
            "members": list(members.items()),
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
        owner = f"{stored.filesystem.root}\n{stored.id}\n{series.id}"
        self._series = series
        self._keys = series.stored.prediction_keys()
        self._folder = ChunkFolder(folder, most_bytes)
        self._prefix = f"{digest_of(owner.encode())}/"
        self._kind = _kind(len(series.classes))

    def predictions(self) -> Predictions:
        if not self._keys:
            raise NoPredictionsError(self._series.name)
        try:
            known, chunks = self._made(self._likely())
        except (_NotInLayoutError, MixedIdsError):
            known, chunks = self._made(self._complete())
        sizes = [len(chunk.arrays["predicted"]) for chunk in chunks]
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
            np.array(list(self._keys), np.int64),
            known.codes.ids(known.layout.code),
            known.layout.actual,
            predicted,
            *(column(name, np.float32, np.nan) for name in NUMBERS),
        )

    def _made(self, known: _Known) -> tuple[_Known, list[ChunkFile]]:
        """Find the chunks of all epochs in a layout, or make them, and keep the layout.

        Raises:
            _NotInLayoutError: the layout lacks an instance.
        """
        epochs = list(self._keys)
        chunks = []
        at = 0
        while at < len(epochs):
            size = next(n for n in (64, 8, 1) if at % n == 0 and at + n <= len(epochs))
            chunks.append(self._chunk(known, epochs[at : at + size]))
            at += size
        if known.members != self._keys:
            encoded = known.encode(self._series.classes, self._keys)
            self._folder.write(f"{self._prefix}layout", encoded)
        return known, chunks

    @cached_property
    def _before(self) -> _Known:
        """The layout that is kept; an empty one if there is none, or it is of other epochs."""
        kept = self._folder.read(f"{self._prefix}layout")
        known = _Known.decode(kept, self._series.classes) if kept else None
        if known is None or not known.members.items() <= self._keys.items():
            return _Known(Layout.empty(), IdCodes(), {})
        return known

    def _likely(self) -> _Known:
        """The layout that is kept, or that of the first epoch: most others have its instances."""
        if self._before.members:
            return self._before
        epoch = min(self._keys)
        codes = IdCodes()
        (rows,) = self._rows({epoch}, codes)
        layout = Layout.empty().joined(rows.actual, rows.code)
        return _Known(layout, codes, {epoch: self._keys[epoch]})

    def _complete(self) -> _Known:
        """The layout of all epochs, each of which is read for it."""
        try:
            return self._extended(self._before)
        except MixedIdsError:
            return self._extended(_Known(Layout.empty(), IdCodes(as_text=True), {}))

    def _extended(self, known: _Known) -> _Known:
        """Add the missing epochs to a layout."""
        new = self._keys.keys() - known.members.keys()
        layout = known.layout
        last: CodedPredictions | None = None
        for rows in self._rows(new, known.codes):
            if not (last and _are_same(last, rows)):
                layout = layout.joined(rows.actual, rows.code)
            last = rows
        return _Known(layout, known.codes, dict(self._keys))

    @cached_property
    def _first(self) -> tuple[int, EpochPredictions] | None:
        """The first epoch. Where positions stand for ids, all others are compared with it."""
        return next(self._series.stored.instances({min(self._keys)}), None)

    def _rows(self, epochs: Collection[int], codes: IdCodes) -> Iterator[CodedPredictions]:
        """Yield the predictions of epochs, in increasing order.

        Raises:
            _ChangedError: one of them can't be read.
        """
        first = self._first
        if first is None:
            raise _ChangedError
        others = self._series.stored.instances(set(epochs) - {first[0]})
        read = chain([first] if first[0] in epochs else [], others)
        found = 0
        for rows in match(self._series.name, read, codes, first):
            found += 1
            yield rows
        if found != len(epochs):
            raise _ChangedError

    def _chunk(self, known: _Known, epochs: list[int]) -> ChunkFile:
        made_of = "\n".join([known.digest, str(self._kind), *(self._keys[e] for e in epochs)])
        name = f"{self._prefix}chunk-{digest_of(made_of.encode())}"
        if found := self._folder.open(name):
            return found
        shape: _Shape | None = None
        while True:
            try:
                self._write(name, known, epochs, shape)
                break
            except _OtherShapeError as error:
                shape = error.shape
        if found := self._folder.open(name):
            return found
        raise _ChangedError

    def _write(self, name: str, known: _Known, epochs: list[int], shape: _Shape | None) -> None:
        """Write a chunk.

        Arguments:
            shape: The numbers that it has; None for those of its first epoch, in half precision.

        Raises:
            _OtherShapeError: it needs other columns, or numbers of another type.
            _NotInLayoutError: the layout lacks an instance.
        """
        n = len(known.layout)
        read = self._rows(epochs, known.codes)
        last = next(read)
        positions = _positions(known.layout, last)
        shape = shape or _Shape.of(last)
        size = (len(epochs), n)
        shapes = {column: (size, np.dtype(shape.kind).str) for column in shape.columns}
        shapes["predicted"] = (size, np.dtype(self._kind).str)
        with self._folder.writing(name, shapes) as arrays:
            for e, rows in enumerate(chain([last], read)):
                if not _are_same(last, rows):
                    positions = _positions(known.layout, rows)
                last = rows
                numbers = {column: getattr(rows, column) for column in NUMBERS}
                narrow: dict[str, NDArray[Any]] = {
                    column: shape.narrowed(column, values)
                    for column, values in numbers.items()
                    if values is not None
                }
                narrow["predicted"] = rows.predicted
                for column, array in arrays.items():
                    values = narrow.get(column)
                    if values is None or len(values) < n:
                        array[e] = NONE if column == "predicted" else np.nan
                    if values is not None:
                        array[e, positions] = values


def _positions(layout: Layout, rows: CodedPredictions) -> NDArray[np.intp] | slice:
    """The positions of an epoch's instances.

    Raises:
        _NotInLayoutError: one of them is missing.
    """
    found = layout.positions(rows.actual, rows.code)
    if (found < 0).any():
        raise _NotInLayoutError
    is_whole = len(found) == len(layout) and np.array_equal(found, np.arange(len(found)))
    return slice(None) if is_whole else found


@dataclass(frozen=True)
class _Shape:
    """The numbers that a chunk has, and their type."""

    columns: tuple[str, ...]
    kind: type[np.floating[Any]]

    @classmethod
    def of(cls, rows: CodedPredictions) -> _Shape:
        """The numbers that an epoch has, in half precision, to which they are rounded in a log."""
        return cls(tuple(each for each in NUMBERS if getattr(rows, each) is not None), np.float16)

    def narrowed(self, column: str, values: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Convert numbers to that type.

        Raises:
            _OtherShapeError: there is no such column, or they do not fit into the type.
        """
        if column not in self.columns:
            raise _OtherShapeError(_Shape((*self.columns, column), self.kind))
        with np.errstate(over="ignore"):
            narrow = values.astype(self.kind)
        # Their bits are compared, so that NaN is NaN.
        if not np.array_equal(narrow.astype(np.float32).view(np.int32), values.view(np.int32)):
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
