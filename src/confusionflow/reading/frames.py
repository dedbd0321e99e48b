"""Tables for the dataframe library that the user has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.errors import ArgumentError, ConfusionFlowError

Backend = Literal["pandas", "polars", "pyarrow"]


def counts_frame(cube: Cube, classes: Sequence[str], backend: Backend) -> Any:
    """A long table of counts: see `Series.to_frame`."""
    # Imported here because nothing else needs it, and a training script should start at once.
    import pyarrow as pa

    order = np.lexsort((cube.predicted, cube.actual, cube.epoch_index))
    names = pa.array(classes, pa.string())

    def named(indices: NDArray[np.integer]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(indices[order].astype(np.int32), names)

    table = pa.table(
        {
            "epoch": cube.epochs[cube.epoch_index[order]],
            "actual": named(cube.actual),
            "predicted": named(cube.predicted),
            "count": cube.count[order],
        }
    )
    return native(table, backend)


def native(table: Any, backend: Backend) -> Any:
    """Hand an Arrow table to the user's dataframe library.

    Raises:
        ArgumentError: there is no such backend.
        ConfusionFlowError: it is not installed.
    """
    if backend not in get_args(Backend):
        known = ", ".join(map(repr, get_args(Backend)))
        raise ArgumentError(f"No backend {backend!r}. Pass one of {known}.")
    import narwhals as nw

    try:
        return nw.from_arrow(table, backend=backend).to_native()
    except ImportError:
        raise ConfusionFlowError(
            f"{backend} is not installed. Install it, or pass backend='pyarrow'."
        ) from None
