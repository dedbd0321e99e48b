"""Read a dataframe of any library piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from confusionflow.errors import ConfusionFlowError
from confusionflow.importers.helpers.columns import WEIGHTS, Columns
from confusionflow.importers.helpers.evaluations import KINDS
from confusionflow.importers.helpers.tables import Piece

if TYPE_CHECKING:
    import narwhals as nw

NAME = "the frame"


def frame_pieces(frame: Any, columns: Columns, folder: Path) -> Iterator[Piece]:
    """Yield the rows of a frame. A lazy one is never held as a whole.

    DuckDB and Polars write the columns that are needed into a file; from other engines, such as
    Spark, epochs are read one by one.

    Arguments:
        frame: A frame of a library that narwhals knows.
        columns: Which column holds what.
        folder: Where the file is written to.

    Raises:
        ConfusionFlowError: it is not a frame, or its engine failed.
    """
    import narwhals as nw

    try:
        known = nw.from_native(frame)
    except TypeError:
        raise ConfusionFlowError(
            f"The frame is a {type(frame).__name__}. Pass a dataframe of pandas, Polars, pyarrow "
            "or DuckDB."
        ) from None
    if isinstance(known, nw.LazyFrame):
        yield from _of_lazy(known, columns, folder)
    else:
        yield from _pieces(_declaring(known).to_batches(), 1)


def _of_lazy(frame: nw.LazyFrame[Any], columns: Columns, folder: Path) -> Iterator[Piece]:
    import narwhals as nw

    engine = str(frame.implementation.value)
    try:
        names = frame.collect_schema().names()
        found = columns.find(names, NAME)
        kept = [
            n for n in names if n in found.values() or _is_asked_about(n) or n in columns.ignore
        ]
        needed = frame.select(*kept)
        if frame.implementation.is_polars() or frame.implementation.is_duckdb():
            file = folder / "frame.parquet"
            needed.sink_parquet(file)
            with pa.parquet.ParquetFile(file) as parquet:
                yield from _pieces(parquet.iter_batches(), 1)
            file.unlink()
            return
        row = 1
        if "epoch" not in found:
            tables = iter([needed.collect("pyarrow").to_arrow()])
        else:
            epoch = nw.col(found["epoch"])
            distinct = needed.select(epoch).unique().collect("pyarrow").to_arrow()
            values = distinct.column(found["epoch"]).to_pylist()
            parts = [epoch.is_null() if value is None else epoch == value for value in values]
            tables = (needed.filter(part).collect("pyarrow").to_arrow() for part in parts)
        for table in tables:
            yield from _pieces(table.to_batches(), row)
            row += table.num_rows
    except ConfusionFlowError:
        raise
    except Exception as error:  # each engine has its own errors, some with pages of text
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = lines[0] if lines else type(error).__name__
        raise ConfusionFlowError(f"{engine} could not read the frame: {said:.300}") from error


def _is_asked_about(name: str) -> bool:
    lower = name.strip().lower()
    return lower in KINDS or lower in WEIGHTS


def _pieces(batches: Any, row: int) -> Iterator[Piece]:
    for batch in batches:
        yield Piece(batch, NAME, row)
        row += batch.num_rows


def _declaring(frame: Any) -> pa.Table:
    """Convert a frame to an Arrow table; categories in a meaningful order are marked as ordered."""
    table = frame.to_arrow()
    coded = [n for n in table.schema.names if pa.types.is_dictionary(table.schema.field(n).type)]
    declared = set(coded)
    if not frame.implementation.is_pandas():  # pandas lists categories, all of them, in order
        lists = {name: _categories(table.column(name)) for name in coded}
        declared = {
            n for n in coded if lists[n] and any(lists[n] == lists[o] for o in coded if o != n)
        }
    for name in declared:
        at = table.schema.get_field_index(name)
        kind = table.schema.field(name).type
        ordered = pa.dictionary(kind.index_type, kind.value_type, ordered=True)
        chunks = [
            pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary, ordered=True)
            for chunk in table.column(name).chunks
        ]
        table = table.set_column(at, name, pa.chunked_array(chunks, ordered))
    return table


def _categories(column: Any) -> list[Any]:
    return column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
