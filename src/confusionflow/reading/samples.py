"""Samples of a split: what its instances look like, found by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError, NoSamplesError
from confusionflow.store import Problem, StoredSplit
from confusionflow.store.format.sample_names import SAMPLES_FOLDER, SamplePart
from confusionflow.store.places.filesystem import join
from confusionflow.store.samples.document import NamedSamples
from confusionflow.store.samples.part import IMAGE, OWN_COLUMNS
from confusionflow.store.samples.read import SampleReader

# Of the ids, texts and columns of one split in memory.
MOST_TABLE_BYTES = 2 << 30


class Samples:
    """The samples of a split. An instance that several sets have is taken from the first of them.

    Arguments:
        sets: Sets of samples, in the order of ranks.
        reader: Reads them.

    Attributes:
        table: All rows, without the images.
        problems: Files that could not be read; their rows are missing.

    Raises:
        DamagedFileError: there is more than memory should hold.
    """

    def __init__(self, sets: Sequence[NamedSamples], reader: SampleReader) -> None:
        self._reader = reader
        self.problems: list[Problem] = []
        self._parts: list[SamplePart] = []
        tables: list[pa.Table] = []
        size = 0
        for part in dict.fromkeys(part for one in sets for part in one.parts):
            try:
                tables.append(reader.table(part))
            except DamagedFileError as error:
                self.problems.append(Problem(join(SAMPLES_FOLDER, part.name), str(error)))
                continue
            self._parts.append(part)
            size += tables[-1].nbytes
            if size > MOST_TABLE_BYTES:
                raise DamagedFileError(f"The texts and columns of samples take {size:,} bytes.")
        self.table = _joined(tables)
        self._starts = np.concatenate([[0], np.cumsum([len(table) for table in tables])])

    @property
    def has_text(self) -> bool:
        """Whether instances have texts."""
        return "text" in self.table.column_names

    @property
    def has_images(self) -> bool:
        """Whether instances have thumbnails."""
        return "width" in self.table.column_names

    @property
    def columns(self) -> list[str]:
        """Names of the columns that were logged besides texts and groups."""
        return [name for name in self.table.column_names if name not in OWN_COLUMNS]

    @property
    def filtered(self) -> list[str]:
        """Names of the columns that a list can be filtered by."""
        return [name for name in self.table.column_names if name == "group"] + self.columns

    def find(self, ids: NDArray[Any]) -> NDArray[np.int64]:
        """The row of each id; -1 for none.

        Arguments:
            ids: Integers, or text as objects, shape (instances,).
        """
        numbers = self._numbers
        if numbers is not None and ids.dtype.kind in "iu":
            order, known = numbers
            if not len(known):
                return np.full(len(ids), -1, np.int64)
            at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
            return np.where(known[at] == ids, order[at], -1)
        rows = self._rows_by_text
        return np.array([rows.get(str(each), -1) for each in ids.tolist()], np.int64)

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return rows in the order of ids, and the ids; None if ids are text."""
        ids = self.table["instance"]
        if not pa.types.is_integer(ids.type) or ids.type == pa.uint64() or ids.null_count:
            return None
        values = ids.cast(pa.int64()).to_numpy()
        order = np.argsort(values, kind="stable")
        return order, values[order]

    @cached_property
    def _rows_by_text(self) -> dict[str, int]:
        ids = self.table["instance"].cast(pa.string()).to_pylist()
        return {text: row for row, text in reversed(list(enumerate(ids)))}

    def values(self, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return a column's values for rows from `find`: floats, or text and truth values as
        objects.

        Arguments:
            name: "text", "group" or one of `columns`.
            rows: Rows; -1 has no value: NaN or None.
        """
        column = self.table[name].take(pa.array(rows, mask=rows < 0))
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            numbers: NDArray[Any] = column.cast(pa.float64(), safe=False).to_numpy()
            return numbers
        return np.array([*column.to_pylist(), None], object)[:-1]

    def with_text(self, text: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows from `find` contain a text, ignoring case."""
        if not self.has_text or not len(self.table):
            return np.zeros(len(rows), bool)
        import pyarrow.compute as pc  # loading it takes longer than reading a small log

        has = pc.match_substring(self.table["text"], text, ignore_case=True).fill_null(False)
        found: NDArray[np.bool_] = has.to_numpy()[rows] & (rows >= 0)
        return found

    def row(self, row: int) -> dict[str, Any]:
        """Return all values of a row except the image, by column."""
        (found,) = self.table.slice(row, 1).to_pylist()
        return dict(found)

    def content_of(self, row: int) -> str:
        """Digest of the set that a row belongs to."""
        return self._parts[self._part_of(row)].content

    def image(self, row: int) -> bytes | None:
        """The thumbnail of a row, a WebP or PNG file; None if there is none.

        Raises:
            DamagedFileError: its file is not what was written.
        """
        part = self._part_of(row)
        return self._reader.image(self._parts[part], int(row - self._starts[part]))

    def _part_of(self, row: int) -> int:
        return int(np.searchsorted(self._starts, row, "right")) - 1

    def frame(self, *, images: bool) -> pa.Table:
        """All samples as a table for users."""
        there = self.table.column_names
        names = ["instance", "text", "group", *self.columns, "path"]
        shown = self.table.select([name for name in names if name in there])
        if images and self.has_images:
            read = [self._reader.images(part) for part in self._parts]
            found = pa.chunked_array([chunk for one in read for chunk in one.chunks], pa.binary())
            shown = shown.add_column(1, IMAGE, found)
        return shown

    def beside(self, table: pa.Table, *, paths: bool = True) -> pa.Table:
        """Add texts and columns to a table of instances; null for those without samples.

        A column whose name the table has already gets `sample_` before it.

        Arguments:
            table: The instances, with a column `instance`.
            paths: Whether to add the paths of images, if they were logged.
        """
        ids = table["instance"].to_numpy(zero_copy_only=False)
        rows = self.find(ids)
        known = pa.array(rows, mask=rows < 0)
        shown = self.frame(images=False).drop_columns(["instance"]).take(known)
        for name, column in zip(shown.column_names, shown.columns, strict=True):
            if name == "path" and not paths:
                continue
            free = name if name not in table.column_names else f"sample_{name}"
            table = table.append_column(free, column)
        return table


def samples_of(split: StoredSplit, reader: SampleReader | None = None) -> Samples:
    """The samples of a split.

    Raises:
        NoSamplesError: none were logged, or the run was copied without them.
        DamagedFileError: there is more than memory should hold.
    """
    if not split.samples:
        raise NoSamplesError(split.name)
    return samples_of_sets(split.name, split.samples, reader or SampleReader(split.filesystem))


def samples_of_sets(name: str, sets: Sequence[NamedSamples], reader: SampleReader) -> Samples:
    """Samples of some sets.

    Arguments:
        name: Whose they are, for messages.
        sets: The sets, in the order of ranks.
        reader: Reads them.

    Raises:
        NoSamplesError: none can be read.
        DamagedFileError: there is more than memory should hold.
    """
    found = Samples(sets, reader)
    if not found.table.num_columns:
        where = found.problems[0].file
        raise NoSamplesError(name, f"{where} is missing or damaged. Copy it, or")
    return found


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Rows of several tables; columns whose types differ become text."""
    kinds: dict[str, set[pa.DataType]] = {}
    for table in tables:
        for field in table.schema:
            kinds.setdefault(field.name, set()).add(field.type)
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    if len(tables) == 1:
        return tables[0]
    plain = [
        pa.table(
            {
                name: column.cast(pa.string()) if name in mixed else column
                for name, column in zip(table.column_names, table.columns, strict=True)
            }
        )
        for table in tables
    ]
    return pa.concat_tables(plain, promote_options="default") if plain else pa.table({})
