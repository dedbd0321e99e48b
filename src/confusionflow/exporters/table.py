"""The counts of several series as one long table in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from confusionflow.errors import ArgumentError
from confusionflow.exporters.classes import check_classes
from confusionflow.exporters.target import target_file
from confusionflow.reading.run import Series

Format = Literal["csv", "parquet", "json"]
SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("run_id", pa.string()),
        ("split", pa.string()),
        ("epoch", pa.int64()),
        ("actual", pa.string()),
        ("predicted", pa.string()),
        ("count", pa.int64()),
    ]
)


def export_table(
    series: Sequence[Series],
    path: str | os.PathLike[str],
    form: Format,
    *,
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
) -> int:
    """Write the counts of some series as a long table: run, run_id, split, epoch, …, count.

    A cell that is zero in an epoch has no row. One series is held at a time.

    Arguments:
        series: The series whose counts to write.
        path: The file to write; an existing one is replaced.
        form: "csv"; "parquet"; or "json", an array of objects.
        epochs: First and last epoch, both included; None for all.
        classes: Names of the classes whose cells are kept; None for all.

    Returns:
        The number of rows.

    Raises:
        ArgumentError: there is no such format.
        ClassesError: no series has such a class.
        TargetError: the file's folder is missing, or the path is a folder.
    """
    if form not in get_args(Format):
        known = ", ".join(map(repr, get_args(Format)))
        raise ArgumentError(f"No format {form!r}. Pass one of {known}.")
    file = target_file(path)
    if classes is not None:
        check_classes(series, classes)
    return WRITERS[form]((counts_table(one, epochs, classes) for one in series), file)


def counts_table(
    series: Series, epochs: tuple[int, int] | None, classes: Sequence[str] | None
) -> pa.Table:
    """Return the counts of one series as a long table."""
    rows: pa.Table = series.to_frame("pyarrow")
    names = {name: rows.column(name).cast(pa.string()) for name in ("actual", "predicted")}
    keep = np.ones(rows.num_rows, bool)
    if epochs is not None:
        epoch = rows.column("epoch").to_numpy()
        keep &= (epoch >= epochs[0]) & (epoch <= epochs[1])
    if classes is not None:
        for column in names.values():
            keep &= pc.is_in(column, value_set=pa.array(classes, pa.string())).to_numpy()
    same = {"run": series.run.name, "run_id": series.run.id, "split": series.name}
    columns = {
        **{name: pa.array([value] * rows.num_rows, pa.string()) for name, value in same.items()},
        "epoch": rows.column("epoch"),
        **names,
        "count": rows.column("count"),
    }
    return pa.table(columns, SCHEMA).filter(pa.array(keep))


def _write_csv(tables: Iterator[pa.Table], path: Path) -> int:
    with path.open("wb") as file, pa.csv.CSVWriter(file, SCHEMA) as writer:
        return sum(_written(table, writer.write_table) for table in tables)


def _write_parquet(tables: Iterator[pa.Table], path: Path) -> int:
    with (
        path.open("wb") as file,
        pa.parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer,
    ):
        return sum(_written(table, writer.write_table) for table in tables)


def _write_json(tables: Iterator[pa.Table], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for table in tables:
            for row in table.to_pylist():
                file.write(",\n" if count else "\n")
                file.write(json.dumps(row, ensure_ascii=False))
                count += 1
        file.write("\n]\n")
    return count


def _written(table: pa.Table, write: Callable[[pa.Table], None]) -> int:
    write(table)
    rows: int = table.num_rows
    return rows


WRITERS: dict[str, Callable[[Iterator[pa.Table], Path], int]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "json": _write_json,
}
