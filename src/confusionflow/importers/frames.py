"""Predictions in a dataframe of any library."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from confusionflow.errors import ConfusionFlowWarning


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
        frame: A dataframe of pandas, Polars, pyarrow, DuckDB or another library that narwhals
            knows. A lazy one stays lazy: it is never held as a whole.
        log_dir: Folder that holds runs; made if it is missing.
        name: Name of the new run. A run of that name must not be there yet.
        epoch: Name of the column of epochs. If it is left out, the usual names are tried, here and
            below.
        split: Name of the column of splits.
        actual: Name of the column of actual classes; another usual name is "y_true".
        predicted: Name of the column of predicted classes; another usual name is "y_pred".
        instance: Name of the column that tells instances apart; another usual name is "id".
        confidence: Name of the column of confidences.
        count: Name of the column with the number of instances that a row counts.
        ignore: Names of columns to ignore, because they are not what they are called.
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
    # Only users of frames load these.
    from confusionflow.importers.helpers.columns import Columns
    from confusionflow.importers.helpers.frame_pieces import frame_pieces
    from confusionflow.importers.predictions import import_predictions

    def tell(note: str) -> None:
        warnings.warn(note, ConfusionFlowWarning, stacklevel=4)

    columns = Columns(
        epoch, split, actual, predicted, instance, confidence, count, ignore=tuple(ignore)
    )
    with TemporaryDirectory(prefix="confusionflow-") as folder:
        return import_predictions(
            frame_pieces(frame, columns, Path(folder)),
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
