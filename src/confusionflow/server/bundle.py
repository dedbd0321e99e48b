"""A series as one Arrow IPC stream: a table of one row whose columns are flattened lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube
from confusionflow.logs import Series

MEDIA_TYPE = "application/vnd.apache.arrow.stream"

CLASS_COUNTS = ("support", "false_negatives", "false_positives", "predicted_total")
CLASS_RATES = ("precision", "recall", "f1", "false_negative_rate", "false_discovery_rate")


def encode_series(series: Series, split_id: str) -> bytes:
    """Encode a series for the client, as docs/http-api.md describes.

    Its size follows the cells that are ever non-zero, not the square of the classes.
    """
    cube = series.cube()
    actual, predicted, counts = cell_lines(cube)
    columns: dict[str, NDArray[Any]] = {
        "epochs": cube.epochs.astype(np.int32),
        "cell_actual": actual.astype(np.uint16),
        "cell_predicted": predicted.astype(np.uint16),
        "counts": counts,
        "accuracy": metrics.accuracy(cube),
        "total": metrics.total(cube).astype(np.uint32),
        "left_out": series.left_out.astype(np.uint32),
    }
    for name in CLASS_COUNTS:
        columns[name] = getattr(metrics, name)(cube).T.astype(np.uint32)
    for name in CLASS_RATES:
        columns[name] = getattr(metrics, name)(cube).T
    arrays = {name: _one_row(array) for name, array in columns.items()}
    arrays["classes"] = pa.array([list(series.classes)], pa.list_(pa.string()))
    metadata = {
        "run_id": series.run.id,
        "run_name": series.run.name,
        "split_id": split_id,
        "split_name": series.name,
        "version": series.version,
        "time_unit": series.run.time_unit,
    }
    table = pa.table(arrays).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def cell_lines(
    cube: Cube,
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.unsignedinteger]]:
    """The cells that are ever non-zero, and the counts of each over all epochs.

    Returns:
        Actual and predicted classes, shape (cells,), sorted; counts, shape (cells, epochs), in the
        narrowest of uint8, uint16 and uint32 that holds them.
    """
    n = max(1, cube.n_classes)
    keys = cube.actual.astype(np.int64) * n + cube.predicted
    cells, index = np.unique(keys, return_inverse=True)
    width = np.min_scalar_type(int(cube.count.max(initial=0)))
    counts = np.zeros((len(cells), len(cube.epochs)), width)
    counts[index, cube.epoch_index] = cube.count
    return cells // n, cells % n, counts


def _one_row(array: NDArray[Any]) -> pa.ListArray:
    flat = pa.array(np.ascontiguousarray(array).ravel())
    return pa.ListArray.from_arrays(pa.array([0, len(flat)], pa.int32()), flat)
