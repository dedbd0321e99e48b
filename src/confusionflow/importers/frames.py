"""Predictions in a dataframe of any library."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from confusionflow.errors import ConfusionFlowError


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
    only_split: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> str:
    """Log a dataframe of predictions as one run: a row for each instance and epoch.

    Arguments:
        frame: A dataframe of pandas, Polars, pyarrow, DuckDB or what else narwhals knows.
        log_dir: Folder that holds runs; made if it is missing.
        name: Name of the new run. A run of that name must not be there yet.
        epoch: Name of the column of epochs; left out, the usual names are looked for, here
            and below.
        split: Name of the column of splits.
        actual: Name of the column of actual classes; usual is also "y_true".
        predicted: Name of the column of predicted classes; usual is also "y_pred".
        instance: Name of the column that tells instances apart; usual is also "id".
        confidence: Name of the column of confidences.
        only_split: Name of the split, where no column says it.
        classes: Class names in their order; left out, the distinct labels, sorted.
        config: Hyperparameters of the run.

    Returns:
        The id of the new run.

    Raises:
        ConfusionFlowError: a column is missing or a value can't be what it should; nothing was
            logged.

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
    for batch in known.to_arrow().to_batches():
        pieces.append(Piece(batch, "the frame", row))
        row += batch.num_rows
    columns = Columns(epoch, split, actual, predicted, instance, confidence)
    return import_predictions(
        pieces, log_dir, name, columns, split=only_split, classes=classes, config=config
    )
