"""Tables that an engine holds into a run, in Python."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from confusionflow.errors import ConfusionFlowWarning


def log_counts(
    frame: Any,
    log_dir: str | os.PathLike[str],
    name: str,
    *,
    epoch: str | None = None,
    split: str | None = None,
    actual: str | None = None,
    predicted: str | None = None,
    count: str | None = None,
    ignore: Sequence[str] = (),
    only_split: str | None = None,
    only_epoch: int | None = None,
    time_unit: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
    id: str | None = None,  # noqa: A002
    recount: int | None = None,
) -> str:
    """Log the counts of a table as one run; the engine that holds the table counts.

    Rows are predictions, or cells if there is a column of counts. They are grouped and added up by
    DuckDB, Polars, Spark or whatever holds them, and only the cells come here. The run has counts
    and no instances.

    Arguments:
        frame: A lazy or eager frame of DuckDB, Polars, pyarrow, PySpark, Dask, Ibis, SQLFrame or
            pandas, or a dataset of pyarrow.
        log_dir: Folder that holds runs; made if it is missing.
        name: Name of the run.
        epoch: Name of the column of epochs. If it is left out, the usual names are looked for, here
            and below.
        split: Name of the column of splits.
        actual: Name of the column of actual classes; usual is also "y_true".
        predicted: Name of the column of predicted classes; usual is also "y_pred".
        count: Name of the column that says how many instances a row stands for.
        ignore: Names of columns that are not what they are called.
        only_split: Name of the split, if no column says it.
        only_epoch: The epoch, if no column says it.
        time_unit: What an epoch is: "epoch", "step", …; left out, as its column is called.
        classes: Class names in their order; left out, the distinct labels, sorted. Labels that are
            not a class, and missing ones, are counted as left out.
        config: Hyperparameters of the run.
        id: A name for this one run. If it is there already, it goes on.
        recount: For a run that goes on: count only this many of its last epochs again, and those
            that are new. Left out, all of them.

    Returns:
        The id of the run.

    Raises:
        ConfusionFlowError: a column is missing, a value can't be what it should, or the engine
            failed; nothing was logged.

    Examples:
        >>> import tempfile, duckdb, confusionflow as cf
        >>> table = duckdb.sql(
        ...     "SELECT 3 AS epoch, 'cat' AS y_true, 'dog' AS y_pred FROM range(1000)"
        ... )
        >>> log_dir = tempfile.mkdtemp()
        >>> classes = ["cat", "dog"]
        >>> run_id = cf.log_counts(table, log_dir, "nightly", only_split="test", classes=classes)
        >>> cf.open_logs(log_dir)["nightly"]["test"].confusion()[0]
        array([[   0, 1000],
               [   0,    0]])
    """
    # Loaded by those who have a table, not by every training.
    from confusionflow.engines.counts import import_counts
    from confusionflow.importers.helpers.columns import Columns

    def tell(note: str) -> None:
        warnings.warn(note, ConfusionFlowWarning, stacklevel=4)

    columns = Columns(epoch, split, actual, predicted, count=count, ignore=tuple(ignore))
    return import_counts(
        frame,
        log_dir,
        name,
        columns,
        split=only_split,
        epoch=only_epoch,
        time_unit=time_unit,
        classes=classes,
        config=config,
        given_id=id,
        recount=recount,
        tell=tell,
        one_run=True,
    )[0]
