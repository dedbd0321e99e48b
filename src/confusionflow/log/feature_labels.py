"""The classes of instances whose features are logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError


@dataclass(frozen=True)
class LoggedLabels:
    """The predictions of the epoch that was logged last of a split.

    Attributes:
        epoch: The epoch.
        columns: `instance`, `actual` and `predicted`, each shape (instances,).
    """

    epoch: int
    columns: Mapping[str, pa.Array | NDArray[np.generic]]

    def find(
        self, instances: NDArray[Any], n_classes: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the classes of some instances; `n_classes` for labels that are not a class.

        Raises:
            ArgumentError: some instances have no predictions.
        """
        known = pa.array(self.columns["instance"])
        wanted = pa.array(instances.tolist() if instances.dtype.kind == "U" else instances)
        if pa.types.is_string(known.type) != pa.types.is_string(wanted.type):
            raise ArgumentError(
                "The ids of the features and those of the predictions differ in kind: some are "
                "text and some integers. Pass the same ids to both."
            )
        positions = pc.index_in(wanted, value_set=known.cast(wanted.type))
        if positions.null_count:
            missing = wanted.filter(pc.is_null(positions))
            raise ArgumentError(
                f"{len(missing):,} instances have features and no predictions in epoch "
                f"{self.epoch}, such as {missing[0].as_py()!r:.60}. Pass the ids that the "
                "predictions were logged with, or y_true= and y_pred=."
            )

        def column(name: str) -> NDArray[np.int64]:
            values = pa.array(self.columns[name]).take(positions)
            return np.asarray(pc.fill_null(values, n_classes).to_numpy(), np.int64)

        return column("actual"), column("predicted")
