"""A GROUP BY over files by Arrow: folders of Parquet and others, on disk or in an object store."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import acero

from confusionflow.engines.cells import MOST_COUNT, EngineError, Wanted
from confusionflow.errors import LabelError

# Rows in memory at once; few, so that memory does not grow with the table.
ROWS_AT_ONCE = 1 << 17
FILES_AHEAD = 2

WHOLE_FILES = "Check that all files of the table are whole, and that they have the same columns."


class DatasetSource:
    """A dataset of Arrow. Its files are read in pieces, and only the columns that are needed."""

    engine = "Arrow"

    def __init__(self, dataset: ds.Dataset) -> None:
        self._dataset = dataset
        self.names = list(dataset.schema.names)

    def count(self, wanted: Wanted) -> pa.Table:
        """Group the rows and add up their counts, while they are read."""
        columns = {what: self._key(name) for what, name in wanted.keys.items()}
        columns["count"], columns["wrong"] = self._counts(wanted)
        apart = {f"apart_{at}": name for at, name in enumerate(wanted.apart)}
        columns.update({alias: self._key(name) for alias, name in apart.items()})
        after = None
        if wanted.after is not None:
            after = pc.field(wanted.keys["epoch"]).cast(pa.float64()) > wanted.after
        sums: list[Any] = [(name, "hash_sum", None, name) for name in ("count", "wrong")]
        for alias in apart:
            sums += [(alias, f"hash_{end}", None, f"{alias}_{end}") for end in ("min", "max")]
        try:
            scanner = self._dataset.scanner(
                columns=columns,
                filter=after,
                batch_size=ROWS_AT_ONCE,
                batch_readahead=FILES_AHEAD,
                fragment_readahead=FILES_AHEAD,
            )
            rows = acero.RecordBatchReaderSourceNodeOptions(scanner.to_reader())
            groups = acero.AggregateNodeOptions(sums, keys=list(wanted.keys))
            plan = acero.Declaration.from_sequence(
                [
                    acero.Declaration("record_batch_reader_source", rows),
                    acero.Declaration("aggregate", groups),
                ]
            )
            return plan.to_table(use_threads=True)
        except (pa.ArrowException, OSError) as error:
            raise EngineError(self.engine, error, WHOLE_FILES) from error

    def _key(self, name: str) -> pc.Expression:
        """A column to group by; Arrow can't group by categories that differ from file to file."""
        kind = self._dataset.schema.field(name).type
        column = pc.field(name)
        return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column

    def _counts(self, wanted: Wanted) -> tuple[pc.Expression, pc.Expression]:
        """How many instances a row stands for, and 1 if its count can't be one."""
        one, none = pc.scalar(pa.scalar(1, pa.int64())), pc.scalar(pa.scalar(0, pa.int64()))
        if wanted.count is None:
            return one, none
        kind, column = self._dataset.schema.field(wanted.count).type, pc.field(wanted.count)
        if not (
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        ):
            raise LabelError(
                f"Column {wanted.count!r} holds the count, and its type is {kind}. Write it as "
                "integers."
            )
        is_whole = pa.types.is_integer(kind)
        number = column if is_whole else column.cast(pa.float64())
        # Literals of the column's own type: others would cast the column, which can fail.
        own = kind if is_whole else pa.float64()
        fits = number >= pa.scalar(0, own)
        if own.bit_width == 64:
            fits = fits & (number <= pa.scalar(MOST_COUNT, own))
        if not is_whole:
            fits = fits & pc.equal(pc.floor(number), number)
        is_count = pc.coalesce(fits, pc.scalar(False))
        kept = pc.if_else(is_count, column, pc.scalar(pa.scalar(None, kind))).cast(pa.int64())
        return pc.coalesce(kept, none), pc.if_else(is_count, none, one)
