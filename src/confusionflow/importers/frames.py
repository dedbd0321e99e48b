"""Predictions in a dataframe of any library."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning


def log_frame(
    frame: Any,
    log_dir: str | os.PathLike[str],
    name: str,
    *,
    epoch: str | None = None,
    split: str | None = None,
    actual: str | None = None,
    predicted: str | None = None,
    instance: str | None = None,
    confidence: str | None = None,
    count: str | None = None,
    ignore: Sequence[str] = (),
    only_split: str | None = None,
    only_epoch: int | None = None,
    time_unit: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> str:
    """Log a dataframe of predictions as one run: a row for each instance and epoch.

    A row may also stand for several instances, if a column counts them.

    Arguments:
        frame: A dataframe of pandas, Polars, pyarrow, DuckDB or what else narwhals knows.
        log_dir: Folder that holds runs; made if it is missing.
        name: Name of the new run. A run of that name must not be there yet.
        epoch: Name of the column of epochs. If it is left out, the usual names are looked for, here
            and below.
        split: Name of the column of splits.
        actual: Name of the column of actual classes; usual is also "y_true".
        predicted: Name of the column of predicted classes; usual is also "y_pred".
        instance: Name of the column that tells instances apart; usual is also "id".
        confidence: Name of the column of confidences.
        count: Name of the column that says how many instances a row stands for.
        ignore: Names of columns that are not what they are called.
        only_split: Name of the split, if no column says it.
        only_epoch: The epoch, if no column says it.
        time_unit: What an epoch is: "epoch", "step", "round", …; left out, as its column is called.
        classes: Class names in their order; left out, the categories of the columns, or the
            distinct labels, sorted.
        config: Hyperparameters of the run.

    Returns:
        The id of the new run.

    Raises:
        ConfusionFlowError: a column is missing, a value can't be what it should, or an epoch has
            several evaluations; nothing was logged.

    Examples:
        >>> import tempfile, pandas as pd, confusionflow as cf
        >>> frame = pd.DataFrame(
        ...     {"epoch": [0, 0], "y_true": ["cat", "dog"], "y_pred": ["cat", "cat"]}
        ... )
        >>> log_dir = tempfile.mkdtemp()
        >>> run_id = cf.log_frame(frame, log_dir, "old", only_split="test")
        >>> cf.open_logs(log_dir)["old"]["test"].confusion()[0]
        array([[1, 0],
               [1, 0]])
    """
    # Loaded by those who have a frame, not by every training.
    import narwhals as nw

    from confusionflow.importers.helpers.columns import Columns
    from confusionflow.importers.helpers.tables import Piece
    from confusionflow.importers.predictions import import_predictions

    try:
        known = nw.from_native(frame)
    except TypeError:
        raise ConfusionFlowError(
            f"The frame is a {type(frame).__name__}. Pass a dataframe of pandas, Polars, pyarrow "
            "or DuckDB."
        ) from None
    if isinstance(known, nw.LazyFrame):
        known = known.collect("pyarrow")
    row = 1
    pieces = []
    for batch in _declaring(known).to_batches():
        pieces.append(Piece(batch, "the frame", row))
        row += batch.num_rows

    def tell(note: str) -> None:
        warnings.warn(note, ConfusionFlowWarning, stacklevel=4)

    columns = Columns(
        epoch, split, actual, predicted, instance, confidence, count, ignore=tuple(ignore)
    )
    return import_predictions(
        pieces,
        log_dir,
        name,
        columns,
        split=only_split,
        epoch=only_epoch,
        time_unit=time_unit,
        classes=classes,
        config=config,
        tell=tell,
        one_run=True,
    )[0]


def _declaring(frame: Any) -> Any:
    """The frame as Arrow's table, with categories whose order is meant marked as ordered."""
    import pyarrow as pa

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
        column = pa.chunked_array(
            [
                pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary, ordered=True)
                for chunk in table.column(name).chunks
            ],
            ordered,
        )
        table = table.set_column(at, name, column)
    return table


def _categories(column: Any) -> list[Any]:
    return column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
