"""Numbers beside the epochs of a run as the API gives them."""

from __future__ import annotations

import math

from confusionflow.reading.run import LoggedRun
from confusionflow.server.models import ScalarList, ScalarValues
from confusionflow.server.query import LAST_EPOCH


def scalar_list(run: LoggedRun, epochs: tuple[int, int] | None = None) -> ScalarList:
    """List the numbers beside a run's epochs.

    Arguments:
        run: The run.
        epochs: First and last epoch, both included; None for all.
    """
    first, last = epochs or (0, LAST_EPOCH)
    scalars = []
    for name, scalar in run.scalars.items():
        kept = (scalar.epochs >= first) & (scalar.epochs <= last)
        values = [v if math.isfinite(v) else None for v in scalar.values[kept].tolist()]
        scalars.append(ScalarValues(name=name, epochs=scalar.epochs[kept].tolist(), values=values))
    return ScalarList(scalars=scalars)
