"""One lazy GROUP BY for the frames of all libraries that narwhals knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from confusionflow.engines.cells import MOST_COUNT, EngineError, Wanted
from confusionflow.errors import LabelError

if TYPE_CHECKING:
    import narwhals as nw


class FrameSource:
    """A lazy frame. Nothing of it is read before it is counted."""

    def __init__(self, frame: nw.LazyFrame[Any]) -> None:
        self._frame = frame
        self.engine = str(frame.implementation.value)
        try:
            self._schema = frame.collect_schema()
        except Exception as error:
            raise EngineError(self.engine, error) from error
        self.names = list(self._schema)

    def count(self, wanted: Wanted) -> pa.Table:
        """Let the engine group the rows and add up their counts."""
        import narwhals as nw

        keys = {what: nw.col(name) for what, name in wanted.keys.items()}
        counts, wrong = self._counts(wanted)
        columns = [column.alias(what) for what, column in keys.items()]
        apart = {f"apart_{at}": name for at, name in enumerate(wanted.apart)}
        columns += [nw.col(name).alias(alias) for alias, name in apart.items()]
        try:
            frame = self._frame
            if wanted.after is not None:
                frame = frame.filter(self._epoch(wanted.keys["epoch"]) > wanted.after)
            rows = frame.select(*columns, counts.alias("count"), wrong.alias("wrong"))
            cells = rows.group_by(*keys).agg(
                nw.col("count").sum(),
                nw.col("wrong").sum(),
                *(nw.col(alias).min().alias(f"{alias}_min") for alias in apart),
                *(nw.col(alias).max().alias(f"{alias}_max") for alias in apart),
            )
            table: pa.Table = cells.head(wanted.limit + 1).collect("pyarrow").to_arrow()
            for name in ("count", "wrong"):  # DuckDB adds up in 128 bits
                at = table.schema.get_field_index(name)
                table = table.set_column(at, name, table.column(name).cast(pa.int64()))
        except Exception as error:
            raise EngineError(self.engine, error) from error
        return table

    def _epoch(self, name: str) -> nw.Expr:
        """The epoch as a number, so that it can be compared."""
        import narwhals as nw

        is_number = self._schema[name].is_numeric()
        return nw.col(name) if is_number else nw.col(name).cast(nw.Int64)

    def _counts(self, wanted: Wanted) -> tuple[nw.Expr, nw.Expr]:
        """How many instances a row stands for, and 1 if its count can't be one.

        Both are 64 bits wide, since Polars counts rows in 32.
        """
        import narwhals as nw

        one, none = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
        if wanted.count is None:
            return one, none
        kind, column = self._schema[wanted.count], nw.col(wanted.count)
        if not kind.is_numeric():
            raise LabelError(
                f"Column {wanted.count!r} holds the count, and its type is {kind}. Cast it to "
                "integers in the frame."
            )
        is_count = ~column.is_null()
        if kind.is_integer():
            # Literals of the column's own type: others would cast the column, which can fail.
            zero = nw.lit(0, kind)
            is_count = is_count & (column >= zero)
            if kind in (nw.Int64, nw.UInt64, nw.Int128, nw.UInt128):
                is_count = is_count & (column <= nw.lit(MOST_COUNT, kind))
            kept = nw.when(is_count).then(column).otherwise(zero).cast(nw.Int64)
        elif kind.is_float():
            is_count = is_count & (column >= 0) & (column <= MOST_COUNT) & (column % 1 == 0)
            kept = nw.when(is_count).then(column).otherwise(nw.lit(0)).cast(nw.Int64)
        else:  # decimals, which not every library compares with other numbers
            number = column.cast(nw.Float64)
            is_count = is_count & (number >= 0) & (number <= MOST_COUNT) & (number % 1 == 0)
            kept = nw.when(is_count).then(column).cast(nw.Int64).fill_null(0)
        return kept, nw.when(is_count).then(none).otherwise(one)
