"""What can be counted: the frames of many libraries, and datasets of Arrow."""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa
import pyarrow.dataset

from confusionflow.engines.cells import Wanted
from confusionflow.engines.datasets import DatasetSource
from confusionflow.engines.frames import FrameSource
from confusionflow.errors import ArgumentError

# Makes a frame that can be counted, from what some libraries pass around instead.
CALLS = {
    "str": 'polars.scan_parquet("…"), duckdb.read_parquet("…") or spark.read.parquet("…")',
    "PosixPath": 'polars.scan_parquet("…"), duckdb.read_parquet("…") or spark.read.parquet("…")',
    "DeltaTable": "table.to_pyarrow_dataset()",
    "Table": "table.scan().to_polars(), or table.scan().to_duckdb('t').table('t')",  # of PyIceberg
    "Dataset": "dataset.with_format('arrow')[:], or a Ray dataset's to_pandas()",
    "MaterializedDataset": "dataset.to_pandas(), or duckdb.read_parquet of what it was read from",
    "DuckDBPyConnection": 'connection.table("…") or connection.sql("…")',
    "SparkSession": 'spark.table("…") or spark.read.parquet("…")',
    "Engine": 'duckdb.sql("…") or polars.read_database("…", engine)',
    "Connection": 'polars.read_database("…", connection), or an Ibis table',
    "RecordBatchReader": "reader.read_all()",
    "list": "pandas.DataFrame(rows)",
    "dict": "pandas.DataFrame(columns)",
    "ndarray": "pandas.DataFrame(array, columns=[…])",
}


class Source(Protocol):
    """A table that is counted by the engine that holds it.

    Attributes:
        names: The columns of the table.
        engine: What the engine is called in errors.
    """

    names: list[str]
    engine: str

    def count(self, wanted: Wanted) -> pa.Table:
        """Group the rows and add up their counts; brings home at most `wanted.limit + 1` cells.

        Returns:
            A table with a column for each of `wanted.keys`, and `count` and `wrong`, int64.
        """


def open_source(frame: Any) -> Source:
    """Return what counts a frame.

    Raises:
        ArgumentError: its kind is unknown; says which call makes a frame of a known kind.
    """
    if isinstance(frame, pyarrow.dataset.Dataset):
        return DatasetSource(frame)
    import narwhals as nw  # takes as long to load as the rest

    try:
        known = nw.from_native(frame)
    except TypeError:
        kind = type(frame).__name__
        hint = CALLS.get(kind)
        make = f"Pass {hint or 'a frame of DuckDB, Polars, pyarrow, Spark or pandas'}"
        raise ArgumentError(
            f"The frame is a {kind} of {type(frame).__module__}, which can't be counted. {make}."
        ) from None
    return FrameSource(known.lazy() if isinstance(known, nw.DataFrame) else known)
