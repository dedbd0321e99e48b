"""A series as one Arrow IPC stream: a table of one row whose columns are flattened lists."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.averages import AVERAGES
from confusionflow.analysis.cube import Cube
from confusionflow.reading.run import Series

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True)
class SeriesPart:
    """The part of a series that is sent to a client.

    Attributes:
        series: The series.
        epochs: First and last epoch, both included; None for all.
        wanted: Names of the classes to keep; unknown ones are ignored, and None keeps all.
    """

    series: Series
    epochs: tuple[int, int] | None = None
    wanted: Collection[str] | None = None

    @cached_property
    def cube(self) -> Cube:
        """The counts of the epochs, of all classes."""
        return self.series.cube().between(*(self.epochs or (None, None)))

    @cached_property
    def kept(self) -> NDArray[np.int64]:
        """Indices of the classes that are kept, in declared order."""
        names, wanted = self.series.classes, self.wanted
        return np.array(
            [i for i, name in enumerate(names) if wanted is None or name in wanted], int
        )

    @property
    def classes(self) -> list[str]:
        """Names of the classes that are kept."""
        return [self.series.classes[index] for index in self.kept]

    def left_out(self) -> NDArray[np.int64]:
        """Instances of each epoch that are not counted, shape (epochs,)."""
        return self.of_epochs(self.series.left_out)

    def of_epochs(self, values: NDArray[Any]) -> NDArray[Any]:
        """Select the values of the epochs that are sent to a client."""
        return values[np.isin(self.series.epochs, self.cube.epochs)]


def encode_series(part: SeriesPart) -> bytes:
    """Encode a series for the client, as docs/http-api.md describes.

    Its size follows the cells that are ever non-zero, not the square of the classes. Sums cover
    all classes, whichever are kept.
    """
    series, cube = part.series, part.cube
    actual, predicted, counts = cell_lines(cube, part.kept)
    columns: dict[str, NDArray[Any]] = {
        "epochs": _exact(cube.epochs),
        "cell_actual": actual.astype(np.uint16),
        "cell_predicted": predicted.astype(np.uint16),
        "counts": counts,
        "support": _exact(metrics.support(cube)[:, part.kept].T),
        "predicted_total": _exact(metrics.predicted_total(cube)[:, part.kept].T),
        "accuracy": metrics.accuracy(cube),
        **{name: of(cube) for name, of in AVERAGES.items()},
        "total": _exact(metrics.total(cube)),
        "left_out": _exact(part.left_out()),
        "times_logged": _exact(part.of_epochs(series.times_logged)),
        "rank_count": _exact(part.of_epochs(series.rank_count)),
        "world_size": _exact(part.of_epochs(series.world_size)),
        "coverage": part.of_epochs(series.coverage),
    }
    arrays = {name: _one_row(array) for name, array in columns.items()}
    arrays["classes"] = pa.array([part.classes], pa.list_(pa.string()))
    run = series.run.stored
    tree = series.run.tree
    metadata = {
        "run_id": run.api_id,
        "run_name": run.name if run.attempt is None else f"{run.name} (attempt {run.attempt})",
        "split_id": series.id,
        "split_name": series.name,
        "version": series.version,
        "time_unit": series.run.time_unit,
        "background": series.run.background or "",
        "tree": json.dumps(tree and asdict(tree)),
        "resumed": json.dumps(series.resumed_at),
        "problems": json.dumps([{"file": p.file, "reason": p.reason} for p in series.problems]),
    }
    table = pa.table(arrays).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def encode_together(encoded: Iterable[bytes]) -> bytes:
    """Encode several encoded series as one Arrow IPC stream: a column with a series in each row.

    Examples:
        >>> pa.ipc.open_stream(encode_together([b"one", b"two"])).read_all()["series"].to_pylist()
        [b'one', b'two']
    """
    table = pa.table({"series": pa.array(encoded, pa.binary())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    together: bytes = sink.getvalue().to_pybytes()
    return together


def cell_lines(
    cube: Cube, kept: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Find the cells that are ever non-zero, and the counts of each over all epochs.

    Arguments:
        cube: The counts.
        kept: Indices of the classes whose cells are wanted, increasing, shape (kept,).

    Returns:
        Actual and predicted classes as positions in `kept`, shape (cells,), sorted; counts, shape
        (cells, epochs), in the narrowest of uint8, uint16 and uint32 that holds them, or float64.
    """
    position = np.full(cube.n_classes, -1)
    position[kept] = np.arange(len(kept))
    actual, predicted = position[cube.actual], position[cube.predicted]
    inside = (actual >= 0) & (predicted >= 0)
    n = max(1, len(kept))
    cells, index = np.unique(actual[inside] * n + predicted[inside], return_inverse=True)
    count = cube.count[inside]
    largest = int(count.max(initial=0))
    width = np.min_scalar_type(largest) if largest < 2**32 else np.float64
    counts = np.zeros((len(cells), len(cube.epochs)), width)
    counts[index, cube.epoch_index[inside]] = count
    return cells // n, cells % n, counts


def _exact(numbers: NDArray[np.integer]) -> NDArray[Any]:
    """Convert whole numbers to types that a browser computes with: uint32, or float64 from 2^32."""
    return numbers.astype(np.uint32 if numbers.max(initial=0) < 2**32 else np.float64)


def _one_row(array: NDArray[Any]) -> pa.ListArray:
    flat = pa.array(np.ascontiguousarray(array).ravel())
    return pa.ListArray.from_arrays(pa.array([0, len(flat)], pa.int32()), flat)
