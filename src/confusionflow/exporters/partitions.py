"""The counts of several series as one table in a folder, for query engines."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import TargetError
from confusionflow.exporters.classes import check_classes
from confusionflow.exporters.table import counts_table
from confusionflow.reading.run import Series

FILE = "part.parquet"
VERSION = b"confusionflow.version"


def export_partitions(
    series: Sequence[Series],
    path: str | os.PathLike[str],
    *,
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
) -> int:
    """Write the counts of some series as files `run_id=…/split=…/part.parquet`.

    The columns are run, split_name, epoch, actual, predicted, count: BIGINT and STRING only. A
    series that did not change since it was last written is left as it is. Files of other series
    stay.

    Arguments:
        series: Whose counts to write.
        path: The folder, made if it is missing.
        epochs: First and last epoch, both included; None for all.
        classes: Names of the classes whose cells are kept; None for all.

    Returns:
        The number of files that were written.

    Raises:
        ClassesError: no series has such a class.
        TargetError: a file of that name exists, or the folder can't be made.
    """
    root = Path(path)
    if classes is not None:
        check_classes(series, classes)
    try:
        root.mkdir(exist_ok=True)
    except OSError as error:
        raise TargetError(
            f"Can't make {root}: {error.strerror}. Pass a path in an existing folder."
        ) from error
    written = 0
    for one in series:
        # Made ids can name folders; a given id may contain anything.
        parts = (f"run_id={quote(one.run.id, safe='')}", f"split={quote(one.id, safe='')}")
        file = root.joinpath(*parts, FILE)
        version = json.dumps([one.version, epochs, list(classes) if classes else None]).encode()
        if _version_of(file) != version:
            _write(file, counts_table(one, epochs, classes), version)
            written += 1
    return written


def _write(file: Path, table: pa.Table, version: bytes) -> None:
    """Write a file atomically; readers see the previous one until then."""
    file.parent.mkdir(parents=True, exist_ok=True)
    table = table.drop_columns(["run_id"]).rename_columns(
        ["run", "split_name", "epoch", "actual", "predicted", "count"]
    )
    # Engines ignore names that begin with a dot.
    new = file.with_name(f".{FILE}-{random.getrandbits(64):016x}")
    try:
        pq.write_table(table.replace_schema_metadata({VERSION: version}), new, compression="zstd")
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _version_of(file: Path) -> bytes | None:
    """The version of the series when the file was written, or None."""
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    return metadata.get(VERSION)
